"""Passwords that are guessed, lost and proved; second factors; mail that comes late."""

import base64
import concurrent.futures
import hashlib
import itertools
import queue
import re
import subprocess
import time
import uuid

import psycopg
import pytest
import requests

from support.api import PASSWORD
from support.authenticator import Authenticator
from support.mailbox import Mailbox
from support.waiting import eventually

ANOTHER = "seven quiet harbours"


def new_email(name="defended"):
    return f"{name}-{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture
def there(suite):
    """Calls from an address of one's choice: the gateway is told it as the edge would tell it."""

    def post(path, body, address, **headers):
        headers["X-Forwarded-For"] = address
        url = f"http://127.0.0.1:{suite.port('gateway')}{path}"
        return requests.post(url, json=body, headers=headers, timeout=30)

    return post


@pytest.fixture
def login(there):
    def sign_in(email, password, address, code=None):
        body = {"email": email, "password": password}
        return there("/v1/auth/login", body | ({"one_time_code": code} if code else {}), address)

    return sign_in


@pytest.fixture
def person(api):
    """Somebody whose address isn't this machine's."""

    def make(address):
        email = new_email()
        headers = {"X-Forwarded-For": address}
        assert api.send("POST", "/v1/auth/register", json={"email": email, "password": PASSWORD}, headers=headers).ok
        return email

    return make


def code_of(response):
    return response.status_code, response.json().get("code")


# --- passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("xq7 vmt", "too_short"),
        ("password", "password_too_common"),
        ("sunshine1", "password_too_common"),
        ("four Marquees in the rain", "password_too_common"),
        ("ADA.lovelace likes x7", "password_contains_email"),
        ("e\u0301a\u0301o\u0301u\u0301", "password_too_short"),
    ],
)
def test_passwords_that_are_refused(api, password, code):
    body = {"email": "ada.lovelace@example.com", "password": password}
    answer = api.send("POST", "/v1/auth/register", json=body)
    assert (*code_of(answer), answer.json()["field"]) == (400, code, "password")


def test_eight_characters_will_do(api):
    assert api.register(new_email(), "xq7 vmt2").get("/v1/me")["email_verified"] is False


# --- guessing --------------------------------------------------------------------------------------------------------


def besiege(login, email, address, least=4):
    """Guesses, at email(n) from address(n), until the next must wait for so many seconds; all waits that were told."""
    waits = []
    numbers = itertools.count()

    def held():
        n = next(numbers)
        answer = login(email(n), "a wrong guess", address(n))
        assert code_of(answer) in [(401, "credentials_wrong"), (429, "login_backoff")], answer.text
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
        return waits and waits[-1] >= least

    eventually(held, 90, interval=0.02, what=f"guesses wait for {least} s", not_yet=TimeoutError)
    return waits


@pytest.mark.parametrize("exists", [True, False])
def test_waits_grow_whether_or_not_there_is_an_account(api, login, exists):
    email = new_email()
    if exists:
        api.register(email)  # from this machine: none of the addresses below
    for _ in range(5):
        assert code_of(login(email, "a wrong guess", "192.0.2.10")) == (401, "credentials_wrong")
    waits = besiege(login, lambda n: email, lambda n: "192.0.2.10", 8)
    assert waits[0] <= 4 and max(waits) == 8, waits
    assert code_of(login(email, PASSWORD, "192.0.2.10")) == (429, "login_backoff"), "the right one, too"
    other = login(email, PASSWORD, "192.0.2.11")
    assert other.ok if exists else code_of(other) == (401, "credentials_wrong"), "one address waits for itself alone"


def test_strangers_keep_nobody_out_at_home(api, login):
    home = "2001:db8:77:1::5"
    email = new_email()
    api.register(email)
    assert login(email, PASSWORD, home).ok
    besiege(login, lambda n: email, lambda n: f"198.51.100.{n % 250}")
    assert code_of(login(email, PASSWORD, "203.0.113.9")) == (429, "login_backoff")
    assert login(email, PASSWORD, "2001:db8:77:1::beef").ok, "the same network"


