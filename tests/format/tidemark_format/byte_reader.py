"""Fields of bytes. FORMAT.md, "Numbers", and section 4.2."""

import struct

from .damage import Damage, require

U64_MASK = (1 << 64) - 1

_VARINT_SIZE_LIMIT = 10
_WHOLE_WIDTHS = {8: "B", 16: "H", 32: "I", 64: "Q"}


def to_signed(pattern: int) -> int:
    """The 64 bits of a pattern as two's complement."""
    return pattern - (1 << 64) if pattern >> 63 else pattern


class ByteReader:
    """Takes one field after the other; Damage where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    @property
    def remaining(self) -> int:
        """How many bytes are left."""
        return len(self.data) - self.offset

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.offset + size
        if end > len(self.data):
            raise Damage(f"{size} bytes at {self.offset} of {len(self.data)}: truncated")
        taken = self.data[self.offset:end]
        self.offset = end
        return taken

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self.take(self.remaining)

    def finish(self) -> None:
        """Damage where bytes are left."""
        if self.remaining:
            raise Damage(f"{self.remaining} bytes too many at {self.offset}")

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def i64(self) -> int:
        return int.from_bytes(self.take(8), "little", signed=True)

    def f64(self) -> float:
        return struct.unpack("<d", self.take(8))[0]

    def varint(self) -> int:
        """LEB128 of at most 10 bytes and 64 bits."""
        data, offset = self.data, self.offset
        number = shift = 0
        for byte in data[offset:offset + _VARINT_SIZE_LIMIT]:
            offset += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                if number > U64_MASK:
                    raise Damage(f"varint at {self.offset} has more than 64 bits")
                self.offset = offset
                return number
            shift += 7
        raise Damage(f"varint at {self.offset} does not end")

    def zigzag(self) -> int:
        """The signed number of a varint: 0, 1, 2, 3 are 0, -1, 1, -2."""
        return unzigzag(self.varint())

    def sized(self) -> bytes:
        """A varint, and so many bytes."""
        return self.take(self.varint())

    def packed(self, count: int, width: int) -> list[int]:
        """`count` numbers of `width` bits each. Section 4.2."""
        require(width <= 64, f"packed numbers of at most 64 bits, found {width}")
        data = self.take((count * width + 7) // 8)
        if width == 0:
            return [0] * count
        if width in _WHOLE_WIDTHS:
            return list(struct.unpack(f"<{count}{_WHOLE_WIDTHS[width]}", data))
        mask = (1 << width) - 1
        numbers: list[int] = []
        for begin in range(0, len(data), width):  # Eight numbers take `width` bytes.
            bits = int.from_bytes(data[begin:begin + width], "little")
            for _ in range(8):
                numbers.append(bits & mask)
                bits >>= width
        require(not any(numbers[count:]), "zero bits behind the last packed number")
        del numbers[count:]
        return numbers


def unzigzag(number: int) -> int:
    """Takes 0, 1, 2, 3 to 0, -1, 1, -2."""
    return (number >> 1) ^ -(number & 1)
