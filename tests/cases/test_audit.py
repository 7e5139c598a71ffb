"""The audit log: each sign-in and refusal, each change of roles, keys and accounts: who, whom, from where."""

import uuid

import pytest
import requests

from support.api import PASSWORD
from support.applications import Application


@pytest.fixture
def entries(administrator):
    def of(person, action=None):
        query = f"/v1/audit-entries?user_id={person.user['user_id']}"
        return administrator.get(query + (f"&action={action}" if action else ""))["entries"]

    return of


def short(entry):
    return entry["action"], entry["outcome"], entry.get("reason", "")


def test_a_life_is_told_in_order(api, administrator, entries):
    person = api.other().register()
    email, number = person.user["email"], person.user["user_id"]
    wrong = api.other().send("POST", "/v1/auth/login", json={"email": email, "password": "not the right one"})
    assert wrong.status_code == 401
    person.login(email)
    key = person.post("/v1/me/api-keys", {"name": "x", "scopes": ["read"]})["api_key"]["api_key_id"]
    person.delete(f"/v1/me/api-keys/{key}")
    administrator.put(f"/v1/users/{number}/roles", {"roles": ["user", "curator"]})
    refused = person.send("PUT", f"/v1/users/{number}/roles", json={"roles": ["administrator"]})
    assert refused.status_code in (401, 403)
    administrator.put(f"/v1/users/{number}/state", {"state": "ACCOUNT_STATE_DISABLED"})
    disabled = api.other().send("POST", "/v1/auth/login", json={"email": email, "password": PASSWORD})
    told = entries(person)
    assert [short(entry) for entry in reversed(told)] == [
        ("account.create", "OK", ""),
        ("login", "UNAUTHENTICATED", wrong.json()["code"]),
        ("login", "OK", ""),
        ("api_key.create", "OK", ""),
        ("api_key.revoke", "OK", ""),
        ("roles.set", "OK", ""),
        ("roles.set", told[2]["outcome"], refused.json()["code"]),
        ("account.state", "OK", ""),
        ("login", told[0]["outcome"], disabled.json()["code"]),
    ]
    by = {entry["action"]: entry for entry in told}
    assert by["roles.set"]["about_user_id"] == number
    assert str(administrator.user["user_id"]) in {e.get("actor") for e in told if e["action"] == "roles.set"}
    assert by["account.create"]["address"] == "127.0.0.1"
    assert by["account.create"]["user_agent"].startswith("python-requests/")
    assert len(by["account.create"]["trace_id"]) == 32


def test_what_a_person_decides_on_a_page_is_told(suite, api, administrator, entries):
    person = api.other().register()
    application = Application.register(administrator, suite.url, "read")
    token = application.token_for(person, "read")
    told = [(entry["action"], entry.get("client_id", "")) for entry in reversed(entries(person))]
    assert told == [("account.create", ""), ("login", ""), ("oauth.grant", application.client_id)]
    made = entries(administrator, "oauth_client.create")[0]
    assert (made["client_id"], made["actor"]) == (application.client_id, str(administrator.user["user_id"]))
    refused = requests.get(f"{suite.url}/v1/me/api-keys", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert refused.json()["code"] == "insufficient_scope"


def test_a_flood_of_guesses_fills_nothing(suite, api, entries):
    person = api.other().register()
    email = person.user["email"]
    for _ in range(80):
        api.other().send("POST", "/v1/auth/login", json={"email": email, "password": uuid.uuid4().hex})
    assert len(entries(person, "login")) <= 70
    assert "marquee_auth_audit_suppressed_total" in suite.metrics("auth")


def test_who_may_read_it(api, administrator):
    person = api.other().register()
    assert api.send("GET", "/v1/audit-entries").status_code == 401
    assert person.send("GET", "/v1/audit-entries").status_code == 403
    page = administrator.get("/v1/audit-entries?page_size=2")
    assert len(page["entries"]) == 2
    rest = administrator.get(f"/v1/audit-entries?page_size=2&page_token={page['next_page_token']}")
    assert rest["entries"][0]["entry_number"] < page["entries"][1]["entry_number"]
    bad = administrator.send("GET", f"/v1/audit-entries?action=login&page_token={page['next_page_token']}")
    assert (bad.status_code, bad.json()["code"]) == (400, "page_token_invalid")


def test_it_tells_of_itself_and_of_deletions(api, administrator, ctl, entries):
    person = api.other().register()
    number = person.user["user_id"]
    person.delete("/v1/me")
    assert short(entries(person)[0]) == ("account.delete", "OK", "")
    read = ctl.run("audit", "--user", administrator.user["user_id"], "--action", "audit.read")["entries"]
    assert all(entry["action"] == "audit.read" for entry in read)
    shown = ctl.text("audit", "--user", number).stdout
    assert "account.delete" in shown
    assert "marquee_auth_audit_lost_total 0" in ctl.suite.metrics("auth"), "none is lost"
