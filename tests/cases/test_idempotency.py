"""One promise for every operation that takes an Idempotency-Key.

The same request is carried out once and answered alike, over restarts too; another request under the key is refused,
and nothing of it happens.
"""

import base64
import concurrent.futures
import dataclasses
import itertools
import json
import urllib.parse
import uuid

import psycopg
import pytest
import requests

from support.api import PASSWORD
from support.applications import Application
from support.authenticator import Authenticator

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
numbers = itertools.count(1)


@dataclasses.dataclass
class Case:
    """A request that succeeds, and one that differs from it."""

    method: str
    path: str
    body: object = None  # a form where it is text
    other_path: str | None = None  # where the other request differs by its path
    other_body: object = None
    who: object = None

    @property
    def is_oauth(self):
        """Whether its errors are written as RFC 6749 writes them."""
        return self.path.startswith("/oauth2/")


def email():
    return f"key-{next(numbers)}-{uuid.uuid4().hex[:8]}@example.com"


@pytest.fixture(scope="module")
def world(session_suite, administrator):
    """Movies, and people who have what the operations need."""
    movies = [administrator.post("/v1/movies", {"title": f"Key {n}", "year": 2000 + n})["movie_id"] for n in range(4)]
    return session_suite, administrator, movies


def register(world):
    body = {"email": email(), "password": PASSWORD}
    return Case("POST", "/v1/auth/register", body, other_body=body | {"display_name": "Other"})


def login(world):
    _, administrator, _ = world
    person = administrator.other().register()
    body = {"email": person.user["email"], "password": PASSWORD}
    return Case("POST", "/v1/auth/login", body, other_body=body | {"password": "another long one"})


def refresh(world):
    _, administrator, _ = world
    person, other = administrator.other().register(), administrator.other().register()
    return Case(
        "POST",
        "/v1/auth/refresh",
        {"refresh_token": person.refresh_token},
        other_body={"refresh_token": other.refresh_token},
    )


def logout(world):
    case = refresh(world)
    return dataclasses.replace(case, path="/v1/auth/logout")


def update_me(world):
    _, administrator, _ = world
    person = administrator.other().register()
    new = {"current_password": PASSWORD, "new_password": "a wholly new phrase"}
    return Case("PATCH", "/v1/me", new, other_body={"display_name": "Other"}, who=person)


def delete_me(world):
    _, administrator, _ = world
    return Case("DELETE", "/v1/me", who=administrator.other().register())


def set_roles(world):
    _, administrator, _ = world
    person = administrator.other().register()
    path = f"/v1/users/{person.user['user_id']}/roles"
    return Case("PUT", path, {"roles": ["user", "curator"]}, other_body={"roles": ["user"]}, who=administrator)


def set_account_state(world):
    _, administrator, _ = world
    person = administrator.other().register()
    path = f"/v1/users/{person.user['user_id']}/state"
    states = [{"state": f"ACCOUNT_STATE_{state}"} for state in ("DISABLED", "ENABLED")]
    return Case("PUT", path, states[0], other_body=states[1], who=administrator)


def delete_user(world):
    _, administrator, _ = world
    first, second = (f"/v1/users/{administrator.other().register().user['user_id']}" for _ in range(2))
    return Case("DELETE", first, other_path=second, who=administrator)


def repeat_erasures(world):
    _, administrator, _ = world
    return Case("POST", "/v1/erasures:repeat", {}, who=administrator)


def revoke_session(world):
    _, administrator, _ = world
    person = administrator.other().register()
    for _ in range(2):
        administrator.other().login(person.user["email"])
    others = [one["session_id"] for one in person.get("/v1/me/sessions")["sessions"] if not one.get("current")]
    first, second = (f"/v1/me/sessions/{session}" for session in others)
    return Case("DELETE", first, other_path=second, who=person)


def revoke_sessions(world):
    _, administrator, _ = world
    path = "/v1/me/sessions"
    return Case("DELETE", path, other_path=path + "?include_current=true", who=administrator.other().register())


def create_api_key(world):
    _, administrator, _ = world
    body = {"name": "export", "scopes": ["read"]}
    return Case(
        "POST", "/v1/me/api-keys", body, other_body=body | {"name": "other"}, who=administrator.other().register()
    )


