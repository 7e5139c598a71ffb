"""The real data set, imported and trained once for all end-to-end tests of the shared suite."""

import dataclasses
import json
import os
import pathlib
import subprocess

import pytest

from support.api import PASSWORD, Api
from support.suite import LOCAL, ROOT
from support.waiting import eventually

SHARED = pathlib.Path(os.environ.get("MARQUEE_SHARED", ROOT.parent / "shared"))


class Ctl:
    """marqueectl logged in as somebody of a suite; results as JSON."""

    def __init__(self, suite, name, email):
        self.suite = suite
        self.environment = suite.environment | {
            "MARQUEE_CREDENTIALS_FILE": str(suite.state / "ctl" / f"{name}.json"),
            "MARQUEE_PASSWORD": PASSWORD,
        }
        self.run("login", email)

    def try_run(self, *arguments, timeout=600):
        return subprocess.run(
            [LOCAL / "marqueectl", "--json", "--quiet", *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def run(self, *arguments, timeout=600):
        done = self.try_run(*arguments, timeout=timeout)
        assert done.returncode == 0, f"marqueectl {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def ctl(session_suite, administrator):
    return Ctl(session_suite, "administrator", administrator.user["email"])


@pytest.fixture(scope="session")
def movielens():
    folder = SHARED / "data" / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip(f"skipped: {folder} is missing")
    return folder


@dataclasses.dataclass(frozen=True)
class Loaded:
    imported: dict  # what `marqueectl import --json` printed
    run: dict  # what `marqueectl train --json` printed


@pytest.fixture(scope="session")
def loaded(session_suite, ctl, movielens, tmp_path_factory):
    """ml-latest-small, imported through Kafka, and the first champion."""
    rejects = tmp_path_factory.mktemp("rejects") / "rejects.tsv"
    imported = ctl.run("import", movielens, "--rejects", rejects)
    run = ctl.run("train")
    anyone = Api(session_suite.url)
    # The recommender learns of the champion from Kafka and then reads the catalogue again.
    eventually(
        lambda: anyone.send("GET", "/v1/movies/1/similar").ok, 20, what="the recommender has the model and movies"
    )
    counted = lambda: anyone.get("/v1/movies/1")["rating_count"] > 0  # noqa: E731
    eventually(counted, 60, what="the catalogue has read the ratings")
    return Loaded(imported, run)
