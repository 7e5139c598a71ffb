"""deploy/local/infra: starts once, stays as it is, comes back with its data, and says clearly what is in its way."""

import os
import socket
import time

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from support.suite import Local


@pytest.fixture(scope="module")
def local():
    local = Local()
    try:
        yield local
    finally:
        local.remove()


def up(local):
    exports = local.run("infra", "up", "--ephemeral").stdout
    return dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines())


def processes(local):
    pid = (local.state / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    return pid, (local.state / "run" / "kafka.pid").read_text()


def test_second_up_changes_nothing_and_is_quick(local):
    first = up(local)
    running = processes(local)
    started = time.monotonic()
    assert up(local) == first
    assert time.monotonic() - started < 10
    assert processes(local) == running


def test_postgres_and_kafka_answer(local):
    environment = up(local)
    with psycopg.connect(environment["MARQUEE_TEST_POSTGRES_URI"]) as connection:
        assert connection.info.server_version // 10000 == 15
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)
    topics = (
        AdminClient({"bootstrap.servers": environment["MARQUEE_TEST_KAFKA_BROKERS"]}).list_topics(timeout=10).topics
    )
    assert len(topics["marquee.ratings.v1"].partitions) == 8
    assert {"marquee.interactions.v1", "marquee.models.v1", "marquee.movies.v1", "marquee.dead-letters.v1"} <= set(
        topics
    )


def test_postgres_does_not_run_as_root_nor_take_a_wrong_password(local):
    environment = up(local)
    pid, _ = processes(local)
    assert os.stat(f"/proc/{pid}").st_uid != 0
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(environment["MARQUEE_TEST_POSTGRES_URI"], password="wrong")


def test_data_outlives_down_and_kill(local):
    uri = up(local)["MARQUEE_TEST_POSTGRES_URI"]
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    local.run("infra", "down")
    assert local.try_run("infra", "status").returncode == 3
    # Also on the same ports, for clients that wait for it.
    assert up(local)["MARQUEE_TEST_POSTGRES_URI"] == uri
    local.run("infra", "down", "--kill")
    assert up(local)["MARQUEE_TEST_POSTGRES_URI"] == uri
    with psycopg.connect(uri) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


def test_only_one_of_the_two_can_be_stopped(local):
    uri = up(local)["MARQUEE_TEST_POSTGRES_URI"]
    local.run("infra", "down", "--only", "kafka")
    with psycopg.connect(uri) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    status = local.try_run("infra", "status")
    assert [line.split()[:2] for line in status.stdout.splitlines()] == [["postgres", "running"], ["kafka", "stopped"]]
    local.run("infra", "up", "--only", "kafka")
    assert local.run("infra", "status").returncode == 0


def test_secrets_are_private(local):
    up(local)
    secrets = local.state / "secrets"
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in secrets.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["postgres", "kafka", "kafka_controller"])
def test_port_in_use_is_one_clear_line(name):
    local = Local(MARQUEE_PORT_BASE="auto")
    try:
        local.try_run("infra", "env")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            base = port - {"postgres": 2, "kafka": 3, "kafka_controller": 4}[name]  # as in ports_table
            local.environment["MARQUEE_PORT_BASE"] = str(base)
            done = local.try_run("infra", "up", "--only", "postgres" if name == "postgres" else "kafka")
        assert done.returncode == 1
        assert f"port {port} for {name} is in use" in done.stderr
        assert f"process {os.getpid()}" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    finally:
        local.remove()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"MARQUEE_MIN_FREE_MB": "999999999"}, "MB free on the disk of"),
        ({"MARQUEE_PORT_BASE": "many"}, "MARQUEE_PORT_BASE is 'many'"),
        ({"MARQUEE_PORT_BASE": "80"}, "MARQUEE_PORT_BASE is 80"),
        ({"MARQUEE_STATE_DIR": "/proc/marquee"}, "can't create the state folder /proc/marquee"),
        ({"MARQUEE_PG_BIN": "/nowhere"}, "PostgreSQL 15 isn't installed"),
    ],
)
def test_what_is_wrong_is_one_clear_line(settings, line):
    local = Local(**settings)
    try:
        done = local.try_run("infra", "up", "--only", "postgres")
        assert done.returncode == 1
        assert line in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    finally:
        local.environment["MARQUEE_STATE_DIR"] = str(local.state)
        local.remove()
