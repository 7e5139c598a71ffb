"""ci/config-reference: docs/configuration.md is what the binaries and the chart say, and a stale one is found."""

import json
import subprocess

import pytest

from support.declared import SERVICES, declaration
from support.suite import ROOT


def generate(*arguments):
    return subprocess.run(
        [ROOT / "ci" / "config-reference", *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.fixture
def binaries(tmp_path):
    """Stand-ins: each knows a common variable, one of its own, and one with a character of Markdown in its words."""
    for service in SERVICES:
        entries = [
            {"name": "MARQUEE_LOG_LEVEL", "help": "how much is logged", "default": "info"},
            {"name": f"MARQUEE_{declaration.variable(service)}_OWN", "help": "a|b", "default": "(required)"},
        ]
        binary = tmp_path / f"marquee-{service}"
        binary.write_text(f"#!/bin/sh\ncat << 'END'\n{json.dumps(entries)}\nEND\n")
        binary.chmod(0o755)
    return tmp_path


def test_the_committed_reference_is_up_to_date():
    done = generate("--check")
    assert done.returncode == 0, done.stderr


def test_lists_a_common_variable_once_and_each_own_one(binaries, tmp_path):
    output = tmp_path / "configuration.md"
    assert generate("--bin", binaries, "--output", output).returncode == 0
    lines = output.read_text().splitlines()
    assert lines.count("| `MARQUEE_LOG_LEVEL` | `info` | How much is logged |") == 1
    for service in SERVICES:
        assert f"| `MARQUEE_{declaration.variable(service)}_OWN` | **required** | A\\|b |" in lines


def test_every_value_of_the_chart_is_listed_and_explained(binaries, tmp_path):
    output = tmp_path / "configuration.md"
    generate("--bin", binaries, "--output", output)
    listed = {line.split("`")[1]: line for line in output.read_text().splitlines() if line.startswith("| `")}
    for value in ["image.registry", "services", "postgresql.existingSecret", "demo.enabled"]:
        assert value in listed
    assert "mirror" in listed["image.registry"]
    assert '`"ghcr.io"`' in listed["image.registry"]


def test_a_stale_reference_is_named_with_what_differs(binaries, tmp_path):
    output = tmp_path / "configuration.md"
    generate("--bin", binaries, "--output", output)
    assert generate("--bin", binaries, "--output", output, "--check").returncode == 0
    stale = output.read_text().replace("`info`", "`debug`")
    output.write_text(stale)
    done = generate("--bin", binaries, "--output", output, "--check")
    assert done.returncode == 1
    assert "is stale: run ci/config-reference" in done.stderr
    assert "+| `MARQUEE_LOG_LEVEL` | `info`" in done.stderr
    assert output.read_text() == stale


def test_a_missing_binary_is_one_clear_line(tmp_path):
    done = generate("--bin", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("config-reference: ")
    assert "run ci/build marquee-auth" in done.stderr
    assert len(done.stderr.splitlines()) == 1
