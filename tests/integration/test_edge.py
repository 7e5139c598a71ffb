"""The edge (deploy/edge) before a gateway that echoes: what reaches it, and what nginx refuses by itself."""

import json
import re
import socket
import subprocess
import sys

import pytest
import requests

from support.suite import ROOT, Suite
from support.waiting import eventually

STUB = ROOT / "tests" / "support" / "stub_service.py"


def certificate(folder):
    """A self-signed one for 127.0.0.1: its file and its key's."""
    files = folder / "tls.crt", folder / "tls.key"
    arguments = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=marquee", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", *arguments, *names, "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return files


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    binary = folder / "marquee-gateway"
    binary.write_text(f"#!/bin/sh\nexec {sys.executable} {STUB}\n")
    binary.chmod(0o755)
    public, private = certificate(folder)
    suite = Suite(
        MARQUEE_BIN_DIR=folder,
        MARQUEE_EDGE_AUTH_RATE=1,
        MARQUEE_EDGE_AUTH_BURST=5,
        MARQUEE_EDGE_TLS_CERTIFICATE=public,
        MARQUEE_EDGE_TLS_KEY=private,
    )
    suite.certificate = public
    try:
        # infra's state and ports without infra: the edge needs neither database nor Kafka.
        suite.state.mkdir(parents=True)
        suite.run("control", "gateway", "start")
        suite.run("control", "edge", "start")
        yield suite
    finally:
        suite.remove()


def raw(suite, request):
    """The answer to bytes that no HTTP library would send: status and body."""
    with socket.create_connection(("127.0.0.1", suite.port("edge")), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), body


def headers_of(reply):
    return dict(reply["headers"])


def test_only_known_headers_reach_the_gateway(edge):
    sent = {
        "Cookie": "=;broken",
        "Date": "yesterday",
        "Cache-Control": "max-age=many",
        "Accept": "a/b/c",
        "Expect": "nothing",
        "X-Marquee-Target": "/v1/forged",
        "X-Forwarded-For": "1.2.3.4",
        "Authorization": "Bearer abc",
        "Idempotency-Key": "k1",
        "If-None-Match": '"e"',
    }
    got = headers_of(requests.put(f"{edge.url}/v1/me/ratings/1", json={"value": 4}, headers=sent, timeout=5).json())
    assert not {"cookie", "date", "cache-control", "accept", "expect", "accept-encoding"} & set(got)
    assert got["authorization"] == "Bearer abc"
    assert got["idempotency-key"] == "k1"
    assert got["if-none-match"] == '"e"'
    assert got["content-type"] == "application/json"
    assert got["x-marquee-target"] == "/v1/me/ratings/1"
    assert got["x-forwarded-for"] == "127.0.0.1"
    assert got["connection"] == "keep-alive"


