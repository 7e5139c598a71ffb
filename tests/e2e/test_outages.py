"""Dependencies that are down: a 503 that says so, nothing pretended, and life again by itself."""

import contextlib

import psycopg
import pytest

from support.api import PASSWORD
from support.declared import SERVICES
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


def test_without_the_catalogue_ratings_go_on(person, suite, administrator):
    """100 of 100, and each counts in the next answer; restarts without the catalogue included."""
    movies = [movie["movie_id"] for movie in person.movies(order_by="-rating_count", page_size=100)["movies"]]
    assert len(movies) == 100
    created = administrator.post("/v1/movies", {"title": "Created a moment ago"})["movie_id"]
    person.rate(created, 5)
    suite.kill("catalog")
    try:
        for movie in movies[:50]:
            person.rate(movie, 4)
        for service in ("rating-ingest", "recommender"):
            suite.restart(service)
        for movie in movies[50:]:
            person.rate(movie, 4)
        answer = person.send("PUT", "/v1/me/ratings/999999999", json={"value": 4})
        assert answer.status_code == 503, "it may have been created a moment ago"
        assert answer.json()["code"] == "catalog_unavailable"
        assert answer.headers["Retry-After"]
        rated = {1, created, *movies}
        assert {rating["movie_id"] for rating in person.ratings()} == rated
        answer = person.recommend(count=20)
        assert answer["history_size"] == len(rated - {created}), "the model doesn't know the new one"
        assert not answer["degraded"]
        assert not rated & {movie["movie_id"] for movie in answer["recommendations"]}
    finally:
        suite.start("catalog")
    eventually(lambda: person.send("GET", "/v1/movies/1").ok, 30, what="the catalogue answers again")
    assert person.send("PUT", "/v1/me/ratings/999999999", json={"value": 4}).status_code == 404
    administrator.delete(f"/v1/movies/{created}")


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


@contextlib.contextmanager
def without_writes(suite, *databases):
    """As a failover looks like: sessions break, and new ones lead to a server that takes no writes, for a while."""
    with contextlib.ExitStack() as stack:
        connections = {
            name: stack.enter_context(psycopg.connect(suite.postgres_uri(name), autocommit=True)) for name in databases
        }

        def read_only(value):
            for name, connection in connections.items():
                connection.execute("SET default_transaction_read_only = off")
                setting = psycopg.sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
                connection.execute(setting.format(psycopg.sql.Identifier(name), psycopg.sql.SQL(value)))

        read_only("on")
        for connection in connections.values():
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
            )
        try:
            yield
        finally:
            read_only("off")


def test_a_time_without_writes_ends_without_a_restart(person, suite):
    writing = ("auth", "catalog", "rating-ingest", "reviews")
    pids = [suite.pid(name) for name in writing]

    def not_ready(service):
        return "marquee_ready 0" in suite.metrics(service)

    with without_writes(suite, "auth", "catalog", "rating_ingest", "reviews"):
        for method, path, body in [
            ("POST", "/v1/auth/login", {"email": person.user["email"], "password": PASSWORD}),
            ("POST", "/v1/movies/1/reviews", {"text": "Good."}),
        ]:
            answer = person.send(method, path, json=body)
            assert answer.status_code == 503, f"{path}: {answer.text}"
            assert answer.json()["code"] == "database_read_only"
            assert answer.headers["Retry-After"]
        # Reading goes on, and ratings wait in Kafka.
        assert person.get("/v1/movies/1")["title"] == "Toy Story"
        person.rate(2, 3.5)
        for service in ("auth", "reviews"):
            eventually(lambda service=service: not_ready(service), 10, what=f"{service} says that it isn't ready")
    assert person.send("POST", "/v1/movies/1/reviews", json={"text": "Good."}).status_code == 201
    eventually(lambda: len(list(person.ratings())) == 2, 30, what="the writer stores what waited")
    for service in ("auth", "reviews"):
        eventually(lambda service=service: not not_ready(service), 10, what=f"{service} is ready again")
    assert pids == [suite.pid(name) for name in writing]


def test_a_rating_survives_a_killed_writer(person, suite):
    person.rate(260, 4.5)
    suite.kill("rating-ingest")
    suite.start("rating-ingest")
    eventually(
        lambda: {rating["movie_id"] for rating in person.ratings()} == {1, 260}, 30, what="the rating is in PostgreSQL"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_stops_by_itself_within_its_grace(loaded, suite, service):
    suite.stop(service)  # fails when it had to be killed
    suite.start(service)
