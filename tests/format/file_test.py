"""The kinds of files of a store: the examples of FORMAT.md, and every byte of them damaged.

    PYTHONPATH=tests/format python3 tests/format/file_test.py
"""

import struct
import unittest
from pathlib import Path

from format_document import hex_example
from tidemark_format import catalogue, documents, manifest, store
from tidemark_format.booleans import decode_booleans
from tidemark_format.columns import FieldType
from tidemark_format.damage import Damage, Unsupported
from tidemark_format.floats import decode_floats
from tidemark_format.integers import decode_integers
from tidemark_format.record_log import HEADER_SIZE, read_record_log
from tidemark_format.row_batch import read_row_batch
from tidemark_format.segment import Column, RowGroup, check_records, read_segment
from tidemark_format.series_block import read_series_block
from tidemark_format.strings import decode_strings
from tidemark_format.summary import SummarisedRows, check_summary, read_summary
from tidemark_format.times import decode_times
from tidemark_format.wal import judge, read_wal_file
from tidemark_format.xxh3 import xxh3_64

CORPUS = Path(__file__).resolve().parents[1] / "fuzz" / "corpus"

MS_NS = 10**6

STORE = "## 1 Store directory"
WAL = "## 2 WAL"
SEGMENT = "## 3 Segment"
BLOCKS = "### 3.1 Blocks"
SUMMARY = "### 4.8 Summaries"
MANIFEST = "## 5 Manifest"
CATALOGUE = "## 6 Catalogue"
ROWS = "## 7 Rows of a write"
DOCUMENTS = "## 11 Documents"


ROW_GROUPS_OF_BLOCK = [
    RowGroup(5 + 2 * index, 6 + 2 * index, [1000 * (index + 1)],
             [Column(b"load", FieldType.INTEGER, [value])])
    for index, value in enumerate((3, 5, 4, 4))]


def record_log_with(magic: bytes, payload: bytes) -> bytes:
    """A log of one record."""
    number = int.from_bytes(magic, "little")
    header = magic + bytes(4)
    sized = struct.pack("<I", len(payload)) + payload
    checksum = xxh3_64(sized, number << 32 ^ HEADER_SIZE)
    return header + struct.pack("<QQ", xxh3_64(header, number), checksum) + sized


