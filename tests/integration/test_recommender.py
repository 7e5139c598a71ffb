"""When the recommender is ready: a process of it, between a real Kafka and stand-ins of its neighbours."""

import hashlib
import json
import urllib.request

import confluent_kafka
import grpc
import numpy
import pytest
import safetensors.numpy

from support.contracts import Client, Issuer, message, reason_of, refuse, stand_in
from support.processes import Process
from support.waiting import eventually

MOVIES = list(range(1, 41))
NUMBERS = ("alpha", "unobserved_weight", "regularization", "regularization_exponent")


def artefact(model):
    """A small model of format version 1, as suites have them from before, made without our code."""
    random = numpy.random.default_rng(1)
    factors = random.normal(size=(len(MOVIES), 4)).astype(numpy.float32)
    tensors = {"item_ids": numpy.array(MOVIES, numpy.int64)}
    metadata = {"format_version": "1", "algorithm": "ials", "confidence_slope": "0.2", "confidence_floor": "0.1"}
    if model == "ranking":
        tensors |= {"item_factors": factors, "item_gram": factors.T @ factors}
        metadata |= dict.fromkeys(NUMBERS, "1")
    else:
        tensors |= {"item_bias": factors[:, 0].copy(), "global_mean": numpy.array([3.5], numpy.float32)}
        metadata |= {"explicit_regularization": "1", "explicit_user_damping": "1"}
    return safetensors.numpy.save(tensors, metadata)


def version_of(model, content):
    sha256 = hashlib.sha256(content).hexdigest()
    card = {
        "format_version": 1,
        "model": model,
        "algorithm": "ials",
        "run_id": 1,
        "data": {"ratings": 1, "users": 1, "movies": 1, "next_offsets": [], "sha256": "a" * 64},
        "seed": 1,
        "hyperparameters": {},
        "metrics": {},
        "code_version": "1",
        "artefact_sha256": sha256,
        "artefact_bytes": len(content),
        "created_at": "2026-11-25T00:00:00Z",
    }
    return message(
        "registry.v1.ModelVersion",
        model=model,
        version=1,
        run_id=1,
        sha256=sha256,
        size_bytes=len(content),
        card=json.dumps(card),
    )


class World:
    """Stand-ins, and processes of the recommender between them."""

    def __init__(self, folder, infra):
        self.folder = folder
        self.issuer = Issuer(folder)
        self.servers = []
        self.champions = {}  # model → artefact
        self.sent = {}  # model → what is sent in its artefact's place; None: the registry can't find it
        self.registry = True  # whether it answers
        self.write_movies(infra.kafka_brokers)
        self.settings = {
            "MARQUEE_KAFKA_BROKERS": infra.kafka_brokers,
            "MARQUEE_SERVICE_SECRET": "secret",
            "MARQUEE_ARTEFACT_CACHE_DIR": folder / "cache",
            "MARQUEE_RECOMMENDER_MODEL_POLL_MS": 100,
            "MARQUEE_AUTH_ADDRESS": self.serve(
                "auth.v1.AuthService", GetJwks=self.issuer.jwks, IssueServiceToken=self.service_token
            ),
            "MARQUEE_REGISTRY_ADDRESS": self.serve(
                "registry.v1.RegistryService", GetAlias=self.alias, DownloadArtefact=self.download
            ),
            "MARQUEE_RATING_INGEST_ADDRESS": "127.0.0.1:1",
        }

    def serve(self, service, **handlers):
        server, address = stand_in(service, **handlers)
        self.servers.append(server)
        return address

    def close(self):
        for server in self.servers:
            server.stop(None)

    def service_token(self, _request, _context):
        token = self.issuer.token("service:recommender", "service")
        return message("auth.v1.IssueServiceTokenResponse", access_token=token, expires_in=900)

    @staticmethod
    def write_movies(brokers):
        """As the catalogue writes them, and that these are all."""
        producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random"})
        for movie in MOVIES:
            record = message("events.v1.MovieRecord", movie_id=movie, title=f"Movie {movie}", rating_count=movie)
            producer.produce("marquee.movies.v1", record.SerializeToString(), str(movie))
        totals = message("events.v1.CatalogueRecord", rating_count=sum(MOVIES), prior_ratings=25)
        producer.produce("marquee.movies.v1", totals.SerializeToString(), "catalogue")
        assert producer.flush(30) == 0

    def alias(self, request, context):
        if not self.registry:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if request.model not in self.champions:
            refuse(context, grpc.StatusCode.NOT_FOUND, "alias_unset")
        version = version_of(request.model, self.champions[request.model])
        return message("registry.v1.GetAliasResponse", model_version=version)

    def download(self, request, context):
        content = self.sent.get(request.model, self.champions[request.model])
        if content is None:
            refuse(context, grpc.StatusCode.NOT_FOUND, "artefact_missing")
        yield message("registry.v1.DownloadArtefactResponse", chunk=content)

    def process(self, **settings):
        return Process("recommender", self.folder, **(self.settings | settings))

    def promote(self):
        self.champions = {model: artefact(model) for model in ("ranking", "rating")}