def rotate_api_key(world):
    case = create_api_key(world)
    key = case.who.post(case.path, case.body)["api_key"]["api_key_id"]
    path = f"/v1/me/api-keys/{key}:rotate"
    return Case("POST", path, {"overlap_seconds": 60}, other_body={"overlap_seconds": 0}, who=case.who)


def revoke_api_key(world):
    case = create_api_key(world)
    keys = [case.who.post(case.path, case.body)["api_key"]["api_key_id"] for _ in range(2)]
    first, second = (f"/v1/me/api-keys/{key}" for key in keys)
    return Case("DELETE", first, other_path=second, who=case.who)


def start_totp(world):
    _, administrator, _ = world
    person = administrator.other().register()
    return Case("POST", "/v1/me/totp", {"password": PASSWORD}, other_body={"password": "another"}, who=person)


def confirm_totp(world):
    case = start_totp(world)
    app = Authenticator(case.who.post(case.path, case.body)["otpauth_uri"])
    other = {"code": "another"}
    return Case("POST", "/v1/me/totp:confirm", {"code": app.fresh()[1]}, other_body=other, who=case.who)


def remove_totp(world):
    case = confirm_totp(world)
    code = case.who.post(case.path, case.body)["recovery_codes"][0]
    body = {"password": PASSWORD, "code": code}
    return Case("POST", "/v1/me/totp:remove", body, other_body=body | {"code": "another"}, who=case.who)


def remove_user_totp(world):
    _, administrator, _ = world
    people = [remove_totp(world).who.user["user_id"] for _ in range(2)]
    first, second = (f"/v1/users/{person}/totp" for person in people)
    return Case("DELETE", first, other_path=second, who=administrator)


def create_oauth_client(world):
    _, administrator, _ = world
    body = {"name": "Club", "confidential": True, "scopes": ["read"], "grant_types": ["client_credentials"]}
    return Case("POST", "/v1/oauth-clients", body, other_body=body | {"name": "Other"}, who=administrator)


def change_oauth_client(world, method, suffix="", body=None, other_body=None):
    clients = [made_oauth_client(world)["client"]["client_id"] for _ in range(2)]
    first, second = (f"/v1/oauth-clients/{client}{suffix}" for client in clients)
    _, administrator, _ = world
    return Case(method, first, body, other_path=second, other_body=other_body, who=administrator)


def made_oauth_client(world, **fields):
    case = create_oauth_client(world)
    return case.who.post(case.path, case.body | fields)


def update_oauth_client(world):
    return change_oauth_client(world, "PATCH", body={"name": "New"}, other_body={"name": "Newer"})


def rotate_oauth_client_secret(world):
    return change_oauth_client(world, "POST", ":rotateSecret", body={}, other_body={})


def delete_oauth_client(world):
    return change_oauth_client(world, "DELETE")


def client_form(client, **fields):
    who = {"client_id": client["client"]["client_id"], "client_secret": client["client_secret"]}
    return urllib.parse.urlencode(who | {"scope": "read"} | fields)


def token(world):
    client, other = made_oauth_client(world), made_oauth_client(world)
    body, other_body = (client_form(one, grant_type="client_credentials") for one in (client, other))
    return Case("POST", "/oauth2/token", body, other_body=other_body)


def revoke(world):
    suite, administrator, _ = world
    club = Application.register(administrator, suite.url, "read")
    given = club.token_for(administrator.other().register(), "read")
    form = {"client_id": club.client_id, "client_secret": club.secret, "token": given}
    other = form | {"token_type_hint": "access_token"}
    return Case("POST", "/oauth2/revoke", urllib.parse.urlencode(form), other_body=urllib.parse.urlencode(other))


def authorize_device(world):
    grants = ["urn:ietf:params:oauth:grant-type:device_code"]
    client, other = (made_oauth_client(world, grant_types=grants) for _ in range(2))
    return Case("POST", "/oauth2/device_authorization", client_form(client), other_body=client_form(other))


def create_movie(world):
    _, administrator, _ = world
    return Case("POST", "/v1/movies", {"title": "Twice"}, other_body={"title": "Once"}, who=administrator)


def update_movie(world):
    _, administrator, movies = world
    path = f"/v1/movies/{movies[0]}"
    return Case("PATCH", path, {"title": "New"}, other_body={"title": "Newer"}, who=administrator)


