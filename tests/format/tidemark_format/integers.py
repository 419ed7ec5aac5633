"""Codecs of integers. FORMAT.md section 4.3.

Integers are patterns of 64 bits here, 0 to 2^64 - 1, whatever the column's type.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from .byte_reader import U64_MASK, ByteReader, to_signed, unzigzag
from .codecs_met import INTEGERS, CodecsMet
from .damage import require, within

# Decodes integers inside of a codec: their bytes, and how many there are.
Nested: TypeAlias = Callable[[bytes, int], list[int]]


class _Codec(NamedTuple):
    name: str
    rank: int
    decode: Callable[[ByteReader, int, Nested], list[int]]


def decode_integers(column: bytes, count: int, met: CodecsMet,
                    rank_limit: int | None = None) -> list[int]:
    """The `count` patterns of a column; inside of a codec of integers, of a smaller rank."""
    reader = ByteReader(column)
    codec_id = reader.u8()
    require(codec_id in _CODECS, f"a codec of integers, found {codec_id}")
    codec = _CODECS[codec_id]
    require(rank_limit is None or codec.rank < rank_limit,
            f"a codec of a rank below {rank_limit}, found {codec.name}")
    met.add((INTEGERS, codec_id))

    def nested(inner: bytes, inner_count: int) -> list[int]:
        return decode_integers(inner, inner_count, met, codec.rank)

    with within(f"integers: {codec.name}"):
        values = codec.decode(reader, count, nested)
        reader.finish()
    return values


def decode_signed(column: bytes, count: int, met: CodecsMet) -> list[int]:
    """The same, as two's complement."""
    return [to_signed(pattern) for pattern in decode_integers(column, count, met)]


def _plain(reader: ByteReader, count: int, _: Nested) -> list[int]:
    return reader.packed(count, 64)


def _constant(reader: ByteReader, count: int, _: Nested) -> list[int]:
    return [reader.zigzag() & U64_MASK] * count


def _packed(reader: ByteReader, count: int, _: Nested) -> list[int]:
    base = reader.zigzag()
    width = reader.u8()
    return [(base + distance) & U64_MASK for distance in reader.packed(count, width)]


def _read_patched(reader: ByteReader, count: int) -> tuple[int, list[int]]:
    """The base, and the distances of a patched or centred column."""
    base = reader.zigzag()
    width = reader.u8()
    high_width = reader.u8()
    patch_count = reader.varint()
    require(width + high_width <= 64, f"at most 64 bits, found {width} and {high_width}")
    require(patch_count <= count, f"at most {count} patches, found {patch_count}")
    require(patch_count == 0 or width < 64, "low bits of less than 64 bits under patches")
    distances = reader.packed(count, width)
    indices = read_indices(reader, patch_count, count)
    require(all(left < right for left, right in zip(indices, indices[1:])), "ascending patches")
    for index, high_bits in zip(indices, reader.packed(patch_count, high_width)):
        distances[index] |= high_bits << width
    return base, distances


def read_indices(reader: ByteReader, index_count: int, value_count: int) -> list[int]:
    """Packed indices into `value_count` values, of as many bits as the last index takes."""
    indices = reader.packed(index_count, max(value_count - 1, 0).bit_length())
    require(all(index < value_count for index in indices), f"indices below {value_count}")
    return indices


def _patched(reader: ByteReader, count: int, _: Nested) -> list[int]:
    base, distances = _read_patched(reader, count)
    return [(base + distance) & U64_MASK for distance in distances]


def _centred(reader: ByteReader, count: int, _: Nested) -> list[int]:
    base, distances = _read_patched(reader, count)
    return [(base + unzigzag(distance)) & U64_MASK for distance in distances]


def _delta(reader: ByteReader, count: int, nested: Nested) -> list[int]:
    require(count > 0, "integers, for a delta")
    first = reader.zigzag()
    deltas = nested(reader.rest(), count - 1)
    return [integer & U64_MASK for integer in accumulate(deltas, initial=first)]


def _line(reader: ByteReader, count: int, nested: Nested) -> list[int]:
    require(count > 0, "integers, for a line")
    integer = reader.zigzag()
    slope = reader.zigzag()
    integers = [integer & U64_MASK]
    for index, residual in enumerate(nested(reader.rest(), count - 1)):
        integer += residual + (to_signed((slope * index) & U64_MASK) >> 16)
        integers.append(integer & U64_MASK)
    return integers


def _dictionary(reader: ByteReader, count: int, nested: Nested) -> list[int]:
    entry_count = reader.varint()
    require(1 <= entry_count <= count, f"1 to {count} entries, found {entry_count}")
    entries = nested(reader.sized(), entry_count)
    signed = [to_signed(entry) for entry in entries]
    require(sorted(set(entries)) == entries or sorted(set(signed)) == signed, "ascending entries")
    indices = nested(reader.rest(), count)
    require(max(indices) < entry_count, f"indices below {entry_count}")
    return [entries[index] for index in indices]


def _sparse(reader: ByteReader, count: int, nested: Nested) -> list[int]:
    require(count > 0, "integers, for a sparse column")
    changes = reader.packed(count - 1, 1)
    values = iter(nested(reader.rest(), 1 + sum(changes)))
    integers = [next(values)]
    for is_change in changes:
        integers.append(next(values) if is_change else integers[-1])
    return integers


def _multiple(reader: ByteReader, count: int, nested: Nested) -> list[int]:
    base = reader.zigzag()
    factor = reader.varint()
    require(factor != 0, "a factor other than 0")
    return [(base + factor * quotient) & U64_MASK for quotient in nested(reader.rest(), count)]


_CODECS = {
    0: _Codec("plain", 0, _plain),
    1: _Codec("constant", 0, _constant),
    2: _Codec("packed", 0, _packed),
    3: _Codec("patched", 0, _patched),
    4: _Codec("centred", 0, _centred),
    5: _Codec("delta", 1, _delta),
    6: _Codec("sparse", 3, _sparse),
    7: _Codec("multiple", 4, _multiple),
    8: _Codec("dictionary", 2, _dictionary),
    9: _Codec("line", 1, _line),
}
