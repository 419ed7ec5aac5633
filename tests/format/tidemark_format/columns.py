"""Columns of the five types of fields. FORMAT.md sections 3 and 4."""

from enum import IntEnum
from typing import TypeAlias

from .booleans import decode_booleans
from .codecs_met import CodecsMet
from .damage import Damage
from .floats import decode_floats
from .integers import decode_integers, decode_signed
from .strings import decode_strings

Value: TypeAlias = float | int | bool | bytes


class FieldType(IntEnum):
    """As series blocks and the catalogue number them."""

    FLOAT = 1
    INTEGER = 2
    UNSIGNED = 3
    BOOLEAN = 4
    STRING = 5


def read_field_type(number: int) -> FieldType:
    """The type of this number; Damage when there is none."""
    try:
        return FieldType(number)
    except ValueError:
        raise Damage(f"expected a type of 1 to 5, found {number}") from None


def decode_column(field_type: FieldType, column: bytes, count: int,
                  met: CodecsMet) -> list[Value]:
    """The `count` values of a column: those of the rows that are not null."""
    values: list[Value] = []
    match field_type:
        case FieldType.FLOAT:
            values += decode_floats(column, count, met)
        case FieldType.INTEGER:
            values += decode_signed(column, count, met)
        case FieldType.UNSIGNED:
            values += decode_integers(column, count, met)
        case FieldType.BOOLEAN:
            values += decode_booleans(column, count, met)
        case FieldType.STRING:
            values += decode_strings(column, count, met)
    return values
