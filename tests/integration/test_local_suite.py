"""deploy/local's up, status, control and down, with stand-ins for the services: what the scripts themselves promise."""

import socket
import sys
import time

import psycopg
import pytest
import requests

from support.declared import SERVICES
from support.processes import BINARIES
from support.suite import ROOT, Suite
from support.waiting import eventually

STUB = ROOT / "tests" / "support" / "stub_service.py"


@pytest.fixture(scope="module")
def binaries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    for service in SERVICES:
        binary = folder / f"marquee-{service}"
        binary.write_text(f"#!/bin/sh\nexec {sys.executable} {STUB}\n")
        binary.chmod(0o755)
    (folder / "marqueectl").symlink_to(BINARIES / "marqueectl")  # makes the topics
    return folder


@pytest.fixture(scope="module")
def stubs(binaries):
    with Suite(MARQUEE_BIN_DIR=binaries, MARQUEE_INFRA_EPHEMERAL=1) as suite:
        yield suite.up()


def pids(suite):
    return {name: suite.pid(name) for name in [*SERVICES, "edge", "kafka"]}


def test_second_up_changes_nothing_and_takes_under_10_seconds(stubs):
    before = pids(stubs)
    started = time.monotonic()
    stubs.up()
    assert time.monotonic() - started < 10
    assert pids(stubs) == before


def test_up_starts_again_what_was_killed_and_leaves_the_rest(stubs):
    before = pids(stubs)
    stubs.kill("catalog")
    assert stubs.try_run("status").returncode == 3
    stubs.up()
    after = pids(stubs)
    assert stubs.try_run("status").returncode == 0
    assert {name for name in after if after[name] != before[name]} == {"catalog"}


def test_up_restarts_a_service_whose_configuration_changed(stubs):
    before = pids(stubs)
    stubs.override("trainer", MARQUEE_LOG_LEVEL="debug")
    stubs.up()
    after = pids(stubs)
    assert {name for name in after if after[name] != before[name]} == {"trainer"}


def test_services_get_their_own_settings_and_no_others(stubs):
    environment = {}
    for service in SERVICES:
        with open(f"/proc/{stubs.pid(service)}/environ", encoding="utf-8") as variables:
            environment[service] = dict(entry.split("=", 1) for entry in variables.read().split("\0") if entry)
    assert environment["rating-ingest"]["MARQUEE_POSTGRES_URI_FILE"].endswith("/postgres-rating_ingest.uri")
    assert environment["catalog"]["MARQUEE_POSTGRES_URI_FILE"].endswith("/postgres-catalog.uri")
    assert "MARQUEE_POSTGRES_URI_FILE" not in environment["recommender"]
    assert "MARQUEE_AUTH_BOOTSTRAP_SECRET_FILE" not in environment["catalog"]
    assert "MARQUEE_STATE_DIR" not in environment["auth"]
    for service, variables in environment.items():
        assert variables["MARQUEE_METRICS_LISTEN"] == f"127.0.0.1:{stubs.port(service + '_metrics')}"


def test_each_database_admits_its_own_role_alone(stubs):
    own = stubs.postgres_uri("catalog")
    with psycopg.connect(own) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("catalog", "catalog")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(own.rsplit("/", 1)[0] + "/rating_ingest")


def test_a_service_that_ends_at_start_is_named_with_its_log(stubs):
    stubs.kill("reviews")
    stubs.override("reviews", MARQUEE_STUB_FAIL="configuration: MARQUEE_THIS is missing")
    done = stubs.try_run("up", "--no-data", "--no-build")
    stubs.override("reviews")
    assert done.returncode == 1
    assert "reviews: its process has ended" in done.stderr
    assert "MARQUEE_THIS is missing" in done.stderr
    stubs.up()


def test_control_pauses_and_resumes(stubs):
    pid = stubs.pid("auth")
    stubs.pause("auth")
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        assert stat.read().rsplit(")", 1)[1].split()[0] == "T"
    stubs.resume("auth")
    eventually(lambda: stubs.try_run("up", "--no-data", "--no-build").returncode == 0)
    assert stubs.pid("auth") == pid


def test_a_reused_process_id_is_never_taken_for_ours(stubs):
    # A process of somebody else under the recorded id: the recorded start time tells.
    pid_file = stubs.state / "run" / "recommender.pid"
    mine = pid_file.read_text()
    pid_file.write_text("1 12345\n")
    assert stubs.try_run("control", "recommender", "pid").returncode == 1
    pid_file.write_text(mine)
    assert stubs.run("control", "recommender", "pid").stdout.split() == mine.split()[:1]


def test_help_and_unknown_flags(stubs):
    for script in ["up", "down", "status", "infra"]:
        assert script in stubs.run(script, "--help").stdout
    for script in ["up", "down", "status"]:
        done = stubs.try_run(script, "--frobnicate")
        assert done.returncode == 2
        assert "unknown argument --frobnicate" in done.stderr
    done = stubs.try_run("up", "--no-build", "--dataset", "/nowhere")
    assert (done.returncode, done.stderr) == (1, "up: --dataset /nowhere: no such folder\n")


def test_down_leaves_nothing_running_and_up_comes_back_on_the_same_ports(stubs):
    before = pids(stubs)
    url = stubs.url
    stubs.run("down")
    for name in before:
        assert stubs.try_run("control", name, "pid").returncode == 1
    assert not any(is_alive(pid) for pid in before.values())
    stubs.up()
    assert stubs.url == url
    assert requests.get(f"{url}/readyz", timeout=5).status_code == 200


def test_a_port_in_use_is_one_clear_line(stubs):
    stubs.run("control", "edge", "stop")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", stubs.port("edge")))
        taken.listen()
        done = stubs.try_run("up", "--no-data", "--no-build")
    assert done.returncode == 1
    assert f"port {stubs.port('edge')} for edge is in use" in done.stderr.splitlines()[-1]
    stubs.up()


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
