"""Which segments are live. FORMAT.md section 5."""

from dataclasses import dataclass, field
from enum import IntEnum

from .byte_reader import ByteReader
from .damage import Damage, Unsupported, require
from .record_log import RecordLog

MAGIC = b"TMMN"

_ID_LIMIT = 1 << 32


class RecordKind(IntEnum):
    """What a record of the manifest says."""

    FLUSH = 1
    REMOVAL = 2


@dataclass(frozen=True)
class ManifestSegment:
    """A segment as the flush that made it describes it. `policy_id` is the "database id"."""

    segment_id: int
    policy_id: int
    first_time: int
    last_time: int
    first_sequence: int
    last_sequence: int
    series_count: int
    row_count: int
    sample_count: int
    size_bytes: int


@dataclass
class Manifest:
    """The live segments by id, and up to which sequence rows are in segments."""

    segments: dict[int, ManifestSegment] = field(default_factory=dict)
    flushed_sequence: int = 0
    damages: list[str] = field(default_factory=list)


def read_manifest(log: RecordLog) -> Manifest:
    """What all valid records say together."""
    manifest = Manifest(damages=list(log.damages))
    for offset, payload in log.records:
        try:
            _apply(manifest, ByteReader(payload))
        except Damage as damage:
            manifest.damages.append(f"record at 0x{offset:x}: {damage}")
        except Unsupported as unsupported:
            raise Unsupported(f"record at 0x{offset:x}: {unsupported}") from None
    return manifest


def _apply(manifest: Manifest, reader: ByteReader) -> None:
    kind = reader.u8()
    if kind == RecordKind.FLUSH:
        flushed_sequence = reader.varint()
        reader.varint()  # The next segment id: of writers only.
        segments = [_read_segment(reader) for _ in range(reader.varint())]
        reader.finish()
        manifest.flushed_sequence = max(manifest.flushed_sequence, flushed_sequence)
        manifest.segments |= {segment.segment_id: segment for segment in segments}
    elif kind == RecordKind.REMOVAL:
        removed_ids = [reader.varint() for _ in range(reader.varint())]
        reader.finish()
        for segment_id in removed_ids:
            manifest.segments.pop(segment_id, None)
    else:
        raise Unsupported(f"manifest record of the unknown kind {kind}")


def _read_segment(reader: ByteReader) -> ManifestSegment:
    segment = ManifestSegment(
        segment_id=reader.varint(), policy_id=reader.varint(),
        first_time=reader.zigzag(), last_time=reader.zigzag(),
        first_sequence=reader.varint(), last_sequence=reader.varint(),
        series_count=reader.varint(), row_count=reader.varint(),
        sample_count=reader.varint(), size_bytes=reader.varint())
    require(segment.policy_id < _ID_LIMIT, f"a database id of 32 bits, found {segment.policy_id}")
    return segment
