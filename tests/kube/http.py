"""One kept-alive HTTP connection that hides nothing: what fails after a request was sent is a failure, never a retry.

A kept connection that the server closed between requests is opened again, as browsers and urllib3 do: nothing was sent
on it. Every other trouble is the caller's to count.
"""

import dataclasses
import http.client
import json
import select
import socket
import time


@dataclasses.dataclass(frozen=True)
class Reply:
    """What came back. `status` is 0 where nothing did; `error` then says what went wrong, and at which moment."""

    status: int
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)  # names in lower case
    error: str = ""
    seconds: float = 0.0
    fresh: bool = False  # sent on a new connection

    @property
    def ok(self):
        return 200 <= self.status < 300 or self.status == 304

    @property
    def trace_id(self):
        return self.headers.get("x-trace-id", "")

    def json(self):
        return json.loads(self.body) if self.body else {}


class Connection:
    """To one server, for one thread at a time."""

    def __init__(self, host, port=80, timeout=15):
        self._host, self._port, self._timeout = host, port, timeout
        self._http = None

    def close(self):
        if self._http is not None:
            self._http.close()
            self._http = None

    def _closed_by_server(self):
        """True once the server ended the connection: there is something to read though nothing was asked."""
        sock = self._http.sock
        return sock is None or bool(select.select([sock], [], [], 0)[0])

    def send(self, method, path, body=None, headers=None, fresh=False):
        """Sends once; `fresh` on a connection of its own, which leaves the kept one alone."""
        if fresh and self._http is not None:
            return Connection(self._host, self._port, self._timeout).send(method, path, body, headers, fresh)
        started = time.monotonic()
        if self._http is not None and self._closed_by_server():
            self.close()
        new = self._http is None
        phase = "connecting"
        try:
            if new:
                self._http = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
                self._http.connect()
                self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            phase = "sending"
            payload = None if body is None else json.dumps(body).encode()
            everything = {"Connection": "close" if fresh else "keep-alive", **(headers or {})}
            if payload is not None:
                everything["Content-Type"] = "application/json"
            self._http.request(method, path, body=payload, headers=everything)
            phase = "waiting for the answer"
            response = self._http.getresponse()
            phase = "reading the answer"
            content = response.read()
            if response.will_close:
                self.close()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, content, received, "", time.monotonic() - started, new)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            kind = "kept connection" if not new else "new connection"
            message = f"{type(error).__name__} while {phase} ({kind}): {error}"
            return Reply(0, b"", {}, message, time.monotonic() - started, new)
