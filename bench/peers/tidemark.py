"""Tidemark: line protocol over TCP in, InfluxQL with KPI functions over HTTP out."""

import re
import subprocess

import influxql
from answers import Answer
from client import HttpClient, send_all, send_tcp
from process import Server, tree_bytes
from system import DATABASE, System, Way, full_windows

# Written when nothing was for 30 s; there is no request that asks for it.
FLUSH_LIMIT_S = 300
# What a log without samples may take.
LOG_LEFT_BYTES = 1 << 20


class Tidemark(System):
    name = "tidemark"
    title = "Tidemark"
    ways = (Way("tcp", 2), Way("tcp", 1))
    size_note = "all files but wal/, after the flush and the merges that 30 quiet seconds bring"

    def version(self) -> str:
        said = subprocess.run([self.context.tidemark, "--version"], check=True,
                              capture_output=True, text=True).stdout
        return said.split()[-1]

    def start(self) -> None:
        self.server = Server(
            [str(self.context.tidemark), "serve", "--data", str(self.data),
             "--line", "127.0.0.1:0", "--http", "127.0.0.1:0"], self.log)
        self.line_port = int(self.server.wait_for_log(r"listening line \S+:(\d+)")[1])
        self.client = HttpClient(int(self.server.wait_for_log(r"listening http \S+:(\d+)")[1]))

    def create(self) -> None:
        self._statement(f"CREATE DATABASE {DATABASE}")

    def load(self, way: Way) -> None:
        # The close of the connection says that every line is durable and can be asked for.
        first_line = f"#tidemark db={DATABASE}\n".encode()
        send_all(lambda path: send_tcp(path, self.line_port, first_line), self.inputs(way),
                 way.connections)

    def settle(self) -> None:
        self.server.wait_for(lambda: self._log_bytes() < LOG_LEFT_BYTES, "its log to be let go of",
                             FLUSH_LIMIT_S)
        self.server.wait_until_idle(2)

    def sample_count(self) -> int:
        return influxql.sum_of_counts(self._statement("SELECT count(*) FROM cpu, http, svc, sys"))

    def ask(self, question: str) -> list[bytes]:
        return [self._statement(self._text(question))]

    def answer(self, question: str, replies: list[bytes]) -> Answer:
        host = "h000" if question in ("Q2a", "Q7") else None
        answer = influxql.rows(replies[0], host)[0]
        if question in ("Q3", "Q4", "Q5"):
            return influxql.without_time(answer)
        if question in ("Q2a", "Q2b"):
            return {host: full_windows(found, self.workload)
                    for host, found in answer.items()}
        return answer

    def ask_traced(self, question: str) -> list[bytes]:
        return [self._statement("EXPLAIN ANALYZE " + self._text(question))]

    def engine_ms(self, replies: list[bytes]) -> float | None:
        found = re.search(rb"time: ([\d.e-]+) ms", replies[0])
        return float(found[1]) if found else None

    def stored_bytes(self) -> int:
        return tree_bytes(self.data, without=("wal",))

    def _log_bytes(self) -> int:
        return tree_bytes(self.data / "wal")

    def _statement(self, text: str) -> bytes:
        return self.client.post_form("/query", {"db": DATABASE, "epoch": "s", "q": text})

    def _text(self, question: str) -> str:
        whole = f"time >= {self.workload.begin_s}s AND time < {self.workload.end_s}s"
        day = f"time >= {self.workload.day_begin_s}s AND time < {self.workload.end_s}s"
        p99 = "SELECT percentile_cont(latency_ms, 0.99) FROM http"
        return {
            "Q1": "SELECT percentile_cont(latency_ms, 0.5), percentile_cont(latency_ms, 0.95), "
                  f"percentile_cont(latency_ms, 0.99) FROM http WHERE {day} "
                  "GROUP BY time(5m), host",
            "Q2a": f"{p99} WHERE host = 'h000' AND {whole} GROUP BY time(1m) WINDOW 1h",
            "Q2b": f"{p99} WHERE {whole} GROUP BY time(1m), host WINDOW 1h",
            "Q3": f"SELECT uptime(up = 1) FROM svc WHERE {whole} STALE NONE GROUP BY host",
            "Q3d": f"SELECT uptime(up = 1) FROM svc WHERE {whole} STALE NONE "
                   "GROUP BY time(1d), host",
            "Q4": "SELECT time_in(usage > 80), longest(usage > 80) FROM cpu "
                  f"WHERE {whole} STALE NONE GROUP BY host",
            "Q5": "SELECT current(usage > 80, 1m), since(usage > 80) FROM cpu "
                  f"WHERE {whole} STALE NONE GROUP BY host HAVING current(usage > 80) >= 45m",
            "Q6": f"SELECT mean(usage), max(usage) FROM cpu WHERE {whole} GROUP BY time(1h), host",
            "Q7": f"SELECT latency_ms FROM http WHERE host = 'h000' AND {day}",
        }[question]

