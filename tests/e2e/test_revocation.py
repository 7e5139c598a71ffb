"""Within two seconds of what takes a token's worth away, each service refuses it: over REST, and straight over gRPC.

Which services and rpcs there are is read from deploy/suite.yaml and the protos, so that a new one is covered by itself.
"""

import re

import grpc
import pytest
import requests

from support.api import PASSWORD, Api, Problem
from support.contracts import rpcs
from support.declared import SUITE
from support.waiting import eventually

WITHIN = 2  # seconds, from the answer of the call that takes it away
GUARDED = {
    name: guarded
    for name, service in SUITE["services"].items()
    if "serves" in service
    for guarded in [[rpc for rpc in rpcs(service["serves"]) if not rpc.public]]
    if guarded
}
# Of each service some that can be called without changing anything: before, and while it is waited for.
PROBES = {
    name: [rpc for rpc in guarded if rpc.demanding and not rpc.client_streaming and not rpc.server_streaming]
    for name, guarded in GUARDED.items()
}
REVOKED = {"token_revoked", "account_disabled", "session_ended", "account_gone"}
REVOKED_OVER_REST = REVOKED | {"invalid_token"}  # of OAuth 2's routes, whose words are RFC 6750's


@pytest.fixture(scope="module")
def channels(session_suite):
    opened = {name: grpc.insecure_channel(session_suite.grpc_address(name)) for name in GUARDED}
    yield opened
    for channel in opened.values():
        channel.close()


def token_of(caller):
    return caller.http.headers["Authorization"].removeprefix("Bearer ")


def over_rest(url, token, rpc):
    """An empty request: the status and the code of a refusal."""
    method, path = rpc.route
    path = re.sub(r"{[^}]*_id}", "1", path)
    path = re.sub(r"{[^}]*}", "ranking", path)
    body = {"json": {}} if rpc.has_body else {}
    answer = requests.request(method, url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10, **body)
    problem = {} if answer.ok else answer.json()
    return answer.status_code, problem.get("code", problem.get("error"))


def refusals(channels, token):
    """By each probe that refuses the token, what it said."""
    said = {}
    for name, probes in PROBES.items():
        for rpc in probes:
            code, reason = rpc.call(channels[name], token)
            if code == grpc.StatusCode.UNAUTHENTICATED:
                said[rpc.path] = reason
    return said


def refused(url, channels, token, of):
    """By each rpc, and route, that doesn't refuse the token, what it said."""
    wrong = {}
    for name, some in of.items():
        for rpc in some:
            code, reason = rpc.call(channels[name], token)
            if code != grpc.StatusCode.UNAUTHENTICATED or reason not in REVOKED:
                wrong[rpc.path] = (code, reason)
            if rpc.route:
                status, reason = over_rest(url, token, rpc)
                if status != 401 or reason not in REVOKED_OVER_REST:
                    wrong[rpc.route] = (status, reason)
    return wrong


@pytest.fixture
def api(session_suite):
    """An anonymous caller. Nothing is killed here: the suite needn't be looked after between the tests."""
    return Api(session_suite.url)


def test_the_document_has_the_same_guarded_routes(api):
    documented = {
        (method.upper(), path)
        for path, operations in api.get("/openapi.json")["paths"].items()
        for method, operation in operations.items()
        if operation["security"]
    }
    assert documented == {route for guarded in GUARDED.values() for rpc in guarded for route in rpc.routes}
    assert all(PROBES.values()), "each service has an rpc that can be asked without changing anything"


def log_out(person, other, administrator):
    person.post("/v1/auth/logout", {"refresh_token": person.refresh_token})


def revoke_session(person, other, administrator):
    (session,) = [one for one in person.get("/v1/me/sessions")["sessions"] if one.get("current")]
    other.delete(f"/v1/me/sessions/{session['session_id']}")


def revoke_all_others(person, other, administrator):
    other.delete("/v1/me/sessions")


def change_password(person, other, administrator):
    other.patch("/v1/me", {"current_password": PASSWORD, "new_password": "another fine phrase"})


def reuse_refresh_token(person, other, administrator):
    spent = person.refresh_token
    for _ in range(2):
        answer = person.other().post("/v1/auth/refresh", {"refresh_token": person.refresh_token})
        person.refresh_token = answer["refresh_token"]
    with pytest.raises(Problem, match="refresh_token_reused"):
        person.other().post("/v1/auth/refresh", {"refresh_token": spent})


def disable(person, other, administrator):
    administrator.put(f"/v1/users/{person.user['user_id']}/state", {"state": "ACCOUNT_STATE_DISABLED"})


def delete(person, other, administrator):
    other.delete("/v1/me")


OF_ALL_SESSIONS = {disable, delete}


