"""Who may call what: every rpc as everybody, straight over gRPC and over REST, against what its policy says.

A cell holds what the door says, not what is behind it: who is let in may still hear that there is no such movie.
Rpcs, roles and scopes are read from the protos, so that a new rpc is a new row by itself.
"""

import dataclasses
import functools
import json
import re
import time
import uuid

import grpc
import pytest
import requests

from support.api import Api
from support.applications import Application
from support.contracts import Client, Issuer, rpcs
from support.declared import SUITE
from support.signing import SuiteSigner
from support.suite import Suite
from support.waiting import eventually

ROWS = [
    (name, rpc) for name, service in SUITE["services"].items() if "serves" in service for rpc in rpcs(service["serves"])
]
TOKEN_SCOPES = sorted({scope for _, rpc in ROWS for scope in rpc.scopes})
# Of API keys: OpenID Connect's are for OAuth clients alone (libs/rules/scope.h).
SCOPES = sorted(set(TOKEN_SCOPES) - {"openid", "profile", "email", "offline_access"})
# The roles that a key, or an application, of an administrator keeps for a scope (libs/rules/scope.h).
ROLES_OF_SCOPE = {
    "catalog:write": {"curator", "administrator"},
    "models:read": {"curator", "administrator"},
    "models:admin": {"administrator"},
}
PASSES = "passes"


@dataclasses.dataclass(frozen=True)
class Somebody:
    """A caller, and what is true of them."""

    name: str
    token: str | None = None
    refused: str | None = None  # why their token is none
    roles: frozenset = frozenset()
    scopes: frozenset | None = None  # bound to these
    user_id: int = 0


def expected(rpc, who, own=False):
    """PASSES, or the reason of the refusal. `own`: the request names the caller as its owner."""
    if rpc.public:
        return PASSES
    if who.token is None:
        return "token_missing"
    if who.refused:
        return who.refused
    if who.scopes is not None and not who.scopes & set(rpc.scopes):
        return "insufficient_scope"
    if not rpc.roles and not rpc.owner:
        return PASSES
    return PASSES if who.roles & set(rpc.roles) or (rpc.owner and own) else "not_allowed"


def at_the_door(code, reason):
    """What of an answer is the door's. A service that isn't a person is refused by what is behind it."""
    if code == grpc.StatusCode.UNAUTHENTICATED and reason in REASONS:
        return REVOKED if reason in TOLD else reason
    if code == grpc.StatusCode.PERMISSION_DENIED and reason in DENIALS:
        return reason
    return PASSES


# What auth says by its tables, and the others by what they have heard.
REVOKED = "revoked"
TOLD = {"token_revoked", "session_ended", "account_disabled", "account_gone"}
# What a refusal by the door says; of other 401s (a wrong password, say) it knows nothing.
REASONS = {
    "token_missing",
    "token_invalid",
    "token_expired",
} | TOLD
DENIALS = {"not_allowed", "insufficient_scope"}


def own(rpc, who):
    return {rpc.owner: who.user_id} if rpc.owner and who.user_id else {}


@pytest.fixture(scope="module")
def session_suite():
    """One of its own: who may do everything does everything, rotating the keys of tokens included."""
    with Suite(MARQUEE_INFRA_EPHEMERAL=1) as suite:
        yield suite.up()


@pytest.fixture(scope="module")
def administrator(session_suite):
    return Api(session_suite.url).bootstrap(session_suite.secret("auth-bootstrap"))


@pytest.fixture(scope="module")
def channels(session_suite):
    opened = {name: grpc.insecure_channel(session_suite.grpc_address(name)) for name, _ in ROWS}
    yield opened
    for channel in opened.values():
        channel.close()


@pytest.fixture(scope="module")
def signer(session_suite, tmp_path_factory):
    return SuiteSigner(tmp_path_factory.mktemp("signer"), session_suite)


def token_of(caller):
    return caller.http.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture(scope="module")
