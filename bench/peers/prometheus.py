"""Prometheus: remote write in, PromQL over HTTP out."""

import json
import re
import struct
from pathlib import Path

import promql
from answers import Answer, Kind
from client import HttpClient, HttpError
from process import Server, free_port, tree_bytes
from promql import Request
from system import Idiom, System, Way, package_version
from workload import DAY_S

WRITE_HEADERS = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                 "X-Prometheus-Remote-Write-Version": "0.1.0"}
READY_LIMIT_S = 600
# lookback-delta: how long an instant sees a value after its sample. The default of 5 minutes ends
# within the longer outages, where Q4 and Q5 need the value in force.
LIMITS = ["--storage.tsdb.retention.time=100y", "--query.max-samples=1000000000",
          "--query.timeout=600s", "--query.lookback-delta=1h"]


class Prometheus(System):
    name = "prometheus"
    title = "Prometheus"
    # Samples of a series must come in order, and a body of the workload holds all hosts.
    ways = (Way("remote write", 1),)
    size_note = "a snapshot with the head as a block; its log is left out"
    input_forms = frozenset({"remote_write"})
    idioms = {
        "Q1": Idiom("three requests, one for each percentile; more for the cut first bucket"),
        "Q3": Idiom("mean over a 10 s grid"),
        "Q3d": Idiom("mean over a 10 s grid; a second request for the cut last day"),
        "Q4": Idiom("the time only: the longest run takes a nested subquery that does not end in "
                    "minutes", Kind.CANNOT_EXPRESS),
        "Q5": Idiom("two requests: hosts above 80 for 45 minutes, then since when"),
        "Q6": Idiom("two requests, mean and maximum"),
    }

    def version(self) -> str:
        return package_version("prometheus")

    def start(self) -> None:
        configuration = self.context.directory / "prometheus.yml"
        configuration.write_text("global: {}\n")
        port = free_port()
        self.server = Server(
            ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={self.data}",
             f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
             "--web.enable-admin-api", "--log.level=warn", *LIMITS], self.log)
        self.server.wait_for_port(port)
        self.client = HttpClient(port)
        # It reads its log first.
        self.server.wait_for(self._is_ready, "it to be ready", READY_LIMIT_S)

    def create(self) -> None:
        """There are no databases."""

    def inputs(self, way: Way) -> list[Path]:
        return [self.workload.remote_write]

    def load(self, way: Way) -> None:
        with self.workload.remote_write.open("rb") as bodies:
            while size := bodies.read(4):
                body = bodies.read(struct.unpack("<I", size)[0])
                self.client.post("/api/v1/write", body, headers=WRITE_HEADERS)

    def settle(self) -> None:
        self.server.wait_until_idle(5)

    def stored_bytes(self) -> int:
        reply = self.client.post("/api/v1/admin/tsdb/snapshot", b"")
        return tree_bytes(self.data / "snapshots" / json.loads(reply)["data"]["name"])

    def sample_count(self) -> int:
        length_s = self.workload.end_s - self.workload.begin_s
        # count_over_time drops the name, and series that differ in nothing else are an error.
        names = promql.at('group by (__name__) ({host!=""})', self.workload.end_s - 1)
        found = [labels["__name__"] for labels, _ in promql.series(self._send(names))]
        counts = [promql.at(f"sum(count_over_time({name}[{length_s}s]))", self.workload.end_s - 1)
                  for name in found]
        return sum(int(promql.series(self._send(count))[0][1][0][1]) for count in counts)

    def ask(self, question: str) -> list[bytes]:
        if question == "Q5":
            return self._ask_since()
        return [self._send(request) for request in self._requests(question)]

    def answer(self, question: str, replies: list[bytes]) -> Answer:
        if question in ("Q3", "Q4"):
            return promql.values(replies[0])
        if question == "Q5":
            return promql.open_runs(promql.values(replies[1]), self.workload)
        if question == "Q7":
            return {"h000": promql.series(replies[0])[0][1]}
        return _labelled(question, replies)

    def engine_ms(self, replies: list[bytes]) -> float | None:
        times = [re.search(rb'"execTotalTime":([\d.e-]+)', reply) for reply in replies]
        return sum(float(found[1]) for found in times) * 1e3

    def _send(self, request: Request) -> bytes:
        return request.send(self.client, {"stats": "true"})

    def _requests(self, question: str) -> list[Request]:
        data = self.workload
        end_s = data.end_s
        length_s, step_s = end_s - data.begin_s, data.step_s
        if question == "Q1":
            return [request for percentile in (0.5, 0.95, 0.99)
                    for request in promql.over_buckets(
                        data, f"quantile_over_time({percentile}, http_latency_ms[{{range}}])")]
        if question in ("Q2a", "Q2b"):
            host = '{host="h000"}' if question == "Q2a" else ""
            return promql.rolling(data, f"quantile_over_time(0.99, http_latency_ms{host}[1h])")
        if question == "Q3":
            return [promql.at(f"avg_over_time(svc_up[{length_s}s:{step_s}s])", end_s - 1)]
        if question == "Q3d":
            return promql.daily(data, f"avg_over_time(svc_up[{{seconds}}s:{step_s}s])", -1)
        if question == "Q4":
            query = f"sum_over_time((cpu_usage > bool 80)[{length_s}s:{step_s}s]) * {step_s}"
            return [promql.at(query, end_s - 1)]
        if question == "Q6":
            return [request for function in ("avg", "max")
                    for request in promql.hourly(data, f"{function}_over_time(cpu_usage[1h])")]
        day_s = end_s - data.day_begin_s
        return [promql.at(f'http_latency_ms{{host="h000"}}[{day_s}s]', end_s - 1)]

    def _ask_since(self) -> list[bytes]:
        end_s = self.workload.end_s
        state = self._send(promql.at("min_over_time(cpu_usage[45m]) > 80", end_s - 1))
        hosts = "|".join(sorted(promql.values(state)))
        low = f'timestamp(cpu_usage{{host=~"{hosts}"}} <= 80)'
        grid = f"[{end_s - self.workload.begin_s}s:{self.workload.step_s}s]"
        return [state, self._send(promql.at(f"max_over_time({low}{grid})", end_s - 1))]

    def _is_ready(self) -> bool:
        try:
            self.client.get("/-/ready")
        except HttpError:
            return False
        return True


def _labelled(question: str, replies: list[bytes]) -> Answer:
    if question == "Q3d":
        return promql.labelled(replies, lambda time: time // DAY_S * DAY_S)
    if question in ("Q2a", "Q2b"):
        return promql.labelled(replies, lambda time: time + 1 - 60)
    width_s, count = (promql.BUCKET_S, 3) if question == "Q1" else (promql.HOUR_S, 2)
    each = len(replies) // count
    return promql.side_by_side([
        promql.labelled(replies[column * each:(column + 1) * each],
                        lambda time: time // width_s * width_s) for column in range(count)])
