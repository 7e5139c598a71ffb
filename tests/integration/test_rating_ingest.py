"""rating-ingest as processes, between a real PostgreSQL, a real Kafka and stand-ins of auth and catalog."""

import collections
import contextlib
import itertools
import random
import subprocess
import threading
import time
import uuid

import grpc
import psycopg
import pytest

from support.contracts import Client, Issuer, message, stand_in
from support.processes import Process
from support.suite import ROOT, Local
from support.waiting import eventually

ROUNDS = 20
MOVIES = 5
# ABORTED: the attempt whose process was killed still holds the key.
RETRIED = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
}


class World:
    """A database of its own, stand-ins, and processes of rating-ingest."""

    def __init__(self, folder, postgres_uri, kafka_brokers):
        self.folder = folder
        self.name = f"ratings_{uuid.uuid4().hex[:12]}"
        self.admin_uri = postgres_uri
        with psycopg.connect(postgres_uri, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {self.name}")
        self.uri = f"{postgres_uri.rsplit('/', 1)[0]}/{self.name}"
        subprocess.run([ROOT / "ci" / "migrate", "rating-ingest", self.uri], check=True, capture_output=True)
        self.issuer = Issuer(folder)
        self.servers = []
        self.settings = {
            "MARQUEE_POSTGRES_URI": self.uri,
            "MARQUEE_KAFKA_BROKERS": kafka_brokers,
            "MARQUEE_RATING_INGEST_GROUP": self.name,
            "MARQUEE_AUTH_ADDRESS": self.serve("auth.v1.AuthService", GetJwks=self.issuer.jwks),
            "MARQUEE_CATALOG_ADDRESS": self.serve("catalog.v1.CatalogService", GetMovie=self.movie),
        }

    def serve(self, service, **handlers):
        server, address = stand_in(service, **handlers)
        self.servers.append(server)
        return address

    @staticmethod
    def movie(_request, _context):
        return message("catalog.v1.GetMovieResponse")

    def process(self, **settings):
        return Process("rating-ingest", self.folder, **(self.settings | settings))

    def rows(self, query, *arguments):
        with psycopg.connect(self.uri) as connection:
            return connection.execute(query, arguments).fetchall()

    def close(self):
        for server in self.servers:
            server.stop(None)
        # Where the infrastructure is the test's own it may be down by now, and is thrown away.
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.admin_uri, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {self.name} WITH (FORCE)")


@pytest.fixture
def world(infra, tmp_path):
    world = World(tmp_path, infra.postgres_uri, infra.kafka_brokers)
    yield world
    world.close()


class Rater(threading.Thread):
    """A person's client: rates, repeats with the same key until it is acknowledged, and notes what was."""

    def __init__(self, world, address, user, stop):
        super().__init__(daemon=True)
        self.user = user
        self.acknowledged = collections.defaultdict(list)  # movie → values in order
        self.attempts = 0
        self.failure = None
        self._stopping = stop
        self._token = world.issuer.token(user, "user")
        self._channel = grpc.insecure_channel(
            address, [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
        )
        self._client = Client(self._channel, "ratings.v1.RatingsService")
        self._random = random.Random(user)

    def run(self):
        try:
            for number in itertools.count():
                if self._stopping.is_set():
                    break
                movie = self._random.randint(1, MOVIES)
                # Never the value that is there: a lost rating shows.
                last = (self.acknowledged[movie] or [None])[-1]
                value = self._random.choice([half / 2 for half in range(1, 11) if half / 2 != last])
                self._rate(movie, value, f"{self.user}-{number}")
                self.acknowledged[movie].append(value)
        except Exception as error:  # noqa: BLE001 - reported by the test
            self.failure = error
        finally:
            self._channel.close()

    def _rate(self, movie, value, key):
        while True:
            self.attempts += 1
            try:
                self._client.PutRating(
                    movie_id=movie, value=value, token=self._token, timeout=3, metadata=[("idempotency-key", key)]
                )
                return
            except grpc.RpcError as error:
                if error.code() not in RETRIED:
                    raise
                time.sleep(0.02)


def applied(world, users):
    """{(user, movie): (value, revision)} of these users, as stored."""
    query = "SELECT user_id, movie_id, value, revision FROM ratings WHERE user_id = ANY (%s)"
    return {(user, movie): (value, revision) for user, movie, value, revision in world.rows(query, users)}


def expected(raters):
    return {
        (rater.user, movie): (values[-1], len(values))
        for rater in raters
        for movie, values in rater.acknowledged.items()
        if values
    }


def test_20_kills_of_front_and_writer_lose_nothing_and_repeat_nothing(world):
    first_user = random.randint(1, 9_000) * 100_000
    front = world.process(MARQUEE_RATING_INGEST_ROLES="front")
    # A name of its own lets the writer take its partitions back at once, so that every round kills one at work.
    writer = world.process(MARQUEE_RATING_INGEST_ROLES="writer", MARQUEE_RATING_INGEST_INSTANCE_ID="writer")
    stop = threading.Event()
    with front.running(), writer.running():
        front.wait_for("SERVING")
        raters = [Rater(world, front.address, first_user + i, stop) for i in range(8)]
        for rater in raters:
            rater.start()
        moments = random.Random(20)
        for round_number in range(ROUNDS):
            time.sleep(moments.uniform(0.2, 1.5))  # the load runs meanwhile
            victims = [[front], [writer], [front, writer]][round_number % 3]
            for victim in victims:
                victim.kill()
            for victim in victims:
                victim.start()
            front.wait_for("SERVING")
        stop.set()
        for rater in raters:
            rater.join(30)
            assert not rater.is_alive()
            assert rater.failure is None, rater.failure
        users = [rater.user for rater in raters]
        wanted = expected(raters)
        eventually(lambda: applied(world, users) == wanted, 60, what="all that was acknowledged is applied, once")
    total = sum(len(values) for rater in raters for values in rater.acknowledged.values())
    repeated = sum(rater.attempts for rater in raters) - total
    print(f"{ROUNDS} kills, {total} ratings acknowledged, {repeated} attempts failed and were repeated")
    assert total > ROUNDS * 10
    assert repeated > 0, "no kill hit a request: there was no load"


def test_sigterm_loses_nothing(world):
    user = random.randint(1, 9_000) * 100_000
    process = world.process()
    stop = threading.Event()
    with process.running():
        process.wait_for("SERVING")
        rater = Rater(world, process.address, user, stop)
        rater.start()
        eventually(lambda: sum(map(len, rater.acknowledged.values())) > 50, what="the rater is at work")
        assert process.stop() == 0
        process.start().wait_for("SERVING")
        stop.set()
        rater.join(30)
        eventually(lambda: applied(world, [user]) == expected([rater]), what="all is applied")


def test_wrong_configuration_is_refused_with_every_problem(world):
    process = world.process(MARQUEE_RATING_INGEST_ROLES="front,reader", MARQUEE_RATING_INGEST_LINGER_MS="soon")
    del process.environment["MARQUEE_POSTGRES_URI"]
    with process.running():
        assert process.process.wait(10) == 78
    printed = process.log.read_text()
    for name in ("MARQUEE_RATING_INGEST_ROLES", "MARQUEE_RATING_INGEST_LINGER_MS", "MARQUEE_POSTGRES_URI"):
        assert name in printed


def test_starts_without_kafka_and_postgresql_and_follows_their_comings_and_goings(tmp_path):
    local = Local()
    try:
        exports = local.run("infra", "up", "--ephemeral").stdout
        values = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines())
        world = World(tmp_path, values["MARQUEE_TEST_POSTGRES_URI"], values["MARQUEE_TEST_KAFKA_BROKERS"])
        local.run("infra", "down")
        process = world.process()
        token = world.issuer.token(7, "user")
        with process.running(), grpc.insecure_channel(process.address) as channel:
            client = Client(channel, "ratings.v1.RatingsService")
            process.wait_for("NOT_SERVING")
            # What an outage refuses may still arrive: its movies (2 and 9) are left out below.
            with pytest.raises(grpc.RpcError) as refused:
                client.PutRating(movie_id=9, value=4, token=token, timeout=5)
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
            local.run("infra", "up", "--ephemeral")
            process.wait_for("SERVING")
            client.PutRating(movie_id=1, value=4, token=token)

            local.run("infra", "down", "--only", "kafka", "--kill")
            process.wait_for("NOT_SERVING")
            with pytest.raises(grpc.RpcError) as refused:
                client.PutRating(movie_id=2, value=4, token=token, timeout=3)
            assert refused.value.code() in RETRIED
            local.run("infra", "up", "--ephemeral")
            process.wait_for("SERVING")
            client.PutRating(movie_id=3, value=3.5, token=token)

            # Without PostgreSQL ratings are taken in all the same, and applied when it is back.
            local.run("infra", "down", "--only", "postgres")
            process.wait_for("NOT_SERVING")
            client.PutRating(movie_id=4, value=1, token=token)
            with pytest.raises(grpc.RpcError) as refused:
                client.GetRating(movie_id=4, token=token, timeout=5)
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
            local.run("infra", "up", "--ephemeral")
            process.wait_for("SERVING")

            def all_is_applied():
                rows = {movie: row for (_, movie), row in applied(world, [7]).items() if movie not in (2, 9)}
                assert rows == {1: (4.0, 1), 3: (3.5, 1), 4: (1.0, 1)}
                return True

            eventually(all_is_applied, 60, what="what was acknowledged is applied")
        world.close()
    finally:
        local.remove()
