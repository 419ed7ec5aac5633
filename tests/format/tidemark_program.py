"""The built `tidemark`: imports, exports, and a server that is stopped or killed."""

import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

_TIMEOUT_S = 60


class Tidemark:
    """Runs the program on one store."""

    def __init__(self, binary: Path, directory: Path) -> None:
        self.binary = binary
        self.directory = directory

    def import_lines(self, database: str, lines: Iterable[str]) -> None:
        """Brings lines in; all of them are in segments afterwards."""
        self._run("import", "--data", str(self.directory), "--db", database, "-",
                  text="".join(lines).encode())

    def export(self, database: str, policy: str) -> bytes:
        """All rows of a policy."""
        return self._run("export", "--data", str(self.directory), "--db", database,
                         "--policy", policy)

    def _run(self, *arguments: str, text: bytes = b"") -> bytes:
        finished = subprocess.run([self.binary, *arguments], input=text, capture_output=True,
                                  timeout=_TIMEOUT_S, check=False)
        assert finished.returncode == 0, (arguments, finished.stderr.decode())
        return finished.stdout


class Server:
    """`tidemark serve` on a free port of 127.0.0.1; killed when nobody stopped it before."""

    def __init__(self, tidemark: Tidemark) -> None:
        self._process = subprocess.Popen(
            [tidemark.binary, "serve", "--data", tidemark.directory, "--line", "127.0.0.1:0",
             "--http", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._url = f"http://{self._announced('listening http ')}"

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.kill()

    def query(self, statement: str, database: str = "") -> None:
        """Executes a statement that changes something."""
        answer = self._post("/query", {"db": database},
                            urllib.parse.urlencode({"q": statement}).encode(),
                            "application/x-www-form-urlencoded")
        assert b'"error"' not in answer, (statement, answer)

    def write(self, database: str, lines: Iterable[str], policy: str = "") -> None:
        """Writes lines; they are durable afterwards."""
        self._post("/write", {"db": database, "rp": policy}, "".join(lines).encode(), "text/plain")

    def stop(self) -> None:
        """Ends it in order: everything is in segments afterwards."""
        self._process.terminate()
        assert self._process.wait(_TIMEOUT_S) == 0

    def kill(self) -> None:
        """Ends it as a crash would: what was written last is in the log only."""
        self._process.kill()
        self._process.wait(_TIMEOUT_S)
        self._process.stdout.close()

    def _announced(self, words: str) -> str:
        """What stands behind `words` on standard output."""
        for line in self._process.stdout:
            if line.decode().startswith(words):
                return line.decode().removeprefix(words).strip()
        raise AssertionError(f"the server never said {words}")

    def _post(self, path: str, parameters: dict[str, str], body: bytes, kind: str) -> bytes:
        url = f"{self._url}{path}?{urllib.parse.urlencode(parameters)}"
        request = urllib.request.Request(url, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            return answer.read()
