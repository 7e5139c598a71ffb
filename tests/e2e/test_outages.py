"""Dependencies that are down: a 503 that says so, nothing pretended, and life again by itself."""

import pytest

from support.waiting import eventually


@pytest.fixture
def person(loaded, api):
    api.register()
    api.rate(1, 5)
    return api


def test_without_the_recommender_the_popular_list_answers_degraded(person, suite):
    suite.kill("recommender")
    answer = person.send("GET", "/v1/me/recommendations?count=5")
    assert answer.status_code == 200, answer.text
    assert answer.json()["degraded"] is True
    assert len(answer.json()["recommendations"]) == 5
    suite.start("recommender")
    eventually(lambda: not person.recommend()["degraded"], 30, what="the recommender answers again")


def test_without_kafka_a_rating_is_refused_and_reads_go_on(person, suite):
    suite.infra("down", "kafka")
    try:
        answer = person.send("PUT", "/v1/me/ratings/2", json={"value": 4})
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"]
        assert answer.json()["code"]
        assert person.recommend()["history_size"] == 1
        assert person.get("/v1/movies/1")["title"] == "Toy Story"
    finally:
        suite.infra("up", "kafka")
    eventually(lambda: person.send("PUT", "/v1/me/ratings/2", json={"value": 4}).ok, 60, what="ratings are taken again")
    assert person.recommend()["history_size"] == 2


def test_without_postgresql_answers_are_503_and_come_back(person, suite):
    assert person.recommend()["history_size"] == 1
    suite.infra("down", "postgres")
    try:
        for method, path, body in [
            ("GET", "/v1/movies", None),
            ("POST", "/v1/auth/login", {"email": "a@example.com", "password": "correct horse battery"}),
            ("GET", "/v1/movies/1/reviews", None),
        ]:
            answer = person.send(method, path, json=body)
            assert answer.status_code == 503, f"{path}: {answer.text}"
            assert answer.json()["code"]
        # What the recommender holds in memory it serves on.
        assert person.recommend()["history_size"] == 1
    finally:
        suite.infra("up", "postgres")
    eventually(lambda: person.send("GET", "/v1/movies").ok, 60, what="the catalogue answers again")
    eventually(lambda: person.other().send("GET", "/v1/movies/1/reviews").ok, 60, what="reviews answers again")


def test_a_rating_survives_a_killed_writer(person, suite):
    person.rate(260, 4.5)
    suite.kill("rating_ingest")
    suite.start("rating_ingest")
    eventually(
        lambda: {rating["movie_id"] for rating in person.ratings()} == {1, 260}, 30, what="the rating is in PostgreSQL"
    )


@pytest.mark.parametrize(
    "service", ["auth", "catalog", "rating_ingest", "trainer", "recommender", "reviews", "gateway"]
)
def test_a_service_stops_by_itself_within_its_grace(loaded, suite, service):
    suite.stop(service)  # fails when it had to be killed
    suite.start(service)
