"""The trainer, with a registry, as processes between PostgreSQL, Kafka and stand-ins of auth and rating-ingest."""

import contextlib
import hashlib
import json
import subprocess
import threading
import urllib.request
import uuid

import confluent_kafka
import grpc
import numpy
import psycopg
import pytest
import safetensors
import safetensors.numpy

from support.contracts import Client, Issuer, message, stand_in
from support.processes import Process
from support.suite import ROOT
from support.waiting import eventually

USERS, MOVIES, EACH = 400, 150, 30
TOPIC = "marquee.models.v1"


def tasteful_ratings():
    """Columns of ratings by people with tastes, so that there is something to learn."""
    random = numpy.random.default_rng(1)
    people, movies = random.uniform(-1, 1, (USERS, 4)), random.uniform(-1, 1, (MOVIES, 4))
    affinity = people @ movies.T
    chosen = numpy.argsort(-(3 * affinity + random.gumbel(size=affinity.shape)), axis=1)[:, :EACH]
    users = numpy.repeat(numpy.arange(1, USERS + 1), EACH)
    stars = 3 + 2 * numpy.take_along_axis(affinity, chosen, axis=1).ravel()
    return users, chosen.ravel() + 1001, numpy.clip(numpy.round(stars * 2) / 2, 0.5, 5)


class World:
    """Databases and a folder of its own, stand-ins, a registry, and processes of the trainer."""

    def __init__(self, folder, infra):
        self.folder, self.admin_uri = folder, infra.postgres_uri
        self.scratch, self.before = folder / "scratch", folder / "artefacts"
        self.uris = {service: self.database(infra, service) for service in ("trainer", "registry")}
        self.uri = self.uris["trainer"]
        self.issuer = Issuer(folder)
        self.hold = threading.Event()  # while set, exports stop before their summary …
        self.holding = threading.Event()  # … and say so here
        self.rows_exported = None  # all
        self.servers = []
        self.settings = {
            "MARQUEE_POSTGRES_URI": self.uri,
            "MARQUEE_KAFKA_BROKERS": infra.kafka_brokers,
            "MARQUEE_ARTEFACT_DIR": self.before,
            "MARQUEE_TRAINER_SCRATCH_DIR": self.scratch,
            "MARQUEE_SERVICE_SECRET": "secret",
            "MARQUEE_TRAINER_INSTANCE": "trainer-0",
            "MARQUEE_AUTH_ADDRESS": self.serve(
                "auth.v1.AuthService", GetJwks=self.issuer.jwks, IssueServiceToken=self.service_token
            ),
            "MARQUEE_RATING_INGEST_ADDRESS": self.serve("ratings.v1.RatingsService", ExportRatings=self.export),
        }
        self.registry = self.registry_process()
        self.settings["MARQUEE_REGISTRY_ADDRESS"] = self.registry.address

    def database(self, infra, service):
        name = f"{service}_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(infra.postgres_uri, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        uri = f"{infra.postgres_uri.rsplit('/', 1)[0]}/{name}"
        subprocess.run([ROOT / "ci" / "migrate", service, uri], check=True, capture_output=True)
        return uri

    def registry_process(self, **settings):
        shared = {name: self.settings[name] for name in ("MARQUEE_KAFKA_BROKERS", "MARQUEE_AUTH_ADDRESS")}
        own = {"MARQUEE_POSTGRES_URI": self.uris["registry"], "MARQUEE_REGISTRY_SCRATCH_DIR": self.folder / "uploads"}
        return Process("registry", self.folder, **(shared | own | settings))

    def serve(self, service, **handlers):
        server, address = stand_in(service, **handlers)
        self.servers.append(server)
        return address

    def service_token(self, _request, _context):
        token = self.issuer.token("service:trainer", "service")
        return message("auth.v1.IssueServiceTokenResponse", access_token=token, expires_in=900)

    def export(self, _request, context):
        users, movies, stars = (column[: self.rows_exported] for column in tasteful_ratings())
        for at in range(0, len(users), 5000):
            part = slice(at, at + 5000)
            columns = {"user_ids": users[part].tolist(), "movie_ids": movies[part].tolist()}
            yield message("ratings.v1.ExportRatingsResponse", values=stars[part].tolist(), **columns)
        while self.hold.is_set() and context.is_active():
            self.holding.set()
            threading.Event().wait(0.01)
        last = message("ratings.v1.ExportRatingsResponse")
        last.summary.row_count = len(users)
        last.summary.next_offsets.extend([7, 0])
        yield last

    def process(self, **settings):
        return Process("trainer", self.folder, **(self.settings | settings))

    def rows(self, query, *arguments, of="trainer"):
        with psycopg.connect(self.uris[of]) as connection:
            return connection.execute(query, arguments).fetchall()

    def files(self):
        return sorted(path.name for path in self.scratch.iterdir()) if self.scratch.exists() else []

    def artefact(self, model, version, kind="artefact"):
        """Its bytes, as the registry's database has them."""
        query = (
            f"SELECT string_agg(bytes, '' ORDER BY position) FROM artefact_chunks c JOIN model_versions v"  # noqa: S608
            f" ON c.artefact_id = v.{kind}_id WHERE v.model = %s AND v.version = %s"
        )
        return self.rows(query, model, version, of="registry")[0][0]

    def close(self):
        self.hold.clear()
        for server in self.servers:
            server.stop(None)
        for uri in self.uris.values():
            with contextlib.suppress(psycopg.Error), psycopg.connect(self.admin_uri, autocommit=True) as admin:
                admin.execute(f"DROP DATABASE {uri.rsplit('/', 1)[1]} WITH (FORCE)")


