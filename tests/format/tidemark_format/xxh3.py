"""XXH3-64 with a seed. FORMAT.md section 10."""

import struct
from functools import lru_cache

_MASK = (1 << 64) - 1

_PRIME32_1 = 0x9E3779B1
_PRIME32_2 = 0x85EBCA77
_PRIME32_3 = 0xC2B2AE3D
_PRIME64_1 = 0x9E3779B185EBCA87
_PRIME64_2 = 0xC2B2AE3D27D4EB4F
_PRIME64_3 = 0x165667B19E3779F9
_PRIME64_4 = 0x85EBCA77C2B2AE63
_PRIME64_5 = 0x27D4EB2F165667C5
_AVALANCHE_PRIME = 0x165667919E3779F9
_RRMXMX_PRIME = 0x9FB21C651E98DF25

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")

_STRIPE_SIZE = 64
_STRIPES_PER_BLOCK = (len(SECRET) - _STRIPE_SIZE) // 8
_LONG_SIZE = 241  # From here on input is hashed in stripes.
_LANES = struct.Struct("<8Q")


def xxh3_64(data: bytes, seed: int) -> int:
    """The hash of `data`; seed and hash are 64 bits."""
    size = len(data)
    if size == 0:
        return _avalanche_xxh64(seed ^ _u64(SECRET, 56) ^ _u64(SECRET, 64))
    if size <= 3:
        return _hash_1_to_3(data, seed)
    if size <= 8:
        return _hash_4_to_8(data, seed)
    if size <= 16:
        return _hash_9_to_16(data, seed)
    if size <= 128:
        return _hash_17_to_128(data, seed)
    if size < _LONG_SIZE:
        return _hash_129_to_240(data, seed)
    return _hash_long(data, seed)


def _u32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset:offset + 4], "little")


def _u64(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset:offset + 8], "little")


def _rotated_left(number: int, count: int) -> int:
    return ((number << count) | (number >> (64 - count))) & _MASK


def _bytes_reversed(number: int, size: int) -> int:
    return int.from_bytes(number.to_bytes(size, "little"), "big")


def _folded_product(left: int, right: int) -> int:
    """The upper 64 bits of the product, xor the lower ones."""
    product = left * right
    return (product >> 64) ^ (product & _MASK)


def _avalanche(number: int) -> int:
    number ^= number >> 37
    number = (number * _AVALANCHE_PRIME) & _MASK
    return number ^ (number >> 32)


def _avalanche_xxh64(number: int) -> int:
    number ^= number >> 33
    number = (number * _PRIME64_2) & _MASK
    number ^= number >> 29
    number = (number * _PRIME64_3) & _MASK
    return number ^ (number >> 32)


def _hash_1_to_3(data: bytes, seed: int) -> int:
    size = len(data)
    combined = data[0] << 16 | data[size >> 1] << 24 | data[size - 1] | size << 8
    key = ((_u32(SECRET, 0) ^ _u32(SECRET, 4)) + seed) & _MASK
    return _avalanche_xxh64(combined ^ key)


def _hash_4_to_8(data: bytes, seed: int) -> int:
    size = len(data)
    seed ^= _bytes_reversed(seed & 0xFFFFFFFF, 4) << 32
    key = ((_u64(SECRET, 8) ^ _u64(SECRET, 16)) - seed) & _MASK
    number = (_u32(data, size - 4) + (_u32(data, 0) << 32)) ^ key
    number ^= _rotated_left(number, 49) ^ _rotated_left(number, 24)
    number = (number * _RRMXMX_PRIME) & _MASK
    number ^= (number >> 35) + size
    number = (number * _RRMXMX_PRIME) & _MASK
    return number ^ (number >> 28)


