"""Measures one system: ingest, size, the nine questions warm and cold."""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable

from answers import QUESTIONS, Kind, Verdict, compare, exact_answer
from process import drop_caches
from system import System, Way
from workload import read_into_cache

WARM_RUNS = 7
# A question that takes longer is asked once, and not at all cold.
ONCE_ABOVE_S = 10.0
# The warm runs come in so many rounds of all questions.
ROUNDS = 3
# Of all warm runs of one question: slow ones are asked less often, once a round at least.
WARM_BUDGET_S = 20.0
# Quick ones are asked more often, up to this many times for as long as this: their medians jitter.
QUICK_RUNS = 51
QUICK_BUDGET_S = 1.0
# Where asking for the engine's time is a request of its own, one for so many runs.
TRACED_EVERY = 5
# Of all cold runs of a system, restarts included.
COLD_BUDGET_S = 45.0


def measure(system: System) -> dict[str, object]:
    """What the result holds of one system. Whatever happens, its process is gone afterwards."""
    try:
        report(system, "version " + system.version())
        ingests = [ingest(system, way, is_last=way is system.ways[-1]) for way in system.ways]
        command = " ".join(system.server.command).replace(str(system.context.directory), "DIR")
        queries = ask_warm(system)
        system.stop()
        ask_cold(system, queries)
        return {"version": system.version(), "command": command, "size_note": system.size_note,
                "ingest": ingests, "queries": queries}
    finally:
        system.stop()


class Meter:
    """What a server has used since it was put on."""

    def __init__(self, system: System) -> None:
        self._server, self._samples = system.server, system.workload.samples
        self._begin_s = time.perf_counter()
        self._begin_cpu_s = self._server.cpu_seconds()
        self._begin_written_bytes = self._server.written_bytes()

    def samples_per_s(self) -> int:
        return round(self._samples / (time.perf_counter() - self._begin_s))

    def cpu_s_per_million(self) -> float:
        return round((self._server.cpu_seconds() - self._begin_cpu_s) / self._samples * 1e6, 4)

    def written_per_sample(self) -> float:
        written_bytes = self._server.written_bytes() - self._begin_written_bytes
        return round(written_bytes / self._samples, 3)

    def peak_anonymous_mib(self) -> float:
        return round(self._server.peak_anonymous_bytes() / 2**20, 1)


def ingest(system: System, way: Way, is_last: bool) -> dict[str, object]:
    """Loads everything into an empty store. Only the last one is settled, and stays.

    CPU, memory and writes of that one go up to the end of settle(): a system that puts work off
    pays for it.
    """
    shutil.rmtree(system.data, ignore_errors=True)
    system.data.mkdir()
    read_into_cache(system.inputs(way))
    system.start()
    system.create()
    meter = Meter(system)
    system.load(way)
    result = {"way": way.name, "connections": way.connections,
              "samples_per_s": meter.samples_per_s(),
              "load_cpu_s_per_million": meter.cpu_s_per_million(),
              "load_peak_anonymous_mib": meter.peak_anonymous_mib(),
              **(settled(system, meter) if is_last else {})}
    found = system.sample_count()
    if found != system.workload.samples:
        raise RuntimeError(f"{way.name}: {found} samples of {system.workload.samples} are there")
    if not is_last:
        system.stop()
    report(system, f"{way.name}, connections: {way.connections}, "
                   f"{result['samples_per_s']:,} samples/s")
    return result


def settled(system: System, meter: Meter) -> dict[str, object]:
    """What a store takes, and took in all, after its flush and merges."""
    system.settle()
    os.sync()  # Before, files may have no blocks on the disk and writes may not be counted.
    return {"cpu_s_per_million": meter.cpu_s_per_million(),
            "peak_anonymous_mib": meter.peak_anonymous_mib(),
            "bytes_written_per_sample": meter.written_per_sample(),
            "bytes_per_sample": round(system.stored_bytes() / system.workload.samples, 4)}


