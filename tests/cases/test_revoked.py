"""Who is deleted, or has other roles, is so everywhere within seconds, whatever an old token says."""

import re
import uuid

import pytest

from support.declared import SUITE
from support.waiting import eventually

FOLLOWERS = [
    name
    for name, service in SUITE["services"].items()
    if "marquee.people.v1" in service.get("topics", {}).get("reads", [])
]

# What only an administrator or a curator may, at each service that decides by the token: (method, path, body).
RESTRICTED = {
    "catalog": ("PATCH", "/v1/movies/{movie}", {"title": "Renamed"}),
    "registry": ("PUT", "/v1/models/ranking/aliases/champion", {"version": 999999999}),
    "trainer": ("POST", "/v1/training-runs/999999999:cancel", {}),
    "rating-ingest": ("GET", "/v1/ingest/status", None),
}


@pytest.fixture
def movie(administrator):
    return administrator.post("/v1/movies", {"title": f"Kept {uuid.uuid4().hex}"})["movie_id"]


def writes_of(person, movie):
    """One for each service that stores what a person says."""
    return {
        "rating": person.send("PUT", f"/v1/me/ratings/{movie}", json={"value": 4}),
        "retraction": person.send("DELETE", f"/v1/me/ratings/{movie}"),
        "interactions": person.send(
            "POST", "/v1/interactions", json={"interactions": [{"movie_id": movie, "kind": "INTERACTION_KIND_CLICK"}]}
        ),
        "review": person.send("POST", f"/v1/movies/{movie}/reviews", json={"text": "Long live the writer."}),
        "recommendations": person.send("GET", "/v1/me/recommendations"),
        "name": person.send("PATCH", "/v1/me", json={"display_name": "Still here"}),
    }


def test_a_deleted_person_writes_nothing_more(suite, api, administrator, movie):
    person = api.other().register()
    before = writes_of(person, movie)
    assert all(answer.ok for answer in before.values()), {name: answer.text for name, answer in before.items()}
    person.delete("/v1/me")

    def refused():
        codes = {name: answer.status_code for name, answer in writes_of(person, movie).items()}
        return set(codes.values()) == {401} or codes

    eventually(lambda: refused() is True, 5, what="the old token is refused everywhere")
    assert refused() is True
    assert person.send("PUT", f"/v1/me/ratings/{movie}", json={"value": 1}).json()["code"] == "token_revoked"


def test_roles_are_those_of_now(suite, api, administrator, movie):
    other = api.other().register()
    path = f"/v1/users/{other.user['user_id']}/roles"
    administrator.put(path, {"roles": ["user", "curator", "administrator"]})

    def codes():
        return {
            service: other.send(method, route.format(movie=movie), json=body).status_code
            for service, (method, route, body) in RESTRICTED.items()
        }

    # Roles are gained as they are lost: without another token.
    eventually(lambda: 403 not in codes().values(), 5, what="the new roles hold everywhere")
    administrator.put(path, {"roles": ["user"]})
    eventually(lambda: set(codes().values()) == {403}, 5, what="the lost roles are lost everywhere")


@pytest.mark.timeout(300)
def test_what_kafka_could_not_be_told_is_told_later(suite, api, movie):
    person = api.other().register()
    suite.infra("down", "kafka")
    try:
        person.delete("/v1/me")
        assert person.send("GET", "/v1/me").status_code == 401  # auth knows by itself
        # The others fall back to the token's own end, and say that they do.
        assert person.send("GET", "/v1/me/ratings").status_code == 200
        lag = re.compile(r"_people_log_lag_messages (?i:nan)$", re.MULTILINE)
        for service in FOLLOWERS:
            eventually(
                lambda service=service: lag.search(suite.metrics(service)), 15, what=f"{service} says it is lost"
            )
        failing = "marquee_auth_people_failing 1"
        eventually(lambda: failing in suite.metrics("auth"), 30, what="auth says that it can't tell")
    finally:
        suite.infra("up", "kafka")
    eventually(
        lambda: person.send("PUT", f"/v1/me/ratings/{movie}", json={"value": 4}).status_code == 401,
        60,
        what="the deletion is told",
    )
