"""Codecs of booleans. FORMAT.md section 4.5."""

from .byte_reader import ByteReader
from .codecs_met import BOOLEANS, CodecsMet
from .damage import require, within
from .integers import decode_integers


def decode_booleans(column: bytes, count: int, met: CodecsMet) -> list[bool]:
    """The `count` booleans of a column."""
    reader = ByteReader(column)
    codec_id = reader.u8()
    require(codec_id in _CODECS, f"a codec of booleans, found {codec_id}")
    name, decode = _CODECS[codec_id]
    met.add((BOOLEANS, codec_id))
    with within(f"booleans: {name}"):
        values = decode(reader, count, met)
        reader.finish()
    return values


def read_boolean(reader: ByteReader) -> bool:
    """A byte, 0 or 1."""
    byte = reader.u8()
    require(byte <= 1, f"0 or 1, found {byte}")
    return byte == 1


def _constant(reader: ByteReader, count: int, _: CodecsMet) -> list[bool]:
    return [read_boolean(reader)] * count


def _bitmap(reader: ByteReader, count: int, _: CodecsMet) -> list[bool]:
    return [bit == 1 for bit in reader.packed(count, 1)]


def _runs(reader: ByteReader, count: int, met: CodecsMet) -> list[bool]:
    value = read_boolean(reader)
    run_count = reader.varint()
    require(2 <= run_count <= count, f"2 to {count} runs, found {run_count}")
    lengths = decode_integers(reader.rest(), run_count - 1, met)
    require(min(lengths) >= 1, "runs of at least 1")
    last_length = count - sum(lengths)
    require(last_length >= 1, f"runs of less than {count} in front of the last one")
    values: list[bool] = []
    for length in [*lengths, last_length]:
        values += [value] * length
        value = not value
    return values


_CODECS = {
    1: ("constant", _constant),
    48: ("bitmap", _bitmap),
    49: ("runs", _runs),
}
