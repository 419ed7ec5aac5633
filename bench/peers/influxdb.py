"""InfluxDB 1.6: line protocol over HTTP in, InfluxQL over HTTP out."""

import re

import influxql
from answers import Answer, Kind
from client import HttpClient, send_all, send_http
from process import Server, free_port, tree_bytes
from system import DATABASE, Idiom, System, Way, full_windows, package_version

# Stock, but: loopback only, nothing reported or logged, bodies of any size, no write given up
# where the machine is busy, and a shard that nobody writes to is compacted after 10 seconds
# instead of four hours: its final size shows.
CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
  cache-snapshot-write-cold-duration = "10s"
  compact-full-write-cold-duration = "10s"
  query-log-enabled = false
[coordinator]
  query-timeout = "0s"
  write-timeout = "10m"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
  max-body-size = 0
[logging]
  level = "warn"
"""
NEAREST_RANK = "percentile() is the nearest rank: no interpolation can be asked for"
MEAN_OF_SAMPLES = ("mean of samples; the mean over a 10 s grid filled with the previous value is "
                   "right and slower")
# Its time grows with the samples, and no answer of many minutes is of use to anybody.
MOST_SAMPLES_OF_Q2B = 5_000_000


class InfluxDb(System):
    name = "influxdb"
    title = "InfluxDB"
    ways = (Way("http", 2), Way("http", 1))
    size_note = "all files but wal/, after the cache was written and cold shards were compacted"
    idioms = {
        "Q1": Idiom(NEAREST_RANK, Kind.CANNOT_EXPRESS),
        "Q2a": Idiom("60 tumbling statements, each a minute later; " + NEAREST_RANK,
                     Kind.CANNOT_EXPRESS),
        "Q2b": Idiom("60 tumbling statements, each a minute later; " + NEAREST_RANK,
                     Kind.CANNOT_EXPRESS),
        "Q3": Idiom(MEAN_OF_SAMPLES, Kind.SAMPLE_WEIGHTED),
        "Q3d": Idiom(MEAN_OF_SAMPLES, Kind.SAMPLE_WEIGHTED),
        "Q4": Idiom("time: samples above 80 times their distance; longest: elapsed() between "
                    "values of at most 80, which misses runs at the ends", Kind.EDGE_LOST),
        "Q5": Idiom("two requests: hosts above 80 for 45 minutes, then since when"),
    }

    def version(self) -> str:
        return package_version("influxdb")

    def start(self) -> None:
        http = free_port()
        configuration = self.context.directory / "influxdb.conf"
        configuration.write_text(
            CONFIGURATION.format(data=self.data, http=http, rpc=free_port()))
        self.server = Server(["influxd", "-config", str(configuration)], self.log,
                             environment={"HOME": str(self.context.directory)})
        self.server.wait_for_port(http)
        self.port = http
        self.client = HttpClient(http)

    def create(self) -> None:
        self._statements(f"CREATE DATABASE {DATABASE}")

    def load(self, way: Way) -> None:
        target = f"/write?db={DATABASE}&precision=ns"
        send_all(lambda path: send_http(path, self.port, target), self.inputs(way),
                 way.connections)

    def settle(self) -> None:
        # The cold durations, the ten seconds between its looks for work, and the work.
        self.server.wait_until_idle(25)

    def sample_count(self) -> int:
        return influxql.sum_of_counts(self._statements("SELECT count(*) FROM cpu, http, svc, sys"))

    def ask(self, question: str) -> list[bytes]:
        if question == "Q2b" and self.workload.samples > MOST_SAMPLES_OF_Q2B:
            raise RuntimeError("not asked at this size: ten seconds at size S, two minutes at size M")
        if question == "Q5":
            return self._ask_since()
        return [self._statements(";".join(self._texts(question)))]

    def answer(self, question: str, replies: list[bytes]) -> Answer:
        if question == "Q4":
            return self._times_above(replies[0])
        if question == "Q5":
            return self._since(replies[1])
        host = "h000" if question in ("Q2a", "Q7") else None
        found = influxql.rows(replies[0], host)
        if question in ("Q2a", "Q2b"):
            return self._rolling(found)
        return influxql.without_time(found[0]) if question == "Q3" else found[0]

    def ask_traced(self, question: str) -> list[bytes]:
        if question == "Q5":  # Two requests of which the second depends on the first.
            return []
        return [self._statements(";".join("EXPLAIN ANALYZE " + text
                                          for text in self._texts(question)))]

    def engine_ms(self, replies: list[bytes]) -> float | None:
        times = re.findall(r"total_time: ([^\"]+)", replies[0].decode())
        return sum(_go_duration_ms(time) for time in times) if times else None

    def stored_bytes(self) -> int:
        return tree_bytes(self.data, without=("wal",))

    def _statements(self, text: str) -> bytes:
        return self.client.post_form("/query", {"db": DATABASE, "epoch": "s", "q": text})

    def _texts(self, question: str) -> list[str]:
        data = self.workload
        whole = _between(data.begin_s, data.end_s)
        day = _between(data.day_begin_s, data.end_s)
        if question == "Q1":
            columns = ", ".join(f"percentile(latency_ms, {p})" for p in (50, 95, 99))
            return [f"SELECT {columns} FROM http WHERE {day} GROUP BY host, time(5m) fill(none)"]
        if question == "Q2a":
            return self._rolling_texts("host = 'h000' AND ", "")
        if question == "Q2b":
            return self._rolling_texts("", "host, ")
        if question in ("Q3", "Q3d"):
            by_day = ", time(1d)" if question == "Q3d" else ""
            return [f"SELECT mean(up) FROM svc WHERE {whole} GROUP BY host{by_day}"]
        if question == "Q4":
            return [f"SELECT count(usage) FROM cpu WHERE usage > 80 AND {whole} GROUP BY host",
                    "SELECT max(gap) FROM (SELECT elapsed(usage, 1s) AS gap FROM cpu "
                    f"WHERE usage <= 80 AND {whole} GROUP BY host) GROUP BY host"]
        if question == "Q6":
            return [f"SELECT mean(usage), max(usage) FROM cpu WHERE {whole} "
                    "GROUP BY host, time(1h) fill(none)"]
        return [f"SELECT latency_ms FROM http WHERE host = 'h000' AND {day}"]

    def _rolling_texts(self, where: str, by: str) -> list[str]:
        """Windows of an hour that begin at each minute of an hour: no one statement rolls."""
        data = self.workload
        texts = []
        for begin_s in range(data.begin_s, data.begin_s + 3600, 60):
            end_s = begin_s + (data.end_s - begin_s) // 3600 * 3600
            texts.append(f"SELECT percentile(latency_ms, 99) FROM http WHERE {where}"
                         f"{_between(begin_s, end_s)} GROUP BY {by}time(1h, {begin_s % 3600}s) "
                         "fill(none)")
        return texts

    def _rolling(self, found: list[Answer]) -> Answer:
        answer: Answer = {}
        for tumbling in found:
            for host, rows in tumbling.items():
                answer.setdefault(host, []).extend([row[0] + 3600 - 60, row[1]] for row in rows)
        return {host: full_windows(rows, self.workload) for host, rows in answer.items()}

    def _times_above(self, reply: bytes) -> Answer:
        counts, gaps = map(influxql.without_time, influxql.rows(reply))
        step_s = self.workload.step_s
        return {host: [[counts.get(host, [[0]])[0][0] * step_s,
                        gaps.get(host, [[step_s]])[0][0] - step_s]]
                for host in self.workload.hosts}

    def _ask_since(self) -> list[bytes]:
        data = self.workload
        recent = _between(data.end_s - 2700, data.end_s)
        state = self._statements(
            f"SELECT low FROM (SELECT min(usage) AS low FROM cpu WHERE {recent} GROUP BY host) "
            "WHERE low > 80 GROUP BY host")
        hosts = "|".join(influxql.rows(state)[0])
        return [state, self._statements(
            f"SELECT last(usage) FROM cpu WHERE usage <= 80 AND host =~ /^({hosts})$/ AND "
            f"{_between(data.begin_s, data.end_s)} GROUP BY host")]

    def _since(self, reply: bytes) -> Answer:
        data = self.workload
        low = {host: rows[0][0] for host, rows in influxql.rows(reply)[0].items()}
        return {host: [[(data.end_s - time - data.step_s) / 60, time + data.step_s]]
                for host, time in low.items()}


def _between(begin_s: int, end_s: int) -> str:
    return f"time >= {begin_s}s AND time < {end_s}s"


def _go_duration_ms(text: str) -> float:
    """`1m2.5s`, `317.4ms`, `12.1µs`."""
    factors = {"h": 3.6e6, "m": 6e4, "s": 1e3, "ms": 1.0, "µs": 1e-3, "ns": 1e-6}
    return sum(float(number) * factors[unit]
               for number, unit in re.findall(r"([\d.]+)(ms|µs|ns|h|m|s)", text))
