"""ClickHouse 18.16: CSV over HTTP in, SQL over HTTP out. It has no window functions yet."""

import json
import os
import re
from pathlib import Path

from answers import Answer
from client import HttpClient, send_all
from process import Server, free_port
from system import Idiom, System, Way, package_version

CONFIGURATION = """<?xml version="1.0"?>
<yandex>
<logger>
  <level>warning</level><log>{own}/clickhouse.log</log><errorlog>{own}/clickhouse.err</errorlog>
</logger>
<listen_host>127.0.0.1</listen_host><http_port>{http}</http_port><tcp_port>{tcp}</tcp_port>
<interserver_http_port>{interserver}</interserver_http_port>
<path>{data}/</path><tmp_path>{data}/tmp/</tmp_path>
<mark_cache_size>1073741824</mark_cache_size><timezone>UTC</timezone>
<keep_alive_timeout>600</keep_alive_timeout>
<compression><case>
  <min_part_size>0</min_part_size><min_part_size_ratio>0</min_part_size_ratio>
  <method>zstd</method>
</case></compression>
<users><default>
  <password></password><networks><ip>127.0.0.1</ip></networks>
  <profile>default</profile><quota>default</quota>
</default></users>
<profiles><default>
  <max_threads>{threads}</max_threads><max_memory_usage>16000000000</max_memory_usage>
</default></profiles>
<quotas><default/></quotas>
</yandex>
"""
TABLES = {
    "cpu": "usage Float64, iowait Float64",
    "http": "latency_ms Float64, requests Int64, errors Int64",
    "svc": "up UInt8, queue Int64",
    "sys": "temp Float64, mem_used Int64, entropy Float64",
}


