#!/usr/bin/python3
"""One table of a result, for the terminal and for docs/BENCHMARKS.md.

    table.py RESULT.json [--write docs/BENCHMARKS.md]

--write replaces what stands between `<!-- peers M -->` and `<!-- /peers M -->`, M being the size.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from answers import QUESTIONS, Kind

TITLES = {"tidemark": "Tidemark", "vm": "VictoriaMetrics", "influxdb": "InfluxDB",
          "prometheus": "Prometheus", "clickhouse": "ClickHouse", "duckdb": "DuckDB"}
MARKS = {Kind.SAMPLE_WEIGHTED: "s", Kind.EDGE_LOST: "e", Kind.PRECISION_LOST: "p",
         Kind.CANNOT_EXPRESS: "c", Kind.WRONG: "w"}
# With fewer digits than it was asked for, an answer still is one.
COUNTED = {Kind.NONE, Kind.PRECISION_LOST}
LEGEND = ("s sample-weighted, e edge lost, p precision lost, c cannot express, w wrong; of the "
          "times only those of right (or p) answers count as best. DuckDB has no server: its "
          "times are those in its process.")


@dataclass(frozen=True)
class Cell:
    """A figure, or none, and what is wrong with the answer it belongs to."""

    figure: float | None = None
    kind: Kind = Kind.NONE

    def __str__(self) -> str:
        if self.figure is None:
            return "-"
        return f"{short(self.figure)} {MARKS.get(self.kind, '')}".strip()


@dataclass(frozen=True)
class Row:
    """A line of the table: what, and where it stands in a system's result."""

    title: str
    cell: Callable[[dict], Cell]
    is_rate: bool = False  # More is better.

    def ratio(self, systems: dict[str, dict]) -> tuple[float, str] | None:
        """How many times better Tidemark is than the best peer, and which peer that is."""
        own = self.cell(systems["tidemark"])
        peers = {name: cell for name, found in systems.items() if name != "tidemark"
                 if (cell := self.cell(found)).figure and cell.kind in COUNTED}
        if not own.figure or own.kind not in COUNTED or not peers:
            return None
        best = (max if self.is_rate else min)(peers, key=lambda name: peers[name].figure)
        ratio = own.figure / peers[best].figure
        return (ratio if self.is_rate else 1 / ratio), best


def all_rows() -> list[Row]:
    """The rows, in the order of the table."""
    rows = [
        Row("ingest, 1 connection, M samples/s", _of_ingest("samples_per_s", 1, 1e-6), True),
        Row("ingest, 2 connections, M samples/s", _of_ingest("samples_per_s", 2, 1e-6), True),
        Row("CPU until all can be asked, s/M samples", _of_ingest("load_cpu_s_per_million")),
        Row("CPU, flush and merges included, s/M samples", _of_ingest("cpu_s_per_million")),
        Row("peak anonymous memory, MiB", _of_ingest("peak_anonymous_mib")),
        Row("bytes per sample", _of_ingest("bytes_per_sample")),
        Row("bytes written per sample", _of_ingest("bytes_written_per_sample")),
    ]
    times = {"http_ms": "ms", "engine_ms": "in the engine, ms", "cold_ms": "cold, ms"}
    for key, what in times.items():
        rows += [Row(f"{question} {what}", _of_query(question, key)) for question in QUESTIONS]
    return rows


def grid(result: dict) -> list[list[str]]:
    """Titles and lines as text; the last two columns are the ratio and the best peer."""
    systems = result["systems"]
    lines = [["", *(TITLES[name] for name in systems), "Tidemark : best peer", ""]]
    for row in all_rows():
        cells = [str(row.cell(found)) for found in systems.values()]
        lines.append([row.title, *cells, *_ratio_text(row.ratio(systems))])
    return lines


def text(result: dict) -> str:
    """The table for a terminal."""
    lines = grid(result)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = [_aligned(line, widths) for line in lines]
    return "\n".join([_headline(result), *body, LEGEND])


def markdown(result: dict) -> str:
    """The table, what was run, and what is to be known of each system."""
    lines = [_headline(result), "", *markdown_lines(grid(result)), "", LEGEND, ""]
    for name, found in result["systems"].items():
        ways = ", ".join(sorted({ingest["way"] for ingest in found["ingest"]}))
        lines.append(f"- **{TITLES[name]} {found['version']}**: in over {ways}; bytes per sample: "
                     f"{found['size_note']}. `{found['command']}`")
        lines += [f"  - {question}: {_query_note(query)}"
                  for question, query in found["queries"].items() if _query_note(query)]
    return "\n".join(lines)


def write_between(path: Path, mark: str, content: str) -> None:
    """Puts `content` into the document, between `<!-- MARK -->` and `<!-- /MARK -->`."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before = path.read_text()
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    if not re.search(pattern, before, re.DOTALL):
        raise SystemExit(f"{path}: expected a line {begin} and behind it a line {end}")
    written = f"{begin}\n{content}\n{end}"
    path.write_text(re.sub(pattern, lambda _: written, before, count=1, flags=re.DOTALL))


def _of_ingest(key: str, connections: int = 0, factor: float = 1) -> Callable[[dict], Cell]:
    """0 connections: of the ingest that was settled, the last one."""
    def cell(system: dict) -> Cell:
        found = [ingest for ingest in system["ingest"]
                 if not connections or ingest["connections"] == connections]
        return Cell(found[-1][key] * factor) if found else Cell()
    return cell


def _of_query(question: str, key: str) -> Callable[[dict], Cell]:
    def cell(system: dict) -> Cell:
        query = system["queries"][question]
        is_in_process = key == "http_ms" and query["http_ms"] is None
        return Cell(query["engine_ms" if is_in_process else key], Kind(query["error"]))
    return cell


def _ratio_text(found: tuple[float, str] | None) -> list[str]:
    if found is None:
        return ["-", ""]
    ratio, best = found
    behind = " (behind)" if ratio < 1 else ""
    return [f"{short(ratio)}x{behind}", TITLES[best]]


def _query_note(query: dict) -> str:
    parts = [query["error"], query["note"]]
    if 0 < query["runs"] < 7:
        parts.append("asked once" if query["runs"] == 1 else f"asked {query['runs']} times")
    return "; ".join(filter(None, parts))


def _headline(result: dict) -> str:
    workload = result["workload"]
    return (f"Size {result['size']}: {workload['samples']:,} samples of {workload['series']:,} "
            f"series. {measured_on(result)}")


def measured_on(result: dict) -> str:
    """When, of what and on what a result was measured."""
    machine = result["machine"]
    return (f"{result['date'][:10]}, commit {result['commit']}, {machine['cpu']}, "
            f"{machine['cores']} cores, {machine['memory_gib']} GiB, "
            f"copying {machine['memory_bandwidth_gb_s']} GB/s, Linux {machine['kernel']}.")


def _aligned(cells: list[str], widths: list[int]) -> str:
    first, *rest = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([first.strip().ljust(widths[0]), *rest]).rstrip()


def markdown_lines(lines: list[list[str]]) -> list[str]:
    """A table whose first line is its head."""
    first, *rest = ("| " + " | ".join(cells) + " |" for cells in lines)
    return [first, "|" + " --- |" * len(lines[0]), *rest]


def short(number: float) -> str:
    """Three digits: more would say more than a run can know."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("--write", type=Path, metavar="DOCUMENT")
    arguments = parser.parse_args()
    result = json.loads(arguments.result.read_text())
    if arguments.write:
        write_between(arguments.write, f"peers {result['size']}", markdown(result))
    print(text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
