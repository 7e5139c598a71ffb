"""Signing in with somebody else's OpenID provider: npm's oidc-provider, and one that lies.

Pages are driven as a browser without JavaScript does it. Everything goes through the edge.
"""

import json
import secrets
import subprocess
import urllib.parse

import pytest
import requests

from support.api import PASSWORD, Api, Problem
from support.applications import CALLBACK, Application
from support.authenticator import Authenticator
from support.browser import Browser, travel
from support.ctl import Ctl
from support.leaks import leaks, secrets_of
from support.mailbox import free_port
from support.openid_provider import HostileProvider, NpmProvider
from support.suite import Suite
from support.waiting import eventually

SCOPES = ["openid", "email", "read"]


NAMES = ["npm", "npm-ec", "hostile", "down", "tls", "impostor"]


def make_certificate(folder, name):
    """A certificate of 127.0.0.1 that it signed itself, and its key."""
    files = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=provider", "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {name: make_certificate(folder, name) for name in ("tls", "impostor")}


@pytest.fixture(scope="module")
def session_suite(tmp_path_factory, certificates):
    """One of its own, which knows these providers: whether they are up, it needn't know."""
    client_secrets = {name: secrets.token_urlsafe(24) for name in NAMES}
    Api.secrets |= {secret.encode() for secret in client_secrets.values()}
    ports = {name: free_port() for name in NAMES}
    with Suite(MARQUEE_INFRA_EPHEMERAL=1) as suite:
        providers = [
            {
                "id": name,
                "name": f"The {name}",
                "issuer": f"http{'s' if name in certificates else ''}://127.0.0.1:{port}",
                "client_id": "marquee",
            }
            for name, port in ports.items()
        ]
        file = tmp_path_factory.mktemp("secrets") / "providers"
        file.write_text("".join(f"{name}:{secret}\n" for name, secret in client_secrets.items()))
        suite.override(
            "auth",
            MARQUEE_AUTH_PROVIDERS=json.dumps(providers, separators=(",", ":")),
            MARQUEE_AUTH_PROVIDER_SECRETS_FILE=file,
            MARQUEE_AUTH_PROVIDERS_CA=certificates["tls"][0],
        )
        suite.client_secrets, suite.provider_ports = client_secrets, ports
        yield suite.up()
        assert leaks(suite.state / "logs", secrets_of(suite.state) | Api.secrets) == []


@pytest.fixture(scope="module")
def administrator(session_suite):
    return Api(session_suite.url).bootstrap(session_suite.secret("auth-bootstrap"))


@pytest.fixture(scope="module")
def club(session_suite, administrator):
    return Application.register(administrator, session_suite.url, *SCOPES)


def npm_provider(suite, name, **arguments):
    callback = f"{suite.url}/oauth2/callback/{name}"
    return NpmProvider(callback, suite.client_secrets[name], port=suite.provider_ports[name], **arguments)


@pytest.fixture(scope="module")
def npm(session_suite):
    provider = npm_provider(session_suite, "npm")
    try:
        yield provider.up()
    finally:
        provider.down()


@pytest.fixture(scope="module")
def hostile(session_suite):
    provider = HostileProvider(session_suite.client_secrets["hostile"], session_suite.provider_ports["hostile"])
    try:
        yield provider.up()
    finally:
        provider.down()


@pytest.fixture
def browser(session_suite):
    return Browser(session_suite.url)


def address():
    return f"{secrets.token_hex(4)}@example.com"


def begin(browser, club, provider="The npm", **parameters):
    """Where the browser is sent from the page on which an application's person signs in; the application's verifier."""
    url, verifier = club.authorization(*SCOPES, **parameters)
    assert browser.open(url) is None
    assert browser.heading() == "Sign in"
    return browser.follow("Continue with " + provider), verifier


def come_back(browser, there):
    return browser.open(travel(there, browser.url + "/"))


def sign_in(browser, club, provider="The npm"):
    """By a provider, and lets the application in: its access token."""
    there, verifier = begin(browser, club, provider)
    callback = come_back(browser, there)
    if callback is None:  # they haven't let it in before
        assert browser.heading() == "Let Application in?", browser.page.text
        callback = browser.submit(decision="allow")
    return club.redeem(callback, verifier)


