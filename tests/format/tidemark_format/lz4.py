"""LZ4 blocks, unpacked. FORMAT.md section 9."""

from .damage import Damage

_MINIMAL_MATCH_SIZE = 4
_LONG = 15  # What a half of a token says when more bytes of the size follow.


def unpack_lz4(block: bytes, size: int) -> bytes:
    """The `size` bytes that the block stands for; Damage when it stands for others."""
    text = bytearray()
    offset = 0
    try:
        while True:
            token = block[offset]
            literal_size, offset = _extended(block, offset + 1, token >> 4)
            if offset + literal_size > len(block):
                raise Damage("LZ4 block: literals behind its end")
            text += block[offset:offset + literal_size]
            offset += literal_size
            if offset == len(block):
                break  # The last sequence is literals only.
            distance = block[offset] | block[offset + 1] << 8
            match_size, offset = _extended(block, offset + 2, token & 15)
            _append_match(text, distance, match_size + _MINIMAL_MATCH_SIZE)
            if len(text) > size:
                break
    except IndexError:
        raise Damage("LZ4 block: truncated") from None
    if len(text) != size:
        raise Damage(f"LZ4 block: expected {size} bytes, it has {len(text)}")
    return bytes(text)


def _extended(block: bytes, offset: int, size: int) -> tuple[int, int]:
    """A size that goes on, in bytes to add, as long as they are 255."""
    if size == _LONG:
        while True:
            byte = block[offset]
            offset += 1
            size += byte
            if byte != 255:
                break
    return size, offset


def _append_match(text: bytearray, distance: int, size: int) -> None:
    """Repeats what was unpacked `distance` bytes before; it may overlap itself."""
    if not 0 < distance <= len(text):
        raise Damage(f"LZ4 block: a match {distance} bytes in front of byte {len(text)}")
    begin = len(text) - distance
    if distance >= size:
        text += text[begin:begin + size]
        return
    pattern = bytes(text[begin:])
    text += (pattern * (size // distance + 1))[:size]