class ClickHouse(System):
    name = "clickhouse"
    title = "ClickHouse"
    ways = (Way("csv", 2), Way("csv", 1))
    size_note = "active parts, zstd, after OPTIMIZE FINAL; no log exists"
    input_forms = frozenset({"csv"})
    idioms = {
        "Q2a": Idiom("the state of each minute is put into its 60 windows"),
        "Q2b": Idiom("the state of each minute is put into its 60 windows"),
        "Q3": Idiom("arrays of each host"),
        "Q3d": Idiom("arrays of each host, holds cut at midnight"),
        "Q4": Idiom("arrays of each host"),
        "Q5": Idiom("joined with the last value of at most 80 of each host"),
    }

    def version(self) -> str:
        return package_version("clickhouse-server")

    def start(self) -> None:
        own = self.context.directory
        (self.data / "tmp").mkdir(exist_ok=True)
        http = free_port()
        configuration = own / "clickhouse.xml"
        configuration.write_text(CONFIGURATION.format(
            own=own, data=self.data, http=http, tcp=free_port(), interserver=free_port(),
            threads=len(os.sched_getaffinity(0))))
        self.server = Server(["clickhouse-server", f"--config-file={configuration}"], self.log,
                             directory=self.data)
        self.server.wait_for_port(http)
        self.port = http
        self.client = HttpClient(http)

    def create(self) -> None:
        for table, columns in TABLES.items():
            self._run(f"CREATE TABLE {table} (ts DateTime, host String, region String, "
                      f"service String, {columns}) "
                      "ENGINE = MergeTree PARTITION BY toMonday(ts) ORDER BY (host, ts)")

    def inputs(self, way: Way) -> list[Path]:
        return [self.workload.csv]

    def load(self, way: Way) -> None:
        send_all(self._load_table, list(TABLES), way.connections)

    def settle(self) -> None:
        for table in TABLES:
            self._run(f"OPTIMIZE TABLE {table} FINAL")
        self.server.wait_until_idle(5)

    def stored_bytes(self) -> int:
        return int(self._run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active"))

    def sample_count(self) -> int:
        return sum(len(columns.split(",")) * int(self._run(f"SELECT count() FROM {table}"))
                   for table, columns in TABLES.items())

    def ask(self, question: str) -> list[bytes]:
        # JSON like the others give; it also says how long the engine took.
        return [self._run(self._text(question) + " FORMAT JSONCompact")]

    def answer(self, question: str, replies: list[bytes]) -> Answer:
        answer: Answer = {}
        for host, *numbers in json.loads(replies[0])["data"]:
            flat = [number for part in numbers
                    for number in (part if isinstance(part, list) else [part])]
            answer.setdefault(host, []).append([float(number) for number in flat])
        return answer

    def engine_ms(self, replies: list[bytes]) -> float | None:
        return float(re.search(rb'"elapsed": ([\d.e-]+)', replies[0][-1000:])[1]) * 1e3

    def _run(self, text: str) -> bytes:
        return self.client.post("/", text.encode())

    def _load_table(self, table: str) -> None:
        client = HttpClient(self.port)
        with (self.workload.csv / f"{table}.csv").open("rb") as rows:
            client.post("/", rows, {"query": f"INSERT INTO {table} FORMAT CSVWithNames"})
        client.close()

    def _text(self, question: str) -> str:
        data = self.workload
        end_s = data.end_s
        day = f"ts >= toDateTime({data.day_begin_s})"
        return {
            # quantiles() interpolates, and is exact as long as a group has at most 8192 rows.
            "Q1": "SELECT host, intDiv(toUInt32(ts), 300) * 300 AS bucket, "
                  f"quantiles(0.5, 0.95, 0.99)(latency_ms) FROM http WHERE {day} "
                  "GROUP BY host, bucket ORDER BY host, bucket",
            "Q2a": self._rolling("WHERE host = 'h000'"),
            "Q2b": self._rolling(""),
            "Q3": "SELECT host, arraySum((v, a, b) -> v * (b - a), held, begins, ends) / "
                  f"({end_s} - begins[1]) FROM ({_holds('up', 'svc', end_s)}) ORDER BY host",
            "Q3d": _by_day(_holds("up", "svc", end_s)),
            "Q4": _runs(_holds("usage", "cpu", end_s), end_s),
            "Q5": "SELECT host, ({end} - toUInt32(min(ts))) / 60, toUInt32(min(ts)) AS since "
                  "FROM cpu ANY INNER JOIN (SELECT host, maxIf(ts, usage <= 80) AS low FROM cpu "
                  "GROUP BY host) USING host WHERE ts > low GROUP BY host "
                  "HAVING {end} - since >= 2700 ORDER BY host".format(end=end_s),
            "Q6": "SELECT host, toUInt32(toStartOfHour(ts)) AS hour, avg(usage), max(usage) "
                  "FROM cpu GROUP BY host, hour ORDER BY host, hour",
            "Q7": "SELECT host, toUInt32(ts), latency_ms FROM http "
                  f"WHERE host = 'h000' AND {day} ORDER BY ts",
        }[question]

    def _rolling(self, where: str) -> str:
        """States of minutes, each put into its 60 windows and merged there."""
        data = self.workload
        minutes = ("SELECT host, intDiv(toUInt32(ts), 60) AS minute, "
                   f"quantileState(0.99)(latency_ms) AS state FROM http {where} "
                   "GROUP BY host, minute")
        windows = ("SELECT host, state, (minute + arrayJoin(range(60))) * 60 AS label "
                   f"FROM ({minutes})")
        return (f"SELECT host, label, quantileMerge(0.99)(state) FROM ({windows}) "
                f"WHERE label >= {data.begin_s + 3600 - 60} AND label + 60 <= {data.end_s} "
                "GROUP BY host, label ORDER BY host, label")


def _holds(field: str, table: str, end_s: int) -> str:
    """A row for each host: its values in order, and from when to when each is in force."""
    return (f"SELECT host, groupArray(toUInt32(ts)) AS begins, groupArray({field}) AS held, "
            f"arrayPushBack(arrayPopFront(begins), toUInt32({end_s})) AS ends "
            f"FROM (SELECT host, ts, {field} FROM {table} ORDER BY host, ts) GROUP BY host")


def _by_day(holds: str) -> str:
    # A hold is cut at the midnight in it: no series here is silent for a day.
    return ("SELECT host, day, sum(v * length) / sum(length) FROM ("
            "SELECT host, v, toInt64(intDiv(a, 86400)) * 86400 AS first_day, "
            "toInt64(intDiv(b - 1, 86400)) * 86400 AS last_day, "
            "arrayJoin(if(first_day = last_day, [first_day], [first_day, last_day])) AS day, "
            "least(toInt64(b), day + 86400) - greatest(toInt64(a), day) AS length "
            f"FROM ({holds}) ARRAY JOIN begins AS a, ends AS b, held AS v) "
            "GROUP BY host, day ORDER BY host, day")


def _runs(holds: str, end_s: int) -> str:
    return ("SELECT host, arraySum(lengths), arrayReduce('max', arrayPushBack(lengths, 0)) FROM ("
            "SELECT host, arrayMap(v -> v > 80, held) AS high, "
            "arrayPushFront(arrayPopBack(high), 0) AS before, "
            "arrayFilter((t, now, was) -> now > was, begins, high, before) AS starts, "
            "arrayPushBack(arrayFilter((t, now, was) -> now < was, begins, high, before), "
            f"toUInt32({end_s})) AS stops, "
            "arrayMap((start, stop) -> stop - start, starts, "
            f"arraySlice(stops, 1, length(starts))) AS lengths FROM ({holds})) ORDER BY host")