class WarmQuestion:
    """One question to a warm system: what it answered at first, and how long it took since."""

    def __init__(self, system: System, question: str) -> None:
        self._system, self._question = system, question
        self._times_s: list[float] = []
        self._engine_ms: list[float | None] = []
        self._is_traced = False
        self._idiom = system.idiom(question)
        self._failure = ""
        try:
            first_s, replies = timed(lambda: system.ask(question))
            self._verdict = judge(system, question, replies)
        except RuntimeError as refusal:
            self._failure = str(refusal)[:300]
            return
        self._runs = warm_runs(first_s)
        if self._runs == 0:
            self._take(first_s, replies)

    def ask_again(self, round_index: int) -> None:
        """This round's part of the warm runs."""
        if self._failure:
            return
        begin, end = (self._runs * index // ROUNDS for index in (round_index, round_index + 1))
        for _ in range(min(end - begin, max(1, (end - begin) // TRACED_EVERY))):
            if traced := self._system.ask_traced(self._question):
                self._is_traced = True
                self._engine_ms.append(self._system.engine_ms(traced))
        for _ in range(begin, end):
            self._take(*timed(lambda: self._system.ask(self._question)))

    def result(self) -> dict[str, object]:
        """Medians, and whether the answer is right."""
        result = {"engine_ms": None, "http_ms": None, "cold_ms": None,
                  "runs": len(self._times_s), "right": False, "error": Kind.CANNOT_EXPRESS.value,
                  "note": self._failure}
        if not self._failure:
            notes = (self._idiom.note, self._verdict.note)
            result |= {"right": self._verdict.is_right, "error": self._verdict.kind.value,
                       "note": "; ".join(filter(None, notes))}
            if self._system.has_http:
                result["http_ms"] = round(statistics.median(self._times_s) * 1e3, 3)
            if self._engine_ms and None not in self._engine_ms:
                result["engine_ms"] = round(statistics.median(self._engine_ms), 3)
        report(self._system, f"{self._question}: {result['http_ms']} ms over HTTP, "
               f"{result['engine_ms']} ms in the engine, {result['error'] or 'right'}; "
               f"{result['note']}")
        return result

    def _take(self, seconds: float, replies: list[bytes]) -> None:
        self._times_s.append(seconds)
        if not self._is_traced:
            self._engine_ms.append(self._system.engine_ms(replies))


def ask_warm(system: System) -> dict[str, dict[str, object]]:
    """All questions in turn, several times: what else the machine does in a second that is not
    ours must not fall on one of them alone."""
    questions = {question: WarmQuestion(system, question) for question in QUESTIONS}
    for round_index in range(ROUNDS):
        for question in questions.values():
            question.ask_again(round_index)
    return {name: question.result() for name, question in questions.items()}


def judge(system: System, question: str, replies: list[bytes]) -> Verdict:
    """Whether these replies are right."""
    exact = exact_answer(question, system.workload.exact_answers)
    found = system.answer(question, replies)
    return compare(question, exact, found, system.idiom(question).known_error)


def warm_runs(first_s: float) -> int:
    """How often to ask again what took `first_s` at first; 0: that was slow enough to count."""
    if first_s > ONCE_ABOVE_S:
        return 0
    quick = min(QUICK_RUNS, int(QUICK_BUDGET_S / first_s))
    return max(quick, min(WARM_RUNS, max(ROUNDS, int(WARM_BUDGET_S / first_s))))


def ask_cold(system: System, queries: dict[str, dict[str, object]]) -> None:
    """The first question that a fresh process gets, nothing of its files being in memory."""
    begin = time.monotonic()
    for question in QUESTIONS:
        if time.monotonic() - begin > COLD_BUDGET_S or queries[question]["runs"] <= 1:
            continue
        if not drop_caches():
            return
        system.start()
        seconds, _ = timed(lambda: system.ask(question))
        queries[question]["cold_ms"] = round(seconds * 1e3, 3)
        system.stop()


def timed(act: Callable):
    """Seconds and result of act()."""
    begin = time.perf_counter()
    result = act()
    return time.perf_counter() - begin, result


def report(system: System, what: str) -> None:
    """Progress goes to standard error; the table is what standard output is for."""
    print(f"{system.title}: {what}", file=sys.stderr, flush=True)
