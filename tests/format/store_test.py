"""A store that meets every codec, read by FORMAT.md alone: its rows are those of the engine.

    PYTHONPATH=tests/format TIDEMARK_BINARY=build/dev/tidemark python3 tests/format/store_test.py
"""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import sample_data
from format_document import codecs_of_document
from tidemark_format.store import Store, read_store
from tidemark_format.wal import read_wal_file
from tidemark_program import Server, Tidemark

READER = Path(__file__).with_name("reader.py")


def fill(tidemark: Tidemark) -> None:
    """Rows in several segments that overlap, and rows that only the log has."""
    tidemark.import_lines("shapes", itertools.chain(
        sample_data.every_column(), sample_data.every_time(), sample_data.names(),
        sample_data.numbers()))
    tidemark.import_lines("shapes", sample_data.late_rows())
    with Server(tidemark) as server:
        server.query("CREATE DATABASE sensors")
        server.query("ALTER DATABASE sensors SET NAN ACCEPT")
        server.write("sensors", sample_data.with_nan())
        server.query("CREATE RETENTION POLICY decades ON shapes DURATION INF REPLICATION 1")
        server.write("shapes", sample_data.old_and_young(), policy="decades")
        server.query("CREATE RETENTION POLICY brief ON shapes DURATION INF REPLICATION 1")
        server.write("shapes", sample_data.numbers(), policy="brief")
        server.query("CREATE DATABASE gone")
        server.write("gone", sample_data.numbers())
        server.stop()
    with Server(tidemark) as server:
        server.query("ALTER RETENTION POLICY decades ON shapes DURATION 1043w")
        server.query("DROP RETENTION POLICY brief ON shapes")
        server.query("DROP DATABASE gone")
        server.write("shapes", sample_data.dropped())
        for statement in sample_data.DELETIONS:
            server.query(statement, "shapes")
        server.write("shapes", sample_data.after_dropped())
        later = list(sample_data.later_rows())
        for begin in range(0, len(later), 200):
            server.write("shapes", later[begin:begin + 200])
        server.query("CREATE DATABASE fresh")
        server.write("fresh", sample_data.every_time())
        for line in sample_data.with_nan_later():
            server.write("sensors", [line])
        server.kill()


def payload_kinds(directory: Path) -> set[int]:
    """The kinds of rows in the log: stored as they are, and compressed."""
    return {frame.payload[0] for path in (directory / "wal").iterdir()
            for frame in read_wal_file(path.read_bytes()).frames}


class WholeStore(unittest.TestCase):
    """One store for all tests, none of which writes to it."""

    directory: Path
    tidemark: Tidemark
    store: Store

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "store"
        cls.tidemark = Tidemark(Path(os.environ["TIDEMARK_BINARY"]), cls.directory)
        fill(cls.tidemark)
        cls.store = read_store(cls.directory)

    def test_nothing_is_damaged(self) -> None:
        self.assertEqual(self.store.damages, [])

    def test_there_are_rows_in_several_segments_and_in_the_log(self) -> None:
        self.assertGreaterEqual(len(list((self.directory / "segments").iterdir())), 4)
        self.assertEqual(payload_kinds(self.directory), {2, 3})

    def test_every_codec_of_the_document_was_met(self) -> None:
        self.assertEqual(codecs_of_document() - self.store.codecs_met, set())

    def test_the_rows_are_those_that_the_engine_exports(self) -> None:
        for database, policy, least in [("shapes", "autogen", 7_000), ("shapes", "decades", 20),
                                        ("sensors", "autogen", 300), ("fresh", "autogen", 5_000)]:
            with self.subTest(database=database, policy=policy):
                exported = self.tidemark.export(database, policy).splitlines()
                printed = self.printed(database, policy).splitlines()
                for number, (found, expected) in enumerate(zip(printed, exported), start=1):
                    self.assertEqual(found, expected, f"line {number}")
                self.assertEqual(len(printed), len(exported))
                self.assertGreaterEqual(len(exported), least)

    def test_what_was_dropped_is_not_there(self) -> None:
        for arguments, message in [(["--db", "gone"], "database not found: gone"),
                                   (["--db", "shapes", "--policy", "brief"],
                                    "there is no retention policy brief")]:
            finished = self.run_reader(*arguments)
            self.assertEqual((finished.returncode, finished.stdout), (2, b""))
            self.assertIn(message, finished.stderr.decode())

    def printed(self, database: str, policy: str) -> bytes:
        """What reader.py prints."""
        finished = self.run_reader("--db", database, "--policy", policy)
        self.assertEqual(finished.returncode, 0, finished.stderr)
        return finished.stdout

    def run_reader(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-B", READER, "--data", self.directory, *arguments],
                              capture_output=True, check=False)


class DamagedStore(unittest.TestCase):
    """A small store of which one byte is not as it was."""

    # What is damaged: the files' names, where (from the end when negative), and what is said.
    DAMAGES = [
        ("format", 4, "warning: format: header: checksum of the header"),
        ("manifest", 0x20, "warning: manifest: record at 0x10: checksum of the record"),
        ("catalogue", 0x20, "warning: catalogue: record at 0x10: checksum of the record"),
        ("segments/*.seg", 8, "segment-.*: checksum of the header"),
        ("segments/*.seg", 64, "segment-.*: row group at 0x40: checksum of the row group"),
        ("segments/*.seg", -129, "segment-.*: checksum of the index"),
        ("segments/*.seg", -100, "segment-.*: checksum of the trailer"),
        ("wal/*.wal", 8, "note: wal/wal-.*: header at 0x0: checksum of the header"),
        ("wal/*.wal", 64 + 8, "wal-.*: frame at 0x40: checksum of the frame's header"),
        ("wal/*.wal", 64 + 40, "wal-.*: frame at 0x40: checksum of the frame's payload"),
    ]

    def setUp(self) -> None:
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory())) / "store"
        tidemark = Tidemark(Path(os.environ["TIDEMARK_BINARY"]), self.directory)
        tidemark.import_lines("small", sample_data.numbers())
        with Server(tidemark) as server:
            for line in sample_data.names():
                server.write("small", [line])
            server.kill()

    def test_the_reader_says_which_checksum_is_wrong(self) -> None:
        for pattern, offset, message in self.DAMAGES:
            with self.subTest(pattern, offset=offset):
                copy = self.directory.with_name("copy")
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(self.directory, copy)
                path = min(copy.glob(pattern))
                data = bytearray(path.read_bytes())
                data[offset] ^= 0x10
                path.write_bytes(data)
                finished = subprocess.run(
                    [sys.executable, "-B", READER, "--data", copy, "--db", "small"],
                    capture_output=True, text=True, check=False)
                self.assertRegex(finished.stderr, re.compile(message))


if __name__ == "__main__":
    unittest.main()
