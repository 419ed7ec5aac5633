"""Summaries of columns: read, made again from the values, and compared. FORMAT.md section 4.8."""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .booleans import read_boolean
from .byte_reader import U64_MASK, ByteReader, to_signed
from .columns import FieldType, Value
from .damage import Damage, require

_I64_MAX = (1 << 63) - 1
_STRING_LIMIT = 32
_DECIMALS_LIMIT = 15
_AS_BITS = 255  # In place of the decimals of floats: each as 8 bytes.
_SUM_TOLERANCE = Fraction(1, 1 << 80)  # Of the sum of the magnitudes.
_SMALLEST = Fraction(1, 1 << 1074)
_HALF_OF_GREATEST = 1 << 1023

_EVERY_ROW = 0x01
_TIMES_OF_ROWS = 0x02
_NON_DECREASING = 0x04
_HAS_VALUES = 0x08
_ALL_EQUAL = 0x10
_SUM_HAS_LOW = 0x20
_INTEGRAL_HAS_LOW = 0x40
_WIDE_SUM = 0x80

_WHOLE_NUMBERS = (FieldType.INTEGER, FieldType.UNSIGNED)


@dataclass(frozen=True)
class SummarisedRows:
    """What a summary is stored beside: all rows of its row group, null or not."""

    count: int
    first_time: int
    last_time: int


@dataclass
class Summary:
    """What is known of a column. Fields that do not belong to its type keep what is here.

    `total` and `integral` are what the stored doubles add up to, exactly; None where they are not
    there, or not finite.
    """

    non_null_count: int = 0
    first_time: int = 0
    last_time: int = 0
    largest_gap: int = 0
    is_non_decreasing: bool = False
    extremes: tuple[Value, ...] | None = None  # min, max, first, last
    total: Fraction | None = None
    integral: Fraction | None = None
    true_ns: int = 0
    transition_count: int = 0


