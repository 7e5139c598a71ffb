"""The registry has lost the models' bytes: who is told, what is served meanwhile, and that the next run mends it."""

import threading

import psycopg
import pytest

from support.api import PASSWORD, Api, Problem
from support.suite import ROOT, Suite
from support.waiting import eventually

FILMS = ROOT / ".tools" / "node" / "node_modules" / "vega-datasets" / "data" / "movies.json"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A suite of its own with a champion of either model: (suite, administrator, somebody who has rated)."""
    folder = tmp_path_factory.mktemp("lost")
    settings = {"MARQUEE_PASSWORD": PASSWORD, "MARQUEE_CREDENTIALS_FILE": folder / "credentials.json"}
    with Suite(MARQUEE_INFRA_EPHEMERAL=1, **settings) as suite:
        suite.up()
        administrator = Api(suite.url).bootstrap(suite.secret("auth-bootstrap"))
        suite.marqueectl("login", administrator.user["email"])
        suite.marqueectl("datagen", folder / "data", "--films", FILMS, "--users", 200, "--ratings", 6000)
        suite.marqueectl("import", folder / "data", "--rejects", folder / "rejects.tsv")
        suite.marqueectl("train", "--factors", 8, "--iterations", 4)
        person = Api(suite.url).register()
        person.rate(administrator.get("/v1/analytics/popular", count=1)["recommendations"][0]["movie_id"], 5)
        eventually(lambda: not person.recommend()["degraded"], 30, what="the model serves")
        yield suite, administrator, person


def gauge(suite, service, series):
    for line in suite.metrics(service).splitlines():
        if line.startswith(series + " "):
            return float(line.rsplit(" ", 1)[1])
    return None


def usable(suite, model, artefact):
    return gauge(
        suite,
        "registry",
        f'marquee_registry_artefact_usable{{alias="champion",artefact="{artefact}",model="{model}"}}',
    )


def lose(suite, condition="true"):
    """The bytes of artefacts, behind everyone's back: as when somebody restored half of a database."""
    with psycopg.connect(suite.postgres_uri("registry"), autocommit=True) as database:
        database.execute(
            f"DELETE FROM artefact_chunks c USING model_versions v WHERE ({condition})"  # noqa: S608
            " AND c.artefact_id IN (v.artefact_id, v.evaluation_id)"
        )


def champion(caller, model="ranking"):
    return caller.get(f"/v1/models/{model}/aliases/champion")


def test_a_recommender_goes_on_with_what_it_has_in_memory(world):
    suite, administrator, person = world
    assert champion(administrator)["artefact_state"] == "ARTEFACT_STATE_PRESENT"
    lose(suite)
    for file in (suite.state / "cache" / "recommender").glob("*"):
        file.unlink()
    eventually(lambda: usable(suite, "ranking", "served") == 0, 30, what="the registry says what is lost")
    assert usable(suite, "rating", "evaluation") == 0
    assert "the artefact can't be used" in suite.log("registry")
    answer = person.recommend()
    assert (answer["degraded"], answer["model_version"]) == (False, 1)
    assert gauge(suite, "recommender", "marquee_ready") == 1


def test_the_registry_says_so_and_moves_no_alias_there(world):
    suite, administrator, _ = world
    for model in ("ranking", "rating"):
        version = champion(administrator, model)
        assert version["version"] == 1
        assert version["artefact_state"] == "ARTEFACT_STATE_MISSING"
        assert version["evaluation_state"] == "ARTEFACT_STATE_MISSING"
        (listed,) = administrator.get(f"/v1/models/{model}/versions")["model_versions"]
        assert listed["artefact_state"] == "ARTEFACT_STATE_MISSING"
        with pytest.raises(Problem) as refused:
            administrator.set_alias(model, "champion", 1)
        assert refused.value.code == "artefact_missing"
        assert f"{model} version 1" in refused.value.problem["detail"]
    run = administrator.training_run(1)
    assert {version["artefact_state"] for version in run["model_versions"]} == {"ARTEFACT_STATE_MISSING"}
    assert "Its artefact is missing" in suite.marqueectl("status").stdout
    assert "missing" in suite.marqueectl("models").stdout


def test_one_that_starts_anew_says_that_it_has_none_and_an_equal_candidate_mends_it(world):
    suite, administrator, person = world
    suite.stop("recommender")
    # Returns once it is ready: not before it has a model again.
    starting = threading.Thread(target=suite.start, args=("recommender",))
    starting.start()
    try:
        named = 'marquee_recommender_champion_version{model="ranking"}'

        def knows_of_the_champion():
            try:
                return gauge(suite, "recommender", named) == 1
            except OSError:
                return False  # not up yet

        eventually(knows_of_the_champion, 30, what="the recommender has asked the registry")
        eventually(lambda: "model not refreshed" in suite.log("recommender"), 30, what="the log says why")
        assert gauge(suite, "recommender", 'marquee_recommender_model_version{model="ranking"}') == 0
        assert gauge(suite, "recommender", "marquee_ready") == 0
        assert "artefact_missing" in suite.log("recommender")
        answer = person.recommend(count=5)
        assert answer["degraded"] is True, "the gateway's stand-in"
        assert len(answer["recommendations"]) == 5
        movie = answer["recommendations"][0]["movie_id"]
        for path in (f"/v1/movies/{movie}/similar", f"/v1/me/predictions/{movie}"):
            refused = person.send("GET", path)
            assert refused.status_code == 503, refused.text

        suite.marqueectl("train", "--factors", 8, "--iterations", 4)  # the same data: as good, not better
        for model in ("ranking", "rating"):
            now = champion(administrator, model)
            assert (now["version"], now["artefact_state"]) == (2, "ARTEFACT_STATE_PRESENT")
        eventually(lambda: not person.recommend()["degraded"], 60, what="the new champion serves")
        assert person.recommend()["model_version"] == 2
        assert "the champion can't be served" in suite.log("registry")
    finally:
        starting.join(90)
    assert gauge(suite, "recommender", "marquee_ready") == 1
    eventually(lambda: usable(suite, "ranking", "served") == 1, 30, what="the registry sees its artefact")


def test_the_evaluation_artefact_alone_is_told_and_changes_no_champion(world):
    suite, administrator, person = world
    lose(suite, "c.artefact_id = v.evaluation_id AND v.model = 'ranking' AND v.version = 2")
    eventually(lambda: usable(suite, "ranking", "evaluation") == 0, 30, what="the registry says what is lost")
    assert usable(suite, "ranking", "served") == 1
    version = champion(administrator)
    assert version["artefact_state"] == "ARTEFACT_STATE_PRESENT"
    assert version["evaluation_state"] == "ARTEFACT_STATE_MISSING"
    suite.marqueectl("train", "--factors", 8, "--iterations", 4)
    assert champion(administrator)["version"] == 2, "as good as recorded on the same data, not better"
    assert person.recommend()["model_version"] == 2
