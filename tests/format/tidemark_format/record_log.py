"""Logs of records: `format`, `manifest`, `catalogue` and `documents`. FORMAT.md section 1, "Record log"."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .byte_reader import ByteReader
from .damage import Damage, Unsupported, check_checksum, require
from .xxh3 import xxh3_64

VERSION = 0
HEADER_SIZE = 16

_HEADER_CHECKSUM_BEGIN = 8
_RECORD_HEADER_SIZE = 12
_CHECKSUM_SIZE = 8
_SIZE_MASK = 0x7fffffff  # The highest bit: the record is the first of a commit.


@dataclass
class RecordLog:
    """What is in a file: records with their offsets, and what is wrong with the rest."""

    records: list[tuple[int, bytes]] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)


def read_record_log(data: bytes, magic: bytes) -> RecordLog:
    """All valid records; bytes that are none are passed over and told."""
    log = RecordLog()
    if len(data) < HEADER_SIZE:
        log.damages.append(f"header: {HEADER_SIZE} bytes expected, the file has {len(data)}")
        return log
    try:
        _check_header(data, magic)
    except Damage as damage:
        log.damages.append(f"header: {damage}")
    seed = int.from_bytes(magic, "little") << 32
    offset = HEADER_SIZE
    while offset < len(data):
        try:
            payload = _read_record(data, offset, seed)
        except Damage as damage:
            following = next(_valid_offsets(data, offset + 1, seed), len(data))
            log.damages.append(f"record at 0x{offset:x}: {damage}; "
                               f"{following - offset} bytes are passed over")
            offset = following
            continue
        log.records.append((offset, payload))
        offset += _RECORD_HEADER_SIZE + len(payload)
    return log


def _check_header(data: bytes, magic: bytes) -> None:
    reader = ByteReader(data)
    found = reader.take(4)
    version = reader.u16()
    reader.u16()  # Reserved.
    checksum = reader.u64()
    check_checksum("the header", data[:_HEADER_CHECKSUM_BEGIN],
                   int.from_bytes(magic, "little"), checksum)
    require(found == magic, f"magic {magic!r}, found {found!r}")
    if version > VERSION:
        raise Unsupported(f"version {version}, known is {VERSION}")


def _read_record(data: bytes, offset: int, seed: int) -> bytes:
    """The payload of the record that begins here."""
    reader = ByteReader(data)
    reader.offset = offset
    checksum = reader.u64()
    payload = reader.take(reader.u32() & _SIZE_MASK)
    check_checksum("the record", data[offset + _CHECKSUM_SIZE:reader.offset], seed ^ offset,
                   checksum)
    return payload


def _valid_offsets(data: bytes, begin: int, seed: int) -> Iterator[int]:
    """Where valid records begin, tried byte by byte."""
    for offset in range(begin, len(data) - _RECORD_HEADER_SIZE + 1):
        size_begin = offset + _CHECKSUM_SIZE
        size = int.from_bytes(data[size_begin:size_begin + 4], "little") & _SIZE_MASK
        end = offset + _RECORD_HEADER_SIZE + size
        stored = int.from_bytes(data[offset:size_begin], "little")
        if end <= len(data) and xxh3_64(data[size_begin:end], seed ^ offset) == stored:
            yield offset
