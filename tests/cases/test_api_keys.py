"""API keys over the whole suite, through nginx: in and out of their scope and network, rotated, revoked, expired."""

import concurrent.futures
import json
import uuid
import zlib

import pytest
import requests

from support.ctl import Ctl
from support.waiting import eventually

KEYS = "/v1/me/api-keys"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# What a revoked key goes on working for at most: MARQUEE_GATEWAY_API_KEY_FRESH_MS, and a moment.
SOON = 4


@pytest.fixture
def person(api):
    return api.register()


def make(person, scopes=("read",), **more):
    """The answer: the key, and what is known of it."""
    return person.post(KEYS, {"name": "test", "scopes": list(scopes), **more})


def by(person, key, header="X-API-Key"):
    """A caller of the same server who has the key alone."""
    caller = person.other()
    caller.http.headers[header] = key if header == "X-API-Key" else f"Bearer {key}"
    return caller


def outcome(caller, method, path, **arguments):
    answer = caller.send(method, path, **arguments)
    return answer.status_code, "" if answer.ok else answer.json()["code"]


def checksum(text):
    value, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return digits


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_a_key_is_its_person_in_its_scopes(person, header):
    made = make(person, ["read", "ratings:write"])
    assert made["key"].startswith(f"mk_{made['api_key']['api_key_id']}_")
    assert checksum(made["key"][:-6]) == made["key"][-6:], "secret scanners can tell"
    caller = by(person, made["key"], header)
    assert caller.get("/v1/me")["user_id"] == person.user["user_id"]
    assert outcome(caller, "GET", "/v1/me/ratings") == (200, "")
    # Past the scope: the suite has no such movie.
    assert outcome(caller, "PUT", "/v1/me/ratings/999999999", json={"value": 4})[0] == 404
    assert outcome(caller, "GET", "/v1/movies") == (200, ""), "anyone may"
    refused = (403, "insufficient_scope")
    assert outcome(caller, "POST", "/v1/movies/1/reviews", json={"text": "Good."}) == refused
    for method, path, body in [
        ("PATCH", "/v1/me", {"display_name": "x"}),
        ("DELETE", "/v1/me", None),
        ("GET", "/v1/users", None),
        ("PUT", f"/v1/users/{person.user['user_id']}/roles", {"roles": ["administrator"]}),
        ("GET", "/v1/signing-keys", None),
        ("GET", KEYS, None),
        ("POST", KEYS, {"name": "x", "scopes": ["read"]}),
        ("DELETE", f"{KEYS}/{made['api_key']['api_key_id']}", None),
        ("POST", f"{KEYS}/{made['api_key']['api_key_id']}:rotate", {}),
    ]:
        assert outcome(caller, method, path, json=body) == refused, (method, path)


def test_scopes_give_no_role(person, administrator):
    everything = ["read", "ratings:write", "reviews:write", "catalog:write", "models:read", "models:admin"]
    caller = by(person, make(person, everything)["key"])
    assert outcome(caller, "GET", "/v1/training-runs") == (403, "not_allowed")
    caller = by(administrator, make(administrator, ["models:read"])["key"])
    assert outcome(caller, "GET", "/v1/training-runs") == (200, "")
    assert outcome(caller, "POST", "/v1/training-runs", json={}) == (403, "insufficient_scope")


def test_a_key_is_held_to_its_networks_whatever_the_client_says(suite, person):
    here = by(person, make(person, networks=["127.0.0.0/8", "2001:db8::/32"])["key"])
    assert outcome(here, "GET", "/v1/me") == (200, "")
    key = make(person, networks=["192.0.2.0/24"])["key"]
    there = by(person, key)
    refused = (403, "address_not_allowed")
    assert outcome(there, "GET", "/v1/me") == refused
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "Marquee-Client-Address"):
        value = "for=192.0.2.7" if name == "Forwarded" else "192.0.2.7"
        assert outcome(there, "GET", "/v1/me", headers={name: value}) == refused, name

    # What the edge tells the gateway is what counts: here the test is the edge.
    def told(address):
        headers = {"X-Forwarded-For": address, "X-API-Key": key}
        return requests.get(f"http://127.0.0.1:{suite.port('gateway')}/v1/me", headers=headers, timeout=30).status_code

    assert told("192.0.2.7") == 200
    assert told("::ffff:192.0.2.7") == 200
    assert [told(address) for address in ("192.0.3.7", "2001:db8::1", "192.0.2.7, 127.0.0.1", "")] == [403] * 4


