"""Series blocks: where the row groups of a series are, and what is known of several of them
together. FORMAT.md section 3, "Series block", and section 3.1."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from .byte_reader import U64_MASK, ByteReader, to_signed
from .codecs_met import CodecsMet
from .columns import FieldType, Value, decode_column, read_field_type
from .damage import require, within
from .summary import SummarisedRows
from .times import decode_times

_ROW_LIMIT = 1 << 20
_RUN_LIMIT = 65_536
_UNSUMMARISED_ROWS = 1 << 32  # From so many on a record has no columns.


class ColumnPlace(NamedTuple):
    """A column as the entry of a row group describes it."""

    name: bytes
    field_type: FieldType
    null_count: int
    values_size: int
    summary: bytes


class RowGroupPlace(NamedTuple):
    """A row group as the series block describes it."""

    offset: int
    row_count: int
    first_time: int
    last_time: int
    first_sequence: int
    last_sequence: int
    checksum: int
    times_size: int
    columns: list[ColumnPlace]

    @property
    def rows(self) -> SummarisedRows:
        """What its summaries stand beside."""
        return SummarisedRows(self.row_count, self.first_time, self.last_time)

    @property
    def size(self) -> int:
        """Its bytes: times, validities and values."""
        validity_size = (self.row_count + 7) // 8
        return self.times_size + sum(
            column.values_size + (validity_size if column.null_count else 0)
            for column in self.columns)


class RecordColumn(NamedTuple):
    """A column as a record describes it."""

    name: bytes
    field_type: FieldType
    null_count: int
    summary: bytes
    value_runs: bytes


@dataclass
class Record:
    """What is known of row groups that follow one another."""

    place_count: int
    first_time: int
    last_time: int
    first_sequence: int
    last_sequence: int
    groups_size: int
    entries_size: int
    row_count: int
    columns: list[RecordColumn]
    first_place: int = 0
    places: Sequence[RowGroupPlace] = ()

    @property
    def rows(self) -> SummarisedRows:
        """What its summaries stand beside."""
        return SummarisedRows(self.row_count, self.first_time, self.last_time)

    def hold(self, first_place: int, places: Sequence[RowGroupPlace]) -> None:
        """Damage unless these, from number `first_place` of the series on, are its row groups."""
        self.first_place, self.places = first_place, places
        require((self.first_time, self.last_time) ==
                (places[0].first_time, max(place.last_time for place in places)),
                "a record with the times of its row groups")
        require(all(self.first_sequence <= place.first_sequence and
                    place.last_sequence <= self.last_sequence for place in places),
                "a record with the sequences of its row groups")
        require(self.groups_size == sum(place.size for place in places),
                "a record with the size of its row groups")
        row_count = sum(place.row_count for place in places)
        do_overlap = any(left.last_time >= right.first_time
                         for left, right in zip(places, places[1:]))
        if do_overlap or row_count >= _UNSUMMARISED_ROWS:
            require(not self.columns, "no summaries of row groups that overlap")
            return
        value_counts: dict[bytes, int] = {}
        for place in places:
            for column in place.columns:
                value_counts[column.name] = (value_counts.get(column.name, 0) + place.row_count -
                                             column.null_count)
        found = {column.name: self.row_count - column.null_count for column in self.columns}
        require((self.row_count, found) == (row_count, value_counts),
                f"a record of {row_count} rows with the values {value_counts}")

    def check_value_runs(self, column: RecordColumn, times: Sequence[int],
                         values: Sequence[Value], met: CodecsMet) -> None:
        """Damage unless they are those of these samples, if there are any."""
        if not column.value_runs:
            return
        reader = ByteReader(column.value_runs)
        count = reader.varint()
        require(2 <= count <= _RUN_LIMIT, f"2 to {_RUN_LIMIT} value runs, found {count}")
        stored = list(zip(decode_times(reader.sized(), count, met),
                          decode_times(reader.sized(), count, met),
                          decode_column(FieldType.UNSIGNED, reader.sized(), count, met),
                          map(_bits, decode_column(column.field_type, reader.sized(), count, met)),
                          strict=True))
        reader.finish()
        found = []
        for bits, run in groupby(zip(times, map(_bits, values), strict=True),
                                 key=lambda sample: sample[1]):
            run_times = [time for time, _ in run]
            found.append((run_times[0], run_times[-1], len(run_times), bits))
        require(stored == found, "the value runs of its samples")


@dataclass
class SeriesBlock:
    """All that stands in the block of a series."""

    key: bytes
    row_group_index: int
    places: list[RowGroupPlace]
    records: list[Record]


def read_series_block(encoded: bytes) -> SeriesBlock:
    """A block whose checksum is right."""
    reader = ByteReader(encoded)
    key = reader.sized()
    offset = reader.varint()
    row_group_index = reader.varint()
    fields = [(read_field_type(reader.u8()), reader.sized()) for _ in range(reader.varint())]
    place_count = reader.varint()
    block_count = reader.varint()
    totals = [_read_record(reader, fields, None)] if block_count >= 2 else []
    blocks: list[Record] = []
    for _ in range(block_count):
        blocks.append(_read_record(reader, fields, blocks[-1] if blocks else None))
    require(sum(block.place_count for block in blocks) == place_count or not blocks,
            f"blocks of {place_count} row groups")
    block = SeriesBlock(key, row_group_index, [], totals + blocks)
    entries_begin = reader.offset
    for part, part_count in [(part, part.place_count) for part in blocks] or [(None, place_count)]:
        begin = reader.offset
        members: list[RowGroupPlace] = []
        for _ in range(part_count):
            members.append(_read_place(reader, fields, offset, members[-1] if members else None))
            offset += members[-1].size
        if part is not None:
            with within(f"record of {part_count} row groups"):
                require(part.entries_size == reader.offset - begin, "entries as long as it says")
                part.hold(len(block.places), members)
        block.places += members
    for record in totals:
        require(record.place_count == len(block.places) and
                record.entries_size == reader.offset - entries_begin, "a record of all row groups")
        record.hold(0, block.places)
    reader.finish()
    return block


def _read_record(reader: ByteReader, fields: list[tuple[FieldType, bytes]],
                 before: Record | None) -> Record:
    place_count = reader.varint()
    require(place_count >= 1, "a record of row groups")
    extent = _read_extent(reader, before)
    groups_size, entries_size, column_count = (reader.varint() for _ in range(3))
    row_count = reader.varint() if column_count else 0
    columns: list[RecordColumn] = []
    for _ in range(column_count):
        field_type, name = _read_field(reader, fields)
        columns.append(RecordColumn(name, field_type, reader.varint(), reader.sized(),
                                    reader.sized()))
        require(columns[-1].null_count < row_count, "a column with values")
    return Record(place_count, *extent, groups_size, entries_size, row_count, columns)


def _read_extent(reader: ByteReader,
                 before: RowGroupPlace | Record | None) -> tuple[int, int, int, int]:
    """First and last time, first and last sequence."""
    first_time = to_signed((reader.zigzag() + (before.first_time if before else 0)) & U64_MASK)
    last_time = to_signed((reader.varint() + first_time) & U64_MASK)
    first_sequence = (reader.zigzag() + (before.first_sequence if before else 0)) & U64_MASK
    return first_time, last_time, first_sequence, first_sequence + reader.varint()


def _read_field(reader: ByteReader,
                fields: list[tuple[FieldType, bytes]]) -> tuple[FieldType, bytes]:
    index = reader.varint()
    require(index < len(fields), f"one of {len(fields)} fields, found {index}")
    return fields[index]


def _read_place(reader: ByteReader, fields: list[tuple[FieldType, bytes]], offset: int,
                before: RowGroupPlace | None) -> RowGroupPlace:
    row_count = reader.varint()
    require(1 <= row_count <= _ROW_LIMIT, f"1 to 2^20 rows, found {row_count}")
    extent = _read_extent(reader, before)
    checksum = reader.u64()
    times_size = reader.varint()
    columns: list[ColumnPlace] = []
    for _ in range(reader.varint()):
        field_type, name = _read_field(reader, fields)
        column = ColumnPlace(name, field_type, reader.varint(), reader.varint(), reader.sized())
        require(column.null_count < row_count, "a column with values")
        columns.append(column)
    return RowGroupPlace(offset, row_count, *extent, checksum, times_size, columns)


def _bits(value: Value) -> Value:
    """Doubles by their bits: -0.0 is not 0.0."""
    return struct.pack(">d", value) if isinstance(value, float) else value
