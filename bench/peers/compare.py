#!/usr/bin/python3
"""Two results side by side: compare.py A.json B.json

What counts on a shared machine is each system's ratio to Tidemark in its own run. A row of times
is unsteady when that ratio differs by more than 15 % between the runs. Not counted are rows with
a time below 5 ms, a peer's or Tidemark's, because a ratio is as steady as the shorter of its two,
cold ones, which are single runs, and those of loading, of which there are few or one. Exit code 1
when there are unsteady rows.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from table import TITLES, Row, all_rows

UNSTEADY_ABOVE = 0.15
SHORT_MS = 5.0


@dataclass(frozen=True)
class Pair:
    """A figure of one system in both results, and Tidemark's beside it."""

    title: str
    system: str
    figures: tuple[float, float]
    own: tuple[float, float]

    @property
    def ratio(self) -> float:
        """B : A."""
        return self.figures[1] / self.figures[0]

    @property
    def drift(self) -> float:
        """How much the ratio to Tidemark changed; 0.1: by 10 %, in either direction."""
        first, second = (figure / own for figure, own in zip(self.figures, self.own, strict=True))
        return max(first, second) / min(first, second) - 1

    @property
    def reason_not_counted(self) -> str:
        """Why its ratio does not count; empty when it does."""
        if self.system == "tidemark":
            return "itself"
        if "cold" in self.title:
            return "once"
        if not self.title.endswith("ms"):
            return "load"
        return "short" if min(*self.figures, *self.own) < SHORT_MS else ""

    @property
    def is_unsteady(self) -> bool:
        return self.drift > UNSTEADY_ABOVE and not self.reason_not_counted


def pairs(first: dict, second: dict) -> list[Pair]:
    """All figures that both results have."""
    return [pair for row in all_rows() for system in first["systems"]
            if system in second["systems"]
            if (pair := _pair(row, system, first["systems"], second["systems"]))]


def _pair(row: Row, system: str, first: dict, second: dict) -> Pair | None:
    figures = [row.cell(side[name]).figure for name in (system, "tidemark")
               for side in (first, second)]
    if not all(figures):
        return None
    return Pair(row.title, system, (figures[0], figures[1]), (figures[2], figures[3]))


def line(pair: Pair) -> str:
    """One line of what is printed."""
    first, second = pair.figures
    mark = "unsteady" if pair.is_unsteady else pair.reason_not_counted
    return (f"{pair.title:<44} {TITLES[pair.system]:<16} {first:>12.4g} {second:>12.4g} "
            f"{pair.ratio:>7.2f} {pair.drift:>8.0%}  {mark}").rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path, metavar="A.json")
    parser.add_argument("second", type=Path, metavar="B.json")
    arguments = parser.parse_args()
    paths = (arguments.first, arguments.second)
    first, second = (json.loads(path.read_text()) for path in paths)
    if first["size"] != second["size"]:
        parser.error(f"sizes {first['size']} and {second['size']}: expected the same")
    found = pairs(first, second)
    print(f"{'':<44} {'':<16} {'A':>12} {'B':>12} {'B : A':>7} {'drift':>8}")
    print("\n".join(map(line, found)))
    unsteady = [pair for pair in found if pair.is_unsteady]
    counted = [pair for pair in found if not pair.reason_not_counted]
    print(f"{len(unsteady)} of {len(counted)} rows that count differ by more than "
          f"{UNSTEADY_ABOVE:.0%} in their ratio to Tidemark")
    return 1 if unsteady else 0


if __name__ == "__main__":
    sys.exit(main())
