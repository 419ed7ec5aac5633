"""VictoriaMetrics, single node: line protocol over TCP in, MetricsQL over HTTP out."""

import json
import re

import promql
from answers import Answer
from client import HttpClient, send_all, send_tcp
from process import Server, free_port, tree_bytes
from promql import Request
from system import Idiom, System, Way, package_version
from workload import DAY_S

# Its defaults refuse a week at 10 s.
LIMITS = ["-search.maxUniqueTimeseries=1000000", "-search.maxPointsPerTimeseries=200000",
          "-search.maxQueryDuration=300s", "-search.maxSamplesPerQuery=2000000000",
          "-search.maxSamplesPerSeries=100000000", "-retentionPeriod=100y"]
# Of the wait between the last byte sent and the last sample stored.
LOAD_LIMIT_S = 300
PERCENTILES = (0.5, 0.95, 0.99)


class VictoriaMetrics(System):
    name = "vm"
    title = "VictoriaMetrics"
    ways = (Way("tcp", 2), Way("tcp", 1))
    size_note = "the data/ folder, values and timestamps, after force_merge; no log exists"
    idioms = {
        "Q1": Idiom("quantiles_over_time; a second request for the cut first bucket"),
        "Q3": Idiom("integrate() over the range, divided by its length"),
        "Q3d": Idiom("integrate() over each day; a second request for the cut last one"),
        "Q4": Idiom("two requests: integrate() and the longest time since a value of at most 80, "
                    "over a 10 s grid made with keep_last_value()"),
        "Q5": Idiom("two requests: hosts above 80 for 45 minutes, then since when"),
        "Q7": Idiom("/api/v1/export"),
    }

    def version(self) -> str:
        return package_version("victoria-metrics")

    def start(self) -> None:
        http, line = free_port(), free_port()
        self.server = Server(
            ["victoria-metrics", f"-storageDataPath={self.data}",
             f"-httpListenAddr=127.0.0.1:{http}", f"-influxListenAddr=127.0.0.1:{line}", *LIMITS],
            self.log)
        self.server.wait_for_port(line)
        self.server.wait_for_port(http)
        self.line_port = line
        self.client = HttpClient(http)

    def create(self) -> None:
        """There are no databases."""

    def load(self, way: Way) -> None:
        send_all(lambda path: send_tcp(path, self.line_port), self.inputs(way), way.connections)
        # It closes a connection before it has stored what came over it.
        self._wait_for_samples(r'vm_rows_inserted_total\{type="influx"\}')
        # A query sees what is in parts only; a flush may end before the last one is there.
        self.client.get("/internal/force_flush")
        self._wait_for_samples(r'vm_rows\{type="storage/\w+"\}')

    def settle(self) -> None:
        self.client.get("/internal/force_merge")
        self.server.wait_until_idle(3)

    def sample_count(self) -> int:
        length_s = self.workload.end_s - self.workload.begin_s
        request = promql.at(f'sum(count_over_time({{host!=""}}[{length_s}s]))',
                            self.workload.end_s - 1)
        return int(promql.series(self._send(request))[0][1][0][1])

    def ask(self, question: str) -> list[bytes]:
        if question == "Q5":
            return self._ask_since()
        return [self._send(request) for request in self._requests(question)]

    def answer(self, question: str, replies: list[bytes]) -> Answer:
        if question == "Q7":
            return {"h000": _exported(replies[0])}
        if question == "Q3":
            return promql.values(replies[0])
        if question == "Q4":
            totals, longest = map(promql.values, replies)
            return {host: [totals[host][0] + longest[host][0]] for host in totals}
        if question == "Q5":
            return promql.open_runs(promql.values(replies[1]), self.workload)
        return _labelled(question, replies)

    def ask_traced(self, question: str) -> list[bytes]:
        if question == "Q7":  # An export has no trace.
            return []
        if question == "Q5":
            return self._ask_since(trace=1)
        return [self._send(request, trace=1) for request in self._requests(question)]

    def engine_ms(self, replies: list[bytes]) -> float | None:
        times = [re.search(rb'"duration_msec":([\d.]+)', reply) for reply in replies]
        return sum(float(found[1]) for found in times) if all(times) else None

    def stored_bytes(self) -> int:
        return tree_bytes(self.data / "data")

    def _wait_for_samples(self, metric: str) -> None:
        """Until the server's own counters whose name matches say that all are there."""
        def are_there() -> bool:
            metrics = self.client.get("/metrics").decode()
            counts = re.findall(rf"^{metric} (\d+)", metrics, re.MULTILINE)
            return sum(map(int, counts)) >= self.workload.samples
        self.server.wait_for(are_there, f"all samples in {metric}", LOAD_LIMIT_S)

    def _send(self, request: Request, **more: object) -> bytes:
        # Without nocache it would answer from its memory of the last answer.
        return request.send(self.client, {"nocache": 1, **more})

    def _requests(self, question: str) -> list[Request]:
        data = self.workload
        begin_s, end_s = data.begin_s, data.end_s
        length_s, step_s = end_s - begin_s, data.step_s
        if question == "Q1":
            return promql.over_buckets(
                data, 'quantiles_over_time("phi", 0.5, 0.95, 0.99, http_latency_ms[{range}])')
        if question in ("Q2a", "Q2b"):
            host = '{host="h000"}' if question == "Q2a" else ""
            return promql.rolling(data, f"quantile_over_time(0.99, http_latency_ms{host}[1h])")
        if question == "Q3":
            # integrate() begins with the value in force at the window's open begin.
            return [promql.at(f"integrate(svc_up[{length_s}s]) / {length_s}", end_s)]
        if question == "Q3d":
            return promql.daily(data, "integrate(svc_up[{seconds}s]) / {seconds}", 0)
        if question == "Q4":
            held = "keep_last_value(cpu_usage)"
            grid = f"[{length_s}s:{step_s}s]"
            low = f"tlast_over_time(({held} <= 80){grid}) default {begin_s - step_s}"
            return [promql.at(f"integrate(({held} >bool 80){grid})", end_s),
                    promql.at(f"max_over_time((time() - ({low})){grid})", end_s - step_s)]
        if question == "Q6":
            return promql.hourly(
                data, 'aggr_over_time(("avg_over_time", "max_over_time"), cpu_usage[1h])')
        return [Request("/api/v1/export", {"match[]": 'http_latency_ms{host="h000"}',
                                           "start": data.day_begin_s, "end": end_s - 1})]

    def _ask_since(self, **more: object) -> list[bytes]:
        end_s = self.workload.end_s
        state = self._send(promql.at("min_over_time(cpu_usage[45m]) > 80", end_s - 1), **more)
        hosts = "|".join(sorted(promql.values(state)))
        length_s = end_s - self.workload.begin_s
        low = f'keep_last_value(cpu_usage{{host=~"{hosts}"}}) <= 80'
        since = f"tlast_over_time(({low})[{length_s}s:{self.workload.step_s}s])"
        return [state, self._send(promql.at(since, end_s - 1), **more)]


def _labelled(question: str, replies: list[bytes]) -> Answer:
    if question == "Q3d":
        return promql.labelled(replies, lambda time: (time - 1) // DAY_S * DAY_S)
    if question in ("Q2a", "Q2b"):
        return promql.labelled(replies, lambda time: time + 1 - 60)
    width_s = promql.BUCKET_S if question == "Q1" else promql.HOUR_S
    label, columns = (("phi", [str(p) for p in PERCENTILES]) if question == "Q1" else
                      ("rollup", ["avg_over_time", "max_over_time"]))
    return promql.side_by_side([_column(replies, label, column, width_s) for column in columns])


def _column(replies: list[bytes], label: str, value: str, width_s: int) -> Answer:
    answer: Answer = {}
    for reply in replies:
        for labels, points in promql.series(reply):
            if labels[label] == value:
                answer.setdefault(labels["host"], []).extend(
                    [time // width_s * width_s, number] for time, number in points)
    return answer


def _exported(reply: bytes) -> list[list[float]]:
    rows = []
    for line in reply.splitlines():
        block = json.loads(line)
        rows += [[time / 1000, value]
                 for time, value in zip(block["timestamps"], block["values"], strict=True)]
    return rows