def make(session_suite, administrator, signer, channels, tmp_path_factory):
    """A function that makes somebody by name, anew each time: what a call does to them is done to nobody else."""
    foreign = Issuer(tmp_path_factory.mktemp("foreign"))

    def person(*roles):
        caller = Api(session_suite.url).register()
        if roles != ("user",):
            administrator.put(f"/v1/users/{caller.user['user_id']}/roles", {"roles": list(roles)})
            caller.refresh()
        return caller

    @functools.cache
    def application():
        return Application.register(administrator, session_suite.url, *TOKEN_SCOPES)

    def claims(caller, **other):
        now = int(time.time())
        some = {"iss": "marquee", "aud": "marquee", "sub": str(caller.user["user_id"]), "roles": ["administrator"]}
        return some | {"sid": str(uuid.uuid4()), "jti": "1", "iat": now, "exp": now + 600} | other

    def from_person(name, caller, *roles, **more):
        number = caller.user["user_id"]
        return Somebody(name, token_of(caller), roles=frozenset(roles), user_id=number, **more)

    def by_name(name):  # noqa: PLR0911
        kind, _, detail = name.partition(" ")
        if kind == "nobody":
            return Somebody(name)
        if kind == "expired":
            past = int(time.time()) - 3600
            return Somebody(name, signer.sign(claims(administrator, iat=past, exp=past + 900)), "token_expired")
        if kind == "forged":
            return Somebody(name, foreign.sign(claims(administrator), kid=signer.kid), "token_invalid")
        if kind == "stranger's":  # of another issuer, or for another audience, under our key
            return Somebody(name, signer.sign(claims(administrator, **json.loads(detail))), "token_invalid")
        if kind in ("user", "curator", "administrator"):
            roles = {"user", kind}
            return from_person(name, person(*sorted(roles)), *roles)
        if kind == "disabled":
            caller = person("administrator", "user")
            state = {"state": "ACCOUNT_STATE_DISABLED"}
            administrator.put(f"/v1/users/{caller.user['user_id']}/state", state)
            return from_person(name, caller, refused=REVOKED)
        if kind == "revoked":
            caller = person("administrator", "user")
            caller.post("/v1/auth/logout", {"refresh_token": caller.refresh_token})
            return from_person(name, caller, refused=REVOKED)
        if kind == "service":
            auth = Client(channels["auth"], "auth.v1.AuthService")
            answer, _ = auth.IssueServiceToken(service="gateway", secret=session_suite.secret("service-gateway"))
            return Somebody(name, answer.access_token, roles=frozenset({"service"}))
        if kind == "client":  # for itself: of no person
            return Somebody(name, application().own_token(detail), scopes=frozenset({detail}))
        caller = person("administrator", "curator", "user")
        if kind == "application":
            token = application().token_for(caller, detail)
        else:
            assert kind == "key"
            token = caller.post("/v1/me/api-keys", {"name": "matrix", "scopes": [detail]})["key"]
        roles = frozenset({"user"} | ROLES_OF_SCOPE.get(detail, set()))
        return Somebody(name, token, None, roles, frozenset({detail}), caller.user["user_id"])

    return by_name


TOKENS = [
    "nobody",
    "expired",
    "forged",
    'stranger\'s {"iss": "https://elsewhere.example"}',
    'stranger\'s {"aud": "another"}',
    "user",
    "curator",
    "administrator",
    "disabled",
    "revoked",
    "service",
]
# What a client has of its own says nothing of who a person is.
APPLICATIONS = [f"application {scope}" for scope in TOKEN_SCOPES] + [f"client {scope}" for scope in SCOPES]
KEYS = [f"key {scope}" for scope in SCOPES]


def settled(rpc, who, ask):
    """What the door says, once a revocation has gone round."""
    said = []

    def as_expected():
        said[:] = [ask()]
        return said[0] == expected(rpc, who)

    if who.refused == REVOKED:
        eventually(as_expected, 2, what=f"{rpc.path} refuses {who.name}")
    else:
        as_expected()
    return said[0]