def test_a_rotated_key_works_for_a_while_and_a_revoked_one_no_more(person):
    made = make(person)
    path = f"{KEYS}/{made['api_key']['api_key_id']}"
    old = by(person, made["key"])
    assert old.get("/v1/me")
    rotated = person.post(f"{path}:rotate")
    new = by(person, rotated["key"])
    assert rotated["api_key"]["previous_expires_at"]
    assert new.get("/v1/me") and old.get("/v1/me")
    newer = by(person, person.post(f"{path}:rotate", {"overlap_seconds": 0})["key"])
    gone = (401, "api_key_invalid")
    for caller in (old, new):
        eventually(lambda caller=caller: outcome(caller, "GET", "/v1/me") == gone, SOON, what="the key is refused")
    assert newer.get("/v1/me")
    person.delete(path)
    eventually(lambda: outcome(newer, "GET", "/v1/me") == gone, SOON, what="the revoked key is refused")
    assert outcome(person, "DELETE", path) == (404, "api_key_unknown")
    assert outcome(person, "POST", f"{path}:rotate", json={}) == (404, "api_key_unknown")


def test_a_key_expires(person):
    caller = by(person, make(person, expires_in_seconds=1)["key"])
    expired = (401, "api_key_expired")
    eventually(lambda: outcome(caller, "GET", "/v1/me") == expired, 5, what="the key has expired")


def test_a_key_goes_with_its_account(api):
    person = api.other().register()
    caller = by(person, make(person)["key"])
    assert caller.get("/v1/me")
    person.delete("/v1/me")
    gone = (401, "api_key_invalid")
    eventually(lambda: outcome(caller, "GET", "/v1/me") == gone, SOON, what="the key is refused")


def test_what_is_no_key_is_refused(person):
    key = make(person)["key"]
    mistyped = key[:-1] + ("a" if key[-1] != "a" else "b")
    stranger = f"mk_{'x' * 16}_{'x' * 43}"
    for text, code in [
        (mistyped, "api_key_malformed"),
        ("mk_", "api_key_malformed"),
        ("nonsense", "api_key_malformed"),
        (f"{key},{key}", "api_key_malformed"),
        (stranger + checksum(stranger), "api_key_invalid"),
    ]:
        caller = by(person, text)
        assert outcome(caller, "GET", "/v1/me") == (401, code), text
        assert outcome(caller, "GET", "/v1/movies") == (401, code), "nobody is served by a key that is none"
    both = by(person, key)
    both.http.headers["Authorization"] = person.http.headers["Authorization"]
    assert outcome(both, "GET", "/v1/me") == (401, "two_credentials")
    twice = by(person, key)
    twice.http.headers["Authorization"] = f"Bearer {key}"
    assert outcome(twice, "GET", "/v1/me") == (401, "two_credentials")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "write"]}, "scopes[1]"),
        ({"networks": ["10.0.0.1/8"]}, "networks[0]"),
        ({"networks": ["10.0.0.0/8", "::1/64"]}, "networks[1]"),
        ({"networks": ["192.0.2.1"] * 21}, "networks"),
        ({"expires_in_seconds": 0}, "expires_in_seconds"),
    ],
)
def test_what_no_key_can_be_is_named(person, body, field):
    answer = person.send("POST", KEYS, json={"name": "x", "scopes": ["read"]} | body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_keys_are_listed_page_by_page_with_their_last_use(person):
    names = [f"key {number}" for number in range(5)]
    keys = [person.post(KEYS, {"name": name, "scopes": ["read"]}) for name in names]
    listed, token = [], None
    while token != "":
        page = person.get(KEYS, page_size=2, page_token=token)
        assert len(page["api_keys"]) <= 2
        listed += page["api_keys"]
        token = page.get("next_page_token", "")
    assert [key["name"] for key in listed] == names
    assert not any(made["key"][20:] in str(listed) for made in keys), "shown once"
    assert not any("last_used_at" in key for key in listed)
    by(person, keys[3]["key"]).get("/v1/me")
    used = person.get(KEYS)["api_keys"][3]
    assert used["last_used_address"] == "127.0.0.1"
    assert used["last_used_at"] >= used["created_at"][:19]
    other = person.other().register()
    assert other.get(KEYS)["api_keys"] == []
    assert outcome(other, "DELETE", f"{KEYS}/{used['api_key_id']}") == (404, "api_key_unknown")


def test_a_key_is_made_once_under_an_idempotency_key(person):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"name": "once", "scopes": ["read"]}
    made = [person.post(KEYS, body, headers=headers) for _ in range(2)]
    assert made[0] == made[1]
    assert len(person.get(KEYS)["api_keys"]) == 1


