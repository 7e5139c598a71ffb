"""The edge (deploy/edge) before a gateway that echoes: what reaches it, and what nginx refuses by itself."""

import contextlib
import json
import re
import socket
import subprocess
import sys

import pytest
import requests
import yaml

from support.processes import free_port
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
        MARQUEE_EDGE_CORS=r"https://app\.example\.com|http://localhost:5173",
        MARQUEE_EDGE_IPV6_LISTEN=f"[::1]:{free_port()}",
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
        # nginx ends a connection whose body it doesn't want by a reset, after its answer.
        with contextlib.suppress(ConnectionResetError):
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
        "X-API-Key": "mk_x",
        "Idempotency-Key": "k1",
        "If-None-Match": '"e"',
        "User-Agent": "tests of the edge",
    }
    got = headers_of(requests.put(f"{edge.url}/v1/me/ratings/1", json={"value": 4}, headers=sent, timeout=5).json())
    assert not {"cookie", "date", "cache-control", "accept", "expect", "accept-encoding"} & set(got)
    assert got["authorization"] == "Bearer abc"
    assert got["x-api-key"] == "mk_x"
    assert got["idempotency-key"] == "k1"
    assert got["if-none-match"] == '"e"'
    assert got["content-type"] == "application/json"
    assert got["x-marquee-target"] == "/v1/me/ratings/1"
    assert got["x-forwarded-for"] == "127.0.0.1"
    assert got["user-agent"] == "tests of the edge"
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
    ],
    ids=["two-lengths", "length-and-chunked", "negative-length", "no-host", "control-character", "no-http"],
)
def test_malformed_requests_end_at_the_edge(edge, request_bytes):
    status, head, _ = raw(edge, request_bytes)
    assert status == 400
    assert "Content-Security-Policy: default-src 'none'" in head