def test_the_target_arrives_as_it_was_sent(edge):
    target = "/v1/movies?query=a%2Fb%20c&genre=x&genre=y&empty="
    reply = raw(edge, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    got = json.loads(reply[2])
    assert headers_of(got)["x-marquee-target"] == target
    assert got["target"] == target


def test_trace_context_is_kept_when_valid_and_made_when_not(edge):
    valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = requests.get(f"{edge.url}/v1/genres", headers={"traceparent": valid}, timeout=5)
    assert headers_of(answer.json())["traceparent"] == valid
    assert answer.headers["X-Trace-Id"] == valid.split("-")[1]
    for bad in ["", "00-xyz", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{'a' * 32}-{'0' * 16}-01"]:
        answer = requests.get(f"{edge.url}/v1/genres", headers={"traceparent": bad}, timeout=5)
        made = headers_of(answer.json())["traceparent"]
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", made)
        assert made.split("-")[1] == answer.headers["X-Trace-Id"]


def test_head_is_asked_by_get_and_answered_without_a_body(edge):
    with requests.Session() as session:
        for number in range(20):
            assert session.head(f"{edge.url}/v1/genres?n={number}", timeout=5).content == b""
            # Were the body of an answer to HEAD left in the connection, this would read it.
            got = session.get(f"{edge.url}/v1/genres?n={number}b", timeout=5).json()
            assert (got["method"], got["target"]) == ("GET", f"/v1/genres?n={number}b")


def test_a_malformed_content_type_is_replaced(edge):
    for sent, got in [("application/json; charset=utf-8",) * 2, ("no slash", "application/octet-stream")]:
        answer = requests.post(f"{edge.url}/v1/x", data=b"{}", headers={"Content-Type": sent}, timeout=5)
        assert headers_of(answer.json())["content-type"] == got


def test_a_large_body_is_refused_as_a_problem(edge):
    answer = requests.post(f"{edge.url}/v1/x", data=b"x" * (3 * 1024 * 1024 + 1), timeout=10)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (413, "payload_too_large")
    assert problem["trace_id"] == answer.headers["X-Trace-Id"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /v1/x HTTP/1.1\r\n\r\n",
        b"GET /v1/\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /v1/x HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 40000 + b"\r\n\r\n",
    ],
    ids=["two-lengths", "length-and-chunked", "negative-length", "no-host", "control-character", "no-http", "header"],
)
def test_malformed_requests_end_at_the_edge(edge, request_bytes):
    status, _, _ = raw(edge, request_bytes)
    assert status == 400


def test_a_chunked_body_arrives_whole(edge):
    body = (bytes([65 + part]) * 1000 for part in range(20))
    got = requests.post(f"{edge.url}/v1/x", data=body, timeout=5).json()
    assert headers_of(got)["content-length"] == "20000"
    assert "transfer-encoding" not in headers_of(got)


def test_passwords_can_not_be_tried_fast(edge):
    answers = [requests.post(f"{edge.url}/v1/auth/login", json={}, timeout=5) for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 4 <= len(refused) <= 7
    assert refused[0].json()["code"] == "rate_limited"
    assert refused[0].headers["Retry-After"] == "1"
    assert requests.get(f"{edge.url}/v1/genres", timeout=5).status_code == 200


def test_metrics_and_unknown_pages_are_not_there(edge):
    for path in ["/metrics", "/v2/x", "/../etc/passwd", "/index.html/x"]:
        answer = requests.get(edge.url + path, timeout=5)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    assert "Marquee" in requests.get(edge.url, timeout=5).text


def test_a_gateway_that_is_gone_is_a_503_with_retry_after(edge):
    edge.stop("gateway")
    try:
        answer = requests.get(f"{edge.url}/v1/genres", timeout=5)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"
    finally:
        edge.start("gateway")
    assert requests.get(f"{edge.url}/v1/genres", timeout=5).status_code == 200


def test_the_access_log_is_json_without_queries(edge):
    requests.get(f"{edge.url}/v1/logged?code=secret", headers={"User-Agent": 'a"b\\'}, timeout=5)

    def line():
        with open(edge.state / "logs" / "edge-access.log", encoding="utf-8") as log:
            return next((entry for entry in map(json.loads, log) if entry["path"] == "/v1/logged"), None)

    entry = eventually(line, what="the log line")
    assert entry["status"] == 200
    assert entry["service"] == "edge"
    assert entry["user_agent"] == 'a"b\\'
    assert re.fullmatch(r"[0-9a-f]{32}", entry["trace_id"])
    assert "secret" not in json.dumps(entry)


def test_the_access_log_has_no_raw_byte_of_a_client(edge):
    bad = b"\x80\xff\xc3\x28"
    raw(edge, b"GET /v1/raw-bytes HTTP/1.1\r\nHost: a\r\nUser-Agent: x" + bad + b"\r\nConnection: close\r\n\r\n")
    raw(edge, b"GET /v1/" + bad + b" HTTP/1.1\r\nHost: a\r\nUser-Agent: by-path\r\nConnection: close\r\n\r\n")

    def lines():
        with open(edge.state / "logs" / "edge-access.log", encoding="utf-8", errors="strict") as log:
            entries = [json.loads(entry) for entry in log]
        found = [next((e for e in entries if e["path"] == "/v1/raw-bytes"), None)]
        found.append(next((e for e in entries if e["user_agent"] == "by-path"), None))
        return found if all(found) else None

    by_agent, by_path = eventually(lines, what="the log lines")
    assert by_agent["user_agent"] == "x"
    assert by_path["path"] == "(not printable ASCII)"


def test_tls_speaks_http_2_and_nothing_older_than_tls_1_2(edge):
    url = f"https://127.0.0.1:{edge.port('edge_tls')}/v1/genres"
    curl = ["curl", "-sS", "--cacert", edge.certificate, "-o", "/dev/null", "-w", "%{http_version} %{response_code}"]
    assert subprocess.run([*curl, url], capture_output=True, text=True, check=True, timeout=30).stdout == "2 200"
    old = subprocess.run([*curl, "--tls-max", "1.1", url], capture_output=True, text=True, check=False, timeout=30)
    assert old.returncode != 0
    got = headers_of(requests.get(url, verify=str(edge.certificate), timeout=5).json())
    assert got["x-forwarded-proto"] == "https"


def test_a_pod_that_is_about_to_stop_ends_each_connection_with_its_answer(edge):
    mark = edge.state / "edge" / "draining"
    sent = {"json": {"value": 4}, "timeout": 5}
    with requests.Session() as session:
        before = session.put(f"{edge.url}/v1/me/ratings/1?x=%2F", **sent)
        assert before.headers["Connection"] == "keep-alive"
        try:
            mark.touch()
            during = session.put(f"{edge.url}/v1/me/ratings/1?x=%2F", **sent)
        finally:
            mark.unlink()
        assert during.headers["Connection"] == "close"
        ours = {"x-marquee-target", "content-type", "connection"}
        got = [{key: headers_of(answer.json()).get(key) for key in ours} for answer in (before, during)]
        assert got[0] == got[1]
        for key in ("method", "target", "body"):
            assert during.json()[key] == before.json()[key]
        assert session.get(f"{edge.url}/v1/genres", timeout=5).headers["Connection"] == "keep-alive"
