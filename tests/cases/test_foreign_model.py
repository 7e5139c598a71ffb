"""A model written by Python alone, from docs/model-format.md: registered, gated, served; a broken one is refused."""

import hashlib
import json
from concurrent import futures

import numpy
import pytest
import safetensors.numpy

from support.api import Api, Problem
from support.ctl import Ctl
from support.suite import Suite
from support.waiting import eventually

MOVIES = 40
DATA = hashlib.sha256(b"what it was trained on").hexdigest()


@pytest.fixture(scope="module")
def world():
    """A suite with movies and no model: (suite, administrator's marqueectl, somebody who has rated movie 1)."""
    with Suite(MARQUEE_INFRA_EPHEMERAL=1) as suite:
        suite.up()
        administrator = Api(suite.url).bootstrap(suite.secret("auth-bootstrap"))
        for number in range(1, MOVIES + 1):
            administrator.post("/v1/movies", {"title": f"Movie {number}", "year": 1999, "genres": ["Drama"]})
        listed = administrator.get("/v1/movies", page_size=100)["movies"]
        ids = sorted(movie["movie_id"] for movie in listed)
        assert len(ids) == MOVIES
        person = Api(suite.url).register()
        person.rate(ids[0], 5)
        yield suite, Ctl(suite, "administrator", administrator.user["email"]), person, ids


def write(folder, tensors, quality, algorithm="popularity", numbers=(), *, task=("ranking", "ndcg_at_100")):
    """The file and its card, by the safetensors package and the page alone."""
    file, card = folder / "model.safetensors", folder / "card.json"
    metadata = {"format_version": "2", "algorithm": algorithm, **dict(numbers)}
    safetensors.numpy.save_file(tensors, file, metadata)
    card.write_text(
        json.dumps(
            {
                "format_version": 1,
                "model": task[0],
                "algorithm": algorithm,
                "run_id": 0,
                "data": {"ratings": 100, "users": 10, "movies": MOVIES, "next_offsets": [], "sha256": DATA},
                "seed": 1,
                "hyperparameters": {},
                "metrics": {task[1]: quality},
                "code_version": "a notebook",
                "created_at": "2026-11-30T06:00:00Z",
                "artefact_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "artefact_bytes": file.stat().st_size,
            }
        )
    )
    return file, card


def item_to_item(ids, next_to):
    """item-knn: whoever rated a movie gets the `next_to` that follow it, the nearest first."""
    columns = [[(row + step) % len(ids) for step in range(1, next_to + 1)] for row in range(len(ids))]
    ordered = [sorted((column, 1 / (1 + n)) for n, column in enumerate(row)) for row in columns]
    return {
        "item_ids": numpy.array(ids, numpy.int64),
        "item-knn.offsets": numpy.arange(0, len(ids) * next_to + 1, next_to, dtype=numpy.int64),
        "item-knn.columns": numpy.array([c for row in ordered for c, _ in row], numpy.int32),
        "item-knn.values": numpy.array([v for row in ordered for _, v in row], numpy.float32),
    }


KNN = {"item-knn.confidence_slope": "0.2", "item-knn.confidence_floor": "0.1"}


def test_it_is_registered_promoted_and_served(world, tmp_path):
    suite, ctl, person, ids = world
    file, card = write(tmp_path, item_to_item(ids, 5), 0.3, "item-knn", KNN)
    registered = ctl.run("models", "register", file, "--card", card)
    assert registered["decision"] == "first_version"
    assert registered["model_version"]["aliases"] == ["candidate", "champion"]
    eventually(lambda: not person.recommend()["degraded"], 30, what="the model serves")
    # The movies of a moment ago reach the recommender by their own topic.
    eventually(lambda: len(person.recommend(count=5)["recommendations"]) == 5, 30, what="the movies are known")
    answer = person.recommend(count=5)
    assert answer["model_version"] == 1
    assert [item["movie_id"] for item in answer["recommendations"]] == ids[1:6], "as its matrix says"

    shown = ctl.run("models", "show", "ranking", "champion")
    assert json.loads(shown["card"])["code_version"] == "a notebook"
    assert ctl.run("models", "show", "ranking", 1)["sha256"] == shown["sha256"]
    copy = tmp_path / "copy.safetensors"
    ctl.run("models", "download", "ranking", "champion", copy)
    assert copy.read_bytes() == file.read_bytes()
    assert "item-knn.values" in safetensors.numpy.load_file(copy)


