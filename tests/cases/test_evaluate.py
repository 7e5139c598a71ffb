"""marqueectl evaluate, without any server: its folds, judged again by someone else; its report; its errors."""

import collections
import csv
import html.parser
import json
import math
import random
import subprocess

import pytest

from support.suite import LOCAL


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """People with tastes, who rate at random times; a title and a folder that HTML has to escape."""
    folder = tmp_path_factory.mktemp("a&b") / "<data>"
    folder.mkdir()
    chance = random.Random(3)
    genres = ["Drama", "Comedy", "Horror"]
    movies = {movie: genres[movie % 3] for movie in range(1, 61)}
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n" + "".join(f"{m},M{m} ({1950 + m}),{g}\n" for m, g in movies.items())
    )
    rows = []
    for user in range(1, 81):
        liked = genres[user % 3]
        for movie in chance.sample(sorted(movies), 20):
            if movies[movie] != liked and chance.random() < 0.5:
                continue
            stars = chance.choice([3.5, 4, 4.5, 5] if movies[movie] == liked else [1, 2, 2.5, 3])
            rows.append(f"{user},{movie},{stars},{chance.randrange(1_000_000_000, 1_400_000_000)}\n")
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "".join(rows))
    return folder


def run(data, *more):
    command = [LOCAL / "marqueectl", "evaluate", "--data", data, "--json", "-q", *map(str, more)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def evaluate(data, *more):
    done = run(data, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def ratings(file):
    with file.open(newline="") as rows:
        return [(int(row["userId"]), int(row["movieId"]), float(row["rating"])) for row in csv.DictReader(rows)]


def popularity_ndcg(folder):
    """NDCG@100 of each person of a fold, from its files alone."""
    count = collections.Counter(movie for _, movie, _ in ratings(folder / "train.csv"))
    given, relevant = collections.defaultdict(set), collections.defaultdict(set)
    catalogue = set(count)
    for part, name in ((given, "given"), (relevant, "relevant")):
        for user, movie, _ in ratings(folder / f"{name}.csv"):
            part[user].add(movie)
            catalogue.add(movie)
    order = sorted(catalogue, key=lambda movie: (-count[movie], movie))
    for user, wanted in relevant.items():
        ranked = [movie for movie in order if movie not in given[user]][:100]
        gain = sum(1 / math.log2(at + 2) for at, movie in enumerate(ranked) if movie in wanted)
        yield gain / sum(1 / math.log2(at + 2) for at in range(min(100, len(wanted))))


@pytest.mark.parametrize("split", ["random-users", "temporal", "leave-last"])
def test_the_folds_that_are_written_are_those_that_were_judged(data, tmp_path, split):
    report = evaluate(
        data, "--algorithm", "popularity", "--folds", 3, "--split", split, "--write-folds", tmp_path / "folds"
    )
    judged = [value for fold in (1, 2, 3) for value in popularity_ndcg(tmp_path / "folds" / f"fold-{fold}")]
    assert report["model"]["ndcg_at_100"] == pytest.approx(sum(judged) / len(judged), abs=1e-9)
    written = json.loads((tmp_path / "folds" / "folds.json").read_text())
    assert written == {"task": "ranking", "split": split, "folds": 3, "seed": 1}
    everything = set(ratings(data / "ratings.csv"))
    times = {}
    with (data / "ratings.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            times[int(row["userId"]), int(row["movieId"])] = int(row["timestamp"])
    for fold in (1, 2, 3):
        train, given, relevant = (
            set(ratings(tmp_path / "folds" / f"fold-{fold}" / f"{name}.csv")) for name in ("train", "given", "relevant")
        )
        assert train | given | relevant == everything
        assert not {user for user, *_ in train} & {user for user, *_ in given}, "who is held out doesn't train"
        if split == "random-users":
            continue
        for user, movie, _ in relevant:
            assert all(times[user, movie] >= times[user, other] for u, other, _ in given if u == user)
        if split == "leave-last":
            assert len(relevant) == len({user for user, *_ in relevant})


def test_folds_of_ratings_and_of_movies(data, tmp_path):
    evaluate(data, "--task", "rating", "--algorithm", "bias", "--folds", 2, "--write-folds", tmp_path / "ratings")
    halves = [ratings(tmp_path / "ratings" / f"fold-{fold}" / "relevant.csv") for fold in (1, 2)]
    assert sorted(halves[0] + halves[1]) == sorted(ratings(data / "ratings.csv"))
    evaluate(
        data, "--task", "cold-items", "--algorithm", "popularity", "--folds", 2, "--write-folds", tmp_path / "cold"
    )
    for fold in (1, 2):
        folder = tmp_path / "cold" / f"fold-{fold}"
        hidden = {int(line) for line in (folder / "among.csv").read_text().split()[1:]}
        assert not hidden & {movie for _, movie, _ in ratings(folder / "train.csv")}
        assert {movie for _, movie, _ in ratings(folder / "relevant.csv")} <= hidden


def test_peers_are_judged_on_the_same_people(data):
    report = evaluate(data, "--peers", "--folds", 2, "--factors", 4, "--against", "popularity")
    methods = {method["name"]: method for method in report["methods"]}
    assert {"popularity", "item-knn", "ials", "ease", "ials+ease"} <= set(methods)
    assert report["algorithm"] == "ials+ease", "what was asked for, which is auto, comes first"
    assert report["reference"] == "popularity" and methods["popularity"]["difference"] == {}
    difference = methods["ease"]["difference"]["ndcg_at_100"]
    plain = (
        methods["ease"]["metrics"]["ndcg_at_100"]["value"] - methods["popularity"]["metrics"]["ndcg_at_100"]["value"]
    )
    assert difference["value"] == pytest.approx(plain, abs=1e-9)
    assert difference["people"] == report["users"] == 80
    assert 0 < difference["standard_error"] < 0.1
    best = evaluate(data, "--algorithm", "popularity,ease,item-knn", "--folds", 2, "--against", "best")
    ndcg = {method["name"]: method["metrics"]["ndcg_at_100"]["value"] for method in best["methods"]}
    assert best["reference"] == max(ndcg, key=ndcg.get)


def test_ratings_of_people_who_are_new_and_how_sure_predictions_are(data):
    report = evaluate(data, "--task", "intervals", "--split", "random-users", "--folds", 2)
    assert report["split"] == "random-users"
    model = report["model"]
    assert model["rmse"] < report["bias_baseline"]["rmse"]
    assert [interval["share"] for interval in model["intervals"]] == [0.5, 0.8, 0.9]
    bias = next(method for method in report["methods"] if method["name"] == "bias")
    assert bias["metrics"]["log_loss"] is None, "a baseline that says no interval says none"


def test_movies_that_nobody_rated_are_for_those_who_know_something_of_them(data):
    report = evaluate(data, "--task", "cold-items", "--algorithm", "popularity,bayesian_mf", "--folds", 2)
    methods = {method["name"]: method["metrics"] for method in report["methods"]}
    assert methods["popularity"]["ndcg_at_100"] is None
    assert methods["bayesian_mf"]["rmse"]["value"] < methods["bias"]["rmse"]["value"], "genres tell something"


class Page(html.parser.HTMLParser):
    VOID = {"meta", "br", "link", "img", "line", "rect", "circle", "path"}

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.outside, self.text = [], collections.Counter(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.outside += [value for name, value in attrs if name in ("src", "href", "onload", "onclick")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_report_is_one_page_that_needs_nothing_else(data, tmp_path):
    file = tmp_path / "report.html"
    for task, charts in (("ranking", 3), ("intervals", 6), ("cold-items", 3)):
        evaluate(data, "--task", task, "--peers", "--folds", 2, "--factors", 4, "--report", file)
        page = Page()
        page.feed(file.read_text())
        assert page.open == [] and page.outside == [] and page.tags["script"] == 0
        assert "url(" not in file.read_text() and "@import" not in file.read_text()
        assert page.tags["title"] >= 1 + charts, "the page's, and each chart's"
        assert f"{task} on <data>" in page.text, "escaped"
        assert "nan" not in file.read_text() and "inf" not in file.read_text().replace("information", "")


def refused(data, *more):
    done = run(data, *more)
    assert done.returncode == 2, done.stdout
    return json.loads(done.stdout)["error"]


def test_what_does_not_go_together_is_said(data, tmp_path):
    assert refused(data, "--algorithm", "bayesian_mf")["field"] == "--algorithm"
    assert refused(data, "--split", "random-ratings")["reason"] == "split_unfit"
    assert refused(data, "--task", "cold-items", "--split", "temporal")["reason"] == "split_unfit"
    unknown = refused(data, "--algorithm", "popularity", "--folds", 2, "--against", "random")
    assert unknown["field"] == "--against" and "popularity" in unknown["message"]

    (tmp_path / "movies.csv").write_text((data / "movies.csv").read_text())
    lines = (data / "ratings.csv").read_text().splitlines()
    (tmp_path / "ratings.csv").write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in lines))
    timeless = refused(tmp_path, "--split", "leave-last")
    assert timeless["reason"] == "no_times" and timeless["field"] == "--split"
    assert "ratings.csv" in timeless["message"] and "timestamp" in timeless["message"]
    assert "--rated-at" not in timeless["message"], "which would help an import alone"
    (tmp_path / "ratings.csv").write_text(
        "".join(line.rsplit(",", 1)[0] + f",{'timestamp' if not at else 7}\n" for at, line in enumerate(lines))
    )
    assert refused(tmp_path, "--split", "temporal")["reason"] == "times_equal"


def test_what_cannot_be_written_is_said(data, tmp_path):
    (tmp_path / "file").write_text("")
    done = run(data, "--algorithm", "popularity", "--folds", 2, "--write-folds", tmp_path / "file")
    assert done.returncode == 3 and json.loads(done.stdout)["error"]["reason"] == "folds_unwritable"
    done = run(data, "--algorithm", "popularity", "--folds", 2, "--report", tmp_path / "none" / "report.html")
    assert done.returncode == 3 and json.loads(done.stdout)["error"]["reason"] == "report_unwritable"