def test_a_flood_from_one_address_shuts_out_nobody_elsewhere(api, login):
    flooder = "198.51.100.251"
    email = new_email()
    api.register(email)
    run = uuid.uuid4().hex[:8]
    besiege(login, lambda n: f"flood-{run}-{n}@example.com", lambda n: flooder)
    refused = login(email, PASSWORD, flooder)
    assert code_of(refused) == (429, "login_backoff")
    assert 1 <= int(refused.headers["Retry-After"]) <= 300
    assert login(email, PASSWORD, "198.51.100.252").ok


def test_a_stolen_session_is_no_way_to_guess(api):
    person = api.other().register()
    body = {"current_password": "a wrong guess", "new_password": ANOTHER}
    answers = [code_of(person.send("PATCH", "/v1/me", json=body)) for _ in range(10)]
    assert answers[:5] == [(400, "password_wrong")] * 5
    assert (429, "login_backoff") in answers
    assert api.other().login(person.user["email"]).user == person.user


# --- the second factor -----------------------------------------------------------------------------------------------


@pytest.fixture
def factor(api):
    """Somebody with a second factor: the caller, their authenticator, the last step used, the recovery codes."""
    person = api.other().register()
    assert code_of(person.send("POST", "/v1/me/totp", json={"password": "wrong"})) == (400, "password_wrong")
    setup = person.post("/v1/me/totp", {"password": PASSWORD})
    app = Authenticator(setup["otpauth_uri"])
    assert setup["secret"].replace("=", "") == base64.b32encode(app.secret).decode()
    assert person.get("/v1/me")["second_factor"] is False
    assert api.other().login(person.user["email"]).user, "it isn't asked for yet"
    assert code_of(person.send("POST", "/v1/me/totp:confirm", json={"code": "x"})) == (400, "one_time_code_wrong")
    step, code = app.fresh(int(time.time()) // 30 - 2)
    codes = person.post("/v1/me/totp:confirm", {"code": code})["recovery_codes"]
    assert len(set(codes)) == 10
    assert person.get("/v1/me")["second_factor"] is True
    return person, app, step, codes


def test_a_second_factor_from_begin_to_end(api, factor, login):
    person, app, used, recovery = factor
    email = person.user["email"]
    home = "192.0.2.44"
    assert code_of(login(email, PASSWORD, home)) == (401, "second_factor_required")
    assert code_of(login(email, "a wrong guess", home)) == (401, "credentials_wrong")
    assert code_of(login(email, PASSWORD, home, app.code(used))) == (401, "one_time_code_wrong"), "it confirmed"
    used, code = app.fresh(used)
    assert login(email, PASSWORD, home, code).ok
    assert code_of(login(email, PASSWORD, home, code)) == (401, "one_time_code_wrong"), "a replay"
    assert code_of(login(email, PASSWORD, home, app.code(used + 5))) == (401, "one_time_code_wrong"), "too early"
    assert login(email, PASSWORD, home, recovery[0].upper().replace("-", " ")).ok
    assert code_of(login(email, PASSWORD, home, recovery[0])) == (401, "one_time_code_wrong")
    assert code_of(person.send("POST", "/v1/me/totp", json={"password": PASSWORD})) == (409, "second_factor_on")
    removal = {"password": PASSWORD, "code": "000000"}
    assert code_of(person.send("POST", "/v1/me/totp:remove", json=removal)) == (400, "one_time_code_wrong")
    person.post("/v1/me/totp:remove", removal | {"code": recovery[1]})
    assert login(email, PASSWORD, home).ok


def test_turning_it_on_ends_other_sessions(api):
    person = api.other().register()
    other = api.other().login(person.user["email"])
    app = Authenticator(person.post("/v1/me/totp", {"password": PASSWORD})["otpauth_uri"])
    person.post("/v1/me/totp:confirm", {"code": app.fresh()[1]})
    assert code_of(other.send("GET", "/v1/me")) == (401, "session_ended")
    assert person.get("/v1/me")["second_factor"]


def test_codes_are_not_guessed(factor, login):
    email = factor[0].user["email"]
    answers = [code_of(login(email, PASSWORD, "203.0.113.5", f"{n:06}")) for n in range(10)]
    assert answers[:5] == [(401, "one_time_code_wrong")] * 5
    assert (429, "login_backoff") in answers


def test_a_code_that_is_sent_twice_at_once_signs_in_once(factor, login):
    person, app, used, _ = factor
    _, code = app.fresh(used)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        codes = [n.status_code for n in pool.map(lambda n: login(person.user["email"], PASSWORD, "", code), range(4))]
    assert codes.count(200) == 1, codes


def test_an_administrator_takes_a_lost_one_away(api, factor, administrator):
    person = factor[0]
    path = f"/v1/users/{person.user['user_id']}/totp"
    assert person.send("DELETE", path).status_code == 403
    administrator.delete(path)
    assert code_of(person.send("GET", "/v1/me")) == (401, "session_ended")
    assert api.other().login(person.user["email"]).user["second_factor"] is False
    assert code_of(administrator.send("DELETE", path)) == (404, "second_factor_unknown")


def test_no_secret_of_a_second_factor_rests_in_clear(suite, factor):
    person, app, _, recovery = factor
    with psycopg.connect(suite.postgres_uri("auth")) as auth:
        sealed = auth.execute(
            "SELECT sealed FROM second_factors WHERE user_id = %s", [person.user["user_id"]]
        ).fetchone()[0]
        hashes = auth.execute("SELECT code_hash FROM recovery_codes").fetchall()
    assert app.secret not in sealed
    plain = {hashlib.sha256(code.replace("-", "").encode()).digest() for code in recovery}
    assert not plain & {row[0] for row in hashes}, "80 bits need more than a plain hash"


# --- mail ------------------------------------------------------------------------------------------------------------


def test_without_a_mail_server_none_is_promised(api):
    person = api.other().register()
    answer = api.send("POST", "/v1/auth/password-reset", json={"email": person.user["email"]})
    assert code_of(answer) == (409, "mail_disabled")
    assert code_of(person.send("POST", "/v1/me/email-verification", json={})) == (409, "mail_disabled")


def told_of(box, **more):
    return {
        "MARQUEE_AUTH_SMTP_URL": box.url,
        "MARQUEE_AUTH_SMTP_TLS": "none",
        "MARQUEE_AUTH_MAIL_FROM": "noreply@marquee.example",
        "MARQUEE_AUTH_MAIL_LINK_URL": "https://marquee.example",
    } | more


@pytest.fixture(scope="module")
def mail_server(session_suite):
    box = Mailbox().up()
    session_suite.override("auth", **told_of(box))
    session_suite.restart("auth")
    yield box
    box.down()
    session_suite.override("auth")
    session_suite.restart("auth")


@pytest.fixture
def mailbox(mail_server):
    yield mail_server
    mail_server.refuse = None
    if not mail_server.controller:
        mail_server.up()
    with pytest.raises(queue.Empty):
        mail_server.messages.get_nowait()


def counted(suite, outcome):
    pattern = rf'^marquee_auth_mails_total{{outcome="{outcome}"}} (\d+)$'
    return int(re.search(pattern, suite.metrics("auth"), re.MULTILINE)[1])


def ask(api, email):
    return api.send("POST", "/v1/auth/password-reset", json={"email": email})


def reset(api, token, password=ANOTHER):
    body = {"token": token, "new_password": password}
    return api.send("POST", "/v1/auth/password-reset:confirm", json=body)


def test_a_lost_password_comes_back_by_mail(suite, api, mailbox):
    person = api.other().register(new_email("Lost.Password"))
    email = person.user["email"]
    nobody = ask(api, new_email("nobody"))
    answer = ask(api, email)
    assert (answer.status_code, answer.content) == (nobody.status_code, nobody.content) == (202, b"{}")
    message = mailbox.next(email)
    assert message["From"] == "Marquee <noreply@marquee.example>"
    assert message["To"] == f"<{email}>" or message["To"] == email
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime and message["Message-ID"].endswith("@marquee.example>")
    assert ask(api, email).status_code == 202
    token = mailbox.token(email, "reset-password")
    first = message.get_content().split("#")[1].split()[0]
    assert code_of(reset(api, first)) == (400, "link_invalid"), "the second voids the first"
    assert code_of(reset(api, token, "password")) == (400, "password_too_common")
    assert code_of(reset(api, token, email + "!")) == (400, "password_contains_email")
    assert reset(api, token).status_code == 204
    assert code_of(reset(api, token)) == (400, "link_invalid"), "once"
    assert code_of(person.send("GET", "/v1/me")) == (401, "session_ended")
    assert code_of(api.send("POST", "/v1/auth/login", json={"email": email, "password": PASSWORD}))[0] == 401
    assert api.other().login(email, ANOTHER).user["email_verified"] is True, "it came back from there"
    with psycopg.connect(suite.postgres_uri("auth")) as auth:
        assert auth.execute("SELECT count(*) FROM mail_outbox").fetchone() == (0,)
    assert token not in suite.log("auth") and email not in suite.log("auth")


def test_a_link_for_a_password_lets_the_owner_in_while_strangers_guess(api, mailbox, login, there):
    email = new_email()
    api.register(email)
    besiege(login, lambda n: email, lambda n: f"198.51.100.{n % 250}", 8)
    hotel = "203.0.113.77"
    assert code_of(login(email, PASSWORD, hotel)) == (429, "login_backoff")
    ask(api, email)
    body = {"token": mailbox.token(email, "reset-password"), "new_password": ANOTHER}
    assert there("/v1/auth/password-reset:confirm", body, hotel).status_code == 204
    assert login(email, ANOTHER, hotel).ok


def test_a_link_expires(suite, api, mailbox):
    email = new_email()
    api.register(email)
    ask(api, email)
    token = mailbox.token(email, "reset-password")
    with psycopg.connect(suite.postgres_uri("auth")) as auth:
        left = auth.execute(
            "SELECT extract(epoch FROM expires_at - now()) FROM mail_links WHERE email = %s", [email]
        ).fetchone()[0]
        auth.execute("UPDATE mail_links SET expires_at = now() - interval '1 second' WHERE email = %s", [email])
    assert 3500 < left <= 3600
    assert code_of(reset(api, token)) == (400, "link_invalid")


def test_an_address_is_verified_and_changed(api, mailbox):
    person = api.other().register(new_email("before"))
    other = api.other().register()
    email, new = person.user["email"], new_email("after")
    path = "/v1/me/email-verification"
    person.post(path)
    token = mailbox.token(email, "verify-email")
    confirm = "/v1/auth/email-verification:confirm"
    assert code_of(reset(api, token)) == (400, "link_invalid"), "a link is for one thing"
    assert api.send("POST", confirm, json={"token": token}).status_code == 204
    assert code_of(api.send("POST", confirm, json={"token": token})) == (400, "link_invalid")
    assert person.get("/v1/me")["email_verified"] is True
    assert code_of(person.send("POST", path, json={})) == (409, "email_verified")
    change = {"new_email": new, "password": "a wrong guess"}
    assert code_of(person.send("POST", path, json={"new_email": new})) == (400, "missing_field")
    assert code_of(person.send("POST", path, json=change)) == (400, "password_wrong")
    person.post(path, change | {"password": PASSWORD})
    token = mailbox.token(new, "verify-email")
    assert person.get("/v1/me")["email"] == email, "not before it came back"
    assert api.send("POST", confirm, json={"token": token}).status_code == 204
    assert person.get("/v1/me")["email"] == new
    assert api.other().login(new).user["user_id"] == person.user["user_id"]
    person.post(path, {"new_email": other.user["email"], "password": PASSWORD})
    token = mailbox.token(other.user["email"], "verify-email")
    assert code_of(api.send("POST", confirm, json={"token": token})) == (409, "email_taken")


def test_mail_waits_for_its_server(suite, api, mailbox):
    email = new_email()
    api.register(email)
    mailbox.down()
    assert ask(api, email).status_code == 202, "whether or not there is a server"

    eventually(lambda: counted(suite, "failed") >= 1, 20, what="the sender notices")
    sent = counted(suite, "sent")
    mailbox.up()
    assert reset(api, mailbox.token(email, "reset-password")).status_code == 204
    eventually(lambda: counted(suite, "sent") == sent + 1, 20, what="it is counted")


def test_what_a_server_refuses_is_given_up(suite, api, mailbox):
    email = new_email()
    api.register(email)
    before = counted(suite, "given_up")
    mailbox.refuse = "550 no such user"
    ask(api, email)

    eventually(lambda: counted(suite, "given_up") == before + 1, 20, what="it is given up")
    with psycopg.connect(suite.postgres_uri("auth")) as auth:
        assert auth.execute("SELECT count(*) FROM mail_outbox").fetchone() == (0,)
    assert email not in suite.log("auth")


def test_a_mailbox_is_not_flooded(api, mailbox):
    email = new_email()
    api.register(email)
    answers = [ask(api, email) for _ in range(12)]
    assert {code_of(answer) for answer in answers if not answer.ok} == {(429, "login_backoff")}
    sent = sum(answer.ok for answer in answers)
    assert 5 <= sent < 12
    for _ in range(sent):
        mailbox.next(email)


def test_a_request_that_is_repeated_by_its_key_is_one_mail(api, mailbox):
    person = api.other().register()
    email, body = person.user["email"], {"email": person.user["email"]}
    once = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(3):
        api.post("/v1/auth/password-reset", body, headers=once)
    new = {"token": mailbox.token(email, "reset-password"), "new_password": ANOTHER}
    once = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        assert api.post("/v1/auth/password-reset:confirm", new, headers=once) == b"", "the answer was lost"
    person.login(email, ANOTHER)
    other = api.other().register()
    once = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(3):
        other.post("/v1/me/email-verification", {}, headers=once)
    token = {"token": mailbox.token(other.user["email"], "verify-email")}
    once = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        api.post("/v1/auth/email-verification:confirm", token, headers=once)


@pytest.fixture
def certificate(tmp_path):
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-out", files[0], "-keyout", files[1], *subject],
        check=True,
        capture_output=True,
    )
    return files