class Registry:
    """The registry, as an administrator calls it."""

    def __init__(self, world):
        self._client = Client(grpc.insecure_channel(world.registry.address), "registry.v1.RegistryService")
        self._token = world.issuer.token(1_000_000_001, "administrator")

    def __getattr__(self, name):
        return lambda **fields: getattr(self._client, name)(token=self._token, timeout=60, **fields)


class Caller:
    """An administrator."""

    def __init__(self, world, process):
        self._client = Client(grpc.insecure_channel(process.address), "trainer.v1.TrainerService")
        self.registry = Registry(world)
        self._token = world.issuer.token(1_000_000_001, "administrator")

    def __getattr__(self, name):
        return lambda **fields: getattr(self._client, name)(token=self._token, timeout=60, **fields)

    def start(self, **fields):
        return self.StartTrainingRun(hyperparameters={"factors": 8, "iterations": 5}, **fields)[0].run.run_id

    def end_of(self, run_id):
        """The run as it ended, by watching it."""
        runs = [response.run for response in self.WatchTrainingRun(run_id=run_id)]
        assert [run.progress for run in runs] == sorted(run.progress for run in runs)
        return runs[-1]

    def train(self, **fields):
        return self.end_of(self.start(**fields))


@pytest.fixture
def world(infra, tmp_path):
    world = World(tmp_path, infra)
    with world.registry.running():
        world.registry.wait_for("SERVING")
        yield world
    world.close()


