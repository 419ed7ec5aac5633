"""The driver of the comparison with other databases: its judgements and its arithmetic.

    PYTHONPATH=bench/peers:bench/growth python3 tests/bench/driver_test.py
"""

import contextlib
import copy
import io
import json
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import compare
import influxql
import measurement
import plot
import promql
import table
import workload
from answers import WITHOUT_TIME, Kind
from answers import compare as judge
from client import bodies
from process import tree_bytes
from system import Idiom, Way

BEGIN_S = 1_767_571_200


def verdict(question, exact, found, expected=Kind.NONE):
    return judge(question, {"h000": exact}, {"h000": found}, expected)


class Judgement(unittest.TestCase):
    EXACT = [[0, 1.0], [60, 2.0], [120, 3.0]]

    def kind(self, found, expected=Kind.NONE, question="Q2a"):
        return verdict(question, self.EXACT, found, expected).kind

    def test_the_same_rows_in_another_order_are_right(self):
        self.assertTrue(verdict("Q2a", self.EXACT, self.EXACT[::-1]).is_right)

    def test_the_last_digits_of_sums_are_no_error_but_of_raw_values_they_are(self):
        almost = [[0, 1.0], [60, 2.0 + 1e-12], [120, 3.0]]
        self.assertEqual(self.kind(almost), Kind.NONE)
        self.assertEqual(self.kind(almost, question="Q7"), Kind.PRECISION_LOST)

    def test_missing_digits_are_precision(self):
        self.assertEqual(self.kind([[0, 1.0], [60, 2.0000001], [120, 3.0]]), Kind.PRECISION_LOST)

    def test_a_different_first_or_last_row_is_an_edge(self):
        self.assertEqual(self.kind([[0, 9.0], [60, 2.0], [120, 3.0]]), Kind.EDGE_LOST)
        self.assertEqual(self.kind([[0, 1.0], [60, 2.0]]), Kind.EDGE_LOST)

    def test_a_difference_between_the_edges_is_wrong(self):
        self.assertEqual(self.kind([[0, 1.0], [60, 9.0], [120, 3.0]]), Kind.WRONG)
        self.assertEqual(self.kind([[0, 1.0], [120, 3.0]]), Kind.WRONG)
        self.assertEqual(self.kind(self.EXACT + [[60.5, 2.0]]), Kind.WRONG)

    def test_an_idiom_known_to_be_wrong_is_named_when_it_shows(self):
        wrong = [[0, 1.0], [60, 9.0], [120, 3.0]]
        self.assertEqual(self.kind(wrong, Kind.SAMPLE_WEIGHTED), Kind.SAMPLE_WEIGHTED)
        self.assertEqual(self.kind(self.EXACT, Kind.SAMPLE_WEIGHTED), Kind.NONE)

    def test_a_missing_host_and_a_missing_column_are_errors(self):
        self.assertFalse(judge("Q3", {"a": [[1.0]], "b": [[1.0]]}, {"a": [[1.0]]}, Kind.NONE).is_right)
        self.assertFalse(verdict("Q4", [[1.0, 2.0]], [[1.0]]).is_right)

    def test_the_note_counts_and_shows_the_worst(self):
        note = verdict("Q2a", self.EXACT, [[0, 1.5], [60, 20.0]]).note
        self.assertEqual(note, "2 of 2 numbers differ, worst h000 at 60: 20.0 instead of 2.0, "
                               "1 rows missing")


def ingest(rate):
    return {"way": "tcp", "connections": 1, "samples_per_s": rate, "load_cpu_s_per_million": 1.0,
            "cpu_s_per_million": 1.0, "peak_anonymous_mib": 1.0, "bytes_per_sample": 1.0,
            "bytes_written_per_sample": 1.0}


def system(rate, ms, error=""):
    query = {"http_ms": ms, "engine_ms": ms, "cold_ms": None, "runs": 7, "right": not error,
             "error": error, "note": ""}
    return {"version": "1", "command": "c", "size_note": "s", "ingest": [ingest(rate)],
            "queries": {question: dict(query) for question in table.QUESTIONS}}


