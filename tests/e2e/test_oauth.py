"""Marquee as OAuth 2 server and OpenID provider, with real clients: Authlib (Python) and openid-client (npm).

Pages are driven as a browser without JavaScript does it. Everything goes through the edge.
"""

import base64
import hashlib
import json
import pathlib
import secrets
import subprocess
import time
import urllib.parse
from types import SimpleNamespace

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from support.api import PASSWORD, Problem
from support.browser import Browser
from support.ctl import LOCAL
from support.suite import ROOT
from support.waiting import eventually

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens: where a browser is sent is all that is looked at
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
LIBRARY = ROOT / ".tools" / "node" / "node_modules" / "openid-client" / "build" / "index.js"
SCOPE = "openid profile email offline_access read ratings:write"


class Refusal(str):
    """Equal to an answer whose error has this word, whatever its description."""

    def __eq__(self, other):
        return set(other) == {"error", "error_description"} and other["error"] == str(self)

    __hash__ = str.__hash__


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def server(suite):
    """What the server says of itself."""
    metadata = requests.get(f"{suite.url}/.well-known/openid-configuration", timeout=10).json()
    assert metadata["issuer"] == suite.url
    return SimpleNamespace(url=suite.url, **metadata)


def register_client(administrator, *, confidential, **fields):
    body = {
        "name": "Film club",
        "confidential": confidential,
        "redirect_uris": [CALLBACK],
        "scopes": SCOPE.split(),
        "grant_types": ["authorization_code", "refresh_token", DEVICE, *(["client_credentials"] * confidential)],
    }
    made = administrator.post("/v1/oauth-clients", body | fields)
    return SimpleNamespace(id=made["client"]["client_id"], secret=made.get("client_secret"))


@pytest.fixture
def club(suite, administrator):
    return register_client(administrator, confidential=True)


@pytest.fixture
def app(suite, administrator):
    return register_client(administrator, confidential=False)


@pytest.fixture
def person(api):
    return api.register(display_name="Ada")


def session_of(server, client, **arguments):
    arguments = {"scope": SCOPE, "redirect_uri": CALLBACK, "code_challenge_method": "S256"} | arguments
    method = "client_secret_basic" if client.secret else "none"
    return OAuth2Session(client.id, client.secret, token_endpoint_auth_method=method, **arguments)


def sign_in(browser, person, password=PASSWORD):
    return browser.submit(email=person.user["email"], password=password)


def allow(browser, url, person):
    """Where the browser is sent once the person has signed in and allowed it."""
    assert browser.open(url) is None
    if "password" in browser.form().fields:
        assert sign_in(browser, person) is None
    assert browser.heading() == "Let Film club in?"
    return browser.submit(decision="allow")


def let_in(server, client, person, browser=None, **arguments):
    """A client's session after the whole of the code flow, with its tokens; and what it sent for the code."""
    session = session_of(server, client, **arguments)
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    url, state = session.create_authorization_url(server.authorization_endpoint, code_verifier=verifier, nonce=nonce)
    callback = allow(browser or Browser(server.url), url, person)
    assert callback.startswith(CALLBACK + "?")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(callback).query))
    assert query["iss"] == server.issuer
    assert query["state"] == state
    session.fetch_token(server.token_endpoint, authorization_response=callback, state=state, code_verifier=verifier)
    return session, {"code": query["code"], "code_verifier": verifier, "redirect_uri": CALLBACK, "nonce": nonce}


def claims_of(server, id_token):
    keys = KeySet.import_key_set(requests.get(server.jwks_uri, timeout=10).json())
    return jwt.decode(id_token, keys, algorithms=["ES256"]).claims


def ask_token(server, client, **form):
    """The token endpoint, bare: status and answer."""
    if client.secret:
        form["client_secret"] = client.secret
    answer = requests.post(server.token_endpoint, data={"client_id": client.id} | form, timeout=10)
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


