"""Who deletes their account is gone everywhere: looked for in every database by SQL, and in every answer."""

import json
import os
import signal
import subprocess
import uuid

import psycopg
import pytest

from support.api import Api
from support.ctl import Ctl
from support.declared import DATABASES, SUITE
from support.waiting import eventually

CONFIRM = sorted(
    name
    for name, service in SUITE["services"].items()
    if "marquee.erasure-receipts.v1" in service.get("topics", {}).get("writes", [])
)
# What may know a number of somebody who was erased: that they were, how far that is, and what they did (append only).
KNOW = {"erasures", "erasure_receipts", "erased_users", "audit_entries"}


def rows(suite, database, statement, *values):
    with psycopg.connect(suite.postgres_uri(database)) as connection:
        return connection.execute(statement, values).fetchall()


def execute(suite, database, statement):
    with psycopg.connect(suite.postgres_uri(database), autocommit=True) as connection:
        connection.execute(statement)


def mentions(suite, *words):
    """By "database.table", how many rows have one of these in any column."""
    found = {}
    for database in DATABASES:
        for (table,) in rows(suite, database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            if table in KNOW:
                continue
            statement = f'SELECT count(*) FROM "{table}" AS t WHERE t::text ~ %s'
            ((count,),) = rows(suite, database, statement, "|".join(words))
            if count:
                found[f"{database}.{table}"] = count
    return found


class Person:
    """With all that can be kept of somebody, and what of it is theirs."""

    def __init__(self, api, movies):
        self.name = f"Ada {uuid.uuid4().hex}"
        self.api = api.other().register(display_name=self.name)
        self.id = self.api.user["user_id"]
        self.email = self.api.user["email"]
        self.second = api.other().login(self.email)
        self.key = self.api.post("/v1/me/api-keys", {"name": "of " + self.name, "scopes": ["read"]})
        self.ratings = dict(zip(movies, (5, 4.5, 1), strict=False))
        for movie, value in self.ratings.items():
            eventually(
                lambda movie=movie, value=value: (
                    self.api.send("PUT", f"/v1/me/ratings/{movie}", json={"value": value}).ok
                ),
                10,
                what="the movie is known",
            )
        self.taken_back = movies[3]
        self.api.rate(self.taken_back, 3)
        self.api.unrate(self.taken_back)
        self.review = self.api.post(f"/v1/movies/{movies[0]}/reviews", {"text": f"Written by {self.name}."})
        clicks = [{"movie_id": movies[0], "kind": "INTERACTION_KIND_CLICK", "recommendation_id": "r1"}]
        self.api.post("/v1/interactions", {"interactions": clicks})
        eventually(
            lambda: sorted(one["movie_id"] for one in self.api.ratings()) == sorted(self.ratings),
            30,
            what="the ratings are stored",
        )

    @property
    def words(self):
        return [str(self.id), self.email, self.name, self.key["api_key"]["api_key_id"]]


@pytest.fixture(scope="module")
def movies(session_suite, administrator):
    # Movies are numbered from the same number on: people by others, that are in no model's bytes either.
    execute(session_suite, "auth", "SELECT setval('accounts_user_id_seq', 1987654320)")
    return [administrator.post("/v1/movies", {"title": f"Erased {uuid.uuid4().hex}"})["movie_id"] for _ in range(4)]


def followed(api, erasure):
    return eventually(
        lambda: (now := api.get(f"/v1/erasures/{erasure['erasure_id']}")).get("completed_at") and now,
        60,
        what="every service has confirmed",
    )


def delete(person):
    answer = person.api.send("DELETE", "/v1/me")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/erasures/{answer.json()['erasure_id']}"
    return answer.json()


def users(administrator):
    token = None
    while token != "":
        page = administrator.get("/v1/users", page_size=200, page_token=token)
        yield from page["users"]
        token = page.get("next_page_token", "")


def counts(api, movies):
    return {movie: api.get(f"/v1/movies/{movie}").get("rating_count", 0) for movie in movies}


def expect_nothing_left(suite, administrator, person, movies, before):
    api = administrator.other()
    assert mentions(suite, *person.words) == {}
    for api_of in (person.api, person.second):
        assert api_of.send("GET", "/v1/me").status_code == 401
    assert api.send("GET", f"/v1/reviews/{person.review['review_id']}").status_code == 404
    assert api.get(f"/v1/movies/{movies[0]}/reviews")["reviews"] == []
    assert person.id not in {user["user_id"] for user in users(administrator)}
    assert counts(api, movies) == before
    stats = rows(
        suite,
        "catalog",
        "SELECT s.movie_id FROM movie_stats s LEFT JOIN (SELECT movie_id, count(value) AS n FROM ratings GROUP BY 1) r"
        " USING (movie_id) WHERE s.rating_count <> coalesce(r.n, 0)",
    )
    assert stats == [], "the catalogue's counts are those of its ratings"
    of_ingest, of_catalog = (
        rows(suite, database, "SELECT count(value), count(*) FROM ratings") for database in ("rating_ingest", "catalog")
    )
    assert of_ingest == of_catalog


def test_nothing_is_left_anywhere(suite, api, administrator, movies):
    before = counts(api, movies)
    person = Person(api, movies)
    eventually(lambda: counts(api, movies)[movies[0]] == before[movies[0]] + 1, 30, what="the catalogue has counted")
    found = mentions(suite, *person.words)
    for place in ("auth.accounts", "auth.sessions", "auth.api_keys", "rating_ingest.ratings", "catalog.ratings"):
        assert place in found, "the test looks where there is something"
    assert found["reviews.reviews"] == 1
    erasure = delete(person)
    done = followed(api, erasure)
    assert [one["service"] for one in done["confirmations"]] == CONFIRM
    assert all(one["confirmed_at"] for one in done["confirmations"])
    assert str(person.id) not in json.dumps(done)
    eventually(lambda: counts(api, movies) == before, 10, what="the catalogue serves its new counts")
    expect_nothing_left(suite, administrator, person, movies, before)
    (entry,) = [
        one
        for one in administrator.get("/v1/erasures", page_size=200)["erasures"]
        if one["erasure"]["erasure_id"] == erasure["erasure_id"]
    ]
    assert entry["user_id"] == entry["requested_by"] == person.id
    answer = person.second.send("GET", "/v1/erasures")
    assert answer.status_code == 401


def test_an_administrator_deletes_somebody(suite, api, administrator, movies):
    person = Person(api, movies)
    path = f"/v1/users/{person.id}"
    assert person.second.send("DELETE", path).status_code == 403
    answer = administrator.send("DELETE", path)
    assert answer.status_code == 202
    followed(api, answer.json())
    assert administrator.send("DELETE", path).json()["erasure_id"] == answer.json()["erasure_id"]
    assert mentions(suite, *person.words) == {}
    answer = administrator.send("DELETE", "/v1/users/1000999999")
    assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown")
    for other in users(administrator):  # whom tests before this one promoted
        if "administrator" in other["roles"] and other["user_id"] != administrator.user["user_id"]:
            administrator.put(f"/v1/users/{other['user_id']}/roles", {"roles": ["user"]})
    answer = administrator.send("DELETE", f"/v1/users/{administrator.user['user_id']}")
    assert (answer.status_code, answer.json().get("code")) == (409, "last_administrator")


def test_ratings_in_flight_dont_bring_the_person_back(suite, api, administrator, movies):
    before = counts(api, movies)
    person = Person(api, movies)
    # The writer and the catalogue stand still: what is rated now waits in Kafka until the erasure is there as well.
    for database in ("rating_ingest", "catalog"):
        execute(suite, database, "ALTER TABLE applied_events ADD CONSTRAINT stopped CHECK (false) NOT VALID")
    try:
        for value in (1, 2, 3):
            person.api.rate(movies[1], value)
        erasure = delete(person)
        # Its token is believed for a moment more where the deletion isn't heard of yet.
        person.second.send("PUT", f"/v1/me/ratings/{movies[2]}", json={"value": 2})
        eventually(
            lambda: rows(suite, "rating_ingest", "SELECT FROM erased_users WHERE user_id = %s", person.id),
            30,
            what="the erasure is noted",
        )
    finally:
        for database in ("rating_ingest", "catalog"):
            execute(suite, database, "ALTER TABLE applied_events DROP CONSTRAINT stopped")
    followed(api, erasure)

    def applied():
        status = administrator.get("/v1/ingest/status")
        return status["lag"] == 0 and "marquee_catalog_consumer_lag_messages 0\n" in suite.metrics("catalog")

    eventually(applied, 60, what="all that was in flight is taken in")
    left_out = [
        line
        for line in suite.metrics("rating-ingest").splitlines()
        if line.startswith("marquee_rating_ingest_erased_events_total ")
    ]
    assert float(left_out[0].split()[1]) >= 3
    eventually(lambda: counts(api, movies) == before, 10, what="the catalogue serves its new counts")
    expect_nothing_left(suite, administrator, person, movies, before)


@pytest.mark.parametrize("service", [name for name in CONFIRM if name != "auth"])
def test_who_is_down_confirms_later(suite, api, administrator, movies, service):
    person = Person(api, movies)
    suite.kill(service)
    erasure = delete(person)

    def but_one():
        now = api.get(f"/v1/erasures/{erasure['erasure_id']}")
        missing = [one["service"] for one in now["confirmations"] if "confirmed_at" not in one]
        assert "completed_at" not in now
        return missing == [service]

    eventually(but_one, 30, what="all others have confirmed")
    assert f'marquee_auth_erasures_awaited{{by="{service}"}} 1' in eventually(
        lambda: (text := suite.metrics("auth")) and "marquee_auth_erasures_pending 1" in text and text, 10
    )
    suite.start(service)
    followed(api, erasure)
    assert mentions(suite, *person.words) == {}


def test_a_kill_at_any_moment_loses_nothing(suite, api, administrator, movies):
    """Killed as the erasure begins: before a service has noted, deleted or confirmed it, or after, as it happens."""
    people, erasures = [Person(api, movies) for _ in range(4)], []
    for number, person in enumerate(people):
        erasures.append(delete(person))
        victims = [name for name in CONFIRM if name != "auth"] if number % 2 == 0 else ["auth"]
        for victim in victims:
            os.kill(suite.pid(victim), signal.SIGKILL)
        suite.up()
    for erasure in erasures:
        followed(api, erasure)
    assert mentions(suite, *[word for person in people for word in person.words]) == {}


def test_kafka_down_delays_and_loses_nothing(suite, api, movies):
    person = Person(api, movies)
    suite.infra("down", "kafka")
    try:
        erasure = delete(person)
        assert api.get(f"/v1/erasures/{erasure['erasure_id']}").get("completed_at") is None
    finally:
        suite.infra("up", "kafka")
    eventually(
        lambda: api.get(f"/v1/erasures/{erasure['erasure_id']}").get("completed_at"),
        120,
        what="every service has confirmed",
    )
    # Its outbox for people's topic is tried again from time to time, too.
    eventually(lambda: mentions(suite, *person.words) == {}, 30, what="nothing is left")


def test_a_restored_database_forgets_again(suite, api, administrator, movies, tmp_path):
    """One database after the other, as it was before the erasure."""
    person = Person(api, movies)
    databases = [name.replace("-", "_") for name in CONFIRM if "database" in SUITE["services"][name]]
    for database in databases:
        run(["pg_dump", "--format=custom", f"--file={tmp_path / database}", suite.postgres_uri(database)])
    erasure = delete(person)
    followed(api, erasure)
    for database in databases:
        name = database.replace("_", "-")
        suite.stop(name)
        run(
            [
                "pg_restore",
                "--clean",
                "--if-exists",
                "--no-owner",
                f"--dbname={suite.postgres_uri(database)}",
                tmp_path / database,
            ]
        )
        assert mentions(suite, *person.words), f"{database}: the dump has the person"
        suite.start(name)
        eventually(lambda: mentions(suite, *person.words) == {}, 60, what=f"{database}: the person is gone again")
    # auth's is of before, too: it knows of the erasure by the topic alone, and by the same id.
    followed(api, erasure)
    assert (
        api.send(
            "POST", "/v1/auth/login", json={"email": person.email, "password": "correct horse battery"}
        ).status_code
        == 401
    )
    later = api.other().register()
    assert later.user["user_id"] > person.id


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("loaded")
def test_the_next_model_doesnt_know_the_person(api, administrator, ctl, movies):
    person = Person(api, movies)
    status = lambda: administrator.get("/v1/ingest/status")  # noqa: E731
    eventually(lambda: status()["lag"] == 0, 30, what="all ratings are stored")

    def trained():
        return ctl.run("train")["rating_count"]

    with_person = trained()
    assert with_person == status()["rating_count"]
    followed(api, delete(person))
    assert trained() == with_person - len(person.ratings)


# --- the export
def exported(caller):
    path, lines, pages = "/v1/me/export", [], 0
    while path:
        answer = caller.send("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/jsonl"
        lines += [json.loads(line) for line in answer.text.splitlines()]
        path = answer.links["next"]["url"] if "next" in answer.links else None
        pages += 1
    return lines, pages


def of_kind(lines, kind):
    return [line[kind] for line in lines if kind in line]


def test_an_export_has_all_that_was_written(suite, api, movies, tmp_path):
    person = Person(api, movies)
    lines, _ = exported(person.api)
    (account,) = of_kind(lines, "account")
    assert (account["user_id"], account["email"], account["display_name"]) == (person.id, person.email, person.name)
    assert {session["current"] for session in of_kind(lines, "session")} == {True, False}
    (key,) = of_kind(lines, "api_key")
    assert key == {**person.key["api_key"], **key} and person.key["key"] not in json.dumps(lines)
    assert {one["movie_id"]: one["value"] for one in of_kind(lines, "rating")} == person.ratings
    assert [one["movie_id"] for one in of_kind(lines, "retraction")] == [person.taken_back]
    (review,) = of_kind(lines, "review")
    assert review == person.review
    (click,) = of_kind(lines, "interaction")
    assert (click["movie_id"], click["kind"], click["recommendation_id"]) == (movies[0], "INTERACTION_KIND_CLICK", "r1")
    assert "account.create" in {entry["action"] for entry in of_kind(lines, "audit_entry")}
    assert all(len(line) == 1 for line in lines)

    ctl = Ctl(suite, f"export-{person.id}", person.email)
    file = tmp_path / "export.jsonl"
    said = ctl.run("account", "export", file)
    assert file.stat().st_mode & 0o777 == 0o600
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert said["lines"] == len(written) == len(lines) + 2, "one session more, its own, and its entry of the audit"
    assert of_kind(written, "rating") == of_kind(lines, "rating")


def test_an_export_is_its_owners_alone(api, administrator, movies):
    for path in ("/v1/me/export", "/v1/me/export/ratings", "/v1/me/export/reviews"):
        assert api.send("GET", path).status_code == 401
        lines = administrator.send("GET", path).text
        assert all(
            line.get("account", {}).get("user_id", administrator.user["user_id"]) == administrator.user["user_id"]
            for line in map(json.loads, lines.splitlines())
        )
    person = api.other().register()
    key = person.post("/v1/me/api-keys", {"name": "all", "scopes": ["read", "ratings:write", "reviews:write"]})["key"]
    by_key = api.other()
    by_key.http.headers["X-API-Key"] = key
    assert by_key.send("GET", "/v1/me/export").status_code == 403
    # A page's token is no way to somebody else's.
    link = person.send("GET", "/v1/me/export/ratings").links["next"]["url"]
    assert "page_token" in link
    answer = administrator.send("GET", link)
    assert (answer.status_code, answer.json()["code"]) == (400, "page_token_invalid")


def test_an_export_of_somebody_who_rated_a_lot(suite, api):
    person = api.other().register()
    user, count = person.user["user_id"], 100_000
    execute(
        suite,
        "rating_ingest",
        "INSERT INTO ratings (user_id, movie_id, value, source, rated_at, event_id, revision)"
        f" SELECT {user}, n, 4.5, 1, now(), gen_random_uuid(), 1 FROM generate_series(1, {count}) AS n",
    )
    lines, pages = exported(person)
    ratings = of_kind(lines, "rating")
    assert [one["movie_id"] for one in ratings] == list(range(1, count + 1))
    assert pages > 100
    assert followed(api, person.delete("/v1/me"))
    assert rows(suite, "rating_ingest", "SELECT count(*) FROM ratings WHERE user_id = %s", user) == [(0,)]


# --- the command line
def test_marqueectl_deletes_and_follows(suite, api, administrator, ctl, movies):
    person = Person(api, movies)
    own = Ctl(suite, f"delete-{person.id}", person.email)
    unsure = own.try_run("account", "delete")
    assert unsure.returncode == 2 and "not_confirmed" in unsure.stdout
    assert person.api.get("/v1/me")["user_id"] == person.id
    done = own.run("account", "delete", "--yes")
    assert done["completed_at"] and len(done["confirmations"]) == len(CONFIRM)
    assert mentions(suite, *person.words) == {}
    assert own.try_run("sessions", "list").returncode == 2, "the login is forgotten"
    assert own.run("erasures", "show", done["erasure_id"]) == done
    shown = own.text("erasures", "show", done["erasure_id"]).stdout
    assert "complete since" in shown and "rating-ingest" in shown
    assert ctl.run("erasures", "list")["erasures"][0]["erasure"]["erasure_id"] == done["erasure_id"]
    assert ctl.run("erasures", "list", "--pending")["erasures"] == []
    assert own.try_run("erasures", "list").returncode == 2
    other = Person(api, movies)
    began = ctl.run("users", "delete", other.id)
    followed(api, began)
    count = ctl.run("erasures", "repeat")["count"]
    assert count >= 2
    eventually(lambda: ctl.run("erasures", "list", "--pending")["erasures"] == [], 60, what="all have confirmed again")
    assert followed(Api(suite.url), began)["confirmations"][0]["confirmed_at"]