class Examples(unittest.TestCase):
    def test_the_format_file_is_a_record_log_without_records(self):
        log = read_record_log(hex_example(STORE), store.FORMAT_MAGIC)
        self.assertEqual((log.records, log.damages), ([], []))

    def test_the_log_has_one_frame(self):
        file = read_wal_file(hex_example(WAL))
        self.assertEqual([(frame.sequence, frame.payload) for frame in file.frames], [(5, b"cpu")])
        self.assertEqual((file.first_sequence, file.highest_mark), (5, 5))
        self.assertEqual((file.gaps, file.damaged_headers), ([], []))

    def test_the_segment_has_one_row_group(self):
        segment = read_segment(hex_example(SEGMENT), set())
        self.assertEqual(segment.damages, [])
        series, = segment.series
        row_group, = series.row_groups
        column, = row_group.columns
        self.assertEqual((segment.trailer.segment_id, series.series_id, series.key),
                         (42, 7, b"cpu"))
        self.assertEqual((row_group.first_sequence, row_group.last_sequence), (5, 6))
        self.assertEqual(row_group.times, [1000, 2000, 3000])
        self.assertEqual((column.name, column.field_type, column.values),
                         (b"load", FieldType.INTEGER, [3, None, 5]))

    def test_the_block_is_that_of_its_row_groups(self):
        block = read_series_block(hex_example(BLOCKS))
        self.assertEqual((block.key, len(block.places)), (b"cpu", 4))
        record, = block.records
        self.assertEqual((record.first_time, record.last_time, record.row_count), (1000, 4000, 4))
        check_records(block, ROW_GROUPS_OF_BLOCK, set())

    def test_the_summary_is_that_of_its_values(self):
        summary = read_summary(FieldType.FLOAT, SummarisedRows(4, 1000, 1040),
                               hex_example(SUMMARY))
        times, values = [1000, 1010, 1030], [20.5, 21.25, 19.0]
        check_summary(FieldType.FLOAT, summary, times, values)
        for wrong_times, wrong_values in [(times, [20.5, 21.0, 19.0]), (times, [20.5, 19.0, 19.0]),
                                          ([1000, 1011, 1030], values), (times[:2], values[:2])]:
            with self.subTest(times=wrong_times, values=wrong_values), self.assertRaises(Damage):
                check_summary(FieldType.FLOAT, summary, wrong_times, wrong_values)

    def test_the_manifest_has_what_is_live_and_what_is_deleted(self):
        found = manifest.read_manifest(read_record_log(hex_example(MANIFEST), manifest.MAGIC))
        self.assertEqual((found.damages, found.flushed_sequence), ([], 8))
        self.assertEqual(list(found.segments), [4])
        self.assertEqual(found.segments[4], manifest.LiveSegment(
            manifest.ManifestSegment(4, 1, -1, 300, 5, 8, 1, 2, 4, 4096), 0))
        self.assertEqual(found.tombstones, {2: manifest.Tombstone(1, 8, -1, 300, frozenset({7}))})
        self.assertEqual(found.greatest_tombstone_id, 2)

    def test_the_catalogue_has_what_was_not_dropped(self):
        found = catalogue.read_catalogue(read_record_log(hex_example(CATALOGUE), catalogue.MAGIC))
        self.assertEqual(found.damages, [])
        self.assertEqual([(key, value.name, value.default_policy_id)
                          for key, value in found.databases.items()], [(1, b"ops", 3)])
        self.assertEqual([(key, value.name, value.duration_ns)
                          for key, value in found.policies.items()],
                         [(3, b"day", 86_400 * 10**9)])
        self.assertEqual((found.measurements, found.series), ({}, {}))
        for series_id in 1, 2, 3:
            self.assertTrue(found.series_was_given_out(series_id))

    def test_documents_have_all_their_versions(self):
        found = documents.read_documents(read_record_log(hex_example(DOCUMENTS), documents.MAGIC))
        self.assertEqual(found.damages, [])
        self.assertEqual(found.versions, {(1, b"calendar", b"office"): [
            documents.DocumentVersion(1, 5, 1000, b"ann", b"", b"Mon"),
            documents.DocumentVersion(2, 7, 2000, b"bob", b"moved", None)]})

    def test_the_rows_of_a_write_are_those_of_the_document(self):
        rows = read_row_batch(hex_example(ROWS))
        shown = [(row.series_id, row.time, [field.index for field in row.fields],
                  list(map(repr, row.values))) for row in rows]
        self.assertEqual(shown, [
            (7, 5 * MS_NS, [0, 1], ["2000.25", "-3"]),
            (8, 5 * MS_NS, [0, 1], ["1500.5", "4"]),
            (7, 6 * MS_NS, [0, 1], ["2000.5", "-3"]),
            (7, 6 * MS_NS, [2, 3], ["b'up'", "True"]),
            (8, 6 * MS_NS, [0, 1], ["-0.0", "5"]),
        ])


class Blocks(unittest.TestCase):
    def test_segments_with_blocks_are_read(self):
        for name, row_group_count, record_count in [
                ("one", 1, 0), ("block", 5, 1), ("blocks", 70, 3), ("overlap", 5, 1), ("runs", 4, 1)]:
            with self.subTest(name=name):
                segment = read_segment((CORPUS / "segment" / name).read_bytes(), set())
                self.assertEqual(segment.damages, [])
                self.assertEqual(len(segment.series[0].row_groups), row_group_count)
                self.assertEqual(len(segment.series[0].records), record_count)
        self.assertTrue(segment.series[0].records[0].columns[0].value_runs)