def status(server, token, path="/v1/me/ratings"):
    return requests.get(server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


# --- each flow, with Authlib ------------------------------------------------------------------------------------------
def test_a_person_lets_a_web_site_in(server, club, person):
    session, sent = let_in(server, club, person)
    token = dict(session.token)
    assert token["token_type"] == "Bearer"
    assert set(token["scope"].split()) == set(SCOPE.split())
    claims = claims_of(server, token["id_token"])
    assert (claims["iss"], claims["aud"]) == (server.issuer, club.id)
    assert (claims["sub"], claims["nonce"]) == (str(person.user["user_id"]), sent["nonce"])
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]
    assert session.get(server.userinfo_endpoint).json() == {
        "sub": claims["sub"],
        "name": "Ada",
        "email": person.user["email"],
        "email_verified": False,
    }
    # What the scopes say, and no more.
    assert session.get(f"{server.url}/v1/me/ratings").status_code == 200
    refused = session.patch(f"{server.url}/v1/me", json={"display_name": "Eve"})
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    # An ID token opens nothing.
    assert status(server, token["id_token"]) == 401

    before = session.introspect_token(server.introspection_endpoint, token["access_token"]).json()
    assert before["active"] and before["client_id"] == club.id and before["sub"] == claims["sub"]
    refreshed = session.refresh_token(server.token_endpoint, refresh_token=token["refresh_token"])
    assert refreshed["refresh_token"] != token["refresh_token"]
    assert status(server, refreshed["access_token"]) == 200

    assert session.revoke_token(server.revocation_endpoint, refreshed["refresh_token"]).status_code == 200
    after = session.introspect_token(server.introspection_endpoint, refreshed["access_token"]).json()
    assert after == {"active": False}
    eventually(lambda: status(server, refreshed["access_token"]) == 401)
    with pytest.raises(OAuthError) as gone:
        session.refresh_token(server.token_endpoint, refresh_token=refreshed["refresh_token"])
    assert gone.value.error == "invalid_grant"


def test_what_was_allowed_once_is_not_asked_for_again(server, club, app, person):
    browser = Browser(server.url)
    let_in(server, club, person, browser)
    session = session_of(server, club)
    url, _ = session.create_authorization_url(server.authorization_endpoint, code_verifier="v" * 43)
    assert "code=" in browser.open(url)
    # Anybody may say that they are a program on this machine.
    let_in(server, app, person, browser)
    url, _ = session_of(server, app).create_authorization_url(server.authorization_endpoint, code_verifier="v" * 43)
    assert browser.open(url) is None
    assert browser.heading() == "Let Film club in?"
    assert "error=access_denied" in browser.submit(decision="deny")


def test_a_client_gets_a_token_of_its_own(server, club):
    session = session_of(server, club, scope="read")
    token = session.fetch_token(server.token_endpoint, grant_type="client_credentials")
    assert (token["scope"], token["expires_in"]) == ("read", 300)
    assert "refresh_token" not in token and "id_token" not in token
    # It is nobody's, so there is nothing of anybody's that it could see.
    assert status(server, token["access_token"]) == 403
    assert status(server, token["access_token"], "/v1/me") == 403


def test_a_device_is_let_in(server, app, person):
    begun = requests.post(
        server.device_authorization_endpoint, data={"client_id": app.id, "scope": "openid read"}, timeout=10
    ).json()
    ask = {"grant_type": DEVICE, "device_code": begun["device_code"]}
    assert ask_token(server, app, **ask) == (400, Refusal("authorization_pending"))
    browser = Browser(server.url)
    browser.open(begun["verification_uri"])
    sign_in(browser, person)
    browser.submit(user_code=begun["user_code"].lower().replace("-", " "))
    assert begun["user_code"] in browser.page.text
    browser.submit(decision="allow")
    assert browser.heading() == "Done"
    time.sleep(begun["interval"] + 0.5)  # who asks sooner is to wait longer each time
    token = session_of(server, app).fetch_token(server.token_endpoint, **ask)
    assert token["scope"] == "openid read"
    assert claims_of(server, token["id_token"])["sub"] == str(person.user["user_id"])
    assert ask_token(server, app, **ask) == (400, Refusal("invalid_grant"))


