"""Processes under measurement: started here, watched through /proc, stopped by their id."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SAMPLE_INTERVAL_S = 0.01

Found = TypeVar("Found")


class WaitError(RuntimeError):
    """A server did not get to where it should; the message ends with what it last said."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process that we started. Nothing else is ever stopped.

    Its anonymous memory is sampled from a thread, because the kernel keeps a high-water mark only
    of the resident set, in which mapped files count as well: pages that it can drop at any time.
    """

    def __init__(self, command: list[str], log: Path, *, environment: dict[str, str] | None = None,
                 directory: Path | None = None, pipes: bool = False) -> None:
        self.command = command
        self._log = log
        self._log_begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=directory, env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else output, stderr=output)
        self.pid = self.process.pid
        self._peak_anonymous_bytes = 0
        self._is_stopping = threading.Event()
        self._sampler = threading.Thread(target=self._sample_memory, daemon=True)
        self._sampler.start()

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        # The name in the second field may hold spaces and parentheses.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS_PER_S

    def written_bytes(self) -> int:
        """Bytes it had the kernel send to the disk, log and merges included."""
        lines = Path(f"/proc/{self.pid}/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)["write_bytes"])

    def peak_anonymous_bytes(self) -> int:
        """The most anonymous memory seen so far: heap and stacks, without mapped files."""
        return self._peak_anonymous_bytes

    def wait_for_log(self, pattern: str, limit_s: float = 60) -> re.Match[str]:
        """Waits until the process has printed what matches `pattern`."""
        def search() -> re.Match[str] | None:
            return re.search(pattern, self._said())
        return self.wait_for(search, f"/{pattern}/ in its output", limit_s)

    def wait_for_port(self, port: int, limit_s: float = 120) -> None:
        """Waits until something listens on `port`."""
        def connect() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        self.wait_for(connect, f"port {port}", limit_s)

    def wait_for(self, condition: Callable[[], Found], what: str, limit_s: float) -> Found:
        """Waits until condition() gives something true, and returns that."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if found := condition():
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise WaitError(f"{self.command[0]}: expected {what} within {limit_s:.0f} s, exit code "
                        f"{self.process.poll()}; it said:\n{self._said()[-2000:]}")

    def wait_until_idle(self, quiet_s: float, limit_s: float = 300) -> None:
        """Waits until it took less than 5 % of a core for `quiet_s`.

        Merges in the background have no end that could be asked for.
        """
        deadline = time.monotonic() + limit_s
        begin, begin_cpu = time.monotonic(), self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(0.25)
            elapsed_s = time.monotonic() - begin
            if self.cpu_seconds() - begin_cpu > 0.05 * max(elapsed_s, 1):
                begin, begin_cpu = time.monotonic(), self.cpu_seconds()
            elif elapsed_s >= quiet_s:
                return

    def stop(self, limit_s: float = 60) -> None:
        """Asks it to end, and ends it when it does not."""
        self._is_stopping.set()
        self._sampler.join()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(limit_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _said(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_begin)
            return log.read().decode(errors="replace")

    def _sample_memory(self) -> None:
        while not self._is_stopping.wait(SAMPLE_INTERVAL_S):
            try:
                status = Path(f"/proc/{self.pid}/status").read_text()
            except OSError:
                return
            if found := re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE):
                self._peak_anonymous_bytes = max(self._peak_anonymous_bytes, int(found[1]) * 1024)


def tree_bytes(directory: Path, without: tuple[str, ...] = ()) -> int:
    """Bytes of all files below `directory`, except below folders named in `without`.

    Of a file that is longer than what the disk holds of it, as InfluxDB's series files are, what
    the disk holds.
    """
    total_bytes, seen = 0, set()
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if name not in without]
        for name in files:
            try:
                status = os.lstat(os.path.join(folder, name))
            except FileNotFoundError:  # Merged away in between.
                continue
            if status.st_ino not in seen:  # A hard link takes no space.
                seen.add(status.st_ino)
                total_bytes += min(status.st_size, status.st_blocks * 512)
    return total_bytes


def drop_caches() -> bool:
    """Empties the page cache; False where this is not permitted."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True
