"""The REST API as a client sees it, through the edge."""

import itertools
import time
import uuid

import requests

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


class Problem(AssertionError):
    """An answer other than the expected one: an RFC 9457 problem, mostly."""

    def __init__(self, response):
        self.response = response
        self.status = response.status_code
        try:
            self.problem = response.json()
        except requests.JSONDecodeError:
            self.problem = {}
        self.code = self.problem.get("code")
        super().__init__(f"{response.request.method} {response.request.url}: {self.status} {response.text[:500]}")


class Api:
    """One caller: anonymous, or signed in once `register` or `login` was called. Not for use by several threads."""

    # What any of them sent or was given that no log may have.
    secrets = {PASSWORD.encode()}  # noqa: RUF012

    def __init__(self, url, timeout=30):
        self.url = url
        self.timeout = timeout
        self.http = requests.Session()
        self.user = None
        self.refresh_token = None

    def other(self):
        """Another caller of the same server."""
        return Api(self.url, self.timeout)

    # --- any route ---------------------------------------------------------------------------------------------------
    def send(self, method, path, **arguments):
        """The response, whatever its status."""
        return self.http.request(method, self.url + path, timeout=self.timeout, **arguments)

    def call(self, method, path, **arguments):
        """The decoded body of a 2xx answer; raises Problem for all else."""
        response = self.send(method, path, **arguments)
        if not response.ok:
            raise Problem(response)
        kind = response.headers.get("Content-Type", "")
        return response.json() if kind.startswith("application/json") and response.content else response.content

    def get(self, path, **query):
        return self.call("GET", path, params={key: value for key, value in query.items() if value is not None})

    def post(self, path, body=None, **arguments):
        return self.call("POST", path, json={} if body is None else body, **arguments)

    def put(self, path, body=None, **arguments):
        return self.call("PUT", path, json={} if body is None else body, **arguments)

    def patch(self, path, body=None, **arguments):
        return self.call("PATCH", path, json={} if body is None else body, **arguments)

    def delete(self, path, **arguments):
        return self.call("DELETE", path, **arguments)

    # --- accounts ----------------------------------------------------------------------------------------------------
    def signed_in(self, session):
        self.http.headers["Authorization"] = f"Bearer {session['access_token']}"
        self.refresh_token = session["refresh_token"]
        self.expires_at = time.monotonic() + session["expires_in"]
        Api.secrets.add(self.refresh_token.encode())
        self.user = session["user"]
        return self

    def register(self, email=None, password=PASSWORD, display_name=""):
        email = email or f"user-{next(_numbers)}-{uuid.uuid4().hex[:8]}@example.com"
        return self.signed_in(
            self.post("/v1/auth/register", {"email": email, "password": password, "display_name": display_name})
        )

    def login(self, email, password=PASSWORD):
        return self.signed_in(self.post("/v1/auth/login", {"email": email, "password": password}))

    def bootstrap(self, secret, email="admin@example.com", password=PASSWORD):
        """The first administrator, once for a suite."""
        body = {"bootstrap_secret": secret, "email": email, "password": password}
        return self.signed_in(self.post("/v1/auth/bootstrap", body))

    def refresh(self):
        return self.signed_in(self.post("/v1/auth/refresh", {"refresh_token": self.refresh_token}))

    def stay_signed_in(self):
        """For who is signed in for longer than an access token lasts."""
        if self.expires_at - time.monotonic() < 300:
            self.refresh()

    def logout(self):
        self.post("/v1/auth/logout", {"refresh_token": self.refresh_token})
        del self.http.headers["Authorization"]

    # --- ratings and recommendations ---------------------------------------------------------------------------------
    def rate(self, movie_id, value, key=None):
        headers = {"Idempotency-Key": key} if key else {}
        return self.put(f"/v1/me/ratings/{movie_id}", {"value": value}, headers=headers)

    def unrate(self, movie_id):
        self.delete(f"/v1/me/ratings/{movie_id}")

    def ratings(self):
        """All of the caller's ratings, page by page."""
        token = None
        while token != "":
            page = self.get("/v1/me/ratings", page_size=200, page_token=token)
            yield from page.get("ratings", [])
            token = page.get("next_page_token", "")

    def recommend(self, **filters):
        return self.get("/v1/me/recommendations", **filters)

    def recommend_for(self, ratings, **filters):
        """Anonymous: ratings is {movie_id: value}."""
        given = [{"movie_id": movie, "value": value} for movie, value in ratings.items()]
        return self.post("/v1/recommendations", {"ratings": given, **filters})

    def explain(self, movie_id):
        return self.get(f"/v1/me/recommendations/{movie_id}/explanation")

    def predict(self, movie_id):
        return self.get(f"/v1/me/predictions/{movie_id}")

    def similar(self, movie_id, **filters):
        return self.get(f"/v1/movies/{movie_id}/similar", **filters)

    def movies(self, **filters):
        return self.get("/v1/movies", **filters)

    # --- models ------------------------------------------------------------------------------------------------------
    def start_training(self, **body):
        return self.post("/v1/training-runs", body)

    def training_run(self, run_id):
        return self.get(f"/v1/training-runs/{run_id}")

    def set_alias(self, model, alias, version):
        return self.put(f"/v1/models/{model}/aliases/{alias}", {"version": version})