def read_summary(field_type: FieldType, rows: SummarisedRows, data: bytes) -> Summary:
    """The summary of a column of this type over these rows."""
    reader = ByteReader(data)
    flags = reader.u8()
    summary = Summary(is_non_decreasing=bool(flags & _NON_DECREASING))
    summary.non_null_count = rows.count if flags & _EVERY_ROW else reader.varint()
    require(1 <= summary.non_null_count <= rows.count, f"1 to {rows.count} values")
    has_times_of_rows = flags & _TIMES_OF_ROWS
    summary.first_time = rows.first_time + (0 if has_times_of_rows else reader.varint())
    summary.last_time = rows.last_time - (0 if has_times_of_rows else reader.varint())
    summary.largest_gap = reader.varint()
    if flags & _HAS_VALUES:
        count = 1 if flags & _ALL_EQUAL else 4
        values = _VALUE_READERS[field_type](reader, count)
        summary.extremes = tuple(values * (4 // count))
    if field_type == FieldType.FLOAT and summary.extremes is not None:
        summary.total = _read_pair(reader, flags & _SUM_HAS_LOW)
        summary.integral = _read_pair(reader, flags & _INTEGRAL_HAS_LOW)
    elif field_type in _WHOLE_NUMBERS:
        is_wide = flags & _WIDE_SUM
        summary.total = Fraction(int.from_bytes(reader.take(16), "little", signed=True)
                                 if is_wide else reader.zigzag())
        summary.integral = _read_pair(reader, flags & _INTEGRAL_HAS_LOW)
    elif field_type == FieldType.BOOLEAN:
        summary.true_ns = reader.varint()
        summary.transition_count = reader.varint()
    reader.finish()
    return summary


def _read_pair(reader: ByteReader, has_low: int) -> Fraction | None:
    """What an unevaluated sum of two doubles is; None where it is not finite."""
    high = reader.f64()
    low = reader.f64() if has_low else 0.0
    return Fraction(high) + Fraction(low) if math.isfinite(high + low) else None


def _read_floats(reader: ByteReader, count: int) -> list[Value]:
    decimals = reader.u8()
    if decimals == _AS_BITS:
        return [reader.f64() for _ in range(count)]
    require(decimals <= _DECIMALS_LIMIT, f"0 to 15 decimals, or 255, found {decimals}")
    return [float(reader.zigzag()) / float(10**decimals) for _ in range(count)]


def _read_signed(reader: ByteReader, count: int) -> list[Value]:
    base = reader.zigzag()
    return [base, *(to_signed((base + reader.varint()) & U64_MASK) for _ in range(count - 1))]


def _read_unsigned(reader: ByteReader, count: int) -> list[Value]:
    base = reader.zigzag() & U64_MASK
    return [base, *((base + reader.varint()) & U64_MASK for _ in range(count - 1))]


def _read_booleans(reader: ByteReader, count: int) -> list[Value]:
    return [read_boolean(reader) for _ in range(count)]


def _read_strings(reader: ByteReader, count: int) -> list[Value]:
    return [reader.sized() for _ in range(count)]


_VALUE_READERS: dict[FieldType, Callable[[ByteReader, int], list[Value]]] = {
    FieldType.FLOAT: _read_floats,
    FieldType.INTEGER: _read_signed,
    FieldType.UNSIGNED: _read_unsigned,
    FieldType.BOOLEAN: _read_booleans,
    FieldType.STRING: _read_strings,
}


def check_summary(field_type: FieldType, stored: Summary, times: Sequence[int],
                  values: Sequence[Value], lacks_values: bool = False) -> None:
    """Damage unless the summary says of the values, which are not null, what is so.

    `lacks_values`: it is of several row groups, and the summary of one of them has no values.
    """
    distances = [right - left for left, right in zip(times, times[1:])]
    _compare("values", stored.non_null_count, len(values))
    _compare("the first time", stored.first_time, times[0])
    _compare("the last time", stored.last_time, times[-1])
    _compare("the largest gap", stored.largest_gap, min(max(distances, default=0), _I64_MAX))
    extremes = None if lacks_values else _extremes(field_type, values)
    _compare("min, max, first and last", _bits(stored.extremes), _bits(extremes))
    is_ordered = field_type != FieldType.STRING and extremes is not None
    _compare("whether it is non-decreasing", stored.is_non_decreasing,
             is_ordered and all(left <= right for left, right in zip(values, values[1:])))
    if field_type == FieldType.BOOLEAN:
        true_ns = sum(distance for distance, value in zip(distances, values) if value)
        _compare("the time true", stored.true_ns, min(true_ns, _I64_MAX))
        _compare("transitions", stored.transition_count,
                 sum(left != right for left, right in zip(values, values[1:])))
    elif field_type == FieldType.FLOAT and extremes is not None:
        scaled = [_scaled(value) for value in values]
        _check_sum("the sum", stored.total, scaled, _SMALLEST)
        _check_sum("the integral", stored.integral,
                   [number * distance for number, distance in zip(scaled, distances)], _SMALLEST)
    elif field_type in _WHOLE_NUMBERS:
        _compare("the sum", stored.total, Fraction(sum(values)))
        _check_sum("the integral", stored.integral,
                   [value * distance for value, distance in zip(values, distances)], Fraction(1))


def _compare(what: str, stored: object, found: object) -> None:
    if stored != found:
        raise Damage(f"summary: {what}: stored {stored}, of the values {found}")


def _extremes(field_type: FieldType, values: Sequence[Value]) -> tuple[Value, ...] | None:
    """min, max, first and last; None where the summary does without."""
    if field_type == FieldType.FLOAT:
        if any(math.isnan(value) for value in values):
            return None
        def order(value: float) -> tuple[float, float]:
            return value, math.copysign(1.0, value)  # -0.0 is below +0.0.
        return min(values, key=order), max(values, key=order), values[0], values[-1]
    extremes = min(values), max(values), values[0], values[-1]
    if field_type == FieldType.STRING and max(map(len, extremes)) > _STRING_LIMIT:
        return None
    return extremes


def _bits(values: tuple[Value, ...] | None) -> list[Value] | None:
    """Doubles by their bits: -0.0 is not 0.0."""
    if values is None:
        return None
    return [struct.pack(">d", value).hex() if isinstance(value, float) else value
            for value in values]


def _scaled(value: float) -> int:
    """The double times 2^1074, which is an integer."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * ((1 << 1074) // denominator)


def _check_sum(what: str, stored: Fraction | None, terms: Sequence[int], unit: Fraction) -> None:
    """A sum of two doubles is within 2^-80 of the magnitudes, or beyond the range of doubles."""
    magnitude = sum(map(abs, terms)) * unit
    if stored is None:
        require(magnitude >= _HALF_OF_GREATEST, f"{what} of a summary, which is finite")
        return
    error = abs(stored - sum(terms) * unit)
    require(error <= magnitude * _SUM_TOLERANCE + _SMALLEST,
            f"{what} of a summary within 2^-80, found it {float(error / (magnitude or 1))} away")
