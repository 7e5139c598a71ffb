"""How many requests a person and an API key may make: through nginx and a gateway with small quotas."""

import re

import pytest
import requests

from support.api import Api

QUOTA = 20
KEY_QUOTA = 5


@pytest.fixture(scope="module")
def limited(session_suite):
    """The suite with small quotas, that come back within an hour; as before afterwards."""
    suite = session_suite
    suite.override(
        "gateway",
        MARQUEE_GATEWAY_USER_REQUESTS=QUOTA,
        MARQUEE_GATEWAY_API_KEY_REQUESTS=KEY_QUOTA,
        MARQUEE_GATEWAY_LIMIT_WINDOW_MS=3_600_000,
    )
    suite.up()
    yield suite
    suite.override("gateway")
    suite.up()


def left(answer):
    found = re.fullmatch(r'"([a-z-]+)";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    return found[1], int(found[2]), int(found[3])


def test_a_person_has_a_quota_and_strangers_cannot_use_it_up(limited):
    ada, grace = Api(limited.url).register(), Api(limited.url).register()
    # Of a token all but its signature can be made up.
    token = ada.http.headers["Authorization"]
    forged = token[:-8] + ("A" * 8 if not token.endswith("A" * 8) else "B" * 8)
    for _ in range(2 * QUOTA):
        answer = requests.get(limited.url + "/v1/me", headers={"Authorization": forged}, timeout=30)
        assert answer.status_code == 401
        assert "RateLimit" not in answer.headers

    answer = ada.send("GET", "/v1/me")
    assert answer.headers["RateLimit-Policy"] == f'"user";q={QUOTA};w=3600'
    name, remaining, seconds = left(answer)
    assert (name, remaining) == ("user", QUOTA - 1)
    assert 0 < seconds <= 3600 / QUOTA
    for expected in range(QUOTA - 2, -1, -1):
        answer = ada.send("GET", "/v1/movies")
        assert answer.status_code == 200
        assert left(answer)[1] == expected, "public routes count, too, for who says who they are"
    refused = ada.send("GET", "/v1/me")
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 3600 / QUOTA
    assert left(refused)[1] == 0
    assert grace.send("GET", "/v1/me").status_code == 200
    assert requests.get(limited.url + "/v1/movies", timeout=30).status_code == 200, "a stranger has none"
    assert f'marquee_gateway_rate_limited_total{{policy="user"}} {1}' in limited.metrics("gateway")


def test_an_api_key_has_a_quota_of_its_own(limited):
    person = Api(limited.url).register()
    made = [person.post("/v1/me/api-keys", {"name": "test", "scopes": ["read"]})["key"] for _ in range(2)]

    def ask(key):
        return requests.get(limited.url + "/v1/me", headers={"X-API-Key": key}, timeout=30)

    for expected in range(KEY_QUOTA - 1, -1, -1):
        assert left(ask(made[0]))[:2] == ("api-key", expected)
    refused = ask(made[0])
    assert refused.status_code == 429
    assert "This API key may make 5 requests in 3600 s" in refused.json()["detail"]
    assert left(ask(made[1]))[:2] == ("api-key", KEY_QUOTA - 1), "the other key has its own"
    assert left(person.send("GET", "/v1/me"))[0] == "user", "and so has the person"
