"""Codecs of floats. FORMAT.md section 4.4. Floats here are binary64, rounded to nearest even."""

import math
import struct
from collections.abc import Callable

from .byte_reader import U64_MASK, ByteReader
from .codecs_met import FLOATS, CodecsMet
from .damage import require, within
from .integers import decode_integers, decode_signed, read_indices
from .lz4 import unpack_lz4

_POWERS = [float(f"1e{exponent}") for exponent in range(19)]
_INVERSE_POWERS = [float(f"1e-{exponent}") for exponent in range(19)]
_QUOTIENT = 255  # What stands in place of f where the digits are divided.
_SIGN_BIT = 1 << 63


def decode_floats(column: bytes, count: int, met: CodecsMet) -> list[float]:
    """The `count` doubles of a column, bit by bit."""
    reader = ByteReader(column)
    codec_id = reader.u8()
    require(codec_id in _CODECS, f"a codec of floats, found {codec_id}")
    name, decode = _CODECS[codec_id]
    met.add((FLOATS, codec_id))
    with within(f"floats: {name}"):
        values = decode(reader, count, met)
        reader.finish()
    return values


def _from_patterns(patterns: list[int]) -> list[float]:
    """The doubles of these 64 bits each."""
    packed = struct.pack(f"<{len(patterns)}Q", *patterns)
    return list(struct.unpack(f"<{len(patterns)}d", packed))


def _plain(reader: ByteReader, count: int, _: CodecsMet) -> list[float]:
    return list(struct.unpack(f"<{count}d", reader.take(8 * count)))


def _constant(reader: ByteReader, count: int, _: CodecsMet) -> list[float]:
    return [reader.f64()] * count


def _read_scaled(reader: ByteReader, count: int, met: CodecsMet,
                 scaled: Callable[[float], float]) -> list[float]:
    """What decimal and binary share: exceptions, and digits that are scaled to values."""
    exception_count = reader.varint()
    require(exception_count <= count, f"at most {count} exceptions, found {exception_count}")
    indices = read_indices(reader, exception_count, count)
    exceptions = [reader.f64() for _ in range(exception_count)]
    values = [scaled(float(digits)) for digits in decode_signed(reader.rest(), count, met)]
    for index, value in zip(indices, exceptions):
        values[index] = value
    return values


def _decimal(reader: ByteReader, count: int, met: CodecsMet) -> list[float]:
    e = reader.u8()
    f = reader.u8()
    require(e <= 18, f"e of at most 18, found {e}")
    require(f <= e or f == _QUOTIENT, f"f of at most {e}, or 255, found {f}")
    if f == _QUOTIENT:
        return _read_scaled(reader, count, met, lambda digits: digits / _POWERS[e])
    return _read_scaled(reader, count, met,
                        lambda digits: (digits * _POWERS[f]) * _INVERSE_POWERS[e])


def _binary(reader: ByteReader, count: int, met: CodecsMet) -> list[float]:
    k = reader.zigzag()
    require(-1022 <= k <= 1022, f"k of -1022 to 1022, found {k}")
    scale = math.ldexp(1.0, -k)
    return _read_scaled(reader, count, met, lambda digits: digits * scale)


def _split(reader: ByteReader, count: int, met: CodecsMet) -> list[float]:
    width = reader.u8()
    require(1 <= width <= 63, f"lower parts of 1 to 63 bits, found {width}")
    lower_parts = reader.packed(count, width)
    upper_parts = decode_integers(reader.rest(), count, met)
    rotated = (((upper << width) | lower) & U64_MASK
               for upper, lower in zip(upper_parts, lower_parts))
    return _from_patterns([(bits >> 1) | ((bits & 1) << 63) for bits in rotated])


def _pattern(reader: ByteReader, count: int, met: CodecsMet) -> list[float]:
    patterns = decode_integers(reader.rest(), count, met)
    return _from_patterns([pattern ^ _SIGN_BIT if pattern & _SIGN_BIT else pattern ^ U64_MASK
                           for pattern in patterns])


def _planes(reader: ByteReader, count: int, _: CodecsMet) -> list[float]:
    compressed = reader.u8()
    values = bytearray(8 * count)
    for plane in range(7, -1, -1):
        is_compressed = compressed >> plane & 1
        values[plane::8] = (unpack_lz4(reader.sized(), count) if is_compressed
                            else reader.take(count))
    return list(struct.unpack(f"<{count}d", values))


_CODECS = {
    0: ("plain", _plain),
    1: ("constant", _constant),
    32: ("decimal", _decimal),
    33: ("binary", _binary),
    34: ("split", _split),
    35: ("pattern", _pattern),
    36: ("planes", _planes),
}