@pytest.mark.parametrize(
    "revoke",
    [log_out, revoke_session, revoke_all_others, change_password, reuse_refresh_token, disable, delete],
)
def test_every_service_refuses_the_old_token(session_suite, administrator, channels, revoke):
    person = administrator.other().register()
    administrator.put(f"/v1/users/{person.user['user_id']}/roles", {"roles": ["user", "curator", "administrator"]})
    person.refresh()
    other = administrator.other().login(person.user["email"])
    token = token_of(person)
    assert refusals(channels, token) == {}
    revoke(person, other, administrator)
    eventually(
        lambda: (
            refused(session_suite.url, channels, token, {name: probes[:1] for name, probes in PROBES.items()}) == {}
        ),
        WITHIN,
        what="the token is refused by each service",
    )
    assert refused(session_suite.url, channels, token, GUARDED) == {}
    if revoke in OF_ALL_SESSIONS:
        assert refused(session_suite.url, channels, token_of(other), GUARDED) == {}
    else:
        assert refusals(channels, token_of(other)) == {}


def test_every_service_takes_the_role_away(session_suite, administrator, channels):
    person = administrator.other().register()
    path = f"/v1/users/{person.user['user_id']}/roles"
    administrator.put(path, {"roles": ["user", "curator", "administrator"]})
    person.refresh()
    token = token_of(person)
    restricted = {
        name: [rpc for rpc in probes if "administrator" in rpc.roles and not rpc.owner]
        for name, probes in PROBES.items()
    }

    def answers():
        return {rpc.path: rpc.call(channels[name], token)[0] for name, some in restricted.items() for rpc in some}

    assert grpc.StatusCode.PERMISSION_DENIED not in answers().values()
    administrator.put(path, {"roles": ["user"]})
    eventually(
        lambda: set(answers().values()) == {grpc.StatusCode.PERMISSION_DENIED},
        WITHIN,
        what="the role is taken away everywhere",
    )
    routes = [rpc for some in restricted.values() for rpc in some if rpc.route]
    assert {over_rest(session_suite.url, token, rpc) for rpc in routes} == {(403, "not_allowed")}


def test_a_disabled_account_comes_back_with_all_it_wrote(api, administrator):
    person = api.other().register()
    movie = administrator.post("/v1/movies", {"title": "Kept for the disabled"})["movie_id"]
    eventually(lambda: person.send("PUT", f"/v1/me/ratings/{movie}", json={"value": 4}).ok, 10, what="it is rated")
    review = person.post(f"/v1/movies/{movie}/reviews", {"text": "I'll be back."})
    state = f"/v1/users/{person.user['user_id']}/state"
    assert administrator.put(state, {"state": "ACCOUNT_STATE_DISABLED"})["state"] == "ACCOUNT_STATE_DISABLED"

    def login(password):
        body = {"email": person.user["email"], "password": password}
        answer = api.other().send("POST", "/v1/auth/login", json=body)
        return answer.status_code, answer.json().get("code")

    assert login(PASSWORD) == (401, "account_disabled")
    assert login("a wrong guess of it") == (401, "credentials_wrong")
    answer = api.other().send("POST", "/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    assert (answer.status_code, answer.json()["code"]) == (401, "account_disabled")
    assert api.get(f"/v1/reviews/{review['review_id']}")["text"] == "I'll be back."
    own = f"/v1/users/{administrator.user['user_id']}/state"
    answer = administrator.send("PUT", own, json={"state": "ACCOUNT_STATE_DISABLED"})
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")
    administrator.put(state, {"state": "ACCOUNT_STATE_ENABLED"})
    assert person.send("GET", "/v1/me").status_code == 401, "its sessions don't come back"
    person.login(person.user["email"])
    assert eventually(lambda: person.send("GET", f"/v1/me/ratings/{movie}"), WITHIN).json()["value"] == 4


def test_a_session_is_known_by_where_and_with_what_it_was_refreshed(api):
    person = api.other()
    person.http.headers["User-Agent"] = "a browser of tests " + "x" * 500
    person.register()
    other = api.other()
    other.http.headers["User-Agent"] = "another"
    other.login(person.user["email"])
    first, second = person.get("/v1/me/sessions")["sessions"]
    assert (first["user_agent"], first.get("current", False)) == ("another", False)
    assert second["user_agent"] == ("a browser of tests " + "x" * 500)[:200] and second["current"] is True
    assert second["network"] == "127.0.0.1"
    page = person.get("/v1/me/sessions", page_size=1)
    assert page["sessions"] == [first]
    rest = person.get("/v1/me/sessions", page_size=1, page_token=page["next_page_token"])
    assert rest["sessions"] == [second] and not rest.get("next_page_token")
    stranger = api.other().register()
    for session in (first["session_id"], "nothing"):
        answer = stranger.send("DELETE", f"/v1/me/sessions/{session}")
        assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown")
    person.delete("/v1/me/sessions", params={"include_current": "true"})
    assert other.send("GET", "/v1/me").status_code == person.send("GET", "/v1/me").status_code == 401
