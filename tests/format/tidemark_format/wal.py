"""Files of the write-ahead log. FORMAT.md section 2."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .byte_reader import U64_MASK, ByteReader
from .damage import Damage, Unsupported, check_checksum, require

MAGIC = b"TMWL"
FRAME_MAGIC = b"TMFR"
VERSION = 0

_HEADER_SIZE = 32
_HEADERS_SIZE = 2 * _HEADER_SIZE
_FRAME_HEADER_SIZE = 40
_PAYLOAD_SIZE_LIMIT = 1 << 30


class Frame(NamedTuple):
    """What one write brought."""

    sequence: int
    payload: bytes


@dataclass
class Gap:
    """Damage between valid frames: sequences from `first` up to, not with, `end` are missing.

    `end` is None where no valid frame of the file is behind it. A file without a header has lost
    all of its sequences, from 0 on.
    """

    place: str
    first: int
    end: int | None = None


@dataclass
class WalFile:
    """What is in a file of the log. The first sequence is None when no header is valid."""

    frames: list[Frame] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    highest_mark: int = 0
    first_sequence: int | None = None
    damaged_headers: list[str] = field(default_factory=list)


class _FileHeader(NamedTuple):
    file_id: int
    first_sequence: int


class _FrameHeader(NamedTuple):
    payload_size: int
    sequence: int
    mark: int
    payload_checksum: int


def read_wal_file(data: bytes) -> WalFile:
    """All valid frames, in order, and the damage between them."""
    file = WalFile()
    header = _read_headers(data, file)
    if header is None:
        file.gaps += [Gap("no valid header", 0)] if data else []
        return file
    file.first_sequence = expected = header.first_sequence
    offset = _HEADERS_SIZE
    gap: Gap | None = None
    while offset < len(data):
        try:
            frame, size = _read_frame(data, offset, header.file_id, file)
            require(frame.sequence >= expected,
                    f"sequence {expected} or later, found {frame.sequence}")
        except Damage as damage:
            gap = gap or Gap(f"frame at 0x{offset:x}: {damage}", expected)
            offset = _next_candidate(data, offset, header.file_id)
            continue
        if gap is not None:
            gap.end = frame.sequence
            file.gaps.append(gap)
            gap = None
        elif frame.sequence > expected:
            file.gaps.append(Gap(f"frame at 0x{offset:x}: expected sequence {expected}, found "
                                 f"{frame.sequence}", expected, frame.sequence))
        if frame.payload:
            file.frames.append(frame)
        expected = frame.sequence + (1 if frame.payload else 0)
        offset += size
    if gap is not None:
        file.gaps.append(gap)
    return file


def _read_headers(data: bytes, file: WalFile) -> _FileHeader | None:
    """Either of the two headers; an empty file is well and has none."""
    headers: list[_FileHeader] = []
    for offset in (0, _HEADER_SIZE) if data else ():
        try:
            headers.append(_read_header(data, offset))
        except Damage as damage:
            file.damaged_headers.append(f"header at 0x{offset:x}: {damage}")
    return headers[0] if headers else None


def _read_header(data: bytes, offset: int) -> _FileHeader:
    reader = ByteReader(data)
    reader.offset = offset
    magic = reader.take(4)
    version = reader.u16()
    reader.u16()  # Reserved.
    header = _FileHeader(reader.u64(), reader.u64())
    require(magic == MAGIC, f"magic {MAGIC!r}, found {magic!r}")
    check_checksum("the header", data[offset:reader.offset], offset, reader.u64())
    if version > VERSION:
        raise Unsupported(f"version {version}, known is {VERSION}")
    require(header.first_sequence >= 1, "a first sequence of at least 1")
    return header


def _read_frame_header(data: bytes, offset: int, seed: int) -> _FrameHeader:
    reader = ByteReader(data)
    reader.offset = offset
    magic = reader.take(4)
    require(magic == FRAME_MAGIC, f"magic {FRAME_MAGIC!r}, found {magic!r}")
    header = _FrameHeader(reader.u32(), reader.u64(), reader.u64(), reader.u64())
    check_checksum("the frame's header", data[offset:reader.offset], seed, reader.u64())
    require(header.payload_size <= _PAYLOAD_SIZE_LIMIT, "a payload of at most 2^30 bytes")
    return header


def _read_frame(data: bytes, offset: int, file_id: int, file: WalFile) -> tuple[Frame, int]:
    """The frame that begins here, and its size. Its mark counts whatever its payload is."""
    seed = (file_id + offset) & U64_MASK
    header = _read_frame_header(data, offset, seed)
    file.highest_mark = max(file.highest_mark, header.mark)
    reader = ByteReader(data)
    reader.offset = offset + _FRAME_HEADER_SIZE
    payload = reader.take(header.payload_size)
    check_checksum("the frame's payload", payload, seed, header.payload_checksum)
    return Frame(header.sequence, payload), _FRAME_HEADER_SIZE + header.payload_size


def _next_candidate(data: bytes, offset: int, file_id: int) -> int:
    """Where to look for a frame behind one that is not valid."""
    try:
        header = _read_frame_header(data, offset, (file_id + offset) & U64_MASK)
    except Damage:
        following = data.find(FRAME_MAGIC, offset + 1)
        return following if following >= 0 else len(data)
    return min(offset + _FRAME_HEADER_SIZE + header.payload_size, len(data))


class WalVerdict(NamedTuple):
    """Frames that are in no segment, and what damage means: lost data, or the trace of a crash."""

    frames: list[Frame]
    corruption: list[str]
    torn: list[str]


def judge(files: list[tuple[str, WalFile]], flushed_sequence: int) -> WalVerdict:
    """Damage is corruption where sequences are missing that were durable, by any mark.

    `files` are in the order of their numbers; everything up to `flushed_sequence` is in segments,
    whatever the log has of it.
    """
    mark = max([flushed_sequence, *(file.highest_mark for _, file in files)])
    verdict = WalVerdict([], [], [])
    expected = flushed_sequence + 1  # Everything below is there, or was told.
    for position, (name, file) in enumerate(files):
        begin_of_next = next((later.first_sequence for _, later in files[position + 1:]
                              if later.first_sequence is not None), None)
        gaps = list(file.gaps)
        if file.first_sequence is not None and file.first_sequence > expected:
            gaps.insert(0, Gap("in front of it", expected, file.first_sequence))
        for gap in gaps:
            end = gap.end or begin_of_next or mark + 1
            first_missing = max(gap.first, expected)
            last_missing = min(end - 1, mark)
            if first_missing <= last_missing:
                verdict.corruption.append(f"{name}: {gap.place}; durable sequences "
                                          f"{first_missing} to {last_missing} are missing")
            else:
                verdict.torn.append(f"{name}: {gap.place}; torn, nothing durable is missing")
            expected = max(expected, end)
        verdict.torn.extend(f"{name}: {damage}" for damage in file.damaged_headers)
        for frame in file.frames:
            if frame.sequence > flushed_sequence:
                verdict.frames.append(frame)
            expected = max(expected, frame.sequence + 1)
    return verdict
