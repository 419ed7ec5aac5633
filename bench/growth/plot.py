#!/usr/bin/python3
"""Draws a result of growth.py, and prints or writes its table.

    plot.py RESULT.json [--png growth.png] [--write docs/BENCHMARKS.md]

Needs gnuplot, and the modules of bench/peers on PYTHONPATH. --write replaces what stands between
`<!-- growth -->` and `<!-- /growth -->`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from answers import QUESTIONS
from table import markdown_lines, measured_on, short, write_between

PANELS = {"history": "longer history", "series": "more series"}

SCRIPT = """
set terminal pngcairo size 1200,560 font "sans,11"
set output "{png}"
set multiplot layout 1,2
set logscale xy
set xlabel "samples"
set ylabel "time in the engine, ms"
set format x "10^{{%L}}"
set yrange [{low}:{high}]
set key left top samplen 1.5
set grid
"""


def engine_ms(step: dict, question: str) -> float | None:
    return step["tidemark"]["queries"][question]["engine_ms"]


def script(result: dict, png: Path) -> str:
    """What gnuplot draws: a panel for each growth, a line for each question, both axes alike."""
    times = [found for steps in result["growth"].values() for step in steps
             for question in QUESTIONS if (found := engine_ms(step, question))]
    lines = [SCRIPT.format(png=png, low=min(times) / 2, high=max(times) * 2)]
    for name, steps in result["growth"].items():
        for question in QUESTIONS:
            points = [f"{step['workload']['samples']} {engine_ms(step, question)}"
                      for step in steps if engine_ms(step, question)]
            lines += [f"${question}_{name} << END", *points, "END"]
        lines.append(f'set title "{PANELS[name]}"')
        lines.append("plot " + ", ".join(
            f'${question}_{name} with linespoints title "{question}"' for question in QUESTIONS))
    return "\n".join(lines) + "\n"


def grid(result: dict) -> list[list[str]]:
    """Rows of figures: the smallest size, then each growth's steps and their ratios."""
    growths = result["growth"]
    title = [f"{step['factor']}x the {name}" for name, steps in growths.items()
             for step in steps[1:]]
    lines = [["", "smallest", *title]]
    for what, figure_of in _figures().items():
        smallest = figure_of(next(iter(growths.values()))[0])
        cells = [_cell(figure_of(after), figure_of(before)) for steps in growths.values()
                 for before, after in zip(steps, steps[1:], strict=False)]
        lines.append([what, short(smallest) if smallest else "-", *cells])
    return lines


def _figures():
    figures = {}
    for title, key in (("ingest, samples/s", "samples_per_s"),
                       ("CPU, flush included, s/M samples", "cpu_s_per_million"),
                       ("peak anonymous memory, MiB", "peak_anonymous_mib"),
                       ("bytes per sample", "bytes_per_sample")):
        figures[title] = lambda step, key=key: step["tidemark"]["ingest"][-1][key]
    for question in QUESTIONS:
        figures[f"{question} in the engine, ms"] = (
            lambda step, question=question: engine_ms(step, question))
    for question in QUESTIONS:
        figures[f"{question} over HTTP, ms"] = (
            lambda step, question=question: step["tidemark"]["queries"][question]["http_ms"])
    return figures


def _cell(figure: float | None, before: float | None) -> str:
    """The figure, and how many times the one of the step before it is."""
    if not figure:
        return "-"
    return f"{short(figure)} ({short(figure / before)}x)" if before else short(figure)


def markdown(result: dict) -> str:
    """The table and what it was measured on."""
    sizes = ", ".join(f"{step['workload']['samples']:,} samples of {step['workload']['series']:,} "
                      f"series" for steps in result["growth"].values() for step in steps[1:])
    smallest = next(iter(result["growth"].values()))[0]["workload"]
    wrong = sorted({question for steps in result["growth"].values() for step in steps
                    for question, found in step["tidemark"]["queries"].items()
                    if not found["right"]})
    verdict = f"Wrong answers: {', '.join(wrong)}." if wrong else "Every answer is exact."
    return "\n".join([
        f"From size {result['size']} ({smallest['samples']:,} samples of {smallest['series']:,} "
        f"series) to {sizes}. In parentheses: times the size before. {verdict} "
        f"{measured_on(result)}", "", *markdown_lines(grid(result))])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("--png", type=Path)
    parser.add_argument("--write", type=Path, metavar="DOCUMENT")
    arguments = parser.parse_args()
    result = json.loads(arguments.result.read_text())
    if arguments.png:
        subprocess.run(["gnuplot"], input=script(result, arguments.png), text=True, check=True)
    if arguments.write:
        write_between(arguments.write, "growth", markdown(result))
    print(markdown(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
