"""The inputs that failed when the importer was tried on other people's data; skipped where they aren't."""

import json

import pytest

from support.suite import SHARED

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"skipped: {CASES} is missing")

# id: exit status, rejects, movies by id (title, year; None: not there)
USUAL = {11: ("Harbour Lights", 1988), 12: ("Paper Kites", 1991), 13: ("The Slow Train", 2003)}
EXPECTED = {
    "A01-tt": (0, [], USUAL),
    "A01-float": (0, [], USUAL),
    "A01-quoted": (0, [], USUAL),
    "A02": (0, [], USUAL),
    "A03": (0, [("ratings.csv", 5, "time_out_of_range")], USUAL),
    "A03-ms": (1, [("ratings.csv", 2, "time_out_of_range")], USUAL),
    "A04": (0, [], USUAL),
    "A08": (0, [], {11: ("Harbour Lights", 1988), 12: ("Paper Kites", 1991), 13: ("The Slow Train (V)", 2003)}),
    "A09-long": (0, [("movies.csv", 5, "text_too_long")], USUAL | {14: None}),
    "A09-genres": (0, [("movies.csv", 5, "genres_too_many")], USUAL | {14: None}),
    "A12-A13": (0, [("movies.csv", 5, "id_out_of_range")], USUAL),
    "A14": (0, [("ratings.csv", 3, "duplicate")], USUAL),
    "A15-cp1252": (0, [], {11: ("Keeper’s Lamp", 1988), 12: ("Paper Kites", 1991)}),
    "A18-genre-string": (0, [], {11: ("Harbour Lights", 0)}),
    "A18-imdb": (0, [], {11: ("Harbour Lights", 0), 12: ("Paper Kites", 0)}),
    "A18-year-99999": (
        1,
        [("movies.jsonl", 1, "year_out_of_range"), ("ratings.jsonl", 1, "unknown_movie")],
        {11: None, 12: ("Paper Kites", 0)},
    ),
    "A18-year-overflow": (
        1,
        [("movies.jsonl", 1, "year_out_of_range"), ("ratings.jsonl", 1, "unknown_movie")],
        {11: None},
    ),
}


@pytest.fixture
def empty(administrator):
    """Without the movies of the cases, which all have the same ids."""
    for movie in (11, 12, 13, 14):
        administrator.send("DELETE", f"/v1/movies/{movie}")
    return administrator


def run(ctl, case, tmp_path):
    rejects = tmp_path / "list.tsv"
    done = ctl.try_run("import", CASES / case, "--rejects", rejects)
    lines = [line.split("\t") for line in rejects.read_text().splitlines()[1:]] if rejects.exists() else []
    return done.returncode, json.loads(done.stdout), [(file, int(line), why) for file, line, why, *_ in lines]


@pytest.mark.parametrize("case", EXPECTED)
def test_case(case, ctl, empty, tmp_path):
    status, rejects, movies = EXPECTED[case]
    got, report, listed = run(ctl, case, tmp_path)
    assert got == status, report
    assert listed == rejects
    for movie_id, expected in movies.items():
        answer = empty.send("GET", f"/v1/movies/{movie_id}")
        if expected is None:
            assert answer.status_code == 404
            continue
        movie = answer.json()
        assert (movie["title"], movie.get("year", 0)) == expected
    if case.startswith("A01") or case == "A02":
        movie = empty.get("/v1/movies/11")
        assert (movie["imdb_id"], movie["tmdb_id"]) == ("tt7000011", 501)
    if case == "A02":
        assert empty.get("/v1/movies/12")["imdb_id"] == "tt7000012"
    if case == "A03-ms":
        assert "milliseconds" in report["error"]["message"]
    if case == "A18-genre-string":
        assert empty.get("/v1/movies/11")["genres"] == ["Drama", "Comedy"]
    if case == "A18-imdb":
        assert empty.get("/v1/movies/11")["imdb_id"] == "tt7000011"


def test_no_times(ctl, empty, tmp_path):
    done, report, _ = run(ctl, "A11-notime", tmp_path)
    assert (done, report["error"]["reason"]) == (2, "no_times")


def test_movielens_still_imports_whole(ctl, tmp_path):
    folder = SHARED / "data" / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip(f"skipped: {folder} is missing")
    report = ctl.run("import", folder, "--rejects", tmp_path / "list.tsv")
    assert report["rejected"] == {}
    assert report["tables"]["movies"]["taken"] == 9742
    assert report["ratings"]["accepted"] == 100836
    assert report["tables"]["links"]["taken"] == 9742