@pytest.mark.parametrize(
    ("status", "code", "head"),
    [
        (400, "malformed_request", b"GET /v1/x HTTP/1.1\r\n\r\n"),
        (404, "not_found", b"GET /nowhere HTTP/1.1\r\nHost: a\r\n"),
        (405, "method_not_allowed", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"),
        (405, "method_not_allowed", b"TRACE /v1/x HTTP/1.1\r\nHost: a\r\n"),
        (413, "payload_too_large", b"PUT /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"),
        (414, "target_too_long", b"GET /v1/" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n"),
        (416, "range_not_satisfiable", b"GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=999999-\r\n"),
        (431, "headers_too_large", b"GET /v1/x HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 40000 + b"\r\n"),
        (431, "headers_too_large", b"GET /v1/x HTTP/1.1\r\nHost: a\r\n" + b"X-Many: %b\r\n" % (b"x" * 1000) * 64),
        (501, "not_implemented", b"PUT /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n"),
        (505, "http_version_not_supported", b"GET /v1/x HTTP/3.0\r\nHost: a\r\n"),
    ],
)
def test_what_nginx_refuses_is_a_problem_like_the_gateways(edge, status, code, head):
    got, text, body = raw(edge, head + b"Connection: close\r\n\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in text.splitlines()[1:])}
    assert got == status
    assert headers["content-type"] == "application/problem+json"
    problem = json.loads(body)
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:marquee:problem:{code}")
    assert problem["title"] and problem["detail"] and problem["trace_id"] == headers["x-trace-id"]
    assert ("allow" in headers) == (status == 405)


def test_pages_of_an_origin_that_is_let_in_may_read_answers(edge):
    """The fixture lets https://app.example.com in."""
    ours = {"Origin": "https://app.example.com"}
    answer = requests.get(f"{edge.url}/v1/genres", headers=ours, timeout=5)
    assert answer.headers["Access-Control-Allow-Origin"] == ours["Origin"]
    assert "Marquee-Position" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refusal = requests.get(f"{edge.url}/nowhere", headers=ours, timeout=5)
    assert (refusal.status_code, refusal.headers["Access-Control-Allow-Origin"]) == (404, ours["Origin"])
    asked = ours | {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    preflight = requests.options(f"{edge.url}/v1/me/ratings/1", headers=asked, timeout=5)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    for other in ("https://app.example.com.evil.org", "http://app.example.com", "https://appXexample.com", "null"):
        strange = {"Origin": other, "Access-Control-Request-Method": "PUT"}
        for answer in (
            requests.get(f"{edge.url}/v1/genres", headers=strange, timeout=5),
            requests.options(f"{edge.url}/v1/me/ratings/1", headers=strange, timeout=5),
        ):
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_chunked_body_arrives_whole(edge):
    body = (bytes([65 + part]) * 1000 for part in range(20))
    got = requests.post(f"{edge.url}/v1/x", data=body, timeout=5).json()
    assert headers_of(got)["content-length"] == "20000"
    assert "transfer-encoding" not in headers_of(got)


def page(edge, method, path, **arguments):
    return requests.request(method, edge.url + path, timeout=10, **arguments)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda edge: page(edge, "GET", "/"), 200),
        (lambda edge: page(edge, "GET", "/style.css"), 200),
        (lambda edge: page(edge, "GET", "/v1/genres"), 200),
        (lambda edge: page(edge, "GET", "/docs"), 200),
        (lambda edge: page(edge, "GET", "/openapi.json"), 200),
        (lambda edge: page(edge, "GET", "/nowhere"), 404),
        (lambda edge: page(edge, "POST", "/"), 405),
        (lambda edge: page(edge, "POST", "/v1/x", data=b"x" * (3 * 1024 * 1024 + 1)), 413),
        (lambda edge: page(edge, "GET", "/" + "x" * 9000), 414),
    ],
    ids=["page", "style", "api", "docs", "openapi", "404", "405", "413", "414"],
)
def test_every_page_has_a_content_security_policy(edge, answer, status):
    got = answer(edge)
    assert got.status_code == status
    policy = dict(part.strip().split(" ", 1) for part in got.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["X-Frame-Options"] == "DENY"
    assert re.fullmatch(r"[0-9a-f]{32}", got.headers["X-Trace-Id"])
    assert "Strict-Transport-Security" not in got.headers, "of an answer without TLS"


def test_pages_keep_to_the_policy():
    """No inline script or style in what nginx serves by itself."""
    for path in (ROOT / "deploy" / "edge" / "www").glob("*.html"):
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", path.read_text()), path


def test_answers_by_tls_ask_for_tls_ever_after(edge):
    for path in ("/v1/genres", "/", "/nowhere"):
        answer = requests.get(
            f"https://127.0.0.1:{edge.port('edge_tls')}{path}", verify=str(edge.certificate), timeout=5
        )
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_it_listens_on_ipv6_where_it_is_told_to(edge):
    address = edge.environment["MARQUEE_EDGE_IPV6_LISTEN"]
    got = requests.get(f"http://{address}/v1/genres", timeout=5).json()
    assert headers_of(got)["x-forwarded-for"] == "::1"


def test_every_variable_of_the_templates_is_filled_in(edge):
    rendered = "".join(path.read_text() for path in (edge.state / "edge").glob("*.conf"))
    assert "${" not in rendered
    template = (ROOT / "deploy" / "edge" / "nginx.conf.template").read_text()
    wanted = set(re.findall(r"\$\{(MARQUEE_EDGE_\w+)\}", template))
    compose = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text())
    assert wanted <= set(compose["services"]["edge"]["environment"])


def test_passwords_can_not_be_tried_fast(edge):
    answers = [requests.post(f"{edge.url}/v1/auth/login", json={}, timeout=5) for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 4 <= len(refused) <= 7
    assert refused[0].json()["code"] == "rate_limited"
    assert refused[0].headers["Retry-After"] == "1"
    assert "default-src 'none'" in refused[0].headers["Content-Security-Policy"]
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
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
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


def test_no_log_keeps_a_query_or_a_referer_whatever_goes_wrong(edge):
    """nginx's own error log has both in each line about a request."""
    sent = {"Referer": "https://example.com/?token=secret-of-the-referer"}
    query = "?code=secret-of-the-query"

    def ask(method, path, **arguments):
        return page(edge, method, path + query, headers=sent, **arguments).status_code

    assert ask("POST", "/v1/x", data=b"x" * (3 * 1024 * 1024 + 1)) == 413
    assert ask("POST", "/v1/x", data=b"x" * 1024 * 1024) == 200  # buffered in a file
    assert 429 in [ask("POST", "/v1/auth/login", json={}) for _ in range(12)]
    assert ask("GET", "/nowhere") == 404
    assert ask("POST", "/") == 405
    edge.stop("gateway")
    try:
        assert ask("GET", "/v1/unanswered") == 503
    finally:
        edge.start("gateway")

    def lines():
        log = (edge.state / "logs" / "edge-access.log").read_text().splitlines()
        return {entry["path"]: entry for entry in map(json.loads, log)}

    # What the error log would have said is in the access log.
    entry = eventually(lambda: lines().get("/v1/unanswered"), what="the log line")
    assert (entry["status"], entry["upstream_status"]) == (503, "502")
    assert any(entry["limited"] == "REJECTED" for entry in lines().values())
    for path in (edge.state / "logs").iterdir():
        assert "secret-of" not in path.read_text(errors="replace"), path


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
