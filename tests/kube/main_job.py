"""The main job, by a new person, through the gateway's Service: sign up, look, rate, be recommended to, know why."""

import uuid

from kube.context import StepFailed
from kube.http import Connection


class Caller:
    def __init__(self, host, port):
        self._connection, self._headers = Connection(host, port, 30), {}

    def call(self, method, path, body=None, want=None):
        reply = self._connection.send(method, path, body, self._headers)
        if not (reply.ok if want is None else reply.status == want):
            raise StepFailed(f"{method} {path}: {reply.status} {reply.error or reply.body[:300]!r}")
        return reply.json() if reply.body and "json" in reply.headers.get("content-type", "") else {}

    def signed_in(self, session):
        self._headers = {"Authorization": f"Bearer {session['access_token']}"}
        return session


def require(condition, words):
    if not condition:
        raise StepFailed(words)


def main_job(host, port, administrator):
    """Raises StepFailed; gives what was found, in words."""
    caller = Caller(host, port)
    person = {
        "email": f"main-job-{uuid.uuid4().hex}@example.com",
        "password": uuid.uuid4().hex,
        "display_name": "Main Job",
    }
    caller.signed_in(caller.call("POST", "/v1/auth/register", person))
    movies = caller.call("GET", "/v1/movies?page_size=20&order_by=-rating_count")["movies"]
    require(len(movies) == 20, f"the catalogue has only {len(movies)} movies")
    rated = {movie["movie_id"]: value for movie, value in zip(movies, (5, 4.5, 4, 1, 3), strict=False)}
    for movie, value in rated.items():
        caller.call("PUT", f"/v1/me/ratings/{movie}", {"value": value})
        # The very next request counts the rating.
        answer = caller.call("GET", "/v1/me/recommendations?count=20")
        listed = {item["movie_id"] for item in answer["recommendations"]}
        require(not answer.get("degraded"), "the recommendations are degraded: no model, or no recommender")
        require(movie not in listed, f"movie {movie} is recommended right after it was rated")
    require(int(answer["history_size"]) == len(rated), f"{answer['history_size']} of {len(rated)} ratings count")
    top = answer["recommendations"][0]
    parts = caller.call("GET", f"/v1/me/recommendations/{top['movie_id']}/explanation")
    total = sum(part["contribution"] for part in parts["contributions"])
    require(
        abs(total - parts["score"]) < 1e-3 * max(1, abs(total)), f"contributions sum to {total}, not {parts['score']}"
    )
    similar = caller.call("GET", f"/v1/movies/{movies[0]['movie_id']}/similar?count=5")["movies"]
    require(len(similar) == 5, f"{len(similar)} similar movies")
    caller.call("POST", f"/v1/movies/{movies[0]['movie_id']}/reviews", {"text": "A wonderful film, I loved it."})
    reviews = caller.call("GET", f"/v1/movies/{movies[0]['movie_id']}/reviews")["reviews"]
    require(reviews, "the review isn't listed")
    email, password = administrator
    manager = Caller(host, port)
    manager.signed_in(manager.call("POST", "/v1/auth/login", {"email": email, "password": password}))
    runs = manager.call("GET", "/v1/training-runs")["runs"]
    require(any(run["state"] == "RUN_STATE_SUCCEEDED" for run in runs), "no training run has succeeded")
    return f"main job passed: {len(rated)} ratings, model version {answer['model_version']}"