def delete_movie(world):
    _, administrator, movies = world
    gone = administrator.post("/v1/movies", {"title": "Gone"})["movie_id"]
    return Case("DELETE", f"/v1/movies/{gone}", other_path=f"/v1/movies/{movies[1]}", who=administrator)


def put_poster(world):
    _, administrator, movies = world
    path = "/v1/movies/{}/poster"
    return Case("PUT", path.format(movies[0]), PIXEL, other_path=path.format(movies[1]), who=administrator)


def put_rating(world):
    _, administrator, movies = world
    path = f"/v1/me/ratings/{movies[0]}"
    return Case("PUT", path, {"value": 4}, other_body={"value": 2}, who=administrator.other().register())


def delete_rating(world):
    _, administrator, movies = world
    path = "/v1/me/ratings/{}"
    person = administrator.other().register()
    return Case("DELETE", path.format(movies[0]), other_path=path.format(movies[1]), who=person)


def record_interactions(world):
    _, administrator, movies = world

    def body(kind):
        return {"interactions": [{"movie_id": movies[0], "kind": f"INTERACTION_KIND_{kind}"}]}

    person = administrator.other().register()
    return Case("POST", "/v1/interactions", body("CLICK"), other_body=body("WATCH"), who=person)


def create_review(world):
    _, administrator, movies = world
    path = f"/v1/movies/{movies[2]}/reviews"
    return Case("POST", path, {"text": "Good."}, other_body={"text": "Bad."}, who=administrator.other().register())


def update_review(world):
    case = create_review(world)
    review = case.who.post(case.path, case.body)
    path = f"/v1/reviews/{review['review_id']}"
    return Case("PATCH", path, {"text": "Better."}, other_body={"text": "Worse."}, who=case.who)


def delete_review(world):
    case = update_review(world)
    return Case("DELETE", case.path, other_path="/v1/reviews/999999", who=case.who)


def start_training_run(world):
    _, administrator, _ = world
    other = {"force_promotion": True}
    return Case("POST", "/v1/training-runs", {}, other_body=other, who=administrator)


CASES = {
    "register": register,
    "login": login,
    "refresh": refresh,
    "logout": logout,
    "updateMe": update_me,
    "deleteMe": delete_me,
    "deleteUser": delete_user,
    "repeatErasures": repeat_erasures,
    "setRoles": set_roles,
    "setAccountState": set_account_state,
    "revokeSession": revoke_session,
    "revokeSessions": revoke_sessions,
    "createApiKey": create_api_key,
    "rotateApiKey": rotate_api_key,
    "revokeApiKey": revoke_api_key,
    "startTotp": start_totp,
    "confirmTotp": confirm_totp,
    "removeTotp": remove_totp,
    "removeUserTotp": remove_user_totp,
    "createOAuthClient": create_oauth_client,
    "updateOAuthClient": update_oauth_client,
    "rotateOAuthClientSecret": rotate_oauth_client_secret,
    "deleteOAuthClient": delete_oauth_client,
    "token": token,
    "revoke": revoke,
    "authorizeDevice": authorize_device,
    "createMovie": create_movie,
    "updateMovie": update_movie,
    "deleteMovie": delete_movie,
    "putPoster": put_poster,
    "putRating": put_rating,
    "deleteRating": delete_rating,
    "recordInteractions": record_interactions,
    "createReview": create_review,
    "updateReview": update_review,
    "deleteReview": delete_review,
    "startTrainingRun": start_training_run,
}
# Two can be called once in a suite's life, or in half an hour of it; others need a run that goes on, or a model: see
# tests/e2e/test_keys.py, and test_sign_in.py for the signing keys. Mail needs its server: test_accounts_defence.py;
# an identity its provider: test_identity_providers.py.
ELSEWHERE = {"bootstrapAdministrator", "cancelTrainingRun", "removeIdentity", "rotateSigningKeys", "setAlias"}
ELSEWHERE |= {"requestPasswordReset", "confirmPasswordReset", "requestEmailVerification", "confirmEmailVerification"}


