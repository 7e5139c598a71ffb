"""The real data set, imported and trained once for all end-to-end tests of the shared suite."""

import dataclasses

import pytest

from support.api import Api
from support.suite import SHARED
from support.waiting import eventually


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
    # The recommender learns of the champion, and of the movies, from Kafka.
    eventually(
        lambda: anyone.send("GET", "/v1/movies/1/similar").ok, 20, what="the recommender has the model and movies"
    )
    counted = lambda: anyone.get("/v1/movies/1")["rating_count"] > 0  # noqa: E731
    eventually(counted, 60, what="the catalogue has read the ratings")
    return Loaded(imported, run)


def pytest_collection_modifyitems(items):
    """Erasure last: it leaves films and ratings behind that others would count."""
    items.sort(key=lambda item: item.path.name == "test_erasure.py")