@pytest.fixture
def world(infra, tmp_path):
    world = World(tmp_path, infra)
    yield world
    world.close()


def gauge(process, series):
    url = f"http://{process.environment['MARQUEE_METRICS_LISTEN']}/metrics"
    with urllib.request.urlopen(url, timeout=5) as response:
        lines = response.read().decode().splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series + " ")), None)


def reasons(process):
    """Why it said that it isn't ready, in order; None where it said that it is."""
    said = []
    for line in process.log.read_text().splitlines():
        entry = json.loads(line) if line.startswith("{") else {}
        if entry.get("msg") in ("ready", "not ready"):
            said.append(entry.get("why"))
    return said


def similar(process):
    client = Client(grpc.insecure_channel(process.address), "recommender.v1.RecommenderService")
    return client.ListSimilarMovies(movie_id=1, count=5)[0]


def said(process, part):
    return lambda: any(part in (why or "") for why in reasons(process))


def test_it_is_ready_with_its_models_and_the_live_end_of_the_log(world):
    world.promote()
    with world.process().running() as process:
        process.wait_for("SERVING")
        for model in world.champions:
            assert gauge(process, f'marquee_recommender_model_version{{model="{model}"}}') == 1
        eventually(lambda: gauge(process, "marquee_recommender_consumer_lag_messages") == 0, 30)
        assert similar(process).model_version == 1
        assert process.stop() == 0


def test_a_suite_without_a_model_becomes_ready(world):
    with world.process().running() as process:
        process.wait_for("SERVING")
        assert gauge(process, 'marquee_recommender_champion_version{model="ranking"}') == 0
        # The first champion ever comes in without anybody having been away.
        world.promote()
        eventually(lambda: similar(process).model_version == 1, 30, what="the first champion serves")
        assert reasons(process)[-1] is None
        assert reasons(process).count(None) == 1


def test_a_registry_that_cannot_be_asked_is_not_one_without_a_champion(world):
    world.registry = False
    with world.process().running() as process:
        eventually(said(process, "hasn't answered yet"), 30, what="it says what it waits for")
        assert process.health() == "NOT_SERVING"
        assert gauge(process, 'marquee_recommender_champion_version{model="ranking"}') == -1
        world.registry = True
        process.wait_for("SERVING")


@pytest.mark.parametrize("model", ["ranking", "rating"])
@pytest.mark.parametrize("reason", ["artefact_missing", "artefact_corrupt"])
def test_a_champion_that_cannot_be_had(world, model, reason):
    """Without a ranking model it isn't ready; without the rating model it serves all but predictions."""
    world.promote()
    sound = world.champions[model]
    world.sent[model] = None if reason == "artefact_missing" else sound[:-1] + bytes([sound[-1] ^ 1])
    with world.process().running() as process:
        failures = f'marquee_recommender_model_failures{{model="{model}"}}'
        eventually(lambda: process.health() in ("SERVING", "NOT_SERVING"), 30)
        eventually(lambda: gauge(process, failures) >= 2, 30, what="it tries again and again")
        assert reason in process.log.read_text()
        if model == "rating":
            process.wait_for("SERVING")
            assert similar(process).model_version == 1
        else:
            eventually(said(process, reason), 30, what="it says why it isn't ready")
            assert process.health() == "NOT_SERVING"
            with pytest.raises(grpc.RpcError) as refused:
                similar(process)
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
            assert reason_of(refused.value) == "model_unavailable"
        world.sent.clear()
        eventually(lambda: gauge(process, f'marquee_recommender_model_version{{model="{model}"}}') == 1, 30)
        process.wait_for("SERVING")
        assert similar(process).model_version == 1


def test_it_is_not_ready_before_it_has_read_the_movies(world):
    world.promote()
    with world.process(MARQUEE_KAFKA_BROKERS="127.0.0.1:1", MARQUEE_RECOMMENDER_LOG_PATIENCE_MS=0).running() as process:
        eventually(said(process, "marquee.movies.v1 isn't read to its end yet"), 30, what="it says what it waits for")
        eventually(lambda: gauge(process, 'marquee_recommender_model_version{model="ranking"}') == 1, 30)
        assert process.health() == "NOT_SERVING"