def who(club, token):
    answer = requests.get(club.url + "/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def is_signed_in(browser, club):
    return browser.open(club.authorization(*SCOPES)[0]) is not None or browser.heading() != "Sign in"


# --- npm's oidc-provider ----------------------------------------------------------------------------------------------
def test_somebody_new_gets_an_account_and_signs_in_to_it_again(browser, club, npm):
    email = address()
    npm.sign_in("ada", email=email, email_verified=True, name="Ada L.")
    first = who(club, sign_in(browser, club))
    assert (first["email"], first["email_verified"]) == (email, True)
    # Whatever the address is later: issuer and subject are who they are.
    npm.sign_in("ada", email=address(), email_verified=False)
    assert who(club, sign_in(Browser(club.url), club)) == first
    # There is no password, and nobody hears of that.
    for known in (email, address()):
        with pytest.raises(Problem) as refused:
            Api(club.url).login(known)
        assert (refused.value.status, refused.value.code) == (401, "credentials_wrong")


def test_the_provider_gets_what_binds_its_answer(browser, club, npm):
    there, _ = begin(browser, club, prompt="login")
    asked = urllib.parse.urlsplit(there)
    query = dict(urllib.parse.parse_qsl(asked.query))
    assert f"{asked.scheme}://{asked.netloc}" == npm.issuer
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == f"{club.url}/oauth2/callback/npm"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
    assert query["prompt"] == "login"
    cookie = browser.http.cookies["__Host-marquee"]
    assert cookie not in there


def test_a_device_page_is_gone_on_with(browser, npm):
    npm.sign_in("device", email=address(), email_verified=True)
    browser.open("/oauth2/device?user_code=WDJB-MJHT")
    assert come_back(browser, browser.follow("Continue with The npm")) is None
    assert browser.heading() == "Sign in on a device"
    assert "There is no such code" in browser.page.text


def test_keys_are_rotated_and_algorithms_differ(session_suite, club, npm):
    npm.sign_in("rotating", email=address(), email_verified=True)
    first = who(club, sign_in(Browser(club.url), club))
    npm.rotate("second")

    def with_the_new_key():
        return who(club, sign_in(Browser(club.url), club))

    # Keys are asked for again, but not at each sign-in.
    assert eventually(with_the_new_key, 30) == first
    provider = npm_provider(session_suite, "npm-ec", algorithm="ES256").up()
    try:
        email = address()
        provider.sign_in("rotating", email=email, email_verified=True)
        other = who(club, sign_in(Browser(club.url), club, "The npm-ec"))
        assert (other["email"], other["sub"] != first["sub"]) == (email, True)
    finally:
        provider.down()


def test_a_person_who_says_no_is_nobody(browser, club, npm):
    npm.deny()
    assert come_back(browser, begin(browser, club)[0]) is None
    assert browser.page.status_code == 403
    assert browser.follow("Back") is None
    assert browser.heading() == "Sign in"


def test_a_provider_that_is_down_leaves_passwords(session_suite, browser, club):
    person = Api(club.url).register()
    assert begin(browser, club, "The down")[0] is None
    assert (browser.page.status_code, browser.heading()) == (503, "That doesn't work at the moment")
    counted = 'marquee_auth_provider_sign_ins_total{outcome="unavailable",provider="down"}'
    assert counted in session_suite.metrics("auth")
    browser.follow("Back")
    assert browser.submit(email=person.user["email"], password=PASSWORD) is None
    assert browser.heading() == "Let Application in?"


def test_a_provider_that_goes_away_meanwhile_signs_nobody_in(session_suite, browser, club, npm):
    npm.sign_in("away", email=address(), email_verified=True)
    back = travel(begin(browser, club)[0], browser.url + "/")
    npm.down()
    try:
        assert browser.open(back) is None
        assert browser.page.status_code == 503
        assert not is_signed_in(browser, club)
    finally:
        npm.up()
    # It has other keys in its new life, which are asked for once the last attempt is some seconds old.
    npm.sign_in("back", email=address(), email_verified=True)
    eventually(lambda: who(club, sign_in(Browser(club.url), club)), 30, what="they sign in again")


# --- accounts that there are ------------------------------------------------------------------------------------------
def identities(person):
    return person.get("/v1/me/identities")["identities"]


def test_an_account_is_not_linked_because_the_address_is_the_same(browser, club, npm):
    person = Api(club.url).register()
    npm.sign_in("same", email=person.user["email"], email_verified=True)
    there, verifier = begin(browser, club)
    assert come_back(browser, there) is None
    assert browser.heading() == "You have an account here"
    assert not identities(person)
    browser.submit(password="another password")
    assert browser.page.status_code == 401
    assert not identities(person)
    assert browser.submit(password=PASSWORD) is None
    assert who(club, club.redeem(browser.submit(decision="allow"), verifier))["email"] == person.user["email"]
    (linked,) = identities(person)
    assert (linked["provider"], linked["subject"], linked["issuer"]) == ("The npm", "same", npm.issuer)
    assert person.get("/v1/me")["email_verified"] is True
    # From now on the provider will do.
    assert who(club, sign_in(Browser(club.url), club))["sub"] == str(person.user["user_id"])


def test_an_address_that_nobody_vouches_for_is_none(club, npm):
    person = Api(club.url).register()
    pages = set()
    for email in (person.user["email"], address()):
        browser = Browser(club.url)
        npm.sign_in("unproved", email=email, email_verified=False)
        assert come_back(browser, begin(browser, club)[0]) is None
        assert browser.page.status_code == 403
        pages.add(browser.page.text.partition('<a href="')[0])
        assert not is_signed_in(browser, club)
    assert len(pages) == 1, "nothing tells whether there is such an account"
    assert not identities(person)


def test_a_second_factor_is_asked_for_here_too(browser, club, npm):
    person = Api(club.url).register()
    npm.sign_in("careful", email=person.user["email"], email_verified=True)
    come_back(browser, begin(browser, club)[0])
    browser.submit(password=PASSWORD)
    authenticator = Authenticator(person.post("/v1/me/totp", {"password": PASSWORD})["otpauth_uri"])
    step, code = authenticator.fresh()
    person.post("/v1/me/totp:confirm", {"code": code})

    browser = Browser(club.url)
    assert come_back(browser, begin(browser, club)[0]) is None
    assert browser.heading() == "One more step"
    assert not is_signed_in(Browser(club.url), club)
    browser.submit(one_time_code="000000")
    assert browser.page.status_code == 401
    assert browser.submit(one_time_code=authenticator.fresh(step)[1]) is None
    assert browser.heading() == "Let Application in?"


def test_a_disabled_account_stays_closed(browser, club, npm, administrator):
    npm.sign_in("disabled", email=address(), email_verified=True)
    number = who(club, sign_in(browser, club))["sub"]
    administrator.put(f"/v1/users/{number}/state", {"state": "ACCOUNT_STATE_DISABLED"})
    other = Browser(club.url)
    assert come_back(other, begin(other, club)[0]) is None
    assert other.page.status_code == 401
    assert not is_signed_in(other, club)
    assert not is_signed_in(browser, club)


def open_identities(browser, person):
    browser.open("/oauth2/identities")
    assert browser.submit(email=person.user["email"], password=PASSWORD) is None
    assert browser.heading() == "Your identities"


def test_marqueectl_lists_and_unlinks(browser, club, session_suite, npm):
    person = Api(club.url).register()
    open_identities(browser, person)
    npm.sign_in("by-command", email=person.user["email"], email_verified=True)
    come_back(browser, browser.follow("Link The npm"))
    browser.submit()
    ctl = Ctl(session_suite, "identities", person.user["email"])
    shown = ctl.run("identities", "list")
    (linked,) = shown["identities"]
    assert linked["subject"] == "by-command" and shown["has_password"]
    table = ctl.text("identities", "list").stdout
    assert linked["identity_id"] in table and "The npm" in table
    assert ctl.try_run("identities", "unlink", "another").returncode == 2
    ctl.run("identities", "unlink", linked["identity_id"])
    assert ctl.run("identities", "list")["identities"] == []


def test_a_signed_in_person_links_and_unlinks(browser, club, npm):
    person = Api(club.url).register()
    open_identities(browser, person)
    npm.sign_in("linked", email=person.user["email"], email_verified=True)
    assert come_back(browser, browser.follow("Link The npm")) is None
    assert browser.heading() == "Link your account to The npm?"
    assert not identities(person)
    browser.submit()
    assert f"The npm ({person.user['email']})" in browser.page.text
    (linked,) = identities(person)
    # It is theirs alone.
    other = Api(club.url).register()
    elsewhere = Browser(club.url)
    open_identities(elsewhere, other)
    npm.sign_in("linked", email=other.user["email"], email_verified=True)
    come_back(elsewhere, elsewhere.follow("Link The npm"))
    elsewhere.submit()
    assert elsewhere.page.status_code == 409
    with pytest.raises(Problem) as refused:
        other.delete(f"/v1/me/identities/{linked['identity_id']}")
    assert refused.value.status == 404
    # What began with it ends with it.
    assert is_signed_in(browser, club)
    # Once under one key, however often it is asked for.
    key = {"Idempotency-Key": "unlink"}
    for _ in range(2):
        person.delete(f"/v1/me/identities/{linked['identity_id']}", headers=key)
    assert not identities(person)
    assert not is_signed_in(browser, club)


def test_another_address_is_linked_to_no_account_that_may_be_anybodys(browser, club, npm):
    """Or somebody registers another's address, links themselves, and waits until its owner has taken it over."""
    person = Api(club.url).register()
    open_identities(browser, person)
    npm.sign_in("stranger", email=address(), email_verified=True)
    come_back(browser, browser.follow("Link The npm"))
    browser.submit()
    assert browser.page.status_code == 403
    assert "Prove the address of your account" in browser.page.text
    assert not identities(person)


def test_the_last_way_in_stays_until_there_is_a_password(browser, club, npm):
    email = address()
    npm.sign_in("only", email=email, email_verified=True)
    sign_in(browser, club)
    browser.open("/oauth2/identities")
    ((name, value),) = browser.form().buttons
    browser.submit(**{name: value})
    assert browser.page.status_code == 409
    assert "only way in which you can sign in" in browser.page.text
    browser.follow("Back")
    browser.follow("Set a password")
    browser.submit(new_password="short")
    assert browser.page.status_code == 400
    browser.submit(new_password=PASSWORD)
    assert browser.heading() == "Your identities"
    person = Api(club.url).login(email)
    assert person.get("/v1/me/identities")["has_password"] is True
    assert browser.submit(**{name: value}) is None
    assert "linked to nothing" in browser.page.text
    assert not identities(Api(club.url).login(email))


def test_what_is_known_is_exported_and_erased(session_suite, browser, club, npm):
    person = Api(club.url).register()
    npm.sign_in("erased", email=person.user["email"], email_verified=True)
    come_back(browser, begin(browser, club)[0])
    browser.submit(password=PASSWORD)
    lines = [json.loads(line) for line in person.send("GET", "/v1/me/export").text.splitlines()]
    (identity,) = [line["identity"] for line in lines if "identity" in line]
    assert (identity["issuer"], identity["subject"]) == (npm.issuer, "erased")
    actions = {line["audit_entry"]["action"] for line in lines if "audit_entry" in line}
    assert {"identity.link", "account.create"} <= actions
    person.delete("/v1/me")
    again = Browser(club.url)
    npm.sign_in("erased", email=address(), email_verified=True)
    assert who(club, sign_in(again, club))["sub"] != str(person.user["user_id"])


def test_sign_ins_are_audited(club, npm, administrator, browser):
    npm.sign_in("audited", email=address(), email_verified=True)
    number = int(who(club, sign_in(browser, club))["sub"])
    entries = administrator.get("/v1/audit-entries", action="identity.login")["entries"]
    assert any(entry["about_user_id"] == number and entry["outcome"] == "OK" for entry in entries)


# --- answers that are no good -----------------------------------------------------------------------------------------
def forged(browser, club, hostile, make):
    """The page upon an answer of the hostile provider, whose ID token is `make(nonce)`."""
    query = hostile.visited(begin(browser, club, "The hostile")[0])
    hostile.answer = make(query["nonce"])
    assert browser.open(f"/oauth2/callback/hostile?code=a-code&state={query['state']}") in (None, CALLBACK)
    return browser.page


def test_what_the_hostile_provider_says_rightly_is_believed(browser, club, hostile):
    """Else the refusals below say nothing."""
    forged(browser, club, hostile, lambda nonce: hostile.mint(hostile.claims(nonce)))
    assert browser.heading() == "Let Application in?", browser.page.text
    key, own = hostile.keys["ec"], Browser(club.url)
    forged(own, club, hostile, lambda nonce: hostile.mint(hostile.claims(nonce), key, alg="ES256", kid="ec"))
    assert own.heading() == "Let Application in?", own.page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"aud": ["marquee", "another"]},
        {"aud": ["marquee", "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"iss": "https://accounts.google.com"},
        {"iss": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": ""},
        {"sub": None},
        {"sub": "s" * 256},
    ],
    ids=str,
)
def test_claims_that_are_not_for_us_are_refused(browser, club, hostile, changes):
    page = forged(browser, club, hostile, lambda nonce: hostile.mint(hostile.claims(nonce, **changes)))
    assert page.status_code == 401
    assert not is_signed_in(browser, club)


def test_several_audiences_are_fine_where_we_are_the_one_it_was_given_to(browser, club, hostile):
    audience = {"aud": ["another", "marquee"], "azp": "marquee"}
    forged(browser, club, hostile, lambda nonce: hostile.mint(hostile.claims(nonce, **audience)))
    assert browser.heading() == "Let Application in?"


def signatures(hostile):
    public = hostile.keys["rsa"].as_pem(private=False)
    rsa, ec, unpublished = hostile.keys["rsa"], hostile.keys["ec"], hostile.unpublished["rsa"]
    return {
        "none": hostile.unsigned,
        "the client's secret": lambda claims: hostile.mac(claims, hostile.client_secret.encode()),
        "the public key as a secret": lambda claims: hostile.mac(claims, public),
        "another's kid": lambda claims: hostile.mint(claims, rsa, kid="ec"),
        "another's algorithm": lambda claims: hostile.mint(claims, ec, alg="ES256", kid="rsa"),
        "an unknown kid": lambda claims: hostile.mint(claims, unpublished, kid="unpublished"),
        "another key": lambda claims: hostile.mint(claims, unpublished),
        "no signature": lambda claims: hostile.mint(claims).rpartition(".")[0] + ".",
        "altered": lambda claims: hostile.mint(claims).replace(".", ".e30", 1),
        "nothing": lambda _: "",
    }


@pytest.mark.parametrize("which", [*signatures(HostileProvider("a client's secret"))])
def test_signatures_that_are_none_are_refused(browser, club, hostile, which):
    page = forged(browser, club, hostile, lambda nonce: signatures(hostile)[which](hostile.claims(nonce)))
    assert page.status_code == 401
    assert not is_signed_in(browser, club)


def test_an_answer_is_taken_once_from_the_browser_that_was_sent(club, hostile):
    mine, another = Browser(club.url), Browser(club.url)
    query = hostile.visited(begin(mine, club, "The hostile")[0])
    hostile.answer = hostile.mint(hostile.claims(query["nonce"]))
    back = f"/oauth2/callback/hostile?code=a-code&state={query['state']}"
    begin(another, club, "The hostile")
    for browser, url in [
        (another, back),
        (Browser(club.url), back),
        (mine, back.replace("callback/hostile", "callback/npm")),
        (mine, back.replace(query["state"], query["state"][::-1])),
        (mine, "/oauth2/callback/hostile?code=a-code"),
    ]:
        assert browser.open(url) is None
        assert browser.page.status_code == 404
        assert not is_signed_in(browser, club)
    assert mine.open(back) is None
    assert mine.heading() == "Let Application in?"
    assert mine.open(back) is None
    assert mine.page.status_code == 404, "a second time"


def test_an_answer_of_another_issuer_is_refused(browser, club, hostile):
    """RFC 9207: the mix-up."""
    query = hostile.visited(begin(browser, club, "The hostile")[0])
    hostile.answer = hostile.mint(hostile.claims(query["nonce"]))
    iss = urllib.parse.quote("https://accounts.google.com")
    assert browser.open(f"/oauth2/callback/hostile?code=a-code&state={query['state']}&iss={iss}") is None
    assert browser.page.status_code == 401


def test_nobody_is_sent_elsewhere(browser, club, hostile):
    for request in [
        {"request.client_id": club.client_id, "request.redirect_uri": "https://evil.example/"},
        {"request.client_id": "app-nobody", "request.redirect_uri": CALLBACK},
        {"request.client_id": club.client_id},
    ]:
        assert browser.open("/oauth2/providers/hostile?" + urllib.parse.urlencode(request)) is None
        assert browser.page.status_code in (400, 404)
    assert browser.open("/oauth2/providers/nobody") is None
    assert (browser.page.status_code, browser.heading()) == (404, "This link is broken")


def test_providers_are_known_by_their_certificates(session_suite, club, certificates):
    for name, status in (("tls", 200), ("impostor", 503)):
        port, secret = session_suite.provider_ports[name], session_suite.client_secrets[name]
        provider = HostileProvider(secret, port, certificates[name]).up()
        browser = Browser(club.url)
        try:
            there, _ = begin(browser, club, f"The {name}")
            if there is not None:
                query = provider.visited(there)
                provider.answer = provider.mint(provider.claims(query["nonce"], email=address()))
                browser.open(f"/oauth2/callback/{name}?code=a-code&state={query['state']}")
            assert browser.page.status_code == status, name
        finally:
            provider.down()


def test_a_provider_that_never_answers_holds_nobody_up(browser, club, hostile, npm):
    query = hostile.visited(begin(browser, club, "The hostile")[0])
    hostile.answer = hostile.mint(hostile.claims(query["nonce"]))
    hostile.hold.clear()
    try:
        assert browser.open(f"/oauth2/callback/hostile?code=a-code&state={query['state']}") is None
        assert browser.page.status_code == 503
        npm.sign_in("meanwhile", email=address(), email_verified=True)
        assert who(club, sign_in(Browser(club.url), club))
    finally:
        hostile.hold.set()
