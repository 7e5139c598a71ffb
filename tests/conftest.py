"""Fixtures for tests that cross processes. Each starts what it needs on free ports and takes it away again."""

import dataclasses
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.api import Api  # noqa: E402
from support.ctl import Ctl  # noqa: E402
from support.leaks import leaks, secrets_of  # noqa: E402
from support.suite import Local, Suite  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Infra:
    """A real PostgreSQL (an administrator's URI: tests make databases of their own) and a real Kafka."""

    postgres_uri: str
    kafka_brokers: str


@pytest.fixture(scope="session")
def infra():
    """ci/test's, by MARQUEE_TEST_*; one of our own where pytest was called by hand."""
    if "MARQUEE_TEST_POSTGRES_URI" in os.environ and "MARQUEE_TEST_KAFKA_BROKERS" in os.environ:
        yield Infra(os.environ["MARQUEE_TEST_POSTGRES_URI"], os.environ["MARQUEE_TEST_KAFKA_BROKERS"])
        return
    local = Local()
    try:
        exports = local.run("infra", "up", "--ephemeral").stdout
        values = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines())
        yield Infra(values["MARQUEE_TEST_POSTGRES_URI"], values["MARQUEE_TEST_KAFKA_BROKERS"])
    finally:
        local.remove()


@pytest.fixture(scope="session")
def session_suite():
    with Suite(MARQUEE_INFRA_EPHEMERAL=1) as suite:
        # A model's options are searched for all the same, but not for minutes: test_quality.py judges what is found.
        suite.override("trainer", MARQUEE_TRAINER_SEARCH_TRIALS=4)
        yield suite.up()
        # After everything that the session has done to it.
        assert leaks(suite.state / "logs", secrets_of(suite.state) | Api.secrets) == []


@pytest.fixture
def suite(session_suite):
    """The whole of Marquee, empty at first and shared by the session's tests: what a test kills runs again after it."""
    yield session_suite
    session_suite.up()


@pytest.fixture
def own_suite():
    """A suite for one test alone; slower."""
    with Suite(MARQUEE_INFRA_EPHEMERAL=1) as suite:
        yield suite.up()


@pytest.fixture
def api(suite):
    """An anonymous caller; `api.register()` signs in."""
    return Api(suite.url)


@pytest.fixture(scope="session")
def administrator(session_suite):
    """The first administrator of the shared suite."""
    return Api(session_suite.url).bootstrap(session_suite.secret("auth-bootstrap"))


@pytest.fixture(autouse=True)
def administrator_stays(request):
    if "administrator" in request.fixturenames:
        request.getfixturevalue("administrator").stay_signed_in()


@pytest.fixture(scope="session")
def ctl(session_suite, administrator):
    """marqueectl, logged in as the first administrator of the shared suite."""
    return Ctl(session_suite, "administrator", administrator.user["email"])
