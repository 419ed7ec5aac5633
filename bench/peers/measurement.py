"""Measures systems: ingest, size, the nine questions warm and cold."""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from answers import QUESTIONS, Kind, Verdict, compare, exact_answer
from process import drop_caches
from system import System, Way
from workload import read_into_cache

# Where this checkout is says nothing to others.
CHECKOUT = f"{Path(__file__).resolve().parents[2]}/"
# The warm runs come in so many rounds of all systems, so many runs of a question in each.
ROUNDS = 7
WARM_RUNS = 5
# Slower ones are asked once in each round.
SLOW_ABOVE_S = 0.5
# In every other round, and not at all cold.
VERY_SLOW_ABOVE_S = 2.5
# Only once.
ONCE_ABOVE_S = 10.0
# Quick ones are asked more often, up to this many times for as long as this: their medians jitter.
QUICK_RUNS = 15
QUICK_BUDGET_S = 0.25
# Loads that are quicker than this are repeated, and the quickest counts.
QUICK_LOAD_S = 12.0
LOADS = 2
# Where asking for the engine's time is a request of its own, one for so many runs.
TRACED_EVERY = 5
# Of all cold runs of a system, restarts included.
COLD_BUDGET_S = 45.0


def measure(systems: list[System]) -> dict[str, dict[str, object]]:
    """What the result holds of each system; one that fails is reported and left out.

    All are loaded, one after the other, and then asked in rounds: what the machine does besides
    comes and goes within seconds or minutes, and must not fall on one system alone. The first one,
    with which all are compared, is asked before each of the others. The other loads, whose time is
    all they are for, stand between the rounds and draw them apart. Only one system runs at any
    time, and none afterwards.
    """
    names = [system.name for system in systems]
    steps = [(name, Course.load) for name in names]
    for index in range(ROUNDS):
        steps += [(name, Course.load_again) for name in names]
        steps += [(name, partial(Course.ask, round_index=index)) for name in turns(names)]
    steps += [(name, Course.ask_cold) for name in names]
    courses = {system.name: Course(system) for system in systems}
    for name, phase in steps:
        if name not in courses:
            continue
        try:
            courses[name].run(phase)
        except (OSError, RuntimeError) as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            del courses[name]
    return {name: course.result() for name, course in courses.items()}


def turns(names: list[str]) -> list[str]:
    """Of one round: the first one before each of the others."""
    first, *others = names
    return [name for other in others for name in (first, other)] or [first]


class Course:
    """One system on its way through the phases."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._loads = [Loads(system, way) for way in system.ways]
        self._questions: list[WarmQuestion] = []
        self._cold_ms: dict[str, float] = {}
        self._command = ""
        self._seconds = 0.0

    def run(self, phase: Callable[["Course"], None]) -> None:
        """Whatever happens, the system's process is gone afterwards."""
        begin = time.monotonic()
        try:
            phase(self)
        finally:
            self._system.stop()
            self._seconds += time.monotonic() - begin

    def load(self) -> None:
        system = self._system
        report(system, "version " + system.version())
        self._loads[-1].load_to_stay()
        command = " ".join(system.server.command)
        self._command = command.replace(str(system.context.directory), "DIR").replace(CHECKOUT, "")

    def load_again(self) -> None:
        """Whichever way was tried least often, if any is to be tried again."""
        if waiting := [loads for loads in self._loads if loads.is_waiting]:
            min(waiting, key=lambda loads: loads.count).load_aside()

    def ask(self, round_index: int) -> None:
        """Every question, several times."""
        system = self._system
        system.start()
        is_first_turn = not self._questions
        if is_first_turn:
            self._questions = [WarmQuestion(system, question) for question in QUESTIONS]
        for question in self._questions:
            question.ask_again(round_index, is_warm=is_first_turn)

    def ask_cold(self) -> None:
        """The first question that a fresh process gets, nothing of its files being in memory."""
        system, begin = self._system, time.monotonic()
        for question in self._questions:
            if time.monotonic() - begin > COLD_BUDGET_S or question.run_count < ROUNDS:
                continue
            if not drop_caches():
                return
            system.start()
            seconds, _ = timed(partial(system.ask, question.name))
            self._cold_ms[question.name] = round(seconds * 1e3, 3)
            system.stop()

    def result(self) -> dict[str, object]:
        """What the result file holds of this system."""
        system = self._system
        queries = {question.name: question.result() | {"cold_ms": self._cold_ms.get(question.name)}
                   for question in self._questions}
        return {"version": system.version(), "command": self._command,
                "size_note": system.size_note,
                "ingest": [loads.result() for loads in self._loads], "queries": queries,
                "measured_in_s": round(self._seconds, 1)}


