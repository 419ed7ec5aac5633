"""Compares a system's answer with the exact one, cell by cell.

An answer is a dictionary from host to rows of numbers. Where rows have a time it stands first and
is their key; Q3 to Q5 have one row for each host.
"""

import math
from dataclasses import dataclass
from enum import Enum

Answer = dict[str, list[list[float]]]

QUESTIONS = ("Q1", "Q2a", "Q2b", "Q3", "Q3d", "Q4", "Q5", "Q6", "Q7")
WITHOUT_TIME = {"Q3", "Q4", "Q5"}

# Sums in another order differ in the last digits, which no one calls an error.
ROUNDING = 1e-9
# Beyond rounding but below this, the digits are missing and the arithmetic is right.
PRECISION = 1e-6


class Kind(str, Enum):
    """Why an answer is not the exact one."""

    NONE = ""
    SAMPLE_WEIGHTED = "sample-weighted"  # Counts samples where the question is about time.
    EDGE_LOST = "edge lost"  # Forgets what is in force at the begin or the end of a range or gap.
    PRECISION_LOST = "precision lost"
    CANNOT_EXPRESS = "cannot express"  # The language has no way to ask; the nearest was asked.
    WRONG = "wrong"  # None of these: to be looked at before anything is published.


@dataclass(frozen=True)
class Verdict:
    """How an answer compares. `note` counts the cells and shows the worst one."""

    kind: Kind
    note: str

    @property
    def is_right(self) -> bool:
        return self.kind is Kind.NONE


@dataclass
class _Differences:
    cells: int = 0
    wrong: int = 0
    missing: int = 0
    extra: int = 0
    are_at_edges: bool = True
    worst: float = 0.0
    worst_at: str = ""

    def note(self) -> str:
        parts = [f"{self.wrong} of {self.cells} numbers differ"] if self.wrong else []
        if self.worst_at:
            parts.append(f"worst {self.worst_at}")
        if self.missing:
            parts.append(f"{self.missing} rows missing")
        if self.extra:
            parts.append(f"{self.extra} rows too many")
        return ", ".join(parts)


def exact_answer(question: str, answers: dict) -> Answer:
    """The answer to `question` from the file of tidemark_workload, as rows."""
    rows = answers[question]
    if question not in WITHOUT_TIME:
        return rows
    return {host: [row if isinstance(row, list) else [row]] for host, row in rows.items()}


def compare(question: str, exact: Answer, found: Answer, expected_kind: Kind) -> Verdict:
    """`expected_kind` names the error that a known-wrong idiom makes, when it shows."""
    differences = _differences(question, exact, found)
    if differences.wrong + differences.missing + differences.extra == 0:
        return Verdict(Kind.NONE, "")
    return Verdict(_kind(differences, expected_kind), differences.note())


def _kind(differences: _Differences, expected_kind: Kind) -> Kind:
    if not differences.missing and not differences.extra and differences.worst <= PRECISION:
        return Kind.PRECISION_LOST
    if expected_kind is not Kind.NONE:
        return expected_kind
    return Kind.EDGE_LOST if differences.are_at_edges else Kind.WRONG


def _differences(question: str, exact: Answer, found: Answer) -> _Differences:
    result = _Differences()
    for host in exact.keys() | found.keys():
        _compare_host(question, host, exact.get(host, []), found.get(host, []), result)
    return result


def _compare_host(question: str, host: str, exact: list[list[float]], found: list[list[float]],
                  result: _Differences) -> None:
    has_time = question not in WITHOUT_TIME
    exact_rows, found_rows = _by_time(exact, has_time), _by_time(found, has_time)
    edges = {min(exact_rows), max(exact_rows)} if exact_rows and has_time else set()
    tolerance = 0.0 if question == "Q7" else ROUNDING  # Raw values come back as they were sent.
    for time in exact_rows.keys() | found_rows.keys():
        is_same = False
        if time not in found_rows:
            result.missing += 1
        elif time not in exact_rows:
            result.extra += 1
        else:
            place = f"{host} at {time:.0f}" if has_time else host
            is_same = _compare_row(place, exact_rows[time], found_rows[time], tolerance, result)
        if not is_same and time not in edges:
            result.are_at_edges = False


def _compare_row(place: str, exact: list[float], found: list[float], tolerance: float,
                 result: _Differences) -> bool:
    is_same = True
    result.cells += len(exact)
    for index, expected in enumerate(exact):
        number = found[index] if index < len(found) else math.nan
        error = _relative_error(expected, number)
        if error <= tolerance:
            continue
        is_same = False
        result.wrong += 1
        if error > result.worst:
            result.worst = error
            result.worst_at = f"{place}: {number!r} instead of {expected!r}"
    return is_same


def _relative_error(expected: float, number: float) -> float:
    if number == expected:
        return 0.0
    if math.isnan(number):
        return math.inf
    return abs(number - expected) / max(abs(expected), abs(number))


def _by_time(rows: list[list[float]], has_time: bool) -> dict[float, list[float]]:
    if has_time:
        return {row[0]: row[1:] for row in rows}
    return {0.0: row for row in rows}
