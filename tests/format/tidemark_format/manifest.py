"""Which segments are live, and which of their rows were deleted. FORMAT.md section 5."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from .byte_reader import ByteReader
from .catalogue import read_series_ids
from .damage import Damage, Unsupported, require
from .record_log import RecordLog

MAGIC = b"TMMN"

_ID_LIMIT = 1 << 32
_REWRITES_LIMIT = 1 << 8


class RecordKind(IntEnum):
    """What a record of the manifest says."""

    FLUSH = 1
    REMOVAL = 2
    EXCHANGE = 3
    DELETION = 4
    CLEARED = 5


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


class LiveSegment(NamedTuple):
    """A segment, and the last tombstone that hides nothing of it because it was made later."""

    described: ManifestSegment
    last_tombstone_id: int


@dataclass(frozen=True)
class Tombstone:
    """Deleted rows: those of these series, from first to last time, that arrived by then."""

    policy_id: int
    sequence: int
    first_time: int
    last_time: int
    series_ids: frozenset[int]

    def hides(self, series_id: int, last_sequence: int) -> bool:
        """Whether rows of a series are hidden that arrived up to `last_sequence`."""
        return series_id in self.series_ids and last_sequence <= self.sequence


@dataclass
class Manifest:
    """Live segments and tombstones by id, and up to which sequence rows are in segments."""

    segments: dict[int, LiveSegment] = field(default_factory=dict)
    tombstones: dict[int, Tombstone] = field(default_factory=dict)
    greatest_tombstone_id: int = 0
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
    if kind not in _APPLIERS:
        raise Unsupported(f"manifest record of the unknown kind {kind}")
    _APPLIERS[kind](manifest, reader)


def _apply_flush(manifest: Manifest, reader: ByteReader) -> None:
    flushed_sequence = reader.varint()
    reader.varint()  # The next segment id: of writers only.
    segments = [_read_segment(reader) for _ in range(reader.varint())]
    reader.finish()
    manifest.flushed_sequence = max(manifest.flushed_sequence, flushed_sequence)
    for segment in segments:
        manifest.segments[segment.segment_id] = LiveSegment(segment,
                                                            manifest.greatest_tombstone_id)


def _apply_removal(manifest: Manifest, reader: ByteReader) -> None:
    removed_ids = _read_ids(reader)
    reader.finish()
    for segment_id in removed_ids:
        manifest.segments.pop(segment_id, None)


def _apply_exchange(manifest: Manifest, reader: ByteReader) -> None:
    reader.varint()  # The next segment id: of writers only.
    removed_ids = _read_ids(reader)
    added = [_read_rewritten(reader) for _ in range(reader.varint())]
    reader.finish()
    for segment_id in removed_ids:
        manifest.segments.pop(segment_id, None)
    for segment in added:
        manifest.segments[segment.described.segment_id] = segment


def _apply_deletion(manifest: Manifest, reader: ByteReader) -> None:
    tombstones = dict(_read_tombstone(reader) for _ in range(reader.varint()))
    reader.finish()
    manifest.tombstones |= tombstones
    manifest.greatest_tombstone_id = max(manifest.greatest_tombstone_id, *tombstones, 0)


def _apply_cleared(manifest: Manifest, reader: ByteReader) -> None:
    cleared_ids = _read_ids(reader)
    reader.finish()
    for tombstone_id in cleared_ids:
        manifest.tombstones.pop(tombstone_id, None)


_APPLIERS = {
    RecordKind.FLUSH: _apply_flush,
    RecordKind.REMOVAL: _apply_removal,
    RecordKind.EXCHANGE: _apply_exchange,
    RecordKind.DELETION: _apply_deletion,
    RecordKind.CLEARED: _apply_cleared,
}


def _read_ids(reader: ByteReader) -> list[int]:
    return [reader.varint() for _ in range(reader.varint())]


def _read_policy_id(reader: ByteReader) -> int:
    policy_id = reader.varint()
    require(policy_id < _ID_LIMIT, f"a database id of 32 bits, found {policy_id}")
    return policy_id


def _read_segment(reader: ByteReader) -> ManifestSegment:
    return ManifestSegment(
        segment_id=reader.varint(), policy_id=_read_policy_id(reader),
        first_time=reader.zigzag(), last_time=reader.zigzag(),
        first_sequence=reader.varint(), last_sequence=reader.varint(),
        series_count=reader.varint(), row_count=reader.varint(),
        sample_count=reader.varint(), size_bytes=reader.varint())


def _read_rewritten(reader: ByteReader) -> LiveSegment:
    rewrites = reader.varint()
    require(rewrites < _REWRITES_LIMIT, f"rewrites of 8 bits, found {rewrites}")
    last_tombstone_id = reader.varint()
    return LiveSegment(_read_segment(reader), last_tombstone_id)


def _read_tombstone(reader: ByteReader) -> tuple[int, Tombstone]:
    return reader.varint(), Tombstone(
        policy_id=_read_policy_id(reader), sequence=reader.varint(),
        first_time=reader.zigzag(), last_time=reader.zigzag(),
        series_ids=frozenset(read_series_ids(reader)))
