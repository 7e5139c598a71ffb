"""A suite of its own for these tests, with a small data set and an account for each role: generated requests change and
delete what they find, and would pull the floor from under the tests that share one."""

import dataclasses
import random

import pytest

from support.api import Api
from support.waiting import eventually

GENRES = ["Animation", "Comedy", "Crime", "Documentary", "Drama", "Thriller"]
MOVIES = 60
USERS = 80


@pytest.fixture(scope="session")
def data_set(tmp_path_factory):
    """Sixty movies, and eighty people of whom each likes two genres."""
    folder = tmp_path_factory.mktemp("data")
    chance = random.Random(4)
    movies = {n: chance.sample(GENRES, 2) for n in range(1, MOVIES + 1)}
    lines = [f"{n},Reel {n} ({1960 + n}),{'|'.join(genres)}\n" for n, genres in movies.items()]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "".join(lines))
    lines = []
    for user in range(1, USERS + 1):
        likes = set(chance.sample(GENRES, 2))
        for n in chance.sample(sorted(movies), 20):
            value = min(5, 2 + 1.5 * len(likes & set(movies[n])) + chance.choice([0, 0.5]))
            lines.append(f"{user},{n},{value},{1_100_000_000 + chance.randrange(10**8)}\n")
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "".join(lines))
    return folder


@dataclasses.dataclass(frozen=True)
class Target:
    url: str
    callers: dict  # by role; nobody's is not signed in


@pytest.fixture(scope="session")
def target(session_suite, ctl, administrator, data_set, tmp_path_factory):
    """The edge of a suite with movies, ratings, reviews and a champion of each model."""
    # On a machine that has other things to do, a password's hash takes its time: that is no fault of the API.
    session_suite.override("gateway", MARQUEE_GATEWAY_DEADLINE_MS=20_000)
    session_suite.restart("gateway")
    ctl.run("import", data_set, "--rejects", tmp_path_factory.mktemp("rejects") / "rejects.tsv")
    ctl.run("train")
    anyone = Api(session_suite.url)
    callers = {"anonymous": anyone, "user": anyone.other().register(), "administrator": administrator}
    curator = anyone.other().register()
    administrator.put(f"/v1/users/{curator.user['user_id']}/roles", {"roles": ["user", "curator"]})
    callers["curator"] = curator.refresh()
    for caller in (callers["user"], callers["curator"]):
        for movie in range(1, 11):
            caller.rate(movie, 1 + movie % 5)
        caller.post("/v1/movies/1/reviews", {"text": "Still funny after thirty years."})
    eventually(lambda: anyone.send("GET", "/v1/movies/1/similar").ok, 20, what="the recommender has the model")
    return Target(session_suite.url, callers)
