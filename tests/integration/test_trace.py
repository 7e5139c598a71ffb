"""ci/trace: what it makes of log lines, and the real path of a rating and of a recommendation."""

import json
import subprocess

import pytest

from support.suite import ROOT
from support.waiting import eventually

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
EDGE, GATEWAY, INGEST, WRITER = "00f067aa0ba902b7", "1" * 16, "2" * 16, "3" * 16


def run(*arguments, text="", environment=None):
    return subprocess.run(
        [ROOT / "ci" / "trace", *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


def line(second, service, span="", parent="", msg="rpc", **more):
    entry = {"ts": f"2026-11-22T20:00:{second:09.6f}Z", "level": "info", "service": service, "trace_id": TRACE}
    entry |= {"span_id": span, "parent_id": parent, "msg": msg} | more
    return json.dumps(entry)


LINES = [
    line(
        0.030, "gateway", GATEWAY, EDGE, "request", method="PUT", rpc="/marquee.ratings.v1.R/Rate", status=200, ms=25.0
    ),
    line(
        0,
        "edge",
        EDGE,
        "",
        "request",
        epoch=1795377600.031,
        method="PUT",
        path="/v1/me/ratings/7",
        status=200,
        seconds=0.031,
    ),
    line(0.028, "rating-ingest", INGEST, GATEWAY, method="/marquee.ratings.v1.R/Rate", code="OK", ms=20.0),
    line(0.020, "rating-ingest", INGEST, GATEWAY, "waited for Kafka"),
    line(0.090, "rating-ingest", WRITER, INGEST, "ratings applied", events=1, ms=10.0),
    line(0.050, "auth", "4" * 16, "", "rpc", trace_id="f" * 32, method="/a/B", ms=1.0),
    "nginx: [warn] not JSON " + TRACE,
    '{"ts":"broken ' + TRACE,
]


def spans_of(tree):
    for span in tree["spans"] if "spans" in tree else tree["children"]:
        yield span
        yield from spans_of(span)


def test_draws_a_tree_of_spans_whatever_the_order_of_the_lines():
    prefixed = [f"[pod/marquee-x-1/x] {text}" for text in reversed(LINES)]
    done = run(TRACE, "--from", "-", "--json", text="\n".join(prefixed))
    assert done.returncode == 0, done.stderr
    (edge,) = json.loads(done.stdout)["spans"]
    assert (edge["service"], edge["what"], edge["status"]) == ("edge", "PUT /v1/me/ratings/7", "200")
    (gateway,) = edge["children"]
    (ingest,) = gateway["children"]
    assert (ingest["what"], ingest["status"], ingest["duration_ms"]) == ("ratings.v1.R/Rate", "OK", 20.0)
    # The event within the rpc, and what the writer did after it had ended.
    assert [(child["kind"], child["what"]) for child in ingest["children"]] == [
        ("event", "waited for Kafka"),
        ("span", "ratings applied"),
    ]
    assert edge["start_ms"] == 0
    assert ingest["children"][1]["start_ms"] == pytest.approx(80, abs=1)


def test_prints_a_row_for_each_line_with_its_times():
    done = run(TRACE, "--from", "-", text="\n".join(LINES))
    rows = done.stdout.splitlines()
    assert "5 lines of 3 services" in rows[0]
    assert [row.split()[0] for row in rows[3:]] == [
        "edge",
        "gateway",
        "rating-ingest",
        "rating-ingest",
        "rating-ingest",
    ]
    assert " 20.0 " in rows[5]


def test_takes_a_whole_traceparent_and_refuses_what_is_no_id():
    assert run(f"00-{TRACE}-{EDGE}-01", "--from", "-", text="\n".join(LINES)).returncode == 0
    done = run("abc", "--from", "-")
    assert done.returncode == 2
    assert "'abc' is no trace id" in done.stderr


def test_an_id_that_nobody_logged_is_said_with_the_likely_reasons():
    done = run("a" * 32, "--from", "-", text="\n".join(LINES))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no log has " + "a" * 32 in done.stderr


def test_logs_that_cannot_be_read_are_one_clear_line(tmp_path):
    done = run(TRACE, "--state", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "deploy/local/up" in done.stderr


def test_asks_kubectl_for_every_line_of_every_container(tmp_path):
    fake = tmp_path / "kubectl"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\ncat {tmp_path}/lines\n')
    fake.chmod(0o755)
    (tmp_path / "lines").write_text("\n".join(f"[pod/p/c] {text}" for text in LINES))
    done = run(TRACE, "--namespace", "shop", "--context", "kind", environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked").read_text().split("\n")
    assert asked[:5] == ["logs", "--context", "kind", "--namespace", "shop"]
    assert {"app.kubernetes.io/part-of=marquee", "--all-containers", "--tail=-1"} <= set(asked)


def test_a_failing_kubectl_is_passed_on(tmp_path):
    fake = tmp_path / "kubectl"
    fake.write_text("#!/bin/sh\necho 'error: context was not found' >&2\nexit 1\n")
    fake.chmod(0o755)
    done = run(TRACE, "--namespace", "shop", environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert done.returncode == 2
    assert "context was not found" in done.stderr


# --- a real suite ----------------------------------------------------------------------------------------------------
def traced(suite, response):
    done = run(response.headers["X-Trace-Id"], "--state", suite.state, "--json")
    return list(spans_of(json.loads(done.stdout))) if done.returncode == 0 else []


def has(spans, service, what):
    return any(span["service"] == service and what in span["what"] for span in spans)


@pytest.fixture
def movie(administrator):
    genre = {"title": "Traced", "year": 1999, "genres": []}
    return administrator.post("/v1/movies", genre)["movie_id"]


def test_a_rating_is_seen_from_the_edge_to_the_last_consumer(suite, api, movie):
    api.register()
    response = api.send("PUT", f"/v1/me/ratings/{movie}", json={"value": 4.5})
    assert response.ok, response.text
    wanted = [
        ("edge", f"PUT /v1/me/ratings/{movie}"),
        ("gateway", "ratings.v1."),
        ("rating-ingest", "ratings.v1."),
        ("rating-ingest", "ratings applied"),
        ("catalog", "ratings applied"),
        ("recommender", "rating taken in"),
    ]
    eventually(lambda: all(has(traced(suite, response), *one) for one in wanted), what="every line of the rating")
    spans = traced(suite, response)
    # One tree: the edge above all, the consumers below rating-ingest's rpc.
    done = run(response.headers["X-Trace-Id"], "--state", suite.state, "--json")
    (edge,) = json.loads(done.stdout)["spans"]
    assert edge["service"] == "edge"
    (gateway,) = [span for span in edge["children"] if span["service"] == "gateway"]
    (ingest,) = [span for span in gateway["children"] if span["service"] == "rating-ingest"]
    below = {(span["service"], span["what"]) for span in ingest["children"]}
    assert {("catalog", "ratings applied"), ("recommender", "rating taken in")} <= below
    assert all(span["status"] in ("200", "OK", "") for span in spans)
    assert gateway["duration_ms"] >= ingest["duration_ms"]


def test_a_recommendation_is_seen_in_the_recommender_and_what_it_asks(suite, api):
    api.register()
    response = api.send("GET", "/v1/me/recommendations")
    assert response.ok, response.text
    wanted = [("edge", "GET /v1/me/recommendations"), ("gateway", "Recommend"), ("recommender", "Recommend")]
    # A history is asked for on a miss.
    wanted.append(("rating-ingest", "ratings.v1."))
    eventually(lambda: all(has(traced(suite, response), *one) for one in wanted), what="every line of it")


def test_a_clients_own_trace_is_carried_on(suite, api):
    response = api.send("GET", "/v1/genres", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    assert response.headers["X-Trace-Id"] == "ab" * 16
    eventually(lambda: has(traced(suite, response), "catalog", "ListGenres"), what="catalog's line")