def ask(world, case, key, path=None, body=None):
    suite, _, _ = world
    headers = {"Idempotency-Key": key} if key else {}
    if case.who is not None:
        headers["Authorization"] = case.who.http.headers["Authorization"]
    if isinstance(body, bytes):
        arguments = {"data": body, "headers": headers | {"Content-Type": "image/png"}}
    elif isinstance(body, str):
        arguments = {"data": body, "headers": headers | {"Content-Type": "application/x-www-form-urlencoded"}}
    else:
        arguments = {"json": body, "headers": headers} if body is not None else {"headers": headers}
    return requests.request(case.method, suite.url + (path or case.path), timeout=30, **arguments)


def test_every_operation_that_promises_a_key_is_here(world):
    suite, _, _ = world
    document = requests.get(f"{suite.url}/openapi.json", timeout=10).json()
    promising = {
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if any("IdempotencyKey" in parameter.get("$ref", "") for parameter in operation.get("parameters", []))
    }
    assert promising == set(CASES) | ELSEWHERE
    assert all(
        {"409", "422"} <= set(operation["responses"])
        for operations in document["paths"].values()
        for operation in operations.values()
        if operation["operationId"] in promising
    )


@pytest.mark.parametrize("operation", CASES)
def test_the_same_request_is_carried_out_once_and_another_is_refused(world, operation):
    case = CASES[operation](world)
    key = uuid.uuid4().hex
    first = ask(world, case, key, body=case.body)
    assert first.ok, first.text
    again = ask(world, case, key, body=case.body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("Marquee-Position") == first.headers.get("Marquee-Position")
    if case.other_path or case.other_body:
        path = case.other_path or case.path
        body = case.other_body if case.other_body is not None else case.body
        other = ask(world, case, key, path=path, body=body)
        assert other.status_code == 422, other.text
        said = other.json()
        assert said.get("code") == "idempotency_key_reused" or (case.is_oauth and said["error"] == "invalid_request")
    # Still the same, whatever was asked in between.
    again = ask(world, case, key, body=case.body)
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_key_is_known_after_a_restart_and_to_whoever_restarts(world):
    suite, administrator, movies = world
    movie, rating, review = create_movie(world), put_rating(world), create_review(world)
    keys = [uuid.uuid4().hex for _ in range(3)]
    cases = [movie, rating, review]
    first = [ask(world, case, key, body=case.body) for case, key in zip(cases, keys, strict=True)]
    assert all(answer.ok for answer in first)
    for service in ("catalog", "rating-ingest", "reviews"):
        suite.kill(service)
        suite.start(service)
    for case, key, answer in zip(cases, keys, first, strict=True):
        again = ask(world, case, key, body=case.body)
        assert (again.status_code, again.content) == (answer.status_code, answer.content)
        assert ask(world, case, key, body=case.other_body).status_code == 422


def test_many_at_once_make_one_movie(world):
    suite, administrator, _ = world
    title = f"At once {uuid.uuid4().hex}"
    case = Case("POST", "/v1/movies", {"title": title}, who=administrator)
    key = uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(world, case, key, body=case.body), range(24)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_key_in_use"
            assert answer.headers["Retry-After"]
    assert len({answer.content for answer in answers if answer.ok}) == 1
    assert len(administrator.get("/v1/movies", query=title)["movies"]) == 1


def test_what_was_refused_leaves_the_key_free(world):
    _, _, movies = world
    case = put_rating(world)
    key = uuid.uuid4().hex
    assert ask(world, case, key, body={"value": 4.2}).status_code == 400
    assert ask(world, case, key, path="/v1/me/ratings/999999999", body={"value": 4}).status_code == 404
    assert ask(world, case, key, body={"value": 4}).ok


def test_nobody_else_uses_a_persons_key(world):
    first, second = put_rating(world), put_rating(world)
    key = uuid.uuid4().hex
    assert ask(world, first, key, body={"value": 4}).json()["value"] == 4
    assert ask(world, second, key, body={"value": 2}).json()["value"] == 2


def test_no_table_holds_a_key_a_token_or_a_password(world):
    suite, _, _ = world
    case = register(world)
    key = uuid.uuid4().hex
    answer = ask(world, case, key, body=case.body).json()
    with psycopg.connect(suite.postgres_uri("auth")) as connection:
        rows = connection.execute("SELECT id, fingerprint, answer FROM idempotency_keys").fetchall()
    assert rows
    kept = b"".join(part for row in rows for part in row if part)
    for secret in (key, answer["access_token"], answer["refresh_token"], PASSWORD, json.dumps(PASSWORD)):
        assert secret.encode() not in kept