class Meter:
    """What a server has used since it was put on."""

    def __init__(self, system: System) -> None:
        self._server, self._samples = system.server, system.workload.samples
        self._begin_s = time.perf_counter()
        self._begin_cpu_s = self._server.cpu_seconds()
        self._begin_written_bytes = self._server.written_bytes()

    def stop(self) -> None:
        """The load has ended: its time is taken."""
        self._load_s = time.perf_counter() - self._begin_s

    def samples_per_s(self) -> int:
        return round(self._samples / self._load_s)

    def cpu_s_per_million(self) -> float:
        return round((self._server.cpu_seconds() - self._begin_cpu_s) / self._samples * 1e6, 4)

    def written_per_sample(self) -> float:
        written_bytes = self._server.written_bytes() - self._begin_written_bytes
        return round(written_bytes / self._samples, 3)

    def peak_anonymous_mib(self) -> float:
        return round(self._server.peak_anonymous_bytes() / 2**20, 1)


class Loads:
    """The loads of everything into an empty store in one way; quick ones are repeated, and the
    best rate counts."""

    def __init__(self, system: System, way: Way) -> None:
        self._system, self._way = system, way
        self._rates: list[int] = []
        self._of_last: dict[str, object] = {}
        self._settled: dict[str, object] = {}

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self._rates)

    @property
    def is_waiting(self) -> bool:
        """Whether another one is to come."""
        if not self._rates:
            return True
        is_quick = self._system.workload.samples / self._rates[0] < QUICK_LOAD_S
        return is_quick and self.count < LOADS

    def load_to_stay(self) -> None:
        """Into the store that will be asked. CPU, memory and writes go up to the end of settle():
        a system that puts work off pays for it."""
        meter = self._load()
        self._settled = settled(self._system, meter)
        self._require_all()

    def load_aside(self) -> None:
        """Into a store of its own, which goes again."""
        system, kept = self._system, self._system.data
        system.data = kept.with_name("aside")
        try:
            self._load()
            self._require_all()
        finally:
            system.stop()
            shutil.rmtree(system.data, ignore_errors=True)
            system.data = kept

    def result(self) -> dict[str, object]:
        """What the result file holds of this way."""
        return {"way": self._way.name, "connections": self._way.connections,
                "loads": self.count, "samples_per_s": max(self._rates),
                **self._of_last, **self._settled}

    def _load(self) -> Meter:
        meter = load_empty(self._system, self._way)
        self._rates.append(meter.samples_per_s())
        self._of_last = {"load_cpu_s_per_million": meter.cpu_s_per_million(),
                         "load_peak_anonymous_mib": meter.peak_anonymous_mib()}
        report(self._system, f"{self._way.name}, connections: {self._way.connections}, "
                             f"{self._rates[-1]:,} samples/s")
        return meter

    def _require_all(self) -> None:
        found = self._system.sample_count()
        if found != self._system.workload.samples:
            raise RuntimeError(f"{self._way.name}: {found} samples of "
                               f"{self._system.workload.samples} are there")


def load_empty(system: System, way: Way) -> Meter:
    """Loads everything into an empty store, which stays up."""
    shutil.rmtree(system.data, ignore_errors=True)
    system.data.mkdir()
    read_into_cache(system.inputs(way))
    system.start()
    system.create()
    meter = Meter(system)
    system.load(way)
    meter.stop()
    return meter


