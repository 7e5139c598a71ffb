"""The keys of operations that need a model, a run that goes on, or a new suite: see tests/cases/test_idempotency.py."""

import uuid

import pytest
import requests

from support.api import PASSWORD


def keyed(key):
    return {"headers": {"Idempotency-Key": key}}


def same(api, method, request, other):
    """Requests are a path and a body."""
    key = uuid.uuid4().hex

    def send(path, body):
        return api.send(method, path, json=body, **keyed(key))

    first = send(*request)
    assert first.ok, first.text
    again = send(*request)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = send(*other)
    assert other.status_code == 422, other.text
    return first


def test_an_alias_is_moved_once(loaded, administrator):
    path = "/v1/models/ranking/aliases/candidate"
    version = administrator.get(path)["version"]
    same(administrator, "PUT", (path, {"version": version}), (path, {"version": version + 1}))


def test_a_run_is_started_and_cancelled_once(loaded, administrator):
    path = "/v1/training-runs"
    run = same(administrator, "POST", (path, {}), (path, {"force_promotion": True})).json()
    path = "/v1/training-runs/{}:cancel"
    same(administrator, "POST", (path.format(run["run_id"]), {}), (path.format(run["run_id"] - 1), {}))


@pytest.mark.timeout(300)
def test_a_first_administrator_is_made_once(own_suite):
    body = {"bootstrap_secret": own_suite.secret("auth-bootstrap"), "email": "a@example.com", "password": PASSWORD}
    url = f"{own_suite.url}/v1/auth/bootstrap"
    key = uuid.uuid4().hex
    first = requests.post(url, json=body, timeout=30, **keyed(key))
    assert first.ok, first.text
    again = requests.post(url, json=body, timeout=30, **keyed(key))
    assert again.content == first.content
    assert requests.post(url, json=body | {"email": "b@example.com"}, timeout=30, **keyed(key)).status_code == 422
