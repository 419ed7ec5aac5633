"""Segments. FORMAT.md section 3."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .byte_reader import U64_MASK, ByteReader, to_signed
from .codecs_met import CodecsMet
from .columns import FieldType, Value, decode_column
from .damage import Damage, Unsupported, check_checksum, require, within
from .series_block import ColumnPlace, Record, RowGroupPlace, SeriesBlock, read_series_block
from .summary import SummarisedRows, check_summary, read_summary
from .times import decode_times

MAGIC = b"TMSG"
VERSION = 0

_HEADER_SIZE = 64
_TRAILER_SIZE = 128
_CHECKSUM_SIZE = 8
_INDEX_ENTRY_SIZE = 24
_ALIGNMENT = 64
_SEED_FACTOR = 0x9E3779B97F4A7C15


class Trailer(NamedTuple):
    """Of the whole file, without its checksum."""

    segment_id: int
    first_time: int
    last_time: int
    first_sequence: int
    last_sequence: int
    series_count: int
    row_group_count: int
    row_count: int
    sample_count: int
    data_end: int
    index_offset: int
    index_checksum: int


@dataclass
class Column:
    """A field of a row group: one value for each row, None where it has none."""

    name: bytes
    field_type: FieldType
    values: list[Value | None]


@dataclass
class RowGroup:
    """Rows of one series at ascending times."""

    first_sequence: int
    last_sequence: int
    times: list[int]
    columns: list[Column]


@dataclass
class SegmentSeries:
    """What a segment has of a series."""

    series_id: int
    key: bytes
    row_groups: list[RowGroup] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass
class Segment:
    """All that is valid in a segment, and what is not."""

    trailer: Trailer
    series: list[SegmentSeries] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)


class _IndexEntry(NamedTuple):
    series_id: int
    block_size: int
    block_offset: int
    block_checksum: int


def read_segment(data: bytes, met: CodecsMet) -> Segment:
    """Everything in the file. Damage where the file as a whole is not valid."""
    trailer = _read_trailer(data)
    seed = (trailer.segment_id * _SEED_FACTOR) & U64_MASK
    index = _read_index(data, trailer, seed)
    _check_header(data, trailer.segment_id, seed)
    segment = Segment(trailer)
    totals = _Totals()
    for entry in index:
        try:
            with within(f"series block at 0x{entry.block_offset:x}"):
                block = _read_series_block(data, trailer, seed, entry)
                totals.add(entry, block)
        except Damage as damage:
            segment.damages.append(str(damage))
            continue
        series = SegmentSeries(entry.series_id, block.key, records=block.records)
        segment.series.append(series)
        for place in block.places:
            try:
                with within(f"row group at 0x{place.offset:x}"):
                    series.row_groups.append(_read_row_group(data, seed, place, met))
            except Damage as damage:
                segment.damages.append(str(damage))
        if len(series.row_groups) < len(block.places):
            continue
        try:
            with within(f"series block at 0x{entry.block_offset:x}"):
                check_records(block, series.row_groups, met)
        except Damage as damage:
            segment.damages.append(str(damage))
    if not segment.damages:
        totals.compare(trailer)
    return segment


def _read_trailer(data: bytes) -> Trailer:
    require(len(data) >= _HEADER_SIZE + _TRAILER_SIZE, "a header and a trailer")
    begin = len(data) - _TRAILER_SIZE
    reader = ByteReader(data[begin:])
    trailer = Trailer(reader.u64(), reader.i64(), reader.i64(),
                      *(reader.u64() for _ in range(9)))
    required_features = reader.u32()
    reader.u32()  # Optional features.
    reader.u32()  # Reserved.
    version = reader.u16()
    trailer_size = reader.u16()
    reader.u32()  # Reserved.
    magic = reader.take(4)
    require(magic == MAGIC, f"magic {MAGIC!r} in the trailer, found {magic!r}")
    seed = (trailer.segment_id * _SEED_FACTOR + begin) & U64_MASK
    check_checksum("the trailer", data[begin:-_CHECKSUM_SIZE], seed, reader.u64())
    if version > VERSION or required_features:
        raise Unsupported(f"version {version}, required features 0x{required_features:x}")
    require(trailer_size == _TRAILER_SIZE, f"a trailer of {_TRAILER_SIZE} bytes")
    index_size = trailer.series_count * _INDEX_ENTRY_SIZE
    require(_HEADER_SIZE <= trailer.data_end and trailer.index_offset + index_size == begin,
            "offsets and counts that fit the file")
    require(trailer.index_offset == -(-trailer.data_end // _ALIGNMENT) * _ALIGNMENT,
            f"an index at the next multiple of {_ALIGNMENT}")
    return trailer


def _check_header(data: bytes, segment_id: int, seed: int) -> None:
    reader = ByteReader(data[:_HEADER_SIZE])
    magic = reader.take(4)
    version = reader.u16()
    reader.u16()  # Reserved.
    found_id = reader.u64()
    reader.take(40)  # Reserved.
    checksum = reader.u64()
    check_checksum("the header", data[:_HEADER_SIZE - _CHECKSUM_SIZE], seed, checksum)
    require(magic == MAGIC, f"magic {MAGIC!r} in the header, found {magic!r}")
    if version > VERSION:
        raise Unsupported(f"version {version}, known is {VERSION}")
    require(found_id == segment_id, f"segment id {segment_id} in the header, found {found_id}")


def _read_index(data: bytes, trailer: Trailer, seed: int) -> list[_IndexEntry]:
    check_checksum("the index", data[trailer.data_end:len(data) - _TRAILER_SIZE],
                   (seed + trailer.data_end) & U64_MASK, trailer.index_checksum)
    reader = ByteReader(data[trailer.index_offset:len(data) - _TRAILER_SIZE])
    index = [_IndexEntry(reader.u32(), reader.u32(), reader.u64(), reader.u64())
             for _ in range(trailer.series_count)]
    require(all(left.series_id < right.series_id for left, right in zip(index, index[1:])),
            "ascending series ids in the index")
    return index


def _read_series_block(data: bytes, trailer: Trailer, seed: int,
                       entry: _IndexEntry) -> SeriesBlock:
    end = entry.block_offset + entry.block_size
    require(_HEADER_SIZE <= entry.block_offset and end <= trailer.data_end,
            "a series block between header and data end")
    encoded = data[entry.block_offset:end]
    check_checksum("the series block", encoded, (seed + entry.block_offset) & U64_MASK,
                   entry.block_checksum)
    block = read_series_block(encoded)
    require(all(place.offset >= _HEADER_SIZE and place.offset + place.size <= trailer.data_end
                for place in block.places), "row groups between header and data end")
    return block


def check_records(block: SeriesBlock, row_groups: list[RowGroup], met: CodecsMet) -> None:
    """Damage unless each record says of its row groups what is so."""
    for record in block.records:
        members = row_groups[record.first_place:][:len(record.places)]
        for place in record.columns:
            with within(f"record of {len(members)} row groups, column "
                        f"{place.name.decode(errors='replace')}"):
                samples = [(time, value) for member in members
                           for column in member.columns if column.name == place.name
                           for time, value in zip(member.times, column.values, strict=True)
                           if value is not None]
                times, values = ([sample[part] for sample in samples] for part in range(2))
                summary = read_summary(place.field_type, record.rows, place.summary)
                lacks_values = any(
                    read_summary(column.field_type, member.rows, column.summary).extremes is None
                    for member in record.places for column in member.columns
                    if column.name == place.name)
                check_summary(place.field_type, summary, times, values, lacks_values)
                record.check_value_runs(place, times, values, met)


def _read_row_group(data: bytes, seed: int, place: RowGroupPlace, met: CodecsMet) -> RowGroup:
    encoded = data[place.offset:place.offset + place.size]
    check_checksum("the row group", encoded, (seed + place.offset) & U64_MASK, place.checksum)
    reader = ByteReader(encoded)
    times = decode_times(reader.take(place.times_size), place.row_count, met)
    require((times[0], times[-1]) == (place.first_time, place.last_time),
            f"times {place.first_time} to {place.last_time}, found {times[0]} to {times[-1]}")
    row_group = RowGroup(place.first_sequence, place.last_sequence, times, [])
    for column in place.columns:
        with within(f"column {column.name.decode(errors='replace')}"):
            row_group.columns.append(_read_column(reader, column, times, met))
    return row_group


def _read_column(reader: ByteReader, place: ColumnPlace, times: list[int],
                 met: CodecsMet) -> Column:
    valid = ([bit == 1 for bit in reader.packed(len(times), 1)] if place.null_count
             else [True] * len(times))
    require(valid.count(False) == place.null_count, f"{place.null_count} nulls")
    values = decode_column(place.field_type, reader.take(place.values_size),
                           len(times) - place.null_count, met)
    rows = SummarisedRows(len(times), times[0], times[-1])
    check_summary(place.field_type, read_summary(place.field_type, rows, place.summary),
                  [time for time, is_valid in zip(times, valid) if is_valid], values)
    of_row = iter(values)
    return Column(place.name, place.field_type,
                  [next(of_row) if is_valid else None for is_valid in valid])


class _Totals:
    """What series blocks say together, to compare with the trailer when all of them are valid."""

    def __init__(self) -> None:
        self._places: list[RowGroupPlace] = []
        self._parts: list[tuple[int, int]] = []  # Begin and end of what lies in the data.
        self._is_numbered = True

    def add(self, entry: _IndexEntry, block: SeriesBlock) -> None:
        """Takes in the next series."""
        self._is_numbered &= block.row_group_index == len(self._places)
        self._places += block.places
        self._parts += [(place.offset, place.offset + place.size) for place in block.places]
        self._parts.append((entry.block_offset, entry.block_offset + entry.block_size))

    def compare(self, trailer: Trailer) -> None:
        """Damage unless the trailer says the same, and every byte belongs to one part."""
        places = self._places
        require(self._is_numbered, "in each series block the row groups in front of it counted")
        samples = sum(place.row_count - column.null_count
                      for place in places for column in place.columns)
        found = trailer._replace(
            first_time=min((place.first_time for place in places), default=0),
            last_time=max((place.last_time for place in places), default=0),
            first_sequence=min((place.first_sequence for place in places), default=0),
            last_sequence=max((place.last_sequence for place in places), default=0),
            row_group_count=len(places), sample_count=samples,
            row_count=sum(place.row_count for place in places))
        require(found == trailer, f"a trailer that says {found}, found {trailer}")
        offset = _HEADER_SIZE
        for begin, end in sorted(self._parts):
            require(begin == offset, f"a part of the file at 0x{offset:x}, found it at 0x{begin:x}")
            offset = end
        require(offset == trailer.data_end, f"data up to 0x{trailer.data_end:x}")
