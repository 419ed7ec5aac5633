"""The data that every system gets, made by `tidemark_workload`."""

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

DAY_S = 86_400


@dataclass(frozen=True)
class Shape:
    """How large it is: a sample of each of the ten series of each host, every step, for so many
    steps."""

    ticks: int
    hosts: int = 100
    step_s: int = 10
    begin_s: int = 1_767_571_200  # 2026-01-05 00:00 UTC.


SIZES = {"S": Shape(1_000), "M": Shape(10_000), "L": Shape(60_480),
         # A year of a sample every 5 minutes.
         "slow": Shape(105_120, hosts=20, step_s=300, begin_s=1_735_689_600)}


@dataclass(frozen=True)
class Workload:
    """Files of one size. Only the forms asked for in make() are there."""

    directory: Path
    description: dict[str, int]  # What tidemark_workload said: hosts, series, ticks, samples, ...

    @property
    def samples(self) -> int:
        return self.description["samples"]

    @property
    def hosts(self) -> list[str]:
        return [f"h{index:03d}" for index in range(self.description["hosts"])]

    @property
    def step_s(self) -> int:
        return self.description["step_s"]

    @property
    def begin_s(self) -> int:
        """R, the whole range, is [begin_s, end_s)."""
        return self.description["t0_s"]

    @property
    def end_s(self) -> int:
        return self.begin_s + self.description["ticks"] * self.step_s

    @property
    def day_begin_s(self) -> int:
        """D, the last 24 hours or all when shorter, is [day_begin_s, end_s)."""
        return max(self.begin_s, self.end_s - DAY_S)

    def line_protocol(self, connections: int) -> list[Path]:
        """One file for each connection; hosts are dealt among them."""
        if connections == 1:
            return [self.directory / "kpi.lp"]
        return [self.directory / f"kpi.lp.{index}" for index in range(connections)]

    @property
    def csv(self) -> Path:
        """A folder with a file for each measurement."""
        return self.directory / "csv"

    @property
    def remote_write(self) -> Path:
        """Bodies of Prometheus' remote write, each behind its size as four bytes."""
        return self.directory / "kpi.rw"

    @cached_property
    def exact_answers(self) -> dict:
        return json.loads((self.directory / "answers.json").read_text())


def make(program: Path, shape: Shape, directory: Path, forms: set[str]) -> Workload:
    """Writes the workload in `forms`, and the exact answers.

    Forms are line_protocol, line_protocol_halves (for two connections), csv and remote_write.
    """
    directory.mkdir(parents=True)
    lines, csv = directory / "kpi.lp", directory / "csv"
    arguments = ["--answers", directory / "answers.json"]
    if "line_protocol_halves" in forms:
        _run(program, shape, ["--line-protocol", lines, "--split", "2"])
    if "line_protocol" in forms:
        arguments += ["--line-protocol", lines]
    if "csv" in forms:
        csv.mkdir()
        arguments += ["--csv", csv]
    if "remote_write" in forms:
        arguments += ["--remote-write", directory / "kpi.rw"]
    return Workload(directory, json.loads(_run(program, shape, arguments)))


def read_into_cache(paths: list[Path]) -> None:
    """Reads files once, so that no system pays for the disk that the clients read from."""
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            with file.open("rb") as content:
                while content.read(1 << 22):
                    pass


def _run(program: Path, shape: Shape, arguments: list[object]) -> str:
    command = [str(program), "--ticks", str(shape.ticks), "--hosts", str(shape.hosts),
               "--step", str(shape.step_s), "--t0", str(shape.begin_s), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