@pytest.fixture
def announcements(infra):
    """A function that waits for the announcements of these artefacts: [(key, version)] in order."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": infra.kafka_brokers, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([TOPIC])
    heard = []

    def wait(hashes, count):
        def enough():
            if (record := consumer.poll(0.2)) is not None and record.error() is None:
                event = message("events.v1.ModelPromoted")
                event.ParseFromString(record.value())
                heard.append((event.sha256, record.key().decode(), event.version))
            return sum(sha256 in hashes for sha256, _, _ in heard) >= count

        eventually(enough, 60, what=f"{count} announcements")
        return [(key, version) for sha256, key, version in heard if sha256 in hashes]

    yield wait
    consumer.close()


def state_of(world, run_id):
    return world.rows("SELECT state, error FROM training_runs WHERE run_id = %s", run_id)[0]


def test_a_run_makes_models_that_python_opens_and_kafka_hears_of(world, announcements):
    with world.process().running() as process:
        process.wait_for("SERVING")
        caller = Caller(world, process)
        run = caller.train()
        assert (run.state, run.error) == (2, "")
        assert run.rating_count == USERS * EACH
        assert run.metrics["ranking.ndcg_at_100"] > run.metrics["ranking.popularity.ndcg_at_100"]
        assert run.metrics["rating.rmse"] < run.metrics["rating.bias.rmse"]

        versions = {version.model: version for version in run.model_versions}
        for model, version in versions.items():
            content = world.artefact(model, 1)
            assert hashlib.sha256(content).hexdigest() == version.sha256
            assert len(content) == version.size_bytes
            downloaded = list(caller.registry.DownloadArtefact(model=model, version=1))
            assert b"".join(response.chunk for response in downloaded) == content
            assert (downloaded[0].sha256, downloaded[0].size_bytes) == (version.sha256, version.size_bytes)
            card = json.loads(version.card)
            assert card["data"] | {"sha256": ""} == {
                "ratings": USERS * EACH,
                "users": USERS,
                "movies": MOVIES,
                "next_offsets": [7, 0],
                "sha256": "",
            }
            (world.folder / f"{model}.safetensors").write_bytes(content)
            with safetensors.safe_open(world.folder / f"{model}.safetensors", "numpy") as file:
                assert file.metadata()["snapshot_sha256"] == card["data"]["sha256"]
                assert file.metadata()["algorithm"] == card["algorithm"]
                if model == "rating":
                    assert float(file.metadata()["bayesian_mf.mean"]) == pytest.approx(tasteful_ratings()[2].mean())

        ranking = safetensors.numpy.load_file(world.folder / "ranking.safetensors")
        assert ranking["item_ids"].tolist() == list(range(1001, 1001 + MOVIES))
        assert ranking["item_ids"].dtype == numpy.int64
        factors = ranking["ials.item_factors"]
        assert (factors.shape, factors.dtype) == ((MOVIES, 8), numpy.float32)
        gram = factors.T @ factors
        numpy.testing.assert_allclose(ranking["ials.item_gram"], gram, rtol=1e-3, atol=1e-3 * abs(gram).max())
        assert ranking["ease.offsets"][-1] == len(ranking["ease.values"])
        rating = safetensors.numpy.load_file(world.folder / "rating.safetensors")
        assert rating["bayesian_mf.item_bias"].shape == (MOVIES,)
        assert all(numpy.isfinite(tensor).all() for tensor in (*ranking.values(), *rating.values()))

        heard = announcements({version.sha256 for version in versions.values()}, 4)
        assert sorted(heard) == [
            ("ranking/candidate", 1),
            ("ranking/champion", 1),
            ("rating/candidate", 1),
            ("rating/champion", 1),
        ]
        metrics = metrics_of(process)
        assert 'marquee_trainer_run_duration_seconds_count{result="succeeded"} 1' in metrics
        assert "marquee_trainer_last_success_timestamp_seconds 1" in metrics
        assert process.stop() == 0


def test_killed_at_any_moment_it_leaves_a_failed_run_and_whole_models_only(world):
    moments = ["export", "train_ranking", "evaluate_ranking", "train_rating", "evaluate_rating", "save"]
    process = world.process(MARQUEE_TRAINER_HEARTBEAT_MS=50)
    killed = []
    for moment in moments:
        with process.running():
            process.wait_for("SERVING")
            caller = Caller(world, process)
            if moment == "export":
                world.hold.set()
            killed.append(caller.start())
            # Small data: some moments pass before they are seen. Whatever is met is killed.
            with contextlib.suppress(grpc.RpcError):
                for response in caller.WatchTrainingRun(run_id=killed[-1]):
                    if response.run.stage in (moment, "done"):
                        break
            process.kill()
            world.hold.clear()
    with process.running():
        process.wait_for("SERVING")
        eventually(lambda: not world.rows("SELECT FROM training_runs WHERE state = 'running'"), 30)
        for run_id in killed:
            state, error = state_of(world, run_id)
            assert state == "succeeded" or (state, error.split(":")[0]) == ("failed", "trainer_died")
        assert state_of(world, killed[0])[0] == "failed"
        assert world.files() == [], "leftovers are gone"
        owned = world.rows("SELECT model, version, sha256, evaluation_sha256 FROM model_versions", of="registry")
        for model, version, sha256, evaluation_sha256 in owned:
            assert hashlib.sha256(world.artefact(model, version)).hexdigest() == sha256
            assert hashlib.sha256(world.artefact(model, version, "evaluation")).hexdigest() == evaluation_sha256
        assert Caller(world, process).train(force_promotion=True).state == 2


def metrics_of(process):
    url = f"http://{process.environment['MARQUEE_METRICS_LISTEN']}/metrics"
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read().decode()


def test_a_killed_run_is_counted_as_failed(world):
    process = world.process(MARQUEE_TRAINER_HEARTBEAT_MS=50)
    with process.running():
        process.wait_for("SERVING")
        world.hold.set()
        run_id = Caller(world, process).start()
        assert world.holding.wait(20)
        process.kill()
        world.hold.clear()
    with process.running():
        process.wait_for("SERVING")
        failed = 'marquee_trainer_run_duration_seconds_count{result="failed"} 1'
        eventually(lambda: failed in metrics_of(process), 30, what="the dead run is counted")
        eventually(lambda: "marquee_trainer_last_failure_timestamp_seconds 1" in metrics_of(process), 30)
        assert state_of(world, run_id)[0] == "failed"


def test_a_run_on_an_empty_suite_is_skipped_and_alerts_nobody(world):
    world.rows_exported = 0
    with world.process().running() as process:
        process.wait_for("SERVING")
        run = Caller(world, process).train()
        assert run.state == 5, run.error
        assert run.error.startswith("not_enough_ratings: There are 0 ratings")
        # Whoever waits for the run may hear of its end before it is counted.
        skipped = 'marquee_trainer_run_duration_seconds_count{result="skipped"} 1'
        eventually(lambda: skipped in metrics_of(process))
        metrics = metrics_of(process)
        assert 'marquee_trainer_run_duration_seconds_count{result="failed"} 0' in metrics
        assert "marquee_trainer_last_failure_timestamp_seconds 0" in metrics


def test_stopped_it_cancels_the_run_and_leaves_nothing(world):
    world.hold.set()
    with world.process().running() as process:
        process.wait_for("SERVING")
        run_id = Caller(world, process).start()
        assert world.holding.wait(20)
        assert process.stop(20) == 0
    assert state_of(world, run_id) == ("cancelled", "trainer_stopped: The trainer was stopped.")
    assert world.files() == []


def test_a_promotion_that_kafka_missed_is_announced_after_a_restart(world, announcements):
    world.registry.kill()
    waiting = world.registry_process(MARQUEE_KAFKA_BROKERS="127.0.0.1:1", MARQUEE_GRPC_LISTEN=world.registry.address)
    waiting.address = world.registry.address
    with world.process().running() as process:
        with waiting.running():
            waiting.wait_for("SERVING")
            process.wait_for("SERVING")
            run = Caller(world, process).train()
            assert run.state == 2
            waiting.kill()
        unannounced = "SELECT count(*) FROM promotions WHERE announced_at IS NULL"
        assert world.rows(unannounced, of="registry") == [(4,)]
        world.registry.start()
        heard = announcements({version.sha256 for version in run.model_versions}, 4)
        assert ("ranking/champion", 1) in heard
        eventually(lambda: world.rows(unannounced, of="registry") == [(0,)])


def champion_of(caller, model):
    try:
        return caller.registry.GetAlias(model=model, alias="champion")[0].model_version
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
        return None


def test_the_models_of_before_are_taken_over_with_their_files(world):
    """The upgrade from the chart in which the trainer kept the registry, with its artefacts on a volume."""
    with world.process().running() as process:
        process.wait_for("SERVING")
        run = Caller(world, process).train()
        process.stop()
    # As the trainer of then had it: rows of its own, files in its folder; and no registry.
    world.before.mkdir()
    with psycopg.connect(world.uri) as trainer:
        for version in run.model_versions:
            stem = f"{version.model}-run-{run.run_id}"
            (world.before / f"{stem}.safetensors").write_bytes(world.artefact(version.model, 1))
            (world.before / f"{stem}.evaluation.safetensors").write_bytes(
                world.artefact(version.model, 1, "evaluation")
            )
            trainer.execute(
                "INSERT INTO model_versions (model, version, run_id, file, evaluation_file, sha256, size_bytes,"
                " metrics, card) VALUES (%s, 1, %s, %s, %s, %s, %s, %s, %s)",
                (version.model, run.run_id, f"{stem}.safetensors", f"{stem}.evaluation.safetensors", version.sha256)
                + (version.size_bytes, json.dumps(dict(version.metrics)), version.card),
            )
            trainer.execute("INSERT INTO model_aliases VALUES (%s, 'champion', 1, 0)", (version.model,))
    with psycopg.connect(world.uris["registry"]) as registry:
        registry.execute("TRUNCATE model_versions, model_aliases, promotions, artefacts, artefact_chunks")
    files = sorted(path.name for path in world.before.iterdir())
    with world.process().running() as process:
        process.wait_for("SERVING")
        caller = Caller(world, process)
        for version in run.model_versions:
            # The trainer is ready before they are handed over.
            champion = eventually(lambda model=version.model: champion_of(caller, model), 60)
            assert (champion.version, champion.sha256, champion.card) == (1, version.sha256, version.card)
            assert (champion.artefact_state, champion.evaluation_state) == (1, 1), "present"
        assert len(caller.GetTrainingRun(run_id=run.run_id)[0].run.model_versions) == 2
        again = caller.train()
        assert "ranking.champion.ndcg_at_100" in again.metrics, "judged anew, by the file of before"
        assert {version.version for version in again.model_versions} == {2}
        for version in again.model_versions:
            assert list(version.aliases) == ["candidate"], "the same data beat no champion"
        assert "marquee_trainer_models_to_hand_over 0" in metrics_of(process)
    assert sorted(path.name for path in world.before.iterdir()) == files, "they stay, for a rollback"


def test_two_replicas_run_one_at_a_time_and_either_can_cancel(world):
    world.hold.set()
    first, second = world.process(MARQUEE_TRAINER_INSTANCE="a"), world.process(MARQUEE_TRAINER_INSTANCE="b")
    with first.running(), second.running():
        first.wait_for("SERVING")
        second.wait_for("SERVING")
        run_id = Caller(world, first).start()
        assert world.holding.wait(20)
        with pytest.raises(grpc.RpcError) as refused:
            Caller(world, second).start()
        assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS
        run = Caller(world, second).CancelTrainingRun(run_id=run_id)[0].run
        assert (run.state, run.error) == (4, "cancelled: Somebody asked for it.")


def test_the_schedule_starts_a_run(world):
    with world.process(MARQUEE_TRAINER_INTERVAL_MS=3_600_000).running() as process:
        process.wait_for("SERVING")
        query = "SELECT count(*) FROM training_runs WHERE state = 'succeeded' AND started_by = 0"
        eventually(lambda: world.rows(query) == [(1,)], 60)


def test_without_its_database_it_says_so(world):
    with world.process(MARQUEE_POSTGRES_URI="postgresql://x@127.0.0.1:1/none").running() as process:
        process.wait_for("NOT_SERVING")
        with pytest.raises(grpc.RpcError) as refused:
            Caller(world, process).start()
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


def test_wrong_configuration_is_told_at_once_and_whole(world):
    process = world.process(MARQUEE_TRAINER_RANKING_ALGORITHM="magic", MARQUEE_TRAINER_MIN_RATINGS="-5")
    del process.environment["MARQUEE_SERVICE_SECRET"]
    assert process.start().process.wait(10) == 78
    told = process.log.read_text()
    for name in ("MARQUEE_TRAINER_RANKING_ALGORITHM", "MARQUEE_TRAINER_MIN_RATINGS", "MARQUEE_SERVICE_SECRET"):
        assert name in told
