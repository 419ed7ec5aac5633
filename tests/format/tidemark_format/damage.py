"""What is wrong with bytes, and where."""

from collections.abc import Iterator
from contextlib import contextmanager

from . import xxh3


class Damage(Exception):
    """Bytes contradict FORMAT.md; the message begins with the place."""


class Unsupported(Exception):
    """Bytes of a version, feature or kind of record that FORMAT.md does not know."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Puts the place in front of what is found inside."""
    try:
        yield
    except Damage as damage:
        raise Damage(f"{place}: {damage}") from None
    except Unsupported as unsupported:
        raise Unsupported(f"{place}: {unsupported}") from None


def require(condition: bool, expectation: str) -> None:
    """Damage unless what FORMAT.md asks for is so."""
    if not condition:
        raise Damage(f"expected {expectation}")


def check_checksum(what: str, covered: bytes, seed: int, stored: int) -> None:
    """Compares a stored checksum with that of the bytes it covers. FORMAT.md, "Checksums"."""
    found = xxh3.xxh3_64(covered, seed)
    if found != stored:
        raise Damage(f"checksum of {what}: stored 0x{stored:016x}, computed 0x{found:016x}")
