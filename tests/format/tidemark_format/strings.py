"""Codecs of strings. FORMAT.md section 4.6. Strings are bytes."""

from .byte_reader import ByteReader
from .codecs_met import STRINGS, CodecsMet
from .damage import Damage, require, within
from .integers import decode_integers
from .lz4 import unpack_lz4

_TEXT_SIZE_LIMIT = 2_113_929_216
_TEXT_GROWTH_LIMIT = 255


def decode_strings(column: bytes, count: int, met: CodecsMet) -> list[bytes]:
    """The `count` strings of a column."""
    reader = ByteReader(column)
    codec_id = reader.u8()
    require(codec_id in _CODECS, f"a codec of strings, found {codec_id}")
    name, decode = _CODECS[codec_id]
    met.add((STRINGS, codec_id))
    with within(f"strings: {name}"):
        values = decode(reader, count, met)
        reader.finish()
    return values


def _read_pool(reader: ByteReader, count: int, met: CodecsMet) -> list[bytes]:
    """Strings one after the other, to the end of the column."""
    lengths = decode_integers(reader.sized(), count, met)
    size = sum(lengths)
    form = reader.u8()
    text = reader.rest()
    if form == 1:
        require(size <= min(_TEXT_GROWTH_LIMIT * len(text), _TEXT_SIZE_LIMIT),
                f"a text that {len(text)} bytes can hold, found {size} bytes")
        text = unpack_lz4(text, size)
    elif form != 0:
        raise Damage(f"expected form 0 or 1 of a pool, found {form}")
    require(len(text) == size, f"{size} bytes of text, found {len(text)}")
    pool = ByteReader(text)
    return [pool.take(length) for length in lengths]


def _constant(reader: ByteReader, count: int, _: CodecsMet) -> list[bytes]:
    return [reader.rest()] * count


def _plain(reader: ByteReader, count: int, met: CodecsMet) -> list[bytes]:
    return _read_pool(reader, count, met)


def _dictionary(reader: ByteReader, count: int, met: CodecsMet) -> list[bytes]:
    entry_count = reader.varint()
    require(1 <= entry_count <= count, f"1 to {count} entries, found {entry_count}")
    codes = decode_integers(reader.sized(), count, met)
    require(max(codes) < entry_count, f"codes below {entry_count}")
    entries = _read_pool(reader, entry_count, met)
    return [entries[code] for code in codes]


_CODECS = {
    0: ("plain", _plain),
    1: ("constant", _constant),
    64: ("dictionary", _dictionary),
}