def result(**systems):
    return {"size": "S", "date": "2026-01-01T00:00:00", "commit": "abc",
            "machine": {"cpu": "cpu", "cores": 2, "memory_gib": 1, "kernel": "k",
                        "memory_bandwidth_gb_s": 1},
            "workload": {"samples": 1000, "series": 10}, "systems": systems}


class Table(unittest.TestCase):
    def ratios(self, found):
        return {row.title: row.ratio(found["systems"]) for row in table.all_rows()}

    def test_more_is_better_for_rates_and_less_for_times(self):
        ratios = self.ratios(result(tidemark=system(4_000_000, 2.0), vm=system(1_000_000, 10.0)))
        self.assertEqual(ratios["ingest, 1 connection, M samples/s"], (4.0, "vm"))
        self.assertEqual(ratios["Q1 ms"], (5.0, "vm"))

    def test_only_right_answers_count_as_best(self):
        found = result(tidemark=system(1, 2.0), vm=system(1, 10.0),
                       influxdb=system(1, 1.0, Kind.SAMPLE_WEIGHTED.value),
                       prometheus=system(1, 4.0, Kind.PRECISION_LOST.value))
        self.assertEqual(self.ratios(found)["Q1 ms"], (2.0, "prometheus"))

    def test_a_row_where_tidemark_is_behind_says_so(self):
        found = result(tidemark=system(1, 10.0), vm=system(1, 5.0))
        line = next(line for line in table.grid(found) if line[0] == "Q1 ms")
        self.assertEqual(line, ["Q1 ms", "10", "5", "0.5x (behind)", "VictoriaMetrics"])

    def test_a_wrong_answer_carries_its_mark(self):
        found = result(tidemark=system(1, 10.0), vm=system(1, 5.0, Kind.EDGE_LOST.value))
        line = next(line for line in table.grid(found) if line[0] == "Q1 ms")
        self.assertEqual(line, ["Q1 ms", "10", "5 e", "-", ""])

    def test_the_document_keeps_what_stands_around_the_marks(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "document.md"
            path.write_text("a\n<!-- peers S -->\nold\n<!-- /peers S -->\nb\n")
            table.write_between(path, "peers S", r"new \1")
            self.assertEqual(path.read_text(),
                             "a\n<!-- peers S -->\nnew \\1\n<!-- /peers S -->\nb\n")
            with self.assertRaises(SystemExit):
                table.write_between(path, "peers M", "new")


class Comparison(unittest.TestCase):
    def unsteady(self, second_ms, first_ms=100.0, own_ms=20.0, second_own_ms=20.0):
        """The titles of what is unsteady; of one peer rows and figures say the same."""
        first = result(tidemark=system(1, own_ms), vm=system(1, first_ms))
        second = result(tidemark=system(1, second_own_ms), vm=system(1, second_ms))
        rows, figures = ({pair.title for pair in pairs(first, second) if pair.is_unsteady}
                         for pairs in (compare.of_rows, compare.of_systems))
        self.assertEqual(rows, figures)
        return rows

    def test_what_counts_is_the_ratio_to_tidemark(self):
        self.assertEqual(self.unsteady(200.0, second_own_ms=40.0), set())
        self.assertIn("Q1 ms", self.unsteady(200.0))
        self.assertIn("Q1 ms", self.unsteady(50.0))
        self.assertEqual(self.unsteady(110.0), set())

    def test_short_times_do_not_count(self):
        self.assertEqual(self.unsteady(8.0, first_ms=4.0), set())
        self.assertEqual(self.unsteady(200.0, own_ms=4.0, second_own_ms=4.0), set())

    def test_a_row_is_that_of_the_best_peer_whichever_it_is(self):
        first = result(tidemark=system(1, 20.0), vm=system(1, 100.0), duckdb=system(1, 110.0))
        second = result(tidemark=system(1, 20.0), vm=system(1, 200.0), duckdb=system(1, 105.0))
        row = next(row for row in compare.of_rows(first, second) if row.title == "Q1 ms")
        self.assertEqual((row.systems, row.ratios), (("vm", "duckdb"), (5.0, 5.25)))
        self.assertFalse(row.is_unsteady)
        self.assertEqual([pair.is_unsteady for pair in compare.of_systems(first, second)
                          if pair.title == "Q1 ms"], [False, True, False])


class Ranges(unittest.TestCase):
    def workload(self, ticks, step_s=10):
        return workload.Workload(Path(), {"hosts": 2, "ticks": ticks, "t0_s": BEGIN_S,
                                          "step_s": step_s, "samples": 1})

    def test_the_day_is_the_last_one_or_all(self):
        self.assertEqual(self.workload(100).day_begin_s, BEGIN_S)
        week = self.workload(60_480)
        self.assertEqual(week.end_s - week.day_begin_s, 86_400)

    def test_a_cut_first_bucket_is_asked_for_alone(self):
        data = self.workload(10_000)  # 100,000 s: the day begins 13,600 s after the first tick.
        first, rest = promql.over_buckets(data, "q[{range}]")
        self.assertEqual(first.parameters, {"query": "q[200s]", "time": BEGIN_S + 13_800 - 1})
        self.assertEqual(rest.parameters["query"], "q[5m]")
        self.assertEqual(rest.parameters["start"], BEGIN_S + 14_100 - 1)
        self.assertEqual(rest.parameters["end"], BEGIN_S + 100_200 - 1)

    def test_what_is_left_behind_the_last_midnight_is_asked_for_alone(self):
        days, rest = promql.daily(self.workload(10_000), "q[{seconds}s]", 0)
        self.assertEqual((days.parameters["start"], days.parameters["end"]),
                         (BEGIN_S + 86_400, BEGIN_S + 86_400))
        self.assertEqual(rest.parameters, {"query": "q[13600s]", "time": BEGIN_S + 100_000})

    def test_open_runs_shorter_than_45_minutes_are_left_out(self):
        data = self.workload(10_000)
        low = {"a": [[float(data.end_s - 2710)]], "b": [[float(data.end_s - 2700)]]}
        self.assertEqual(promql.open_runs(low, data), {"a": [[45.0, data.end_s - 2700.0]]})


class Replies(unittest.TestCase):
    def test_rows_without_a_value_are_left_out(self):
        reply = json.dumps({"results": [{"series": [
            {"tags": {"host": "h001"}, "values": [[0, 1.0], [60, None]]}]}]}).encode()
        self.assertEqual(influxql.rows(reply), [{"h001": [[0, 1.0]]}])

    def test_an_error_in_a_reply_is_raised(self):
        with self.assertRaisesRegex(RuntimeError, "no such thing"):
            influxql.rows(b'{"results":[{"error":"no such thing"}]}')

    def test_bodies_end_with_a_line_and_lose_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "lines"
            path.write_bytes(b"".join(b"cpu usage=%d\n" % i for i in range(100_000)))
            pieces = list(bodies(path))
            self.assertGreater(len(pieces), 1)
            self.assertTrue(all(piece.endswith(b"\n") for piece in pieces))
            self.assertEqual(b"".join(pieces), path.read_bytes())

    def test_hard_links_and_holes_take_no_space(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            (root / "file").write_bytes(b"x" * 8192)
            (root / "link").hardlink_to(root / "file")
            with (root / "hole").open("wb") as hole:
                hole.truncate(1 << 30)
            (root / "wal").mkdir()
            (root / "wal" / "log").write_bytes(b"x" * 8192)
            self.assertEqual(tree_bytes(root, without=("wal",)), 8192)


class Runs(unittest.TestCase):
    def test_slow_questions_are_asked_less_often_and_quick_ones_more(self):
        def rounds(first_s):
            return [measurement.warm_runs(first_s, index) for index in range(measurement.ROUNDS)]

        self.assertEqual(rounds(12.0), [0] * 7)
        self.assertEqual(rounds(8.0), [1, 0, 1, 0, 1, 0, 1])
        self.assertEqual(rounds(1.0), [1] * 7)
        self.assertEqual(rounds(0.3), [5] * 7)
        self.assertEqual(rounds(0.001), [15] * 7)

    def test_the_time_is_the_median_of_the_medians_of_all_turns(self):
        seconds = iter([9.0, 0.3, 0.2, 0.4, 0.6, 0.1, 0.6, 0.5, 0.1, 0.7])
        with mock.patch("measurement.timed", lambda act: (next(seconds), act())), \
                mock.patch("measurement.warm_runs", lambda *_: 3), \
                contextlib.redirect_stderr(io.StringIO()):
            question = measurement.WarmQuestion(CountingSystem("a"), "Q1")
            for index in range(3):
                question.ask_again(index, is_warm=index == 0)
            self.assertEqual(question.result()["http_ms"], 500.0)

    def test_a_question_that_is_asked_once_counts(self):
        with mock.patch("measurement.timed", lambda act: (11.0, act())), \
                contextlib.redirect_stderr(io.StringIO()):
            question = measurement.WarmQuestion(CountingSystem("a", traces=False), "Q1")
            question.ask_again(0, is_warm=True)
            self.assertEqual((question.run_count, question.result()["http_ms"]), (1, 11_000.0))


class CountingSystem:
    """Answers at once; says that it took a millisecond, in a trace or in the answer."""

    title, has_http, size_note = "counting", True, ""
    ways = (Way("tcp", 2), Way("tcp", 1))

    def __init__(self, name, traces=True, fails=False):
        self.name, self.traces, self.fails = name, traces, fails
        self.asked = {question: 0 for question in table.QUESTIONS}
        self.runs = []
        self.server = types.SimpleNamespace(
            command=[f"{measurement.CHECKOUT}build/program", "--data", "/tmp/peers-1/data"])
        self.context = types.SimpleNamespace(directory=Path("/tmp/peers-1"))
        self.data = Path("/data")
        self.workload = workload.Workload(Path(), {"hosts": 1, "samples": 10_000_000})
        row = [0, 1.0]
        self.workload.__dict__["exact_answers"] = {
            question: {"h000": row if question in WITHOUT_TIME else [row]}
            for question in table.QUESTIONS}

    def version(self):
        return "1"

    def sample_count(self):
        return self.workload.samples

    def start(self):
        self.runs.append("start")

    def stop(self):
        self.runs.append("stop")

    def idiom(self, _question):
        return Idiom()

    def ask(self, question):
        if self.fails and question == "Q4":
            raise OSError("gone")
        self.asked[question] += 1
        return [b""]

    def ask_traced(self, _question):
        return [b"trace"] if self.traces else []

    def answer(self, question, _replies):
        return {"h000": [[0, 2.0 if question == "Q6" else 1.0]]}

    def engine_ms(self, replies):
        return 1.0 if replies == [b"trace"] or not self.traces else None


def meter(rate):
    return types.SimpleNamespace(samples_per_s=lambda: rate, cpu_s_per_million=float,
                                 peak_anonymous_mib=float)


@mock.patch("measurement.drop_caches", lambda: False)
@mock.patch("measurement.load_empty", lambda *_: meter(4e5))
@mock.patch("measurement.settled", lambda *_: {"bytes_per_sample": 1.0})
class Rounds(unittest.TestCase):
    def measure(self, *systems):
        with contextlib.redirect_stderr(io.StringIO()):
            return measurement.measure(list(systems))

    def test_every_question_is_judged_and_asked_in_every_round(self):
        system = CountingSystem("a")
        found = self.measure(system)["a"]["queries"]
        self.assertTrue(found["Q1"]["right"])
        self.assertEqual(found["Q6"]["error"], Kind.EDGE_LOST.value)
        self.assertEqual({result["runs"] for result in found.values()}, {7 * 15})
        # Once to be judged, and once to warm up in each of the six other rounds.
        self.assertEqual(set(system.asked.values()), {7 * 15 + 7})

    def test_the_first_system_is_asked_before_each_of_the_others(self):
        systems = [CountingSystem(name) for name in "abc"]
        order = []
        for system in systems:
            system.start = lambda name=system.name: order.append(name)
        found = self.measure(*systems)
        self.assertEqual("".join(order), "abac" * measurement.ROUNDS)
        self.assertEqual({system: result["queries"]["Q1"]["runs"]
                          for system, result in found.items()}, {"a": 210, "b": 105, "c": 105})

    def test_a_command_names_no_folder_of_this_machine(self):
        found = self.measure(CountingSystem("a"))["a"]
        self.assertEqual(found["command"], "build/program --data DIR/data")

    def test_the_engines_time_comes_from_the_trace_or_from_the_answer(self):
        for traces in (True, False):
            found = self.measure(CountingSystem("a", traces))["a"]["queries"]
            self.assertEqual({result["engine_ms"] for result in found.values()}, {1.0})

    def test_a_system_that_fails_leaves_the_others(self):
        failing, other = CountingSystem("a", fails=True), CountingSystem("b")
        self.assertEqual(set(self.measure(failing, other)), {"b"})
        # Loaded, loaded aside, asked.
        self.assertEqual(failing.runs, ["stop"] + ["stop"] * 2 + ["start", "stop"])
        self.assertEqual(other.runs.count("start"), measurement.ROUNDS)

    def loads(self, rates):
        """What is found of a system's two ways in when its loads are that quick, in turn."""
        system, stores, rates = CountingSystem("a"), [], iter(rates)

        def load(loaded, _way):
            stores.append(loaded.data.name)
            return meter(next(rates))

        with mock.patch("measurement.load_empty", load):
            found = self.measure(system)["a"]["ingest"]
        self.assertEqual(system.data, Path("/data"))
        self.assertEqual(stores, ["data"] + ["aside"] * (len(stores) - 1))
        return found

    def test_quick_loads_are_repeated_and_the_quickest_counts(self):
        found = self.loads([2e6, 3e6, 4e6, 5e6])
        self.assertEqual([ingest["loads"] for ingest in found], [2, 2])
        self.assertEqual([ingest["samples_per_s"] for ingest in found], [4e6, 5e6])
        self.assertEqual([ingest.get("bytes_per_sample") for ingest in found], [None, 1.0])

    def test_slow_loads_are_made_once(self):
        self.assertEqual([ingest["loads"] for ingest in self.loads([4e5, 5e5])], [1, 1])


class Growth(unittest.TestCase):
    def setUp(self):
        def step(factor, ms, samples):
            return {"factor": factor, "workload": {"samples": samples, "series": 10},
                    "tidemark": copy.deepcopy(system(1, ms))}
        smallest = step(1, 2.0, 1000)
        self.result = {**result(), "growth": {
            "history": [smallest, step(10, 2.2, 10_000), step(100, 4.4, 100_000)],
            "series": [smallest, step(10, 20.0, 10_000), step(100, 200.0, 100_000)]}}

    def test_each_figure_stands_beside_its_growth(self):
        line = next(line for line in plot.grid(self.result) if line[0] == "Q1 over HTTP, ms")
        self.assertEqual(line, ["Q1 over HTTP, ms", "2", "2.2 (1.1x)", "4.4 (2x)", "20 (10x)",
                                "200 (10x)"])

    def test_wrong_answers_are_named(self):
        self.assertIn("Every answer is exact", plot.markdown(self.result))
        self.result["growth"]["series"][2]["tidemark"]["queries"]["Q4"]["right"] = False
        self.assertIn("Wrong answers: Q4.", plot.markdown(self.result))

    def test_the_plot_has_a_line_for_each_question(self):
        script = plot.script(self.result, Path("x.png"))
        self.assertIn("$Q7_series << END\n1000 2.0\n10000 20.0\n100000 200.0\nEND", script)
        self.assertEqual(script.count("with linespoints"), 2 * len(table.QUESTIONS))


if __name__ == "__main__":
    unittest.main()