def settled(system: System, meter: Meter) -> dict[str, object]:
    """What a store takes, and took in all, after its flush and merges."""
    system.settle()
    os.sync()  # Before, files may have no blocks on the disk and writes may not be counted.
    return {"cpu_s_per_million": meter.cpu_s_per_million(),
            "peak_anonymous_mib": meter.peak_anonymous_mib(),
            "bytes_written_per_sample": meter.written_per_sample(),
            "bytes_per_sample": round(system.stored_bytes() / system.workload.samples, 4)}


class WarmQuestion:
    """One question to a warm system: what it answered at first, and how long it took since.

    The time is the median over all turns of the median of the runs of a turn.
    """

    def __init__(self, system: System, question: str) -> None:
        self._system, self.name = system, question
        self._runs_s: list[float] = []
        self._medians_s: list[float] = []  # Of each turn.
        self._engine_medians_ms: list[float] = []
        self._idiom = system.idiom(question)
        self._failure = ""
        try:
            self._first_s, replies = timed(partial(system.ask, question))
            self._verdict = judge(system, question, replies)
        except RuntimeError as refusal:
            self._failure = str(refusal)[:300]
            return
        if self._first_s > ONCE_ABOVE_S:
            self._take([self._first_s], [system.engine_ms(replies)])

    @property
    def run_count(self) -> int:
        """How many runs count so far."""
        return len(self._runs_s)

    def ask_again(self, round_index: int, is_warm: bool) -> None:
        """The runs of one turn; `is_warm` when this process was asked before."""
        runs = 0 if self._failure else warm_runs(self._first_s, round_index)
        if runs == 0:
            return
        system = self._system
        if not is_warm:
            system.ask(self.name)
        traced = [reply for _ in range(max(1, runs // TRACED_EVERY))
                  if (reply := system.ask_traced(self.name))]
        timed_replies = [timed(partial(system.ask, self.name)) for _ in range(runs)]
        of_engine = traced or [replies for _, replies in timed_replies]
        self._take([seconds for seconds, _ in timed_replies], map(system.engine_ms, of_engine))

    def result(self) -> dict[str, object]:
        """Its times, and whether the answer is right."""
        result = {"engine_ms": None, "http_ms": None, "runs": self.run_count, "right": False,
                  "error": Kind.CANNOT_EXPRESS.value, "note": self._failure}
        if not self._failure:
            notes = (self._idiom.note, self._verdict.note)
            result |= {"right": self._verdict.is_right, "error": self._verdict.kind.value,
                       "note": "; ".join(filter(None, notes))}
            if self._system.has_http:
                result["http_ms"] = round(statistics.median(self._medians_s) * 1e3, 3)
            if self._engine_medians_ms:
                result["engine_ms"] = round(statistics.median(self._engine_medians_ms), 3)
        report(self._system, f"{self.name}: {result['http_ms']} ms over HTTP, "
               f"{result['engine_ms']} ms in the engine, {result['error'] or 'right'}; "
               f"{result['note']}")
        return result

    def _take(self, runs_s: list[float], engine_ms: Iterable[float | None]) -> None:
        """One turn."""
        self._runs_s += runs_s
        self._medians_s.append(statistics.median(runs_s))
        engine_ms = list(engine_ms)
        if None not in engine_ms:
            self._engine_medians_ms.append(statistics.median(engine_ms))


def judge(system: System, question: str, replies: list[bytes]) -> Verdict:
    """Whether these replies are right."""
    exact = exact_answer(question, system.workload.exact_answers)
    found = system.answer(question, replies)
    return compare(question, exact, found, system.idiom(question).known_error)


def warm_runs(first_s: float, round_index: int) -> int:
    """How often to ask in a turn of this round what took `first_s` at first."""
    if first_s > ONCE_ABOVE_S:
        return 0
    if first_s > VERY_SLOW_ABOVE_S:
        return 1 if round_index % 2 == 0 else 0
    if first_s > SLOW_ABOVE_S:
        return 1
    return max(WARM_RUNS, min(QUICK_RUNS, int(QUICK_BUDGET_S / first_s)))


def timed(act: Callable):
    """Seconds and result of act()."""
    begin = time.perf_counter()
    result = act()
    return time.perf_counter() - begin, result


def report(system: System, what: str) -> None:
    """Progress goes to standard error; the table is what standard output is for."""
    print(f"{system.title}: {what}", file=sys.stderr, flush=True)