class Damaged(unittest.TestCase):
    """Whichever bit is not as it was, the reader says so."""

    def flipped(self, heading):
        """The example with each of its bytes damaged in turn."""
        example = hex_example(heading)
        for offset, byte in enumerate(example):
            with self.subTest(offset=hex(offset)):
                yield example[:offset] + bytes([byte ^ 1 << offset % 8]) + example[offset + 1:]

    def test_in_record_logs(self):
        for heading, magic in [(STORE, store.FORMAT_MAGIC), (MANIFEST, manifest.MAGIC),
                               (CATALOGUE, catalogue.MAGIC), (DOCUMENTS, documents.MAGIC)]:
            for data in self.flipped(heading):
                self.assertRegex(" ".join(read_record_log(data, magic).damages),
                                 "checksum of the (header|record)|truncated")

    def test_in_the_record_of_a_block(self):
        record_begin, sequences, record_end = 0x0f, (0x14, 0x15), 0x2f
        for offset, data in enumerate(self.flipped(BLOCKS)):
            # A record's sequences may reach further than those of its row groups.
            if not record_begin <= offset < record_end or offset in sequences:
                continue
            with self.assertRaises(Damage):
                check_records(read_series_block(data), ROW_GROUPS_OF_BLOCK, set())

    def test_in_the_log(self):
        for data in self.flipped(WAL):
            file = read_wal_file(data)
            verdict = judge([("wal", file)], 4)
            self.assertRegex(" ".join(verdict.corruption + verdict.torn), "checksum of|magic")

    def test_in_a_segment(self):
        for data in self.flipped(SEGMENT):
            try:
                damages = read_segment(data, set()).damages
            except Damage as damage:
                damages = [str(damage)]
            self.assertRegex(" ".join(damages), "checksum of|magic")

    def test_a_damaged_record_costs_no_other_one(self):
        example = bytearray(hex_example(MANIFEST))
        whole = read_record_log(bytes(example), manifest.MAGIC)
        example[0x20] ^= 1
        log = read_record_log(bytes(example), manifest.MAGIC)
        self.assertEqual(log.records, whole.records[1:])
        self.assertRegex(log.damages[0], "record at 0x10: checksum of the record.* 40 bytes")

    def test_a_lost_frame_is_corruption_when_a_later_one_says_that_it_was_durable(self):
        example = bytearray(hex_example(WAL))
        example[0x68] ^= 1
        verdict = judge([("wal", read_wal_file(bytes(example)))], 4)
        self.assertRegex(verdict.corruption[0],
                         "wal: frame at 0x40: checksum of the frame's payload.*sequences 5 to 5")
        torn = judge([("wal", read_wal_file(bytes(example[:0x6b])))], 4)
        self.assertEqual((torn.corruption, torn.frames), ([], []))
        self.assertRegex(torn.torn[0], "checksum of the frame's payload.*torn")


class Unknown(unittest.TestCase):
    """What another version writes is refused by its name, not misread."""

    def test_records(self):
        with self.assertRaisesRegex(Unsupported, "record at 0x10: manifest record .* kind 99"):
            manifest.read_manifest(read_record_log(record_log_with(manifest.MAGIC, b"\x63"),
                                                   manifest.MAGIC))
        with self.assertRaisesRegex(Unsupported, "record at 0x10: catalogue record .* kind 99"):
            catalogue.read_catalogue(read_record_log(record_log_with(catalogue.MAGIC, b"\x63"),
                                                     catalogue.MAGIC))

    def test_rows(self):
        with self.assertRaisesRegex(Unsupported, "rows of the unknown kind 4"):
            read_row_batch(b"\4")

    def test_versions(self):
        header = manifest.MAGIC + b"\1\0\0\0"
        log = header + struct.pack("<Q", xxh3_64(header, int.from_bytes(manifest.MAGIC, "little")))
        with self.assertRaisesRegex(Unsupported, "version 1"):
            read_record_log(log, manifest.MAGIC)


class Corpora(unittest.TestCase):
    """The columns and rows that fuzzing starts from."""

    def test_columns_decode_or_are_damage(self):
        decoded = 0
        for path in sorted((CORPUS / "column").iterdir()):
            data = path.read_bytes()
            count = int.from_bytes(data[1:3], "little") % 1200
            decoders = [[decode_floats], [decode_integers], [decode_times],
                        [decode_booleans, decode_strings]][data[0] % 4]
            for decode in decoders:
                try:
                    self.assertEqual(len(decode(data[3:], count, set())), count)
                    decoded += 1
                except Damage:
                    continue  # The seeds do not care how many values they are for.
        self.assertGreaterEqual(decoded, 10)

    def test_rows(self):
        for path in sorted((CORPUS / "row_batch").iterdir()):
            with self.subTest(path.name):
                self.assertTrue(read_row_batch(path.read_bytes()))


if __name__ == "__main__":
    unittest.main()
