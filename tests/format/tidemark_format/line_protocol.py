"""Rows as lines of text. docs/LINE_PROTOCOL.md, and docs/TOOLS.md on `tidemark export`."""

import math
from decimal import Decimal

from .columns import FieldType, Value


class NotWritable(Exception):
    """What no line can say."""


def series_text(measurement: bytes, tags: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """What a line begins with."""
    _check_name(measurement)
    if measurement.startswith(b"#"):
        raise NotWritable(f"measurement {measurement!r} begins like a comment")
    parts = [_escaped(measurement, b", ")]
    for key, value in tags:
        _check_name(key)
        _check_name(value)
        parts.append(_escaped(key, b",= ") + b"=" + _escaped(value, b",= "))
    return b",".join(parts)


def field_key_text(name: bytes) -> bytes:
    """A field's name."""
    _check_name(name)
    return _escaped(name, b",= ")


def field_value_text(field_type: FieldType, value: Value) -> bytes:
    """A field's value."""
    match field_type:
        case FieldType.FLOAT:
            return float_text(value).encode()
        case FieldType.INTEGER:
            return b"%di" % value
        case FieldType.UNSIGNED:
            return b"%du" % value
        case FieldType.BOOLEAN:
            return b"true" if value else b"false"
        case _:
            return b'"' + _escaped(value, b'\\"') + b'"'


def float_text(value: float) -> str:
    """The shortest digits that read back as the double, as Go's strconv 'g' writes them: with an
    exponent below 1e-4 and from 1e6 on."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        raise NotWritable("infinity")
    negative, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    position = len(digits) + exponent - 1 if value else 0  # Of the first digit: its power of ten.
    sign = "-" if negative else ""
    if not -4 <= position < 6:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{sign}{text[0]}{fraction}e{position:+03d}"
    if position < 0:
        return f"{sign}0.{'0' * (-position - 1)}{text}"
    whole = text[:position + 1].ljust(position + 1, "0")
    fraction = text[position + 1:]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _escaped(text: bytes, special: bytes) -> bytes:
    """A backslash in front of each special byte."""
    if not any(byte in text for byte in special):
        return text
    return b"".join((b"\\" if byte in special else b"") + bytes([byte]) for byte in text)


def _check_name(name: bytes) -> None:
    if not name or name.endswith(b"\\") or any(byte < 0x20 or byte == 0x7F for byte in name):
        raise NotWritable(f"name {name!r}")
