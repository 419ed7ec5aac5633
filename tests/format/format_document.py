"""FORMAT.md, as far as tests read it: its examples in hex, and its table of codecs."""

import re
from pathlib import Path

from tidemark_format.codecs_met import BOOLEANS, FLOATS, INTEGERS, STRINGS, TIMES, CodecsMet

DOCUMENT = Path(__file__).resolve().parents[2] / "FORMAT.md"

_KINDS = {INTEGERS, FLOATS, BOOLEANS, STRINGS, TIMES}
_HEX_BLOCK = re.compile(r"^```hex\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODEC_CELLS = re.compile(r"\| (\d+) \| ([a-z, ]+?) \| [a-z]+ ")


def hex_example(heading: str) -> bytes:
    """The bytes of the first ```hex block behind a heading such as "## 2 WAL"."""
    text = DOCUMENT.read_text(encoding="utf-8")
    begin = text.index(f"\n{heading}\n")
    block = _HEX_BLOCK.search(text, begin)
    assert block is not None, f"FORMAT.md has no example behind {heading}"
    example = bytearray()
    for line in block[1].splitlines():
        offset, _, shown = line.partition("|")[0].partition(":")
        assert int(offset, 16) == len(example), f"FORMAT.md: bytes do not continue at: {line}"
        example += bytes.fromhex(shown)
    return bytes(example)


def codecs_of_document() -> CodecsMet:
    """The codecs that section 4.1 lists, one for each kind of values that they are for."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text[text.index("\n### 4.1 "):text.index("\n### 4.2 ")]
    codecs: CodecsMet = set()
    for number, words in _CODEC_CELLS.findall(section):
        kinds = _KINDS - {TIMES} if words == "all but times" else set(words.split(", "))
        assert kinds <= _KINDS, f"FORMAT.md: a codec for {words}"
        codecs |= {(kind, int(number)) for kind in kinds}
    return codecs


def hash_examples() -> list[tuple[int, str]]:
    """The sizes and hashes that the section on XXH3-64 lists."""
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"\| (\d+) \| `([0-9a-f]{16})` ", text[text.index("\n## 10 XXH3-64\n"):])
    return [(int(size), shown) for size, shown in rows]
