"""marqueectl topics apply: makes what is missing, tells what differs, names what is wrong."""

import json
import os
import subprocess
import uuid

import pytest
from confluent_kafka.admin import AdminClient

from support.processes import BINARIES

BROKERS = os.environ.get("MARQUEE_TEST_KAFKA_BROKERS")
pytestmark = pytest.mark.skipif(not BROKERS, reason="MARQUEE_TEST_KAFKA_BROKERS is not set: see deploy/local/infra")


def apply(file, *arguments, brokers=BROKERS):
    command = [BINARIES / "marqueectl", "topics", "apply", "--brokers", brokers, "--file", file, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def name():
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "topics.txt"


def states(done):
    assert done.returncode == 0, done.stderr
    return {one["topic"]: one["state"] for one in json.loads(done.stdout)["topics"]}


def test_makes_the_missing_once_and_leaves_the_rest(name, file):
    file.write_text(f"# mine\n{name}-a RATINGS retention.ms=1000000\n{name}-b 1 cleanup.policy=compact\n")
    first = apply(file, "--ratings-partitions", "3", "--json")
    assert states(first) == {f"{name}-a": "created", f"{name}-b": "created"}
    second = apply(file, "--ratings-partitions", "3", "--json")
    assert states(second) == {f"{name}-a": "unchanged", f"{name}-b": "unchanged"}
    assert second.stderr == ""
    topics = AdminClient({"bootstrap.servers": BROKERS}).list_topics(timeout=10).topics
    assert len(topics[f"{name}-a"].partitions) == 3


def test_warns_of_what_differs_and_changes_nothing(name, file):
    file.write_text(f"{name} 2 retention.ms=1000000\n")
    assert apply(file).returncode == 0
    file.write_text(f"\n{name} 4 retention.ms=2000000\n")
    done = apply(file, "--json")
    assert states(done) == {name: "different"}
    differences = json.loads(done.stdout)["topics"][0]["differences"]
    assert differences == [
        {"setting": "partitions", "wanted": "4", "actual": "2"},
        {"setting": "retention.ms", "wanted": "2000000", "actual": "1000000"},
    ]
    assert f"line 2: topic {name} has partitions 2, not 4" in done.stderr
    assert f"line 2: topic {name} has retention.ms 1000000, not 2000000" in done.stderr
    assert len(AdminClient({"bootstrap.servers": BROKERS}).list_topics(timeout=10).topics[name].partitions) == 2


def test_names_the_line_of_a_setting_that_kafka_refuses(name, file):
    file.write_text(f"{name}-a 1\n{name}-b 1 no.such.setting=1\n")
    done = apply(file)
    assert done.returncode == 2
    assert f"line 2: topic {name}-b:" in done.stderr
    assert "no.such.setting" in done.stderr


def test_names_the_broker_that_is_away(file):
    file.write_text("a 1\n")
    done = apply(file, "--timeout", "1", brokers="127.0.0.1:1")
    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stderr
    assert "refused" in done.stderr


def test_says_that_too_few_brokers_are_there(file, name):
    file.write_text(f"{name} 1\n")
    done = apply(file, "--timeout", "1", "--replication-factor", "3")
    assert done.returncode == 3
    assert "only 1 of 3 brokers" in done.stderr
