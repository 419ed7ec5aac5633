"""Prints the rows of a store as `tidemark export` does, by nothing but FORMAT.md.

    python3 tests/format/reader.py --data my-kpis --db ops

Every file that counts is read and checked whole, whatever is printed. Exit codes are those of
`tidemark export`: 0 ok, 1 something is damaged or left out, 2 wrong usage, 3 not to be read.
"""

import argparse
import sys
import time
from pathlib import Path

from tidemark_format.damage import Damage, Unsupported
from tidemark_format.export import Export, ExportError
from tidemark_format.store import read_store


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory of the store")
    parser.add_argument("--db", required=True, help="the database")
    parser.add_argument("--policy", help="retention policy; else the default one")
    parser.add_argument("--codecs", action="store_true",
                        help="tell on standard error which codecs were met")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    try:
        store = read_store(options.data)
    except (Damage, Unsupported, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    for note in store.notes:
        print(f"note: {note}", file=sys.stderr)
    for damage in store.damages:
        print(f"warning: {damage}", file=sys.stderr)
    if options.codecs:
        for kind, codec_id in sorted(store.codecs_met):
            print(f"codec {codec_id} of {kind}", file=sys.stderr)
    try:
        export = Export(store, options.db.encode(),
                        options.policy.encode() if options.policy else None, time.time_ns())
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for line in export.lines():
        sys.stdout.buffer.write(line)
    for warning in export.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 1 if store.damages or export.warnings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
