"""What every system under test can do: start, load, settle, answer nine questions."""

import re
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from answers import Answer, Kind
from client import HttpClient
from process import Server, tree_bytes
from workload import Workload

DATABASE = "kpi"


@dataclass(frozen=True)
class Way:
    """A way in: what is spoken, and over how many connections at the same time."""

    name: str
    connections: int


@dataclass(frozen=True)
class Idiom:
    """What to know of the way a question is asked here."""

    note: str = ""
    known_error: Kind = Kind.NONE


@dataclass(frozen=True)
class Context:
    """What a system is given."""

    workload: Workload
    directory: Path  # Its own, for data and log.
    tidemark: Path
    duckdb_packages: Path  # Where npm installed @duckdb/node-api.


class System(ABC):
    """One system. start() and stop() may be called again and again on the same data."""

    name: ClassVar[str]
    title: ClassVar[str]
    # The last one's data is settled, measured and asked.
    ways: ClassVar[tuple[Way, ...]]
    # What the bytes per sample include, and how the system got there.
    size_note: ClassVar[str]
    # What workload.make() has to write for it.
    input_forms: ClassVar[frozenset[str]] = frozenset({"line_protocol", "line_protocol_halves"})
    idioms: ClassVar[dict[str, Idiom]] = {}
    has_http: ClassVar[bool] = True

    def __init__(self, context: Context) -> None:
        self.workload = context.workload
        self.context = context
        self.data = context.directory / "data"
        self.log = context.directory / "log"
        self.server: Server | None = None
        self.client: HttpClient | None = None

    @abstractmethod
    def version(self) -> str:
        """As the program itself says it."""

    @abstractmethod
    def start(self) -> None:
        """Starts the server on `data` and returns when it answers."""

    @abstractmethod
    def create(self) -> None:
        """Makes what must be there before samples come."""

    @abstractmethod
    def load(self, way: Way) -> None:
        """Brings the whole workload in; returns when all of it can be asked for."""

    @abstractmethod
    def settle(self) -> None:
        """Returns when the system has flushed and merged what it would in the long run."""

    @abstractmethod
    def sample_count(self) -> int:
        """How many samples can be found: a proof that nothing was lost on the way."""

    @abstractmethod
    def ask(self, question: str) -> list[bytes]:
        """Asks as a client would; the bodies of the answers, read and not yet parsed."""

    @abstractmethod
    def answer(self, question: str, replies: list[bytes]) -> Answer:
        """The rows in the replies of ask()."""

    def ask_traced(self, question: str) -> list[bytes]:
        """Asks so that the system says how long it took; empty where ask() sees to that, or where
        nothing does."""
        return []

    def engine_ms(self, replies: list[bytes]) -> float | None:
        """How long the system itself says it took, if it says so in these replies."""
        return None

    def stored_bytes(self) -> int:
        """Bytes on disk after settle(); size_note says of what."""
        return tree_bytes(self.data)

    def inputs(self, way: Way) -> list[Path]:
        """The files that load() reads."""
        return self.workload.line_protocol(way.connections)

    def stop(self) -> None:
        if self.client is not None:
            # Some servers wait for a connection that is kept open.
            self.client.close()
            self.client = None
        if self.server is not None:
            self.server.stop()
            self.server = None

    def idiom(self, question: str) -> Idiom:
        return self.idioms.get(question, Idiom())


def full_windows(rows: list[list[float]], workload: Workload) -> list[list[float]]:
    """Of rolling windows of an hour, labelled by their last minute, those that lie within R."""
    return [row for row in rows
            if row[0] + 60 - 3600 >= workload.begin_s and row[0] + 60 <= workload.end_s]


def package_version(package: str) -> str:
    """Of a Debian package, without Debian's own suffix: not every build prints a version."""
    said = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package],
                          capture_output=True, text=True)
    return re.match(r"[\d.]*", said.stdout)[0]