def is_harmful(rpc):
    """Whether an empty request that is let in changes what the other cells need."""
    return not rpc.demanding and not rpc.server_streaming


@pytest.mark.parametrize("name", [*TOKENS, *APPLICATIONS])
def test_every_rpc_as(make, channels, name):
    who, wrong = make(name), {}
    for service, rpc in ROWS:
        # Who is let in to an rpc that acts on its caller is somebody else for each.
        here = make(name) if is_harmful(rpc) and expected(rpc, who) == PASSES and who.user_id else who
        said = settled(rpc, here, lambda: at_the_door(*rpc.call(channels[service], here.token)))  # noqa: B023
        if said != expected(rpc, here):
            wrong[rpc.path] = (said, expected(rpc, here))
        if rpc.owner and here.user_id:
            mine = at_the_door(*rpc.call(channels[service], here.token, **own(rpc, here)))
            others = at_the_door(*rpc.call(channels[service], here.token, **{rpc.owner: here.user_id + 1}))
            if (mine, others) != (expected(rpc, here, own=True), expected(rpc, here)):
                wrong[f"{rpc.path} of {rpc.owner}"] = (mine, others)
    assert wrong == {}


def over_rest(url, who, rpc):
    method, path = rpc.route
    path = re.sub(r"{[^}]*_id}", "1", path)
    path = re.sub(r"{[^}]*}", "ranking", path)
    headers = {"Authorization": f"Bearer {who.token}"} if who.token else {}
    body = {"json": {}} if rpc.has_body else {}
    answer = requests.request(method, url + path, headers=headers, timeout=10, allow_redirects=False, **body)
    if answer.ok or "json" not in answer.headers.get("Content-Type", ""):
        return PASSES
    problem = answer.json()
    if problem.get("error") == "invalid_token":  # RFC 6750 has one word for all of these
        return expected(rpc, who) if who.refused or who.token is None else "invalid_token"
    code = problem.get("code", problem.get("error"))
    if answer.status_code not in (401, 403) or code not in REASONS | DENIALS:
        return PASSES
    return REVOKED if code in TOLD else code


@pytest.mark.parametrize("name", [*TOKENS, *APPLICATIONS, *KEYS])
def test_every_route_as(session_suite, make, name):
    who, wrong = make(name), {}
    for _, rpc in ROWS:
        if rpc.route:
            here = make(name) if is_harmful(rpc) and expected(rpc, who) == PASSES and who.user_id else who
            said = settled(rpc, here, lambda: over_rest(session_suite.url, here, rpc))  # noqa: B023
            # A public route takes a key's caller for nobody, or, in scope, for themselves: it passes either way.
            if said != expected(rpc, here):
                wrong[rpc.route] = (said, expected(rpc, here))
    assert wrong == {}


def test_a_key_is_bound_to_its_network(session_suite, administrator):
    caller = Api(session_suite.url).register()
    made = caller.post("/v1/me/api-keys", {"name": "x", "scopes": SCOPES[:], "networks": ["203.0.113.0/24"]})
    for _, rpc in ROWS:
        if rpc.route:
            who = Somebody("elsewhere", made["key"])
            method, path = rpc.route
            path = re.sub(r"{[^}]*}", "1", path)
            headers = {"X-API-Key": who.token, "X-Forwarded-For": "203.0.113.7"}
            body = {"json": {}} if rpc.has_body else {}
            answer = requests.request(method, session_suite.url + path, headers=headers, timeout=10, **body)
            problem = answer.json()
            if "error" not in problem:  # OAuth 2 has no word for it
                assert (answer.status_code, problem["code"]) == (403, "address_not_allowed"), rpc.route


def test_the_matrix_is_whole():
    assert len(ROWS) > 60
    assert {"user", "curator", "administrator", "service"} >= {role for _, rpc in ROWS for role in rpc.roles}
    assert set(ROLES_OF_SCOPE) <= set(SCOPES)
