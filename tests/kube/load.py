"""Load through the gateway's Service: so many requests a second of reads and writes, and nothing overlooked.

Open loop: a request has its moment, whether the one before it was answered or not. Every failure is kept with its
status, body, moment and trace id; every acknowledged rating goes into the ledger.
"""

import collections
import dataclasses
import itertools
import json
import random
import threading
import time
import typing
import uuid

from kube.http import Connection

WORKERS = 48
TOKEN_SECONDS = 600  # auth's live 15 minutes
FRESH_SHARE = 0.2  # of the requests go on a connection of their own
VALUES = [step / 2 for step in range(1, 11)]


@dataclasses.dataclass(frozen=True)
class Failure:
    at: float
    what: str
    method: str
    path: str
    status: int
    message: str
    trace_id: str
    seconds: float

    def __str__(self):
        clock = time.strftime("%H:%M:%S", time.localtime(self.at)) + f".{int(self.at * 1000 % 1000):03}"
        return (
            f"{clock} {self.method} {self.path} ({self.what}): {self.status or 'no answer'} {self.message[:300]} "
            f"[{self.seconds * 1000:.0f} ms, trace {self.trace_id or '-'}]"
        )


class Statistics:
    """Of one window of load."""

    def __init__(self):
        self.started = time.time()
        self.ended = None
        self.sent = 0
        self.fresh = 0
        self.late = 0  # had to wait for a worker by more than a second
        self.acknowledged = 0
        self.degraded = 0  # of those who had rated something
        self.stale = 0  # a recommendation of what the same person had rated, by an answer not marked degraded
        self.failures = []
        self.by_kind = collections.Counter()
        self.seconds = []

    @property
    def duration(self):
        return (self.ended or time.time()) - self.started

    def percentile(self, share):
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def failures_since(self, moment):
        return [failure for failure in self.failures if failure.at >= moment]

    def failed_by(self):
        """What failed and how, the most frequent first."""
        counted = collections.Counter((failure.what, failure.status or "no answer") for failure in self.failures)
        return ", ".join(f"{count} × {what} {status}" for (what, status), count in counted.most_common())

    def __str__(self):
        return (
            f"{self.sent} requests in {self.duration:.0f} s ({self.sent / max(self.duration, 0.1):.0f}/s, "
            f"{self.fresh} on new connections), {len(self.failures)} failed, "
            f"p50 {self.percentile(0.5) * 1000:.0f} ms, p99 {self.percentile(0.99) * 1000:.0f} ms"
        )


class Clients:
    """Registered people, an administrator and the movies they speak of. Made once for an installation."""

    def __init__(self, host, port, ledger, administrator):
        self.host, self.port, self.ledger = host, port, ledger
        self.administrator = administrator  # (email, password)
        self.movies = []
        self.admin_token, self._admin_until = "", 0.0
        self._lock = threading.Lock()

    def connection(self, timeout=15):
        return Connection(self.host, self.port, timeout)

    def patient(self, connection, method, path, body=None, *, seconds=60):
        """For preparing, not measured: takes refusals (429, 503) as a word to wait."""
        deadline = time.monotonic() + seconds
        while True:
            reply = connection.send(method, path, body)
            if reply.ok:
                return reply.json()
            if reply.status not in (0, 429, 502, 503, 504) or time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: {reply.status} {reply.error or reply.body[:300]!r}")
            time.sleep(0.5)

    def prepare(self, people=20, movies=80):
        connection = self.connection()
        listed = self.patient(connection, "GET", f"/v1/movies?page_size={min(100, movies)}&order_by=-rating_count")
        self.movies = [movie["movie_id"] for movie in listed["movies"]][:movies]
        for _ in range(people - len(self.ledger.people)):
            email, password = f"e2e-{uuid.uuid4().hex}@example.com", uuid.uuid4().hex
            body = {"email": email, "password": password, "display_name": ""}
            session = self.patient(connection, "POST", "/v1/auth/register", body)
            person = self.ledger.add_person(int(session["user"]["user_id"]), email, password)
            self._remember(person, session)
        for person in self.ledger.people.values():
            self.sign_in(connection, person)
        self.sign_in_administrator(connection)
        connection.close()
        return self

    @staticmethod
    def _remember(person, session):
        person.token, person.token_until = session["access_token"], time.monotonic() + TOKEN_SECONDS

    def sign_in(self, connection, person):
        """A token that lives for some minutes more. Signing in is part of preparing; refusals are waited out."""
        if person.token_until < time.monotonic():
            body = {"email": person.email, "password": person.password}
            self._remember(person, self.patient(connection, "POST", "/v1/auth/login", body))

    def sign_in_administrator(self, connection):
        with self._lock:
            if self.administrator and self._admin_until < time.monotonic():
                email, password = self.administrator
                session = self.patient(connection, "POST", "/v1/auth/login", {"email": email, "password": password})
                self.admin_token, self._admin_until = session["access_token"], time.monotonic() + TOKEN_SECONDS
        return self.admin_token

    def renew_all(self):
        """Before a window of load: nobody's token ends within it."""
        connection = self.connection()
        for person in self.ledger.people.values():
            person.token_until = min(person.token_until, time.monotonic() + TOKEN_SECONDS / 3)
            if person.token_until < time.monotonic() + TOKEN_SECONDS / 2:
                person.token_until = 0
            self.sign_in(connection, person)
        self._admin_until = 0
        self.sign_in_administrator(connection)
        connection.close()