def _hash_9_to_16(data: bytes, seed: int) -> int:
    size = len(data)
    low_key = ((_u64(SECRET, 24) ^ _u64(SECRET, 32)) + seed) & _MASK
    high_key = ((_u64(SECRET, 40) ^ _u64(SECRET, 48)) - seed) & _MASK
    low = _u64(data, 0) ^ low_key
    high = _u64(data, size - 8) ^ high_key
    total = size + _bytes_reversed(low, 8) + high + _folded_product(low, high)
    return _avalanche(total & _MASK)


def _mixed_16(data: bytes, offset: int, secret_offset: int, seed: int) -> int:
    return _folded_product(
        _u64(data, offset) ^ ((_u64(SECRET, secret_offset) + seed) & _MASK),
        _u64(data, offset + 8) ^ ((_u64(SECRET, secret_offset + 8) - seed) & _MASK))


def _hash_17_to_128(data: bytes, seed: int) -> int:
    size = len(data)
    total = size * _PRIME64_1
    for pair in range((size - 1) // 32 + 1):
        total += _mixed_16(data, 16 * pair, 32 * pair, seed)
        total += _mixed_16(data, size - 16 * (pair + 1), 32 * pair + 16, seed)
    return _avalanche(total & _MASK)


def _hash_129_to_240(data: bytes, seed: int) -> int:
    size = len(data)
    total = size * _PRIME64_1
    for index in range(8):
        total += _mixed_16(data, 16 * index, 16 * index, seed)
    total = _avalanche(total & _MASK)
    for index in range(8, size // 16):
        total += _mixed_16(data, 16 * index, 16 * (index - 8) + 3, seed)
    total += _mixed_16(data, size - 16, 136 - 17, seed)
    return _avalanche(total & _MASK)


@lru_cache(maxsize=1024)
def _seeded_keys(seed: int) -> tuple[bytes, list[tuple[int, ...]]]:
    """The secret with the seed in it, and its eight words for each stripe of a block."""
    words = struct.unpack("<24Q", SECRET)
    secret = struct.pack("<24Q", *((word - seed if index % 2 else word + seed) & _MASK
                                   for index, word in enumerate(words)))
    return secret, [_LANES.unpack_from(secret, 8 * stripe) for stripe in range(_STRIPES_PER_BLOCK)]


def _accumulate(lanes: list[int], stripe: tuple[int, ...], key: tuple[int, ...]) -> None:
    for index in range(8):
        word = stripe[index]
        mixed = word ^ key[index]
        lanes[index ^ 1] += word
        lanes[index] += (mixed & 0xFFFFFFFF) * (mixed >> 32)


def _scramble(lanes: list[int], key: tuple[int, ...]) -> None:
    for index in range(8):
        lane = lanes[index] & _MASK
        lanes[index] = ((lane ^ (lane >> 47) ^ key[index]) * _PRIME32_1) & _MASK


def _hash_long(data: bytes, seed: int) -> int:
    size = len(data)
    secret, keys = _seeded_keys(seed)
    lanes = [_PRIME32_3, _PRIME64_1, _PRIME64_2, _PRIME64_3,
             _PRIME64_4, _PRIME32_2, _PRIME64_5, _PRIME32_1]
    last_key = _LANES.unpack_from(secret, len(secret) - _STRIPE_SIZE)
    for number in range((size - 1) // _STRIPE_SIZE):
        position = number % _STRIPES_PER_BLOCK
        _accumulate(lanes, _LANES.unpack_from(data, number * _STRIPE_SIZE), keys[position])
        if position == _STRIPES_PER_BLOCK - 1:
            _scramble(lanes, last_key)
    _accumulate(lanes, _LANES.unpack_from(data, size - _STRIPE_SIZE),
                _LANES.unpack_from(secret, len(secret) - _STRIPE_SIZE - 7))
    total = size * _PRIME64_1
    for pair in range(4):
        total += _folded_product((lanes[2 * pair] & _MASK) ^ _u64(secret, 11 + 16 * pair),
                                 (lanes[2 * pair + 1] & _MASK) ^ _u64(secret, 19 + 16 * pair))
    return _avalanche(total & _MASK)
