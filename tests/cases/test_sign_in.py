"""People who sign in while others do their worst, and sessions that outlive lost answers."""

import concurrent.futures
import threading
import unicodedata
import uuid

import pytest
import requests

from support.api import PASSWORD, Api

KEYS = "/v1/signing-keys"


def test_a_guesser_keeps_only_themselves_waiting(suite, api):
    """They come from other addresses: the gateway is told them as the edge would tell it."""
    people = [api.other().register().user["email"] for _ in range(8)]
    done = threading.Event()
    gateway = f"http://127.0.0.1:{suite.port('gateway')}"

    def login(email, password, address):
        headers = {"X-Forwarded-For": address}
        body = {"email": email, "password": password}
        return requests.post(f"{gateway}/v1/auth/login", json=body, headers=headers, timeout=30)

    def guess(number):
        codes = set()
        while not done.is_set():
            codes.add(login(people[number % 8], f"a wrong guess {number}", "198.51.100.66").status_code)
        return codes

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        guesses = [pool.submit(guess, number) for number in range(16)]
        try:
            logins = [login(email, PASSWORD, f"192.0.2.{n}") for _ in range(2) for n, email in enumerate(people)]
        finally:
            done.set()
        codes = set().union(*(guess.result() for guess in guesses))
    assert [answer.status_code for answer in logins] == [200] * 16, [answer.text for answer in logins]
    assert codes <= {401, 429, 503}, codes  # 503: their turn didn't come within the call's deadline


def test_two_refreshes_at_once_and_a_lost_answer_keep_the_session(api):
    person = api.other().register()
    for _ in range(3):
        body = {"refresh_token": person.refresh_token}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda body: api.other().send("POST", "/v1/auth/refresh", json=body), [body] * 8))
        assert [answer.status_code for answer in answers] == [200] * 8
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1
        person.signed_in(answers[0].json())
        assert person.get("/v1/me")["user_id"] == person.user["user_id"]


@pytest.mark.parametrize(
    "password",
    ["abcdefghijkl", "qwertyuiopas", "aaaaaaaaaaaa", "abcabcabcabc", "password1234", "123456789012", "marquee-marquee"],
)
def test_what_is_guessed_first_is_no_password(api, password):
    answer = api.send("POST", "/v1/auth/register", json={"email": "guessed@example.com", "password": password})
    assert (answer.status_code, answer.json()["field"]) == (400, "password")


def test_a_password_is_the_same_on_every_keyboard(api):
    typed = "cr\u00e8me br\u00fbl\u00e9e \u2713 d\u00e9j\u00e0"
    person = api.other().register(password=unicodedata.normalize("NFC", typed))
    again = api.other().login(person.user["email"], unicodedata.normalize("NFD", typed))
    assert again.user == person.user


@pytest.mark.parametrize("name", ["\u3164", "\u2800", "Ada\u202egnp", "A\u200bda", "\U000e0041dmin"])
def test_a_name_can_be_seen(api, name):
    body = {"email": "unseen@example.com", "password": PASSWORD, "display_name": name}
    answer = api.send("POST", "/v1/auth/register", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, "display_name")


@pytest.mark.timeout(300)
def test_signing_keys_are_rotated_and_nobody_is_signed_out(own_suite):
    administrator = Api(own_suite.url).bootstrap(own_suite.secret("auth-bootstrap"))
    person = administrator.other().register()
    assert person.send("GET", KEYS).status_code == 403
    before = administrator.get(KEYS)["keys"]
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    after = administrator.post(f"{KEYS}:rotate", headers=headers)["keys"]
    assert [key["kid"] for key in after[:-1]] == [key["kid"] for key in before]
    assert after[0]["signs"] and after[0]["retires_at"] and not after[-1]["signs"]
    published = {key["kid"] for key in administrator.get("/.well-known/jwks.json")["keys"]}
    assert published == {key["kid"] for key in after}
    assert person.get("/v1/me") and person.refresh().get("/v1/me")
    assert administrator.post(f"{KEYS}:rotate", headers=headers)["keys"] == after
    again = administrator.send("POST", f"{KEYS}:rotate", json={})
    assert (again.status_code, again.json()["code"]) == (409, "rotation_under_way")


def test_an_administrator_who_was_demoted_gives_nothing_back(administrator):
    other = administrator.other().register()
    path = f"/v1/users/{other.user['user_id']}/roles"
    administrator.put(path, {"roles": ["user", "administrator"]})
    other.refresh()
    assert other.send("GET", "/v1/users").status_code == 200
    administrator.put(path, {"roles": ["user"]})
    for body in ({"roles": ["user", "administrator"]}, {"roles": ["curator"]}):
        assert other.send("PUT", path, json=body).status_code == 403
    assert other.send("GET", "/v1/users").status_code == 403
    administrator.put(path, {"roles": ["user", "administrator"]})
    other.refresh()
    accomplice = administrator.other().register()
    other.delete("/v1/me")
    promotion = f"/v1/users/{accomplice.user['user_id']}/roles"
    assert other.send("PUT", promotion, json={"roles": ["administrator"]}).status_code == 401
