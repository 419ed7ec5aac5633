"""Reads answers in the JSON of InfluxDB 1.x, which Tidemark gives as well."""

import json

from answers import Answer


def rows(reply: bytes, host: str | None = None) -> list[Answer]:
    """One answer for each statement. Rows without a value are left out.

    `host` names the rows' host where the statement selected one and did not group by it.
    """
    return [_statement(result, host) for result in json.loads(reply)["results"]]


def _statement(result: dict, host: str | None) -> Answer:
    if "error" in result:
        raise RuntimeError(result["error"])
    answer: Answer = {}
    for series in result.get("series", []):
        name = host or series["tags"]["host"]
        answer[name] = [row for row in series["values"] if None not in row]
    return answer


def sum_of_counts(reply: bytes) -> int:
    """All numbers of a `SELECT count(*)` over several measurements."""
    return sum(count or 0 for series in json.loads(reply)["results"][0]["series"]
               for count in series["values"][0][1:])


def without_time(answer: Answer) -> Answer:
    """Drops the first column: the begin of the range where nothing was grouped by time."""
    return {host: [row[1:] for row in found] for host, found in answer.items() if found}
