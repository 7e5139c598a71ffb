"""deploy/backup: what was saved is there again in another installation, and what is broken or in the way is refused."""

import json
import os
import pathlib
import shutil
import subprocess
import tarfile

import psycopg
import pytest

from support.api import Api
from support.declared import DATABASES
from support.suite import ROOT, Suite
from support.waiting import eventually

REVIEW = "A good one. Café, 5/5 ✓"


def command(name, *arguments, expect=0):
    done = subprocess.run(
        [ROOT / "deploy" / "backup" / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("MARQUEE_")},
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def rows(suite, database, statement):
    with psycopg.connect(suite.postgres_uri(database)) as connection:
        return connection.execute(statement).fetchall()


def sorted_ratings(person):
    return sorted(
        (one["movie"]["movie_id"] if "movie" in one else one["movie_id"], one["value"]) for one in person.ratings()
    )


def listed(answer):
    return {item["movie_id"]: item["score"] for item in answer["recommendations"]}


def recommended(person):
    """Served by a model, having read the catalogue: not the fallback."""
    return eventually(
        lambda: (
            (answer := person.recommend(count=10))
            and not answer["degraded"]
            and answer["model_version"] > 0
            and len(answer["recommendations"]) == 10
            and answer
        ),
        60,
        what="recommendations from the model",
    )


class Saved:
    """A suite with people, ratings, a review and a trained model; its backup; and what was true of it then."""

    def __init__(self, suite, folder):
        self.suite = suite.up()
        ctl = suite.state / "ctl"
        ctl.mkdir(mode=0o700)
        suite.environment |= {
            "MARQUEE_CREDENTIALS_FILE": str(ctl / "admin.json"),
            "MARQUEE_PASSWORD": "correct horse battery",
            "MARQUEE_AUTH_BOOTSTRAP_SECRET_FILE": str(suite.state / "secrets" / "auth-bootstrap"),
        }
        suite.marqueectl("login", "admin@example.com", "--bootstrap")
        films = ROOT / ".tools" / "node" / "node_modules" / "vega-datasets" / "data" / "movies.json"
        suite.marqueectl("datagen", folder / "data", "--films", films, "--users", 300, "--ratings", 20_000)
        suite.marqueectl("import", folder / "data", "--rejects", folder / "rejects.tsv")
        suite.marqueectl("train")
        self.person = Api(suite.url).register("ann@example.com", display_name="Ann")
        popular = self.person.get("/v1/analytics/popular", count=4)["recommendations"]
        self.movies = [movie["movie_id"] for movie in popular]
        for movie in self.movies[:3]:
            self.person.rate(movie, 4.5)
        self.review = self.person.post(f"/v1/movies/{self.movies[0]}/reviews", {"text": REVIEW})
        self.recommended = recommended(self.person)
        self.ratings = sorted_ratings(self.person)
        self.refresh_token = self.person.refresh_token
        self.secrets = folder / "secrets"
        shutil.copytree(suite.state / "secrets", self.secrets)
        printed = command("backup", "--local", suite.state, "--output", folder / "backups").stdout
        self.archive = pathlib.Path(printed.strip())
        # What comes after the backup: of the old installation alone.
        self.late = Api(suite.url).register("late@example.com")
        self.late.rate(self.movies[0], 1)
        self.person.rate(self.movies[3], 0.5)
        self.versions = rows(suite, "trainer", "SELECT model, version, sha256 FROM model_versions ORDER BY 1, 2")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    suite = Suite(MARQUEE_INFRA_EPHEMERAL=1)
    try:
        yield Saved(suite, tmp_path_factory.mktemp("backup"))
    finally:
        suite.remove()


@pytest.fixture
def fresh():
    """Another installation, not started yet."""
    suite = Suite(MARQUEE_INFRA_EPHEMERAL=1)
    try:
        yield suite
    finally:
        suite.remove()


def assert_as_saved(suite, saved):
    person = Api(suite.url).login("ann@example.com")
    assert person.user["user_id"] == saved.person.user["user_id"]
    assert sorted_ratings(person) == saved.ratings
    assert person.get(f"/v1/reviews/{saved.review['review_id']}")["text"] == REVIEW
    assert rows(suite, "trainer", "SELECT model, version, sha256 FROM model_versions ORDER BY 1, 2") == saved.versions
    answer = recommended(person)
    assert answer["model_version"] == saved.recommended["model_version"]
    assert list(listed(answer)) == list(listed(saved.recommended))
    assert listed(answer) == pytest.approx(listed(saved.recommended))
    return person


# The tests below go in this order: the last one throws the first installation away.
def test_the_archive_is_whole_private_and_counted(saved):
    assert "is whole" in command("restore", "--check", saved.archive).stdout
    assert saved.archive.stat().st_mode & 0o777 == 0o600
    assert list(saved.archive.parent.iterdir()) == [saved.archive]
    with tarfile.open(saved.archive) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("manifest.json"))
    assert names[-1] == "SHA256SUMS"
    assert {one["name"]: one["rows"].get("public.accounts") for one in manifest["databases"]}["auth"] == 2
    assert {one["name"] for one in manifest["databases"]} == set(DATABASES)
    everything = saved.archive.read_bytes()
    for secret in saved.secrets.iterdir():
        for line in secret.read_bytes().split():
            assert line not in everything, secret.name