def test_the_gate_stands_before_it(world, tmp_path):
    _, ctl, person, ids = world
    assert ctl.run("models", "register", *delivery(tmp_path, ids, 0.2))["decision"] == "does_not_beat_champion"
    file, *card = delivery(tmp_path, ids, 0.4)
    better = ctl.run("models", "register", file, *card)
    assert better["decision"] == "beats_champion"
    version = better["model_version"]["version"]
    eventually(lambda: person.recommend()["model_version"] == version, 30, what="the better one serves")
    again = ctl.run("models", "register", file, *card)
    assert (again["decision"], again["model_version"]["version"]) == ("", version), "the same file, the same version"


def test_a_rating_model_predicts_with_an_interval_and_a_distribution(world, tmp_path):
    """One factor, and somebody of whom it thinks as of everybody but for the one movie that they have rated."""
    _, ctl, person, ids = world
    # 409 until the recommender knows of a rating.
    unrated = eventually(lambda: person.get(f"/v1/me/predictions/{ids[3]}"), 30, not_yet=Problem)
    assert "interval_80" not in unrated, "no model, no interval"
    ones = numpy.ones(MOVIES, numpy.float32)
    tensors = {
        "item_ids": numpy.array(ids, numpy.int64),
        "bayesian_mf.item_bias": numpy.linspace(-0.5, 0.5, MOVIES, dtype=numpy.float32),
        "bayesian_mf.item_factors": numpy.zeros((MOVIES, 1), numpy.float32),
        "bayesian_mf.item_bias_variance": 0.1 * ones,
        "bayesian_mf.item_factor_variances": 0.1 * ones.reshape(-1, 1),
        "bayesian_mf.new_item_mean": numpy.zeros(2, numpy.float32),
        "bayesian_mf.new_item_variances": numpy.ones(2, numpy.float32),
        "bayesian_mf.user_mean": numpy.zeros(2, numpy.float32),
        "bayesian_mf.user_precision": 4 * numpy.eye(2, dtype=numpy.float32),
        "bayesian_mf.star_habits": numpy.ones(10, numpy.float32),
    }
    numbers = {"mean": "3.5", "variance": "1", "noise_precision": "2", "noise_shape": "1000000"}
    named = {f"bayesian_mf.{name}": number for name, number in numbers.items()}
    file, card = write(tmp_path, tensors, 0.8, "bayesian_mf", named, task=("rating", "rmse"))
    assert ctl.run("models", "register", file, "--card", card)["decision"] == "first_version"
    answer = eventually(
        lambda: (found := person.get(f"/v1/me/predictions/{ids[3]}"))["model_version"] and found, 30, what="it serves"
    )
    # A = 4 + 2, as its noise shape is so large that one rating changes nothing of the noise.
    biases = tensors["bayesian_mf.item_bias"]
    mean = 3.5 + biases[3] + 2 * (5 - 3.5 - biases[0]) / 6
    deviation = (1 / 6 + 0.1 + 1 / 2) ** 0.5
    assert answer["predicted_rating"] == pytest.approx(mean, abs=1e-3)
    assert answer["standard_deviation"] == pytest.approx(deviation, abs=1e-3)
    assert answer["interval_80"]["lower"] == pytest.approx(mean - 1.28155 * deviation, abs=1e-3)
    assert answer["interval_80"]["upper"] == pytest.approx(min(5, mean + 1.28155 * deviation), abs=1e-3)
    assert sum(one["probability"] for one in answer["distribution"]) == pytest.approx(1)
    for item in person.recommend(count=5)["recommendations"]:
        assert item["predicted_rating"] == pytest.approx(person.predict(item["movie_id"])["predicted_rating"])


def delivery(folder, ids, ndcg):
    tensors = item_to_item(ids, 5)
    tensors["item-knn.values"] *= numpy.float32(ndcg)
    file, card = write(folder, tensors, ndcg, "item-knn", KNN)
    return file, "--card", card


def flip(file, _card):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def with_nan(ids):
    tensors = item_to_item(ids, 5)
    tensors["item-knn.values"][3] = numpy.nan
    return tensors


