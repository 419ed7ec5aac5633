"""DuckDB, in a process of node: CSV files in, SQL in the same process out."""

import json
import re
from pathlib import Path

from answers import Answer
from process import Server
from system import Idiom, System, Way

TABLES = ("cpu", "http", "svc", "sys")
KEYS = ("ts", "host", "region", "service")


class DuckDb(System):
    name = "duckdb"
    title = "DuckDB"
    ways = (Way("csv", 1),)
    size_note = "the database file, rows sorted by host and time, after CHECKPOINT"
    input_forms = frozenset({"csv"})
    has_http = False
    idioms = {
        "Q2a": Idiom("a window function over rows and one more row for each minute"),
        "Q2b": Idiom("a window function over rows and one more row for each minute"),
        "Q3": Idiom("lead()"),
        "Q3d": Idiom("lead(), holds cut at midnight"),
        "Q4": Idiom("lead(), runs numbered by the difference of two row numbers"),
        "Q5": Idiom("joined with the last value of at most 80 of each host"),
    }

    def version(self) -> str:
        package = self.context.duckdb_packages / "node_modules/@duckdb/node-api/package.json"
        return json.loads(package.read_text())["version"]

    def start(self) -> None:
        script = Path(__file__).with_name("duckdb.mjs")
        self.server = Server(["node", str(script), str(self.context.duckdb_packages),
                              str(self.data / "kpi.duckdb")], self.log, pipes=True)
        self._run("SELECT 1")

    def create(self) -> None:
        """CREATE TABLE .. AS makes the tables."""

    def inputs(self, way: Way) -> list[Path]:
        return [self.workload.csv]

    def load(self, way: Way) -> None:
        for table in TABLES:
            self._run(f"CREATE TABLE {table} AS SELECT * FROM "
                      f"read_csv('{self.workload.csv}/{table}.csv') ORDER BY host, ts")
        self._run("CHECKPOINT")

    def settle(self) -> None:
        """CHECKPOINT was that."""

    def sample_count(self) -> int:
        return sum(self._count(table) for table in TABLES)

    def ask(self, question: str) -> list[bytes]:
        return [self._send(self._text(question))]

    def answer(self, question: str, replies: list[bytes]) -> Answer:
        answer: Answer = {}
        for host, *numbers in _reply(replies[0])["rows"]:
            flat = [number for part in numbers
                    for number in (part if isinstance(part, list) else [part])]
            answer.setdefault(host, []).append(flat)
        return answer

    def engine_ms(self, replies: list[bytes]) -> float | None:
        return float(re.match(rb'\{"ms":([\d.e-]+)', replies[0])[1])

    def _count(self, table: str) -> int:
        fields = f"SELECT count(*) - {len(KEYS)} FROM pragma_table_info('{table}')"
        return self._run(f"SELECT count(*) * ({fields}) FROM {table}")["rows"][0][0]

    def _send(self, text: str) -> bytes:
        pipes = self.server.process
        pipes.stdin.write(json.dumps({"sql": text}).encode() + b"\n")
        pipes.stdin.flush()
        return pipes.stdout.readline()

    def _run(self, text: str) -> dict:
        return _reply(self._send(text))

    def _text(self, question: str) -> str:
        data = self.workload
        end = _timestamp(data.end_s)
        day = f"ts >= {_timestamp(data.day_begin_s)}"
        lead = f"coalesce(lead(ts) OVER (PARTITION BY host ORDER BY ts), {end})"
        return {
            "Q1": "SELECT host, epoch(time_bucket(INTERVAL 5 MINUTES, ts)) AS bucket, "
                  "quantile_cont(latency_ms, [0.5, 0.95, 0.99]) FROM http "
                  f"WHERE {day} GROUP BY ALL ORDER BY host, bucket",
            "Q2a": self._rolling("WHERE host = 'h000'"),
            "Q2b": self._rolling(""),
            "Q3": "SELECT host, sum(up * length) / sum(length) FROM "
                  f"(SELECT host, up, epoch({lead} - ts) AS length FROM svc) "
                  "GROUP BY host ORDER BY host",
            "Q3d": f"WITH holds AS (SELECT host, up, ts, {lead} AS stop, "
                   "date_trunc('day', ts) AS day, "
                   "date_trunc('day', stop - INTERVAL 1 MICROSECOND) AS last_day FROM svc), "
                   # No series here is silent for a day.
                   "parts AS (SELECT host, up, day, "
                   "epoch(least(stop, day + INTERVAL 1 DAY) - ts) AS length FROM holds "
                   "UNION ALL SELECT host, up, last_day, epoch(stop - last_day) FROM holds "
                   "WHERE last_day > day) "
                   "SELECT host, epoch(day) AS label, sum(up * length) / sum(length) FROM parts "
                   "GROUP BY ALL ORDER BY host, label",
            "Q4": f"WITH numbered AS (SELECT host, ts, usage > 80 AS high, {lead} AS stop, "
                  "row_number() OVER (PARTITION BY host ORDER BY ts) - "
                  "row_number() OVER (PARTITION BY host, usage > 80 ORDER BY ts) AS run "
                  "FROM cpu), "
                  "runs AS (SELECT host, epoch(max(stop) - min(ts)) AS length FROM numbered "
                  "WHERE high GROUP BY host, run) "
                  "SELECT host, coalesce(sum(length), 0), coalesce(max(length), 0) "
                  "FROM (SELECT DISTINCT host FROM cpu) LEFT JOIN runs USING (host) "
                  "GROUP BY host ORDER BY host",
            "Q5": "WITH low AS (SELECT host, "
                  "coalesce(max(ts) FILTER (WHERE usage <= 80), TIMESTAMP '1970-01-01') AS low_ts "
                  "FROM cpu GROUP BY host) "
                  f"SELECT host, epoch({end} - min(ts)) / 60, epoch(min(ts)) FROM cpu "
                  "JOIN low USING (host) WHERE ts > low_ts GROUP BY host "
                  f"HAVING min(ts) <= {_timestamp(data.end_s - 2700)} ORDER BY host",
            "Q6": "SELECT host, epoch(date_trunc('hour', ts)) AS hour, avg(usage), max(usage) "
                  "FROM cpu GROUP BY ALL ORDER BY host, hour",
            "Q7": "SELECT host, epoch(ts), latency_ms FROM http "
                  f"WHERE host = 'h000' AND {day} ORDER BY ts",
        }[question]

    def _rolling(self, where: str) -> str:
        """A row without a value at the end of each window sees what lies in the hour before it."""
        data = self.workload
        ends = (f"generate_series({_timestamp(data.begin_s + 3600)}, {_timestamp(data.end_s)}, "
                "INTERVAL 1 MINUTE) AS grid(ts)")
        return (f"WITH samples AS (SELECT host, ts, latency_ms FROM http {where} UNION ALL "
                f"SELECT host, ts, NULL FROM (SELECT DISTINCT host FROM http {where}), {ends}), "
                "rolled AS (SELECT host, ts, latency_ms, quantile_cont(latency_ms, 0.99) OVER ("
                "PARTITION BY host ORDER BY ts RANGE BETWEEN INTERVAL 1 HOUR PRECEDING AND "
                "INTERVAL 1 MICROSECOND PRECEDING) AS p99 FROM samples) "
                "SELECT host, epoch(ts) - 60, p99 FROM rolled "
                "WHERE latency_ms IS NULL AND p99 IS NOT NULL ORDER BY host, ts")


def _reply(line: bytes) -> dict:
    reply = json.loads(line)
    if "error" in reply:
        raise RuntimeError(reply["error"])
    return reply


def _timestamp(time_s: int) -> str:
    return f"make_timestamp({time_s * 1_000_000})"
