#!/usr/bin/python3
"""Two results side by side: compare.py A.json B.json

What counts on a shared machine is the ratio to Tidemark in one run: that of the best peer that is
right, row by row of the table, then that of each system. One of times is unsteady when it differs
by more than 15 % between the runs. Not judged are those with a time below 5 ms, a peer's or
Tidemark's, because a ratio is as steady as the shorter of its two, cold ones, which are single
runs, and those of loading, of which there are few or one. Exit code 1 when any is unsteady.
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
    """A figure in both results, and Tidemark's beside it."""

    title: str
    systems: tuple[str, str]  # Whose figures they are; the same one but for the best peer.
    figures: tuple[float, float]
    own: tuple[float, float]

    @property
    def ratios(self) -> tuple[float, float]:
        """To Tidemark's figure, in both results."""
        return self.figures[0] / self.own[0], self.figures[1] / self.own[1]

    @property
    def drift(self) -> float:
        """How much the ratio to Tidemark changed; 0.1: by 10 %, in either direction."""
        return max(self.ratios) / min(self.ratios) - 1

    @property
    def reason_not_judged(self) -> str:
        """Empty when it is."""
        if "tidemark" in self.systems:
            return "itself"
        if "cold" in self.title:
            return "once"
        if not self.title.endswith("ms"):
            return "load"
        return "short" if min(*self.figures, *self.own) < SHORT_MS else ""

    @property
    def is_unsteady(self) -> bool:
        return self.drift > UNSTEADY_ABOVE and not self.reason_not_judged

    @property
    def mark(self) -> str:
        return "unsteady" if self.is_unsteady else self.reason_not_judged


def of_rows(first: dict, second: dict) -> list[Pair]:
    """The best peer's figures, which need not be of the same one."""
    sides = (first["systems"], second["systems"])
    found = []
    for row in all_rows():
        ratios = [row.ratio(side) for side in sides]
        if None not in ratios:
            found.append(_pair(row, sides, tuple(best for _, best in ratios)))
    return found


def of_systems(first: dict, second: dict) -> list[Pair]:
    """All figures that both results have."""
    sides = (first["systems"], second["systems"])
    return [_pair(row, sides, (system, system)) for row in all_rows() for system in sides[0]
            if system in sides[1] and all(row.cell(side[name]).figure for side in sides
                                          for name in (system, "tidemark"))]


def _pair(row: Row, sides: tuple[dict, dict], systems: tuple[str, str]) -> Pair:
    both = list(zip(sides, systems, strict=True))
    return Pair(row.title, systems, tuple(row.cell(side[name]).figure for side, name in both),
                tuple(row.cell(side["tidemark"]).figure for side in sides))


def line(pair: Pair, pair_of_figures: tuple[float, float]) -> str:
    """One line of what is printed."""
    first, second = pair_of_figures
    titles = " / ".join(dict.fromkeys(TITLES[system] for system in pair.systems))
    return (f"{pair.title:<44} {titles:<27} {first:>10.4g} {second:>10.4g} "
            f"{second / first:>7.2f} {pair.drift:>6.0%}  {pair.mark}").rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path, metavar="A.json")
    parser.add_argument("second", type=Path, metavar="B.json")
    arguments = parser.parse_args()
    paths = (arguments.first, arguments.second)
    first, second = (json.loads(path.read_text()) for path in paths)
    if first["size"] != second["size"]:
        parser.error(f"sizes {first['size']} and {second['size']}: expected the same")
    rows, figures = of_rows(first, second), of_systems(first, second)
    print(f"{'best peer : Tidemark':<72} {'A':>10} {'B':>10} {'B : A':>7} {'drift':>6}")
    print("\n".join(line(pair, pair.ratios) for pair in rows))
    print(f"\n{'figures':<72} {'A':>10} {'B':>10} {'B : A':>7} {'drift':>6}")
    print("\n".join(line(pair, pair.figures) for pair in figures))
    for what, found in (("figures", figures), ("rows", rows)):
        judged = [pair for pair in found if not pair.reason_not_judged]
        unsteady = sum(pair.is_unsteady for pair in judged)
        print(f"{unsteady} of {len(judged)} {what} that are judged differ by more than "
              f"{UNSTEADY_ABOVE:.0%} in their ratio to Tidemark")
    return 1 if any(pair.is_unsteady for pair in rows + figures) else 0


if __name__ == "__main__":
    sys.exit(main())