def test_a_person_has_fifty_keys_however_many_they_make_at_once(person):
    def another(_):
        return requests.post(
            f"{person.url}{KEYS}",
            json={"name": "x", "scopes": ["read"]},
            headers={"Authorization": person.http.headers["Authorization"]},
            timeout=30,
        )

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(another, range(55)))
    assert sorted(answer.status_code for answer in answers) == [201] * 50 + [409] * 5
    assert {answer.json()["code"] for answer in answers if not answer.ok} == {"api_keys_too_many"}


def test_auth_away_is_said_to_whom_it_concerns(suite, person):
    caller = by(person, make(person)["key"])
    stranger = by(person, make(person)["key"])
    assert outcome(caller, "GET", "/v1/me/ratings") == (200, "")
    suite.kill("auth")
    assert outcome(stranger, "GET", "/v1/me/ratings") == (503, "auth_unavailable")
    assert outcome(caller, "GET", "/v1/me/ratings") == (200, ""), "known for a minute"


def test_no_log_has_a_key(suite, person):
    made = make(person)
    rotated = person.post(f"{KEYS}/{made['api_key']['api_key_id']}:rotate")
    mistyped = made["key"][:-1] + "-"
    for header in ("X-API-Key", "Authorization"):
        for key in (made["key"], rotated["key"], mistyped):
            by(person, key, header).send("GET", "/v1/me")
    by(person, made["key"]).send("GET", f"/v1/me?key={made['key']}")
    logs = [path for path in (suite.state / "logs").rglob("*") if path.is_file()]
    assert any("gateway" in path.name for path in logs) and any("auth" in path.name for path in logs)
    secrets = [key[20:60].encode() for key in (made["key"], rotated["key"])]
    for path in logs:
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path


def test_marqueectl_makes_keys_and_uses_one(suite, person):
    ctl = Ctl(suite, "keys", person.user["email"])
    made = ctl.run("api-keys", "create", "by hand", "--scope", "read", "--network", "127.0.0.1", "--expires-in-days", 1)
    assert made["api_key"]["networks"] == ["127.0.0.1"] and made["api_key"]["expires_at"]
    key = made["api_key"]["api_key_id"]
    assert [one["api_key_id"] for one in ctl.run("api-keys", "list")["api_keys"]] == [key]
    rotated = ctl.text("api-keys", "rotate", key, "--overlap-hours", "0")
    assert rotated.returncode == 0 and "shown this once" in rotated.stderr
    caller = by(person, rotated.stdout.strip())
    assert caller.get("/v1/me")

    ctl.environment |= {"MARQUEE_API_KEY": rotated.stdout.strip()}
    refused = ctl.try_run("api-keys", "list")
    assert (refused.returncode, json.loads(refused.stdout)["error"]["reason"]) == (2, "insufficient_scope")
    del ctl.environment["MARQUEE_API_KEY"]
    ctl.run("api-keys", "revoke", key)
    assert ctl.run("api-keys", "list")["api_keys"] == []
