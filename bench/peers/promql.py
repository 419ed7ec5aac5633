"""Requests and answers of Prometheus' query API, which VictoriaMetrics has as well.

Both look back from an instant t at (t - d, t]. Samples lie on multiples of 10 s, so asking one
second before a window's end sees exactly [begin, end).
"""

import json
from dataclasses import dataclass

from answers import Answer
from client import HttpClient
from workload import DAY_S, Workload

BUCKET_S = 300
HOUR_S = 3600


@dataclass(frozen=True)
class Request:
    """A path of the API with its parameters."""

    path: str
    parameters: dict[str, object]

    def send(self, client: HttpClient, more: dict[str, object]) -> bytes:
        return client.get(self.path, {**self.parameters, **more})


def at(query: str, time_s: int) -> Request:
    """One value for each series, at one instant."""
    return Request("/api/v1/query", {"query": query, "time": time_s})


def every(query: str, begin_s: int, end_s: int, step_s: int) -> Request:
    """Values at begin_s, begin_s + step_s, .. up to end_s."""
    return Request("/api/v1/query_range",
                   {"query": query, "start": begin_s, "end": end_s, "step": step_s})


def over_buckets(workload: Workload, query: str) -> list[Request]:
    """`query` with {range} in it, for each 5 minutes of D.

    Buckets lie on multiples of their width. The first one may begin before D: then it is asked for
    alone, with what is left of it.
    """
    first_end_s = workload.day_begin_s // BUCKET_S * BUCKET_S + BUCKET_S
    rest_s = first_end_s - workload.day_begin_s
    last_end_s = -(-workload.end_s // BUCKET_S) * BUCKET_S
    if rest_s == BUCKET_S:
        return [every(query.format(range="5m"), first_end_s - 1, last_end_s - 1, BUCKET_S)]
    return [at(query.format(range=f"{rest_s}s"), first_end_s - 1),
            every(query.format(range="5m"), first_end_s + BUCKET_S - 1, last_end_s - 1, BUCKET_S)]


def rolling(workload: Workload, query: str) -> list[Request]:
    """`query` over the last hour, each minute of R that has a whole hour before it."""
    return [every(query, workload.begin_s + HOUR_S - 1, workload.end_s - 1, 60)]


def hourly(workload: Workload, query: str) -> list[Request]:
    """`query` for each hour of R. Where the last one is cut, nothing lies behind the cut."""
    last_end_s = -(-workload.end_s // HOUR_S) * HOUR_S
    return [every(query, workload.begin_s + HOUR_S - 1, last_end_s - 1, HOUR_S)]


def daily(workload: Workload, query: str, instant_offset_s: int) -> list[Request]:
    """`query` with {seconds} in it for each day of R; what is left behind the last midnight alone.

    `instant_offset_s`: where to ask, counted from a day's end.
    """
    days, rest_s = divmod(workload.end_s - workload.begin_s, DAY_S)
    begin_s = workload.begin_s + instant_offset_s
    requests = []
    if days:
        requests.append(every(query.format(seconds=DAY_S), begin_s + DAY_S, begin_s + days * DAY_S,
                              DAY_S))
    if rest_s:
        requests.append(at(query.format(seconds=rest_s), workload.end_s + instant_offset_s))
    return requests


def series(reply: bytes) -> list[tuple[dict[str, str], list[list[float]]]]:
    """Labels and [time, value] rows of each series."""
    found = []
    for result in json.loads(reply)["data"]["result"]:
        points = result["values"] if "values" in result else [result["value"]]
        found.append((result["metric"], [[time, float(value)] for time, value in points]))
    return found


def values(reply: bytes) -> Answer:
    """One number for each host, without its time."""
    return {labels["host"]: [[points[0][1]]] for labels, points in series(reply)}


def open_runs(low: Answer, workload: Workload) -> Answer:
    """Q5's rows from when each host was low the last time; shorter runs are left out."""
    since = {host: rows[0][0] + workload.step_s for host, rows in low.items()}
    return {host: [[(workload.end_s - begin_s) / 60, begin_s]] for host, begin_s in since.items()
            if workload.end_s - begin_s >= 2700}


def labelled(replies: list[bytes], label_of) -> Answer:
    """Rows of several replies about the same thing, their times turned into labels."""
    answer: Answer = {}
    for reply in replies:
        for labels, points in series(reply):
            answer.setdefault(labels["host"], []).extend(
                [label_of(time), value] for time, value in points)
    return answer


def side_by_side(answers: list[Answer]) -> Answer:
    """Joins columns that were asked for one by one; rows of one host by their first number."""
    joined: dict[str, dict[float, list[float]]] = {}
    for answer in answers:
        for host, rows in answer.items():
            for row in rows:
                joined.setdefault(host, {}).setdefault(row[0], []).extend(row[1:])
    return {host: [[key, *rest] for key, rest in rows.items()] for host, rows in joined.items()}