def without_a_row(ids):
    tensors = item_to_item(ids, 5)
    tensors["item-knn.offsets"] = tensors["item-knn.offsets"][:-1].copy()
    return tensors


def not_ascending(ids):
    tensors = item_to_item(ids, 5)
    tensors["item_ids"] = tensors["item_ids"][::-1].copy()
    return tensors


@pytest.mark.parametrize(
    ("tensors", "afterwards", "told"),
    [
        (lambda ids: item_to_item(ids, 5), flip, ("artefact_hash_differs", "artefact_sha256")),
        (with_nan, None, ("artefact_broken", "item-knn.values")),
        (without_a_row, None, ("artefact_broken", "offsets of 'item-knn' don't fit")),
        (not_ascending, None, ("artefact_broken", "don't ascend")),
    ],
    ids=["wrong hash", "NaN", "wrong shapes", "ids out of order"],
)
def test_a_broken_one_is_refused_with_the_reason(world, tmp_path, tensors, afterwards, told):
    reason, says = told
    _, ctl, person, ids = world
    before = ctl.run("models", "ranking")
    file, card = write(tmp_path, tensors(ids), 0.9, "item-knn", KNN)
    if afterwards:
        afterwards(file, card)
    refused = ctl.try_run("models", "register", file, "--card", card)
    assert refused.returncode == 2, refused.stdout
    error = json.loads(refused.stdout or refused.stderr)["error"]
    assert error["reason"] == reason, error
    assert says in error["message"], error
    assert ctl.run("models", "ranking") == before, "nothing of it is there"
    assert not person.recommend()["degraded"]


def test_killed_in_the_middle_nothing_is_half_registered(world, tmp_path):
    suite, ctl, person, ids = world
    before = ctl.run("models", "ranking")
    tensors = item_to_item(ids, 5) | {"padding": numpy.zeros(48 << 20, numpy.float32)}
    file, card = write(tmp_path, tensors, 0.9, "item-knn", KNN)
    scratch = suite.state / "cache" / "registry"
    with futures.ThreadPoolExecutor() as pool:
        sending = pool.submit(ctl.try_run, "models", "register", file, "--card", card)
        eventually(
            lambda: any(upload.stat().st_size > 8 << 20 for upload in scratch.glob("*.upload")),
            30,
            what="the upload is under way",
        )
        suite.kill("registry")
        assert sending.result().returncode == 3, "unavailable: again later"
    suite.start("registry")
    assert ctl.run("models", "ranking") == before
    assert not list(scratch.glob("*.upload")), "swept at the start"
    assert not person.recommend()["degraded"], "the recommender goes on"
    registered = ctl.run("models", "register", file, "--card", card)
    assert registered["decision"] == "beats_champion", "and again it is taken"


def test_a_model_of_texts_is_trained_here_and_passes_the_gate(world, tmp_path):
    _, ctl, _, _ = world
    words = {1: ("lovely", "superb", "moving"), 0: ("dull", "awful", "clumsy")}
    rows = [(f"a {words[n % 2][n % 3]} film, number {n}", n % 2) for n in range(300)]
    file = tmp_path / "reviews.csv"
    file.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in rows))
    first = ctl.run("sentiment", "train", file)
    assert first["decision"] == "first_version"
    assert first["model_version"]["aliases"] == ["candidate", "champion"]
    card = json.loads(ctl.run("models", "show", "sentiment", "champion")["card"])
    assert card["data"]["texts"] == 300
    assert card["decision"] == "first_version"

    # Without what tells the classes apart it is worse than the champion, which is judged on the same texts.
    file.write_text("text,label\n" + "".join(f'"film number {n}",{n % 2}\n' for n in range(300)))
    worse = ctl.run("sentiment", "train", file)
    assert "champion.accuracy" in worse["metrics"]
    assert worse["decision"] != "beats_champion"

    file.write_text("text,label\n" + "good,1\n" * 50)
    refused = ctl.try_run("sentiment", "train", file)
    assert json.loads(refused.stdout)["error"]["reason"] == "one_class"
    versions = ctl.run("models", "sentiment")
    assert sorted(version["version"] for version in versions) == [1, 2]
