#!/usr/bin/python3
"""Runs Tidemark and the systems a user would otherwise pick on the same data, one at a time.

    peers.py --size S|M|L|slow [--only a,b] --tidemark BINARY --workload BINARY
             [--output RESULT.json] [--directory TMPDIR] [--npm DIR]

Everything listens on 127.0.0.1 and lies below a folder made in TMPDIR, removed at the end.
"""

import argparse
import datetime
import json
import signal
import sys
import tempfile
from pathlib import Path

import machine
import table
import workload
from clickhouse import ClickHouse
from duckdb import DuckDb
from influxdb import InfluxDb
from measurement import measure
from prometheus import Prometheus
from system import Context, System
from tidemark import Tidemark
from victoria_metrics import VictoriaMetrics

SYSTEMS: dict[str, type[System]] = {
    "tidemark": Tidemark, "vm": VictoriaMetrics, "influxdb": InfluxDb,
    "prometheus": Prometheus, "clickhouse": ClickHouse, "duckdb": DuckDb,
}
RESULTS = Path(__file__).parent.parent / "results"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=workload.SIZES, default="M")
    parser.add_argument("--only", default=",".join(SYSTEMS),
                        help=f"some of {','.join(SYSTEMS)}; tidemark always runs")
    parser.add_argument("--tidemark", type=Path, required=True)
    parser.add_argument("--workload", type=Path, required=True)
    parser.add_argument("--output", type=Path,
                        help="default: bench/results/DATE-SIZE.json")
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--npm", type=Path, default=Path("build/bench/npm"),
                        help="where npm installed @duckdb/node-api")
    arguments = parser.parse_args()
    if arguments.output is None:
        name = f"{datetime.date.today().isoformat()}-{arguments.size}.json"
        arguments.output = RESULTS / name
    arguments.names = ["tidemark"] + [
        name for name in arguments.only.split(",") if name != "tidemark"]
    if unknown := [name for name in arguments.names if name not in SYSTEMS]:
        parser.error(f"--only {','.join(unknown)}: expected names of " + ", ".join(SYSTEMS))
    return arguments


def run(arguments: argparse.Namespace, directory: Path) -> dict:
    """Measures all systems; a folder for each one."""
    chosen = [SYSTEMS[name] for name in arguments.names]
    data = workload.make(arguments.workload.resolve(), workload.SIZES[arguments.size],
                         directory / "workload",
                         {form for system in chosen for form in system.input_forms})
    stamp = machine.stamp()
    systems = []
    for system in chosen:
        own = directory / system.name
        own.mkdir()
        context = Context(data, own, arguments.tidemark.resolve(), arguments.npm.resolve())
        systems.append(system(context))
    result = {**stamp, "size": arguments.size, "workload": data.description,
              "systems": measure(systems)}
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    return result


def main() -> int:
    arguments = parse_arguments()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    # Lets the servers be stopped and the folder be removed on SIGTERM, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    root = arguments.directory.resolve()  # Some servers leave the folder they were started in.
    with tempfile.TemporaryDirectory(prefix="peers-", dir=root) as directory:
        result = run(arguments, Path(directory))
    failed = [name for name in arguments.names if name not in result["systems"]]
    if "tidemark" not in failed:
        print(table.text(result))
    print(f"written to {arguments.output}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
