"""The rows of a write: the payload of a frame of the log. FORMAT.md section 7."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .booleans import read_boolean
from .byte_reader import U64_MASK, ByteReader, to_signed, unzigzag
from .columns import FieldType, Value, read_field_type
from .damage import Unsupported, require, within
from .lz4 import unpack_lz4

_PLAIN_KIND = 2
_LZ4_KIND = 3
_BODY_SIZE_LIMIT = 1 << 30
_ID_LIMIT = 1 << 32
_TIME_UNITS_NS = [1, 10**3, 10**6, 10**9]
_DECIMALS_LIMIT = 18
_AS_BITS = 127  # The form of a column whose values follow as they are.


class BatchField(NamedTuple):
    """A field by its index in its measurement."""

    index: int
    field_type: FieldType


class _Member(NamedTuple):
    """A series in a group."""

    group: int
    series_id: int


@dataclass
class BatchRow:
    """One row: the fields of its group, each with a value."""

    series_id: int
    time: int
    fields: list[BatchField]
    values: list[Value]


def read_row_batch(payload: bytes) -> list[BatchRow]:
    """The rows in the order they came."""
    body = _read_body(payload)
    groups = [_read_group(body) for _ in range(body.varint())]
    members = _read_members(body, len(groups))
    with within("order"):
        order = _read_order(ByteReader(body.sized()), len(members))
    unit = body.u8()
    require(unit < len(_TIME_UNITS_NS), f"a unit of time below 4, found {unit}")
    with within("times"):
        times = _read_times(ByteReader(body.sized()), len(order), _TIME_UNITS_NS[unit])
    rows = [BatchRow(members[member].series_id, time, groups[members[member].group], [])
            for member, time in zip(order, times)]
    for group_index, group in enumerate(groups):
        places = [place for place, member in enumerate(order)
                  if members[member].group == group_index]
        for field in group:
            with within(f"column of field {field.index} of group {group_index}"):
                column = ByteReader(body.sized())
                values = _read_column(column, field, [order[place] for place in places])
                column.finish()
            for place, value in zip(places, values):
                rows[place].values.append(value)
    body.finish()
    return rows


def _read_body(payload: bytes) -> ByteReader:
    reader = ByteReader(payload)
    kind = reader.u8()
    if kind == _LZ4_KIND:
        size = reader.varint()
        require(size <= _BODY_SIZE_LIMIT, f"a body of at most 2^30 bytes, found {size}")
        return ByteReader(unpack_lz4(reader.rest(), size))
    if kind != _PLAIN_KIND:
        raise Unsupported(f"rows of the unknown kind {kind}")
    return reader


def _read_group(body: ByteReader) -> list[BatchField]:
    fields: list[BatchField] = []
    for _ in range(body.varint()):
        index, field_type = divmod(body.varint(), 8)
        fields.append(BatchField(index, read_field_type(field_type)))
    indices = {field.index for field in fields}
    require(bool(fields) and len(indices) == len(fields), "fields of a group, each once")
    require(max(indices) < _ID_LIMIT, "indices of 32 bits")
    return fields


def _read_members(body: ByteReader, group_count: int) -> list[_Member]:
    group_of = [body.varint() for _ in range(body.varint())]
    require(all(group < group_count for group in group_of), f"groups below {group_count}")
    series_id = -1
    members: list[_Member] = []
    for group in group_of:
        series_id += 1 + body.zigzag()
        require(0 <= series_id < _ID_LIMIT, f"a series id of 32 bits, found {series_id}")
        members.append(_Member(group, series_id))
    return members


def _read_order(reader: ByteReader, member_count: int) -> list[int]:
    """The member of each row."""
    order: list[int] = []
    while reader.remaining:
        begin = reader.zigzag() + (order[-1] + 1 if order else 0)
        end = begin + 1 + reader.varint()
        require(0 <= begin and end <= member_count, f"members below {member_count}")
        order += range(begin, end)
    require(list(dict.fromkeys(order)) == list(range(member_count)),
            "a row of each member, the first ones in their order")
    return order


def _read_times(reader: ByteReader, row_count: int, unit_ns: int) -> list[int]:
    times: list[int] = []
    time = 0
    while reader.remaining:
        time += reader.zigzag() * unit_ns
        repetitions = reader.varint()
        require(repetitions < row_count, f"times of {row_count} rows")
        times += [to_signed(time & U64_MASK)] * (1 + repetitions)
    require(len(times) == row_count, f"times of {row_count} rows, found {len(times)}")
    return times


def _read_column(reader: ByteReader, field: BatchField, member_of: list[int]) -> list[Value]:
    """A value for each row of the group; `member_of` are their members."""
    match field.field_type:
        case FieldType.BOOLEAN:
            return [read_boolean(reader) for _ in member_of]
        case FieldType.STRING:
            return [reader.sized() for _ in member_of]
        case _:
            return _read_numbers(reader, field.field_type, member_of)


def _read_numbers(reader: ByteReader, field_type: FieldType, member_of: list[int]) -> list[Value]:
    form = reader.u8()
    if form == _AS_BITS:
        read = {FieldType.FLOAT: reader.f64, FieldType.INTEGER: reader.i64,
                FieldType.UNSIGNED: reader.u64}[field_type]
        return [read() for _ in member_of]
    has_differences = form >> 7 == 1
    decimals = form & 0x7F
    require(decimals <= (_DECIMALS_LIMIT if field_type == FieldType.FLOAT else 0),
            f"decimals that {field_type.name.lower()}s have, found {decimals}")
    base = reader.zigzag()
    exceptions = _read_exceptions(reader) if field_type == FieldType.FLOAT else {}
    require(all(row < len(member_of) for row in exceptions), "exceptions that are rows")
    value_of = _value_of_number(field_type, decimals)
    last_of: dict[int, int] = {}
    values: list[Value] = []
    for row, member in enumerate(member_of):
        if row in exceptions:
            values.append(exceptions[row])
            continue
        if has_differences:
            number = (last_of.get(member, base) + unzigzag(reader.varint())) & U64_MASK
            last_of[member] = number
        else:
            number = (base + reader.varint()) & U64_MASK
        values.append(value_of(number))
    return values


def _read_exceptions(reader: ByteReader) -> dict[int, float]:
    """Floats that are no numbers, by their rows."""
    exceptions: dict[int, float] = {}
    row = -1
    for _ in range(reader.varint()):
        row += 1 + reader.varint()
        exceptions[row] = reader.f64()
    return exceptions


def _value_of_number(field_type: FieldType, decimals: int) -> Callable[[int], Value]:
    if field_type == FieldType.UNSIGNED:
        return int
    if field_type == FieldType.INTEGER:
        return to_signed
    power = float(10**decimals)
    return lambda number: float(to_signed(number)) / power