# --- each flow, with openid-client ------------------------------------------------------------------------------------
def openid_client(server, client, flow, person=None, **settings):
    settings = {
        "issuer": server.issuer,
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
    } | settings
    script = pathlib.Path(__file__).parents[1] / "support" / "openid_client.mjs"
    process = subprocess.Popen(
        ["node", script, LIBRARY, flow, json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if person is not None:
            url = json.loads(process.stdout.readline() or process.communicate()[1])["open"]
            browser = Browser(server.url)
            if flow == "code":
                process.stdin.write(allow(browser, url, person) + "\n")
                process.stdin.flush()
            else:
                browser.open(url)
                sign_in(browser, person)
                browser.submit(decision="allow")
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return json.loads(out.splitlines()[-1])
    finally:
        process.kill()


@pytest.mark.parametrize("confidential", [True, False])
def test_openid_client_is_let_in(server, administrator, person, confidential):
    client = register_client(administrator, confidential=confidential)
    given = openid_client(server, client, "code", person)
    assert given["claims"]["sub"] == given["person"]["sub"] == str(person.user["user_id"])
    assert given["person"]["email"] == person.user["email"]
    assert given["refreshed"]["refresh_token"] != given["tokens"]["refresh_token"]
    if confidential:
        assert given["before"]["active"] is True
        assert given["after"] == {"active": False}
    assert ask_token(server, client, grant_type="refresh_token", refresh_token=given["refreshed"]["refresh_token"]) == (
        400,
        Refusal("invalid_grant"),
    )


def test_openid_client_is_let_in_on_a_device(server, app, person):
    given = openid_client(server, app, "device", person)
    assert given["claims"]["sub"] == str(person.user["user_id"])
    assert status(server, given["tokens"]["access_token"]) == 200


def test_openid_client_gets_a_token_of_its_own(server, club):
    assert openid_client(server, club, "credentials", scope="read")["tokens"]["scope"] == "read"


# --- what is refused --------------------------------------------------------------------------------------------------
def challenge(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization(server, client, verifier, **changes):
    wanted = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "scope": "openid read",
        "state": "a state",
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    } | changes
    query = {name: value for name, value in wanted.items() if value is not None}
    return f"{server.authorization_endpoint}?{urllib.parse.urlencode(query)}"


def query_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "openid models:admin"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "e30.e30."}, "request_not_supported"),
    ],
)
def test_the_application_is_told_what_is_wrong(server, app, changes, error):
    back = Browser(server.url).open(authorization(server, app, "v" * 43, **changes))
    assert back.startswith(CALLBACK)
    told = query_of(back)
    assert (told["error"], told["state"], told["iss"]) == (error, "a state", server.issuer)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "app-nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": CALLBACK.replace("http://", "http://evil@")},
    ],
)
def test_nobody_is_sent_where_no_application_is(server, app, changes):
    browser = Browser(server.url)
    assert browser.open(authorization(server, app, "v" * 43, **changes)) is None
    assert (browser.page.status_code, browser.heading()) == (400, "This link is broken")


def test_a_native_applications_port_is_its_own(server, app, person):
    """RFC 8252, section 7.3."""
    elsewhere = CALLBACK.replace(":9/", ":51004/")
    back = allow(Browser(server.url), authorization(server, app, "v" * 43, redirect_uri=elsewhere), person)
    assert back.startswith(elsewhere + "?code=")
    form = {"grant_type": "authorization_code", "code": query_of(back)["code"], "code_verifier": "v" * 43}
    assert ask_token(server, app, redirect_uri=CALLBACK, **form) == (400, Refusal("invalid_grant"))
    assert ask_token(server, app, redirect_uri=elsewhere, **form)[0] == 200


