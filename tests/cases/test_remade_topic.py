"""The topic of ratings is deleted and made anew while PostgreSQL keeps its offsets: nothing that was acknowledged is
lost, nothing counts twice, and everyone knows what is rated from then on."""

import subprocess

import confluent_kafka.admin
import psycopg
import pytest

from support.api import Api, Problem
from support.processes import BINARIES
from support.suite import ROOT, Suite
from support.waiting import eventually

TOPIC = "marquee.ratings.v1"
PEOPLE = 8
FOLLOWERS = ["rating-ingest", "catalog", "recommender"]
# How long the new log is, beside two ratings of each person in the old one.
LENGTHS = {"shorter": 1, "equal": 2, "longer": 3}


class World:
    def __init__(self):
        self.suite = Suite(MARQUEE_INFRA_EPHEMERAL=1).up()
        self.administrator = Api(self.suite.url).bootstrap(self.suite.secret("auth-bootstrap"))
        self.movies = [self.administrator.post("/v1/movies", {"title": f"Movie {n}"})["movie_id"] for n in range(40)]
        self.people = [Api(self.suite.url).register() for _ in range(PEOPLE)]
        self.rated = {person.user["user_id"]: {} for person in self.people}
        self.unused = iter(self.movies)

    def rate_all(self, times):
        """Each person rates `times` movies that nobody has rated; a rating counts here once it is acknowledged."""
        for _ in range(times):
            movie = next(self.unused)
            for person in self.people:
                # Kafka needs a moment until it knows the topic again: refused is not acknowledged.
                eventually(lambda p=person, m=movie: p.rate(m, 4), 60, what="the rating is taken", not_yet=Problem)
                self.rated[person.user["user_id"]][movie] = 4.0

    def stored(self):
        with psycopg.connect(self.suite.postgres_uri("rating_ingest")) as connection:
            rows = connection.execute("SELECT user_id, movie_id, value, revision FROM ratings").fetchall()
        assert all(revision == 1 for *_, revision in rows), "counted twice"
        return {
            str(user): {movie: value for owner, movie, value, _ in rows if owner == user}
            for user in {row[0] for row in rows}
        }

    def expected(self):
        return {str(user): movies for user, movies in self.rated.items() if movies}

    def await_everyone(self):
        eventually(lambda: self.stored() == self.expected(), 60, what="all that was acknowledged is stored, once")
        for movie in {movie for movies in self.rated.values() for movie in movies}:
            eventually(
                lambda m=movie: self.administrator.get(f"/v1/movies/{m}")["rating_count"] == PEOPLE,
                60,
                what="the catalogue has counted each rating once",
            )
        for person in self.people:
            eventually(
                lambda p=person: self.recommended(p) == self.unrated(p), 60, what="the recommender knows each rating"
            )

    def recommended(self, person):
        """Without a model: every movie that the person, as far as the recommender knows, hasn't rated."""
        return {item["movie_id"] for item in person.recommend(count=100)["recommendations"]}

    def unrated(self, person):
        return set(self.movies) - set(self.rated[person.user["user_id"]])

    def remake_topic(self):
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.suite.kafka_brokers})
        admin.delete_topics([TOPIC])[TOPIC].result(30)
        eventually(lambda: TOPIC not in admin.list_topics(timeout=5).topics, 30, what="the topic is gone")
        topics = ROOT / "deploy" / "kafka" / "topics.txt"
        command = [BINARIES / "marqueectl", "topics", "apply", "--brokers", self.suite.kafka_brokers, "--file", topics]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        yield world
    finally:
        world.suite.remove()


def counted(suite, service, prefix):
    """Shown once a second, beside the consumer's work."""
    lines = suite.metrics(service).splitlines()
    return any(line.startswith(prefix) and float(line.split()[-1]) > 0 for line in lines)


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("length", LENGTHS)
def test_nothing_that_was_acknowledged_is_lost(world, length, running):
    world.rate_all(2)
    world.await_everyone()
    if not running:
        for service in FOLLOWERS:
            world.suite.stop(service)
    world.remake_topic()
    if not running:
        for service in reversed(FOLLOWERS):
            world.suite.start(service)
    world.rate_all(LENGTHS[length])
    world.await_everyone()
    status = world.administrator.get("/v1/ingest/status")
    assert status["lag"] == 0
    assert any(partition["other_log_count"] > 0 for partition in status["partitions"])
    assert all(partition["lost_count"] == 0 for partition in status["partitions"])
    for service in ("rating-ingest", "catalog"):
        prefix = f"marquee_{service.replace('-', '_')}_consumer_other_logs_total"
        eventually(lambda s=service, p=prefix: counted(world.suite, s, p), 10, what=f"{service} counts another log")
    # And it goes on: what is rated counts in the very next answer, everywhere.
    movie = next(world.unused)
    for person in world.people:
        person.rate(movie, 2)
        world.rated[person.user["user_id"]][movie] = 2.0
        assert world.recommended(person) == world.unrated(person)
        assert person.get(f"/v1/me/ratings/{movie}")["value"] == 2
