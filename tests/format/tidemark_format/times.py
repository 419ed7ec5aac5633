"""Codecs of times. FORMAT.md section 4.7. Times are nanoseconds since 1970."""

from itertools import accumulate

from .byte_reader import U64_MASK, ByteReader, to_signed
from .codecs_met import TIMES, CodecsMet
from .damage import require, within
from .integers import decode_integers, decode_signed

_UNITS_NS = [1, 10**3, 10**6, 10**9, 60 * 10**9]


def decode_times(column: bytes, count: int, met: CodecsMet) -> list[int]:
    """The `count` times of a row group, strictly ascending."""
    reader = ByteReader(column)
    codec_id = reader.u8()
    require(codec_id in _CODECS, f"a codec of times, found {codec_id}")
    require(count > 0, "times")
    name, decode = _CODECS[codec_id]
    met.add((TIMES, codec_id))
    with within(f"times: {name}"):
        times = [to_signed(time & U64_MASK) for time in decode(reader, count, met)]
        reader.finish()
        require(all(left < right for left, right in zip(times, times[1:])), "ascending times")
    return times


def _read_unit_ns(reader: ByteReader) -> int:
    unit = reader.u8()
    require(unit < len(_UNITS_NS), f"a unit of time below {len(_UNITS_NS)}, found {unit}")
    return _UNITS_NS[unit]


def _plain(reader: ByteReader, count: int, _: CodecsMet) -> list[int]:
    return reader.packed(count, 64)


def _regular(reader: ByteReader, count: int, _: CodecsMet) -> list[int]:
    unit_ns = _read_unit_ns(reader)
    first = reader.zigzag()
    step = reader.varint()
    return [(first + index * step) * unit_ns for index in range(count)]


def _steps(reader: ByteReader, count: int, met: CodecsMet) -> list[int]:
    first_ns = _read_unit_ns(reader) * reader.zigzag()
    return list(accumulate(decode_integers(reader.rest(), count - 1, met), initial=first_ns))


def _grid(reader: ByteReader, count: int, met: CodecsMet) -> list[int]:
    unit_ns = _read_unit_ns(reader)
    tick_ns = reader.zigzag() * unit_ns
    step_ns = reader.varint() * unit_ns
    strides = decode_signed(reader.sized(), count - 1, met)
    delays_ns = decode_signed(reader.rest(), count - 1, met)
    times = [tick_ns]
    for stride, delay_ns in zip(strides, delays_ns):
        tick_ns += stride * step_ns
        times.append(tick_ns + delay_ns)
    return times


_CODECS = {
    0: ("plain", _plain),
    80: ("regular", _regular),
    81: ("steps", _steps),
    82: ("grid", _grid),
}