def test_mutations_are_refused_and_a_replay_revokes(server, club, app, person):
    verifier = secrets.token_urlsafe(48)
    back = allow(Browser(server.url), authorization(server, app, verifier), person)
    good = {
        "grant_type": "authorization_code",
        "code": query_of(back)["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
    }
    nobody = SimpleNamespace(id="app-nobody", secret=None)
    for client, change, answer in [
        (app, {"code": good["code"][::-1]}, (400, "invalid_grant")),
        (app, {"code": ""}, (400, "invalid_request")),
        (app, {"code_verifier": "w" + verifier[1:]}, (400, "invalid_grant")),
        (app, {"code_verifier": ""}, (400, "invalid_grant")),
        (app, {"code_verifier": challenge(verifier)}, (400, "invalid_grant")),
        (app, {"redirect_uri": "https://evil.example/callback"}, (400, "invalid_grant")),
        (app, {"redirect_uri": ""}, (400, "invalid_grant")),
        (app, {"grant_type": "password"}, (400, "unsupported_grant_type")),
        (app, {"grant_type": ""}, (400, "invalid_request")),
        (club, {}, (400, "invalid_grant")),
        (nobody, {}, (401, "invalid_client")),
        (SimpleNamespace(id=club.id, secret="wrong"), {}, (401, "invalid_client")),
        (SimpleNamespace(id=app.id, secret="none has"), {}, (401, "invalid_client")),
    ]:
        code, said = ask_token(server, client, **good | change)
        assert (code, said["error"]) == answer, change
    code, given = ask_token(server, app, **good)
    assert code == 200
    assert status(server, given["access_token"]) == 200
    assert ask_token(server, app, **good) == (400, Refusal("invalid_grant"))
    # In auth at once, and in each other service within two seconds (ADR 603).
    assert status(server, given["access_token"], "/oauth2/userinfo") == 401
    eventually(lambda: status(server, given["access_token"]) == 401)


def test_refusals_are_the_standards_own(server, club):
    refused = requests.post(server.token_endpoint, auth=(club.id, "wrong"), data={"grant_type": "x"}, timeout=10)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="clients"'
    twice = requests.post(server.token_endpoint, data=[("grant_type", "a"), ("grant_type", "b")], timeout=10)
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    nobody = requests.get(server.userinfo_endpoint, timeout=10)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
    bad = requests.get(server.userinfo_endpoint, headers={"Authorization": "Bearer x"}, timeout=10)
    assert bad.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    large = requests.get(authorization(server, club, "v" * 43, state="s" * 1001), timeout=10)
    assert (large.status_code, large.json()["error"]) == (400, "invalid_request")


# --- pages ------------------------------------------------------------------------------------------------------------
def test_pages_hold_to_a_strict_policy(server, club, person):
    browser = Browser(server.url)
    browser.open(authorization(server, club, "v" * 43))
    for heading in ("Sign in", "Let Film club in?"):
        assert browser.heading() == heading
        headers = browser.page.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self' http://127.0.0.1:9"
        assert "unsafe" not in headers["Content-Security-Policy"] and "," not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        if heading == "Sign in":
            sign_in(browser, person)


def test_cookies_are_out_of_reach(server, club, person):
    browser = Browser(server.url)
    browser.open(authorization(server, club, "v" * 43))
    first = browser.page.headers["Set-Cookie"]
    assert first.startswith("__Host-marquee=")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in first.split(";")}
    assert "Domain" not in first
    planted = browser.http.cookies["__Host-marquee"]
    sign_in(browser, person)
    assert browser.http.cookies["__Host-marquee"] != planted
    # Two of a name: one may be another's.
    name = browser.http.cookies["__Host-marquee"]
    both = {"Cookie": f"__Host-marquee={planted}; other=1; __Host-marquee={name}"}
    refused = requests.get(authorization(server, club, "v" * 43), headers=both, timeout=10)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def test_a_form_of_another_site_does_nothing(server, club, person):
    browser = Browser(server.url)
    browser.open(authorization(server, club, "v" * 43))
    form = browser.form()
    for token in ["", "x", secrets.token_urlsafe(32)]:
        answer = browser.http.post(
            server.url + form.action,
            data=form.fields | {"form_token": token, "email": person.user["email"], "password": PASSWORD},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    assert sign_in(browser, person, "another password") is None
    assert browser.page.status_code == 401
    sign_in(browser, person)
    form = browser.form()
    answer = browser.http.post(
        server.url + form.action, data=form.fields | {"form_token": "x", "decision": "allow"}, timeout=10
    )
    assert answer.status_code == 403


def test_a_browser_is_signed_out_with_its_person(server, club, person):
    browser = Browser(server.url)
    let_in(server, club, person, browser)
    person.delete("/v1/me/sessions", params={"include_current": "true"})
    assert browser.open(authorization(server, club, "v" * 43)) is None
    assert "password" in browser.form().fields


# --- who manages clients ----------------------------------------------------------------------------------------------
def test_clients_are_the_administrators(server, administrator, person, club):
    with pytest.raises(Problem) as refused:
        person.post("/v1/oauth-clients", {"name": "x", "scopes": ["read"], "grant_types": ["client_credentials"]})
    assert refused.value.status == 403
    shown = administrator.get(f"/v1/oauth-clients/{club.id}")
    assert shown["name"] == "Film club" and "secret" not in json.dumps(shown)
    session, _ = let_in(server, club, person)
    administrator.delete(f"/v1/oauth-clients/{club.id}")
    assert status(server, session.token["access_token"], "/oauth2/userinfo") == 401
    assert ask_token(server, club, grant_type="client_credentials")[1]["error"] == "invalid_client"


def test_marqueectl_manages_clients(ctl):
    made = ctl.run("clients", "create", "Film club", "--confidential", "--redirect-uri", "https://club.example/cb",
                   "--scope", "openid", "--grant", "authorization_code", "--grant", "device_code")  # fmt: skip
    client_id = made["client"]["client_id"]
    assert made["client_secret"] and DEVICE in made["client"]["grant_types"]
    assert client_id in [client["client_id"] for client in ctl.run("clients", "list")["clients"]]
    assert ctl.run("clients", "update", client_id, "--name", "Cinema")["name"] == "Cinema"
    assert ctl.run("clients", "show", client_id)["scopes"] == ["openid"]
    assert ctl.run("clients", "rotate-secret", client_id)["client_secret"] != made["client_secret"]
    ctl.run("clients", "delete", client_id)
    assert ctl.try_run("clients", "show", client_id).returncode == 2


def test_marqueectl_logs_in_without_a_password(server, session_suite, person, tmp_path):
    environment = session_suite.environment | {"MARQUEE_CREDENTIALS_FILE": str(tmp_path / "credentials.json")}

    def ctl(*arguments):
        return subprocess.Popen(
            [LOCAL / "marqueectl", "--server", server.url, *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    login = ctl("login", "--scope", "read")
    try:
        said = login.stderr.readline() + login.stderr.readline()
        browser = Browser(server.url)
        browser.open(said[said.index("(or open ") + len("(or open ") : said.rindex(")")])
        sign_in(browser, person)
        browser.submit(decision="allow")
        out, errors = login.communicate(timeout=60)
        assert login.returncode == 0, errors
        assert person.user["email"] in out
    finally:
        login.kill()
    kept = json.loads((tmp_path / "credentials.json").read_text())
    assert kept["client_id"] == "marqueectl"
    # A stale token is refreshed by OAuth 2's rules.
    (tmp_path / "credentials.json").write_text(json.dumps(kept | {"access_token": "stale"}))
    out, errors = ctl("--json", "recommend").communicate(timeout=60)
    assert "login_expired" not in out + errors and "insufficient_scope" not in out + errors
    again = json.loads((tmp_path / "credentials.json").read_text())
    assert again["refresh_token"] != kept["refresh_token"]
    out, _ = ctl("--json", "sessions", "list").communicate(timeout=60)
    assert json.loads(out)["error"]["reason"] == "insufficient_scope"


# --- the document -----------------------------------------------------------------------------------------------------
def test_the_document_names_the_scopes_of_each_route(server):
    document = requests.get(f"{server.url}/openapi.json", timeout=10).json()
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert set(flows["authorizationCode"]["scopes"]) == set(server.scopes_supported)
    ratings = document["paths"]["/v1/me/ratings"]["get"]
    assert {"oauth2": ["read"]} in ratings["security"]
    assert document["paths"]["/oauth2/userinfo"]["get"]["security"] == [{"bearer": []}, {"oauth2": ["openid"]}]


def test_both_metadata_documents_say_the_same(server):
    other = requests.get(f"{server.url}/.well-known/oauth-authorization-server", timeout=10).json()
    assert other == {key: value for key, value in vars(server).items() if key != "url"}
    assert other["code_challenge_methods_supported"] == ["S256"]
    assert requests.get(other["jwks_uri"], timeout=10).json()["issuer"] == server.issuer