@pytest.mark.parametrize("kept", [0.2, 0.9, 0.999])
def test_a_truncated_archive_is_refused(saved, tmp_path, kept):
    cut = tmp_path / "cut.tar"
    everything = saved.archive.read_bytes()
    # tar pads its end with empty blocks, which may be missing without harm.
    cut.write_bytes(everything.rstrip(b"\0")[: int(len(everything.rstrip(b"\0")) * kept)])
    before = rows(saved.suite, "auth", "SELECT count(*) FROM accounts")
    done = command("restore", cut, "--local", saved.suite.state, "--force", expect=1)
    assert "nothing was done" in done.stderr
    assert rows(saved.suite, "auth", "SELECT count(*) FROM accounts") == before


def test_a_changed_byte_is_found(saved, tmp_path):
    changed = tmp_path / "changed.tar"
    shutil.copy(saved.archive, changed)
    with tarfile.open(saved.archive) as archive:
        place = archive.getmember("databases/auth.dump").offset_data + 1000
    with open(changed, "r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 1]))
    done = command("restore", "--check", changed, expect=1)
    assert "databases/auth.dump" in done.stderr
    assert "damaged" in done.stderr


def test_data_is_not_overwritten_without_force(saved):
    done = command("restore", saved.archive, "--local", saved.suite.state, expect=1)
    assert "there is data in" in done.stderr
    assert "--force overwrites it" in done.stderr
    assert saved.suite.try_run("status").returncode == 0


def test_a_database_that_does_not_answer_leaves_no_archive(saved, tmp_path):
    uris = tmp_path / "uris"
    uris.mkdir()
    for name in DATABASES:
        (uris / f"{name}.uri").write_text(saved.suite.postgres_uri(name))
    (uris / "trainer.uri").write_text(saved.suite.postgres_uri("trainer") + "_gone")
    done = command("backup", "--uri-dir", uris, "--output", tmp_path / "out", expect=1)
    assert 'database "trainer_gone" does not exist' in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_an_artefact_in_use_that_is_missing_leaves_no_archive(saved, tmp_path):
    hide = "UPDATE model_versions SET size_bytes = size_bytes {} 1 WHERE model = 'ranking'"
    with psycopg.connect(saved.suite.postgres_uri("registry"), autocommit=True) as database:
        database.execute(hide.format("+"))
        try:
            done = command("backup", "--local", saved.suite.state, "--output", tmp_path / "out", expect=1)
        finally:
            database.execute(hide.format("-"))
    assert "an artefact that is in use is missing" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_ratings_after_the_backup_come_back_from_kafka(saved):
    command("restore", saved.archive, "--local", saved.suite.state, "--force")
    suite = saved.suite.up()
    person = Api(suite.url).login("ann@example.com")
    eventually(
        lambda: sorted_ratings(person) == sorted([*saved.ratings, (saved.movies[3], 0.5)]),
        60,
        what="the rating after the backup is read from Kafka again",
    )
    # The account that was made after the backup is gone, but its ratings are in Kafka: nobody may inherit its id.
    assert saved.late.user["user_id"] < Api(suite.url).register().user["user_id"]
    assert (
        saved.late.other()
        .send("POST", "/v1/auth/login", json={"email": "late@example.com", "password": "x" * 12})
        .status_code
        == 401
    )


def test_a_fresh_installation_without_the_secret_gets_new_signing_keys(saved, fresh):
    fresh.up()
    done = command("restore", saved.archive, "--local", fresh.state, "--new-signing-keys")
    assert "Kafka: new" in done.stderr
    fresh.up()
    assert_as_saved(fresh, saved)


def test_everything_is_there_in_a_fresh_installation(saved, fresh):
    saved.suite.run("down", "--wipe")
    # As the documents say: that one secret comes from the old installation; the others are the new one's own.
    (fresh.state / "secrets").mkdir(parents=True, mode=0o700)
    shutil.copy(saved.secrets / "auth-key-encryption", fresh.state / "secrets")
    fresh.up()
    command("restore", saved.archive, "--local", fresh.state)
    fresh.up()
    person = assert_as_saved(fresh, saved)
    # Nobody has to sign in again.
    person.refresh_token = saved.refresh_token
    person.refresh()
    # And it goes on: the new log is read from its beginning, by the writer and by the catalogue.
    before = person.get(f"/v1/movies/{saved.movies[3]}")["rating_count"]
    person.rate(saved.movies[3], 3)
    eventually(
        lambda: (
            (saved.movies[3], 3) in sorted_ratings(person)
            and person.get(f"/v1/movies/{saved.movies[3]}")["rating_count"] == before + 1
        ),
        60,
        what="a new rating is stored and counted",
    )