def test_mail_goes_by_tls_with_a_password_or_not_at_all(suite, api, mail_server, certificate):
    """STARTTLS is demanded, and the server's certificate known, before the password is sent."""
    secured = Mailbox(*certificate, user="marquee", password="a password of its own").up()
    plain = Mailbox().up()
    login = {
        "MARQUEE_AUTH_SMTP_TLS": "required",
        "MARQUEE_AUTH_SMTP_USERNAME": "marquee",
        "MARQUEE_AUTH_SMTP_PASSWORD": "a password of its own",
    }
    email = new_email()
    api.register(email)
    mail_server.down()
    try:
        assert ask(api, email).status_code == 202
        for box in [plain, secured]:  # one has no TLS, the other's certificate nobody knows
            suite.override("auth", **told_of(box, **login))
            suite.restart("auth")
            eventually(lambda: counted(suite, "failed") >= 1, 60, what="it fails")
        suite.override("auth", **told_of(secured, **login, MARQUEE_AUTH_SMTP_CA=certificate[0]))
        suite.restart("auth")
        assert reset(api, secured.token(email, "reset-password", 90)).status_code == 204
        assert plain.messages.empty()
        assert "a password of its own" not in suite.log("auth")
    finally:
        secured.down()
        plain.down()
        mail_server.up()
        suite.override("auth", **told_of(mail_server))
        suite.restart("auth")
