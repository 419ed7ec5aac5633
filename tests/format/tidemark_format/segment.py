"""Segments. FORMAT.md section 3."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .byte_reader import U64_MASK, ByteReader, to_signed
from .codecs_met import CodecsMet
from .columns import FieldType, Value, decode_column, read_field_type
from .damage import Damage, Unsupported, check_checksum, require, within
from .summary import SummarisedRows, check_summary, read_summary
from .times import decode_times

MAGIC = b"TMSG"
VERSION = 0

_HEADER_SIZE = 64
_TRAILER_SIZE = 128
_CHECKSUM_SIZE = 8
_INDEX_ENTRY_SIZE = 24
_ALIGNMENT = 64
_ROW_LIMIT = 1 << 20
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


@dataclass
class Segment:
    """All that is valid in a segment, and what is not."""

    trailer: Trailer
    series: list[SegmentSeries] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)


class _ColumnPlace(NamedTuple):
    name: bytes
    field_type: FieldType
    null_count: int
    values_size: int
    summary: bytes


class _RowGroupPlace(NamedTuple):
    """A row group as the series block describes it."""

    offset: int
    row_count: int
    first_time: int
    last_time: int
    first_sequence: int
    last_sequence: int
    checksum: int
    times_size: int
    columns: list[_ColumnPlace]

    @property
    def size(self) -> int:
        """Its bytes: times, validities and values."""
        validity_size = (self.row_count + 7) // 8
        return self.times_size + sum(
            column.values_size + (validity_size if column.null_count else 0)
            for column in self.columns)


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
                series, places = _read_series_block(data, trailer, seed, entry, totals)
        except Damage as damage:
            segment.damages.append(str(damage))
            continue
        segment.series.append(series)
        for place in places:
            try:
                with within(f"row group at 0x{place.offset:x}"):
                    series.row_groups.append(_read_row_group(data, seed, place, met))
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


def _read_series_block(data: bytes, trailer: Trailer, seed: int, entry: _IndexEntry,
                       totals: "_Totals") -> tuple[SegmentSeries, list[_RowGroupPlace]]:
    end = entry.block_offset + entry.block_size
    require(_HEADER_SIZE <= entry.block_offset and end <= trailer.data_end,
            "a series block between header and data end")
    block = data[entry.block_offset:end]
    check_checksum("the series block", block, (seed + entry.block_offset) & U64_MASK,
                   entry.block_checksum)
    reader = ByteReader(block)
    series = SegmentSeries(entry.series_id, reader.sized())
    offset = reader.varint()
    row_group_index = reader.varint()
    fields = [(read_field_type(reader.u8()), reader.sized()) for _ in range(reader.varint())]
    places: list[_RowGroupPlace] = []
    for _ in range(reader.varint()):
        place = _read_place(reader, fields, offset, places[-1] if places else None)
        offset += place.size
        require(place.offset >= _HEADER_SIZE and offset <= trailer.data_end,
                "row groups between header and data end")
        places.append(place)
    reader.finish()
    totals.add(entry, row_group_index, places)
    return series, places


def _read_place(reader: ByteReader, fields: list[tuple[FieldType, bytes]], offset: int,
                before: _RowGroupPlace | None) -> _RowGroupPlace:
    row_count = reader.varint()
    require(1 <= row_count <= _ROW_LIMIT, f"1 to 2^20 rows, found {row_count}")
    first_time = to_signed((reader.zigzag() + (before.first_time if before else 0)) & U64_MASK)
    last_time = to_signed((reader.varint() + first_time) & U64_MASK)
    first_sequence = (reader.zigzag() + (before.first_sequence if before else 0)) & U64_MASK
    last_sequence = first_sequence + reader.varint()
    checksum = reader.u64()
    times_size = reader.varint()
    columns: list[_ColumnPlace] = []
    for _ in range(reader.varint()):
        index = reader.varint()
        require(index < len(fields), f"one of {len(fields)} fields, found {index}")
        field_type, name = fields[index]
        column = _ColumnPlace(name, field_type, reader.varint(), reader.varint(), reader.sized())
        require(column.null_count < row_count, "a column with values")
        columns.append(column)
    return _RowGroupPlace(offset, row_count, first_time, last_time, first_sequence, last_sequence,
                          checksum, times_size, columns)


def _read_row_group(data: bytes, seed: int, place: _RowGroupPlace, met: CodecsMet) -> RowGroup:
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


def _read_column(reader: ByteReader, place: _ColumnPlace, times: list[int],
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
        self._places: list[_RowGroupPlace] = []
        self._parts: list[tuple[int, int]] = []  # Begin and end of what lies in the data.
        self._is_numbered = True

    def add(self, entry: _IndexEntry, row_group_index: int, places: list[_RowGroupPlace]) -> None:
        """Takes in the next series."""
        self._is_numbered &= row_group_index == len(self._places)
        self._places += places
        self._parts += [(place.offset, place.offset + place.size) for place in places]
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
