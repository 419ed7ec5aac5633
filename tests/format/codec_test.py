"""Checksums, LZ4 and codecs: the examples of FORMAT.md, and what is not valid.

    PYTHONPATH=tests/format python3 tests/format/codec_test.py
"""

import struct
import unittest

import format_document
from tidemark_format.booleans import decode_booleans
from tidemark_format.damage import Damage
from tidemark_format.floats import decode_floats
from tidemark_format.integers import decode_integers, decode_signed
from tidemark_format.lz4 import unpack_lz4
from tidemark_format.strings import decode_strings
from tidemark_format.times import decode_times
from tidemark_format.xxh3 import SECRET, xxh3_64

S_NS = 10**9
MS_NS = 10**6

EXAMPLES = {
    "Integers: plain": (decode_signed, [1, -2]),
    "Integers: constant": (decode_signed, [-7, -7, -7]),
    "Integers: packed": (decode_signed, [100, 103, 101, 107, 100]),
    "Integers: patched": (decode_signed, [5, 6, 5, 7, 8, 5, 6, 105, 7, 5,
                                          6, 5, 8, 7, 6, 5, 5, 6, 6, 7]),
    "Integers: centred": (decode_signed, [50, 51, 49, 50, 48, 52]),
    "Integers: delta": (decode_signed, [1000, 1010, 1021, 1030]),
    "Integers: line": (decode_signed, [100, 110, 122, 136, 152, 170]),
    "Integers: dictionary": (decode_signed, [100, 9, 100, 9, 9, 5000, 100, 9]),
    "Integers: sparse": (decode_signed, [4] * 3 + [9] * 6 + [4] * 3),
    "Integers: multiple": (decode_signed, [4096, 12288, 8192, 4096]),
    "Floats: plain": (decode_floats, [0.1]),
    "Floats: constant": (decode_floats, [-0.0, -0.0]),
    "Floats: decimal": (decode_floats, [70.25, 70.5, -0.0, 71.75]),
    "Floats: binary": (decode_floats, [0.75, 0.125, 0.5]),
    "Floats: split": (decode_floats, [1 / 3, 1 / 3, -2 / 3, 1 / 3]),
    "Floats: pattern": (decode_floats, [0.1, -0.7, 0.1, 0.1, 0.1, 0.1, -0.7, 0.1]),
    "Floats: planes": (decode_floats, [1 / 3, -1 / 3] + [1 / 3] * 13 + [-1 / 3]),
    "Booleans: constant": (decode_booleans, [True, True]),
    "Booleans: bitmap": (decode_booleans, [True, False, False, True, True,
                                           True, False, False, True]),
    "Booleans: runs": (decode_booleans, [True] * 5 + [False] * 2 + [True] * 3),
    "Strings: constant": (decode_strings, [b"up", b"up"]),
    "Strings: plain": (decode_strings, [b"a", b"bcd", b""]),
    "Strings: dictionary": (decode_strings, [b"up", b"down", b"up", b"up"]),
    "Times: plain": (decode_times, [7]),
    "Times: regular": (decode_times, [100 * S_NS, 110 * S_NS]),
    "Times: steps": (decode_times, [100 * S_NS, 110 * S_NS, 120 * S_NS, 150 * S_NS]),
    "Times: grid": (decode_times, [100 * S_NS, 110 * S_NS + 3 * MS_NS,
                                   120 * S_NS - 2 * MS_NS, 150 * S_NS + MS_NS]),
}


def bits_of(values):
    """Doubles by their bits: -0.0 is not 0.0."""
    return [struct.pack("<d", value) if isinstance(value, float) else value for value in values]


