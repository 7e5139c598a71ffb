"""What ci/kube-e2e counts by: a connection that hides no failure, and a ledger that knows what is owed."""

import socket
import threading

import pytest

from kube.http import Connection
from kube.ledger import Ledger

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Scripted:
    """Answers each request by the next of its words; `requests` counts what arrived, whatever became of it."""

    def __init__(self, *script):
        self.script, self.requests = list(script), 0
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def _serve(self):
        while self.script:
            connection, _ = self.listener.accept()
            with connection:
                while self.script and connection.recv(65536):
                    self.requests += 1
                    word = self.script.pop(0)
                    if word == "hang up":
                        break
                    connection.sendall(OK)
                    if word == "answer, then close":
                        break
            self.closed.set()


def test_a_kept_connection_that_was_closed_between_requests_is_opened_again():
    server = Scripted("answer, then close", "answer")
    connection = Connection("127.0.0.1", server.port)
    assert connection.send("GET", "/").status == 200
    assert server.closed.wait(5)
    second = connection.send("GET", "/")
    assert (second.status, second.fresh) == (200, True)
    assert server.requests == 2


@pytest.mark.parametrize("before", [[], ["answer"]])
def test_a_request_that_gets_no_answer_is_a_failure_and_is_not_sent_again(before):
    server = Scripted(*before, "hang up", "answer")
    connection = Connection("127.0.0.1", server.port)
    for _ in before:
        assert connection.send("GET", "/").ok
    lost = connection.send("GET", "/")
    assert lost.status == 0
    assert "waiting for the answer" in lost.error
    assert server.requests == len(before) + 1


def test_a_connection_that_is_refused_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    reply = Connection("127.0.0.1", port).send("GET", "/")
    assert reply.status == 0
    assert "ConnectionRefusedError while connecting" in reply.error


def test_a_fresh_request_leaves_the_kept_connection_alone():
    server = Scripted("answer", "answer")
    connection = Connection("127.0.0.1", server.port)
    assert connection.send("GET", "/").ok
    other = Scripted("answer")
    connection._port = other.port
    assert connection.send("GET", "/", fresh=True).fresh
    assert not connection.send("GET", "/").fresh
    assert (server.requests, other.requests) == (2, 1)


def test_what_is_owed_is_the_last_acknowledged_value_or_one_sent_after_it(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    for value, acknowledged in ((1.0, True), (2.0, True), (3.0, False)):
        assert ledger.begin(1, 7)
        ledger.finish(1, 7, value, acknowledged, "")
    # The third may still arrive: nobody writes that pair any more, and nobody counts its events.
    assert not ledger.begin(1, 7)
    assert ledger.begin(1, 8)
    assert not ledger.begin(1, 8)
    ledger.finish(1, 8, 4.5, True, "")
    ledger.finish(1, 9, 5.0, False, "")
    expected = {(1, 7): [2.0, 3.0], (1, 8): [4.5]}
    assert ledger.owed() == expected
    assert ledger.counts() == {(1, 8): 1}
    assert ledger.acknowledged == 3
    assert Ledger(tmp_path / "ledger").owed() == expected
