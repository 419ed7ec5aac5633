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
ONCE_ABOVE_S = 20.0
# Of all warm runs of one question: slow ones are asked less often, at least three times.
WARM_BUDGET_S = 30.0
# Quick ones are asked more often, up to this many times for as long as this: their medians jitter.
QUICK_RUNS = 51
QUICK_BUDGET_S = 0.5
# Where asking for the engine's time is a request of its own.
TRACED_RUNS = 3
# Of all cold runs of a system, restarts included.
COLD_BUDGET_S = 45.0


def measure(system: System) -> dict[str, object]:
    """What the result holds of one system. Whatever happens, its process is gone afterwards."""
    try:
        report(system, "version " + system.version())
        ingests = [ingest(system, way, is_last=way is system.ways[-1]) for way in system.ways]
        command = " ".join(system.server.command).replace(str(system.context.directory), "DIR")
        queries = {question: ask_warm(system, question) for question in QUESTIONS}
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


def ask_warm(system: System, question: str) -> dict[str, object]:
    """The median of the warm runs, and whether the answer is right."""
    idiom = system.idiom(question)
    result = {"engine_ms": None, "http_ms": None, "cold_ms": None, "runs": 0, "right": False,
              "error": Kind.CANNOT_EXPRESS.value, "note": idiom.note}
    try:
        first_s, replies = timed(lambda: system.ask(question))
        verdict = judge(system, question, replies)
        result |= time_warm(system, question, first_s, replies)
    except RuntimeError as refusal:
        result["note"] = str(refusal)[:300]
    else:
        result |= {"right": verdict.is_right, "error": verdict.kind.value,
                   "note": "; ".join(filter(None, (idiom.note, verdict.note)))}
    report(system, f"{question}: {result['http_ms']} ms over HTTP, {result['engine_ms']} ms in "
                   f"the engine, {result['error'] or 'right'}; {result['note']}")
    return result


def judge(system: System, question: str, replies: list[bytes]) -> Verdict:
    """Whether these replies are right."""
    exact = exact_answer(question, system.workload.exact_answers)
    found = system.answer(question, replies)
    return compare(question, exact, found, system.idiom(question).known_error)


def time_warm(system: System, question: str, first_s: float,
              first_replies: list[bytes]) -> dict[str, object]:
    """Medians over the warm runs. The first run counts only when it is to be the only one."""
    runs = [timed(lambda: system.ask(question)) for _ in range(warm_runs(first_s))]
    runs = runs or [(first_s, first_replies)]
    traced_runs = TRACED_RUNS if first_s <= ONCE_ABOVE_S else 0
    traced = [system.ask_traced(question) for _ in range(traced_runs)]
    engine_ms = [system.engine_ms(replies)
                 for replies in (traced if any(traced) else [replies for _, replies in runs])]
    result = {"runs": len(runs)}
    if system.has_http:
        result["http_ms"] = round(statistics.median(seconds for seconds, _ in runs) * 1e3, 3)
    if None not in engine_ms:
        result["engine_ms"] = round(statistics.median(engine_ms), 3)
    return result


def warm_runs(first_s: float) -> int:
    """How often to ask again what took `first_s` at first; 0: that was slow enough to count."""
    if first_s > ONCE_ABOVE_S:
        return 0
    quick = min(QUICK_RUNS, int(QUICK_BUDGET_S / first_s))
    return max(quick, min(WARM_RUNS, max(3, int(WARM_BUDGET_S / first_s))))


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
