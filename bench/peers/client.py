"""The clients' side: sends files over TCP or HTTP, asks over HTTP."""

import http.client
import socket
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")

HOST = "127.0.0.1"
# About 5,000 lines: what InfluxDB's documentation recommends for a body.
BODY_BYTES = 500_000
TIMEOUT_S = 900


class HttpError(RuntimeError):
    """The server refused; the message holds its words."""


class HttpClient:
    """One connection that is kept open, as a dashboard keeps it. Not thread-safe."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)

    def get(self, path: str, parameters: dict[str, object] | None = None) -> bytes:
        """The whole body of the answer."""
        return self._send("GET", _with_query(path, parameters), None, {})

    def post(self, path: str, body: object, parameters: dict[str, object] | None = None,
             headers: dict[str, str] | None = None) -> bytes:
        """`body`: bytes, or a file that is streamed."""
        return self._send("POST", _with_query(path, parameters), body, headers or {})

    def post_form(self, path: str, form: dict[str, object]) -> bytes:
        """For statements too long for a URL."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urllib.parse.urlencode(form).encode(), headers)

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, target: str, body: object, headers: dict[str, str]) -> bytes:
        self._connection.request(method, target, body, headers)
        reply = self._connection.getresponse()
        answer = reply.read()
        if reply.status >= 300:
            raise HttpError(f"{method} {target[:200]}: {reply.status} {answer[:400]!r}")
        return answer


def send_tcp(path: Path, port: int, first_line: bytes = b"") -> None:
    """Streams a file and waits for the server's orderly close."""
    with socket.create_connection((HOST, port)) as connection, path.open("rb") as lines:
        connection.sendall(first_line)
        connection.sendfile(lines)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def send_http(path: Path, port: int, target: str) -> None:
    """Posts a file of lines in bodies of BODY_BYTES, one after the other."""
    client = HttpClient(port)
    for body in bodies(path):
        client.post(target, body)
    client.close()


def bodies(path: Path) -> Iterator[bytes]:
    """The file in pieces that end with a line."""
    with path.open("rb") as lines:
        while piece := lines.read(BODY_BYTES):
            yield piece + lines.readline()


def send_all(send: Callable[[Item], None], items: Sequence[Item], clients: int) -> None:
    """Sends every item, `clients` at the same time; returns when the last one is done.

    When the program is told to end meanwhile, it does not wait: the server goes first, and what is
    still being sent to it fails.
    """
    pool = ThreadPoolExecutor(clients)
    try:
        for done in [pool.submit(send, item) for item in items]:
            done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _with_query(path: str, parameters: dict[str, object] | None) -> str:
    return path + "?" + urllib.parse.urlencode(parameters) if parameters else path