# kind → how often. Each service has a part: auth (me, login), catalog (list, movie, popular), rating-ingest (rate,
# ratings), recommender (recommend, similar, anonymous), trainer (runs), reviews (reviews).
MIX = {
    "list": 10,
    "movie": 14,
    "popular": 4,
    "recommend": 20,
    "similar": 8,
    "anonymous": 8,
    "rate": 20,
    "ratings": 4,
    "me": 5,
    "reviews": 4,
    "runs": 2,
    "login": 1,
}


class Turn(typing.NamedTuple):
    """What one request is sent with."""

    connection: Connection
    chance: random.Random
    what: str
    late: bool


class Load:
    """`with Load(clients, 50) as load: …`; afterwards load.statistics. A window can be looked at while it runs."""

    def __init__(self, clients, rate, mix=None, log=None):
        self.clients, self.rate = clients, rate
        mix = mix or MIX
        self._kinds, self._weights = list(mix), list(mix.values())
        self.statistics = Statistics()
        self._log = log
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._threads = []

    def __enter__(self):
        self.clients.renew_all()
        self.statistics = Statistics()
        self._origin = time.monotonic()
        self._threads = [threading.Thread(target=self._work, args=(seed,), daemon=True) for seed in range(WORKERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        self.statistics.ended = time.time()

    def run_for(self, seconds):
        time.sleep(seconds)
        return self

    def _work(self, seed):
        chance = random.Random(f"{seed}-{time.time()}")
        connection = self.clients.connection()
        while True:
            with self._lock:
                due = self._origin + next(self._numbers) / self.rate
                behind = time.monotonic() - due
                # What could not be sent while all workers waited isn't made up for: that would be another, higher load.
                if behind > 1:
                    self._origin += behind
                    due += behind
            if self._stop.wait(max(0.0, due - time.monotonic())):
                break
            late = behind > 1
            kind = chance.choices(self._kinds, self._weights)[0]
            getattr(self, f"_{kind}")(Turn(connection, chance, kind, late))
        connection.close()

    # --- one request -------------------------------------------------------------------------------------------------
    def _send(self, turn, method, path, body=None, *, person=None, token=None, headers=None):
        connection, chance, what, late = turn
        headers = dict(headers or {})
        if person is not None:
            headers["Authorization"] = f"Bearer {person.token}"
            if person.position:
                headers["Marquee-Position"] = person.position
        elif token:
            headers["Authorization"] = f"Bearer {token}"
        fresh = chance.random() < FRESH_SHARE
        at = time.time()
        reply = connection.send(method, path, body, headers, fresh)
        failure = None
        if not reply.ok:
            message = reply.error or reply.body.decode(errors="replace").strip()
            failure = Failure(at, what, method, path, reply.status, message, reply.trace_id, reply.seconds)
        with self._lock:
            statistics = self.statistics
            statistics.sent += 1
            statistics.fresh += reply.fresh
            statistics.late += late
            statistics.by_kind[what] += 1
            statistics.seconds.append(reply.seconds)
            if failure:
                statistics.failures.append(failure)
        if failure and self._log:
            self._log(str(failure))
        if person is not None and reply.headers.get("marquee-position"):
            person.position = reply.headers["marquee-position"]
        return reply

    def _person(self, chance):
        return chance.choice(list(self.clients.ledger.people.values()))

    def _movie_id(self, chance):
        return chance.choice(self.clients.movies)

    def _list(self, turn):
        order = turn.chance.choice(["-rating_count", "title", "-rating_bayesian_mean"])
        self._send(turn, "GET", f"/v1/movies?page_size=20&order_by={order}")

    def _movie(self, turn):
        self._send(turn, "GET", f"/v1/movies/{self._movie_id(turn.chance)}")

    def _popular(self, turn):
        self._send(turn, "GET", "/v1/analytics/popular?count=20")

    def _recommend(self, turn):
        person = self._person(turn.chance)
        rated = self.clients.ledger.rated(person.user_id, self.clients.movies)
        path = "/v1/me/recommendations?count=20"
        self._judge(self._send(turn, "GET", path, person=person), rated)

    def _similar(self, turn):
        path = f"/v1/movies/{self._movie_id(turn.chance)}/similar?count=10"
        self._send(turn, "GET", path)

    def _anonymous(self, turn):
        given = {movie: turn.chance.choice(VALUES) for movie in turn.chance.sample(self.clients.movies, 5)}
        body = {"ratings": [{"movie_id": movie, "value": value} for movie, value in given.items()], "count": 20}
        self._judge(self._send(turn, "POST", "/v1/recommendations", body), set(given))

    def _judge(self, reply, rated):
        if not reply.ok:
            return
        answer = reply.json()
        listed = {item["movie_id"] for item in answer.get("recommendations", [])}
        with self._lock:
            if answer.get("degraded"):
                # Who has rated nothing gets the popular list by right.
                self.statistics.degraded += bool(rated)
            elif listed & rated:
                self.statistics.stale += 1

    def _rate(self, turn):
        ledger = self.clients.ledger
        for _ in range(50):
            person, movie = self._person(turn.chance), self._movie_id(turn.chance)
            if ledger.begin(person.user_id, movie):
                break
        else:
            return
        value = turn.chance.choice([value for value in VALUES if value != ledger.last(person.user_id, movie)])
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        path = f"/v1/me/ratings/{movie}"
        reply = self._send(turn, "PUT", path, {"value": value}, person=person, headers=headers)
        # A request that was refused outright (4xx) was certainly not taken; of any other nobody knows.
        ledger.finish(person.user_id, movie, value, reply.ok, reply.trace_id)
        if reply.ok:
            with self._lock:
                self.statistics.acknowledged += 1

    def _ratings(self, turn):
        self._send(turn, "GET", "/v1/me/ratings?page_size=50", person=self._person(turn.chance))

    def _me(self, turn):
        self._send(turn, "GET", "/v1/me", person=self._person(turn.chance))

    def _reviews(self, turn):
        self._send(turn, "GET", f"/v1/movies/{self._movie_id(turn.chance)}/reviews")

    def _runs(self, turn):
        token = self.clients.admin_token
        if token:
            self._send(turn, "GET", "/v1/training-runs?page_size=5", token=token)

    def _login(self, turn):
        person = self._person(turn.chance)
        body = {"email": person.email, "password": person.password}
        reply = self._send(turn, "POST", "/v1/auth/login", body)
        if reply.ok:
            session = json.loads(reply.body)
            person.token, person.token_until = session["access_token"], time.monotonic() + TOKEN_SECONDS
