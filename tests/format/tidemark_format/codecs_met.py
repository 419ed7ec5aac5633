"""Which codecs were met, by what they hold and their id. FORMAT.md section 4.1."""

from typing import Final, TypeAlias

INTEGERS: Final = "integers"
FLOATS: Final = "floats"
BOOLEANS: Final = "booleans"
STRINGS: Final = "strings"
TIMES: Final = "times"

# What a codec holds, and its id. Codecs nested in others are met like all others.
CodecsMet: TypeAlias = set[tuple[str, int]]