class Examples(unittest.TestCase):
    def test_each_example_of_a_codec_decodes_to_the_values_beside_it(self):
        for heading, (decode, values) in EXAMPLES.items():
            with self.subTest(heading):
                column = format_document.hex_example(f"#### {heading}")
                self.assertEqual(bits_of(decode(column, len(values), set())), bits_of(values))

    def test_each_codec_of_the_table_has_an_example(self):
        met = set()
        for heading, (decode, values) in EXAMPLES.items():
            decode(format_document.hex_example(f"#### {heading}"), len(values), met)
        self.assertEqual(met, format_document.codecs_of_document())

    def test_an_example_that_ends_too_early_or_too_late_is_damage(self):
        for heading, (decode, values) in EXAMPLES.items():
            column = format_document.hex_example(f"#### {heading}")
            for bad in [column[:-1], column + b"\0"]:
                if heading == "Strings: constant":
                    continue  # Any bytes are the string.
                with self.subTest(heading, size=len(bad)), self.assertRaises(Damage):
                    decode(bad, len(values), set())


class Limits(unittest.TestCase):
    def test_an_unknown_codec_is_damage(self):
        for decode in [decode_integers, decode_floats, decode_booleans, decode_strings,
                       decode_times]:
            with self.assertRaisesRegex(Damage, "found 128"):
                decode(b"\x80\0", 1, set())

    def test_a_codec_does_not_nest_one_of_its_own_rank(self):
        delta_of_packed = bytes.fromhex("05 00 02 00 00")
        self.assertEqual(decode_signed(delta_of_packed, 2, set()), [0, 0])
        delta_of_line = bytes.fromhex("05 00 09 00 00 01 00")
        with self.assertRaisesRegex(Damage, "rank"):
            decode_signed(delta_of_line, 3, set())

    def test_bits_behind_the_last_packed_number_are_zero(self):
        with self.assertRaisesRegex(Damage, "zero bits"):
            decode_signed(bytes.fromhex("02 00 03 08"), 1, set())

    def test_arithmetic_on_integers_is_modulo_2_to_the_64(self):
        greatest_plus_one = bytes.fromhex("05 fe ff ff ff ff ff ff ff ff 01 01 02")
        self.assertEqual(decode_signed(greatest_plus_one, 2, set()), [2**63 - 1, -2**63])

    def test_times_that_do_not_ascend_are_damage(self):
        with self.assertRaisesRegex(Damage, "ascending"):
            decode_times(bytes.fromhex("50 00 02 00"), 2, set())


class Lz4(unittest.TestCase):
    def test_the_example_unpacks(self):
        block = format_document.hex_example("## 9 LZ4 blocks")
        self.assertEqual(unpack_lz4(block, 32), b"tide" * 6 + b"mark" + b"tide")

    def test_sizes_from_fifteen_on_go_on_in_further_bytes(self):
        literals = bytes(range(256)) * 2
        block = b"\xf0" + bytes([255, 242]) + literals
        self.assertEqual(unpack_lz4(block, 512), literals)
        overlapping = b"\x1f" + b"x" + b"\x01\x00" + b"\xff\x00" + b"\x50" + b"yyyyy"
        self.assertEqual(unpack_lz4(overlapping, 280), b"x" * 275 + b"y" * 5)

    def test_a_block_that_is_none_is_damage(self):
        for block, size in [(b"", 0), (b"\x10", 1), (b"\x20x", 2), (b"\x10x\x02\x00\x50yyyyy", 11),
                            (b"\x10x\x00\x00\x50yyyyy", 11), (b"\x10x", 2)]:
            with self.subTest(block=block), self.assertRaises(Damage):
                unpack_lz4(block, size)


class Checksums(unittest.TestCase):
    def test_the_secret_is_that_of_the_document(self):
        self.assertEqual(format_document.hex_example("## 10 XXH3-64"), SECRET)

    def test_hashes_of_all_sizes_are_those_of_the_document(self):
        data = bytes((index * 7 + 1) % 256 for index in range(2048))
        shown = format_document.hash_examples()
        self.assertGreaterEqual(len(shown), 12)
        for size, expected in shown:
            with self.subTest(size=size):
                self.assertEqual(f"{xxh3_64(data[:size], 42):016x}", expected)


if __name__ == "__main__":
    unittest.main()
