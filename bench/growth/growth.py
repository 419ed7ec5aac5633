#!/usr/bin/python3
"""Measures Tidemark alone while its data grows: 1, 10 and 100 times the history, and the series.

    growth.py --tidemark BINARY --workload BINARY [--size S|M] [--output RESULT.json]
              [--directory TMPDIR]

Needs the modules of bench/peers on PYTHONPATH.
"""

import argparse
import dataclasses
import datetime
import json
import signal
import sys
import tempfile
from pathlib import Path

import machine
import workload
from measurement import measure
from system import Context, Way
from tidemark import Tidemark
from workload import Shape

FACTORS = (1, 10, 100)
RESULTS = Path(__file__).parent.parent / "results"


class TidemarkAlone(Tidemark):
    """Loaded once: how two connections compare is the peers' table."""

    ways = (Way("tcp", 1),)
    input_forms = frozenset({"line_protocol"})


def longer(shape: Shape, factor: int) -> Shape:
    return dataclasses.replace(shape, ticks=shape.ticks * factor)


def wider(shape: Shape, factor: int) -> Shape:
    return dataclasses.replace(shape, hosts=shape.hosts * factor)


GROWTHS = {"history": longer, "series": wider}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=("S", "M"), default="S", help="what is grown from")
    parser.add_argument("--tidemark", type=Path, required=True)
    parser.add_argument("--workload", type=Path, required=True)
    parser.add_argument("--output", type=Path,
                        default=RESULTS / f"{datetime.date.today().isoformat()}-growth.json")
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()))
    return parser.parse_args()


def measure_shape(arguments: argparse.Namespace, shape: Shape) -> dict:
    """Generates, loads and asks; nothing of it is left."""
    print(f"{shape.hosts * 10:,} series of {shape.ticks:,} samples", file=sys.stderr, flush=True)
    root = arguments.directory.resolve()
    with tempfile.TemporaryDirectory(prefix="growth-", dir=root) as directory:
        data = workload.make(arguments.workload.resolve(), shape, Path(directory) / "workload",
                             set(TidemarkAlone.input_forms))
        own = Path(directory) / TidemarkAlone.name
        own.mkdir()
        context = Context(data, own, arguments.tidemark.resolve(), Path())
        measured = measure([TidemarkAlone(context)])
        if not measured:
            raise SystemExit("nothing was measured")
        return {"workload": data.description, **measured}


def run(arguments: argparse.Namespace) -> dict:
    """Both growths; they begin with the same measurement."""
    result = {**machine.stamp(), "size": arguments.size, "growth": {}}
    shape = workload.SIZES[arguments.size]
    smallest = {"factor": 1, **measure_shape(arguments, shape)}
    for name, grow in GROWTHS.items():
        steps = [{"factor": factor, **measure_shape(arguments, grow(shape, factor))}
                 for factor in FACTORS[1:]]
        result["growth"][name] = [smallest, *steps]
        arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    return result


def main() -> int:
    arguments = parse_arguments()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    # Lets the server be stopped and the folder be removed on SIGTERM, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run(arguments)
    print(f"written to {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
