"""One bad line costs itself: it is listed with file, line, reason and column, and the rest is imported."""

import json

import pytest

from support.contracts import message, stand_in

LONG = "Far Away " * 80
GENRES = "|".join(f"G{i}" for i in range(33))

RATINGS = {
    "a time in the future": ("{u},{a},3.0,4102444800", "time_out_of_range", "timestamp"),
    "a time before 1970": ("{u},{a},3.0,-5", "time_out_of_range", "timestamp"),
    "milliseconds": ("{u},{a},3.0,1100000000000", "time_out_of_range", "timestamp"),
    "a time that isn't one": ("{u},{a},3.0,yesterday", "bad_number", "timestamp"),
    "no time": ("{u},{a},3.0,", "missing_field", "timestamp"),
    "off the scale": ("{u},{a},9,1100000000", "rating_out_of_range", "rating"),
    "between half stars": ("{u},{a},3.7,1100000000", "rating_out_of_range", "rating"),
    "not a number": ("{u},{a},NaN,1100000000", "rating_out_of_range", "rating"),
    "no rating": ("{u},{a},,1100000000", "missing_field", "rating"),
    "a user's id as text": ("u{u},{a},3.0,1100000000", "bad_number", "userId"),
    "an account's id": ("1000000001,{a},3.0,1100000000", "id_out_of_range", "userId"),
    "2^31": ("2147483648,{a},3.0,1100000000", "id_out_of_range", "userId"),
    "2^53 + 1": ("9007199254740993,{a},3.0,1100000000", "id_out_of_range", "userId"),
    "2^63 - 1": ("9223372036854775807,{a},3.0,1100000000", "id_out_of_range", "userId"),
    "2^64 + a": ("18446744073709651717,{a},3.0,1100000000", "id_out_of_range", "userId"),
    "a movie of 2^32 + 1": ("{u},4294967297,3.0,1100000000", "id_out_of_range", "movieId"),
    "a movie that isn't there": ("{u},999999999,3.0,1100000000", "unknown_movie", "movieId"),
    "too few fields": ("{u},{a}", "missing_field", ""),
    "too many fields": ("{u},{a},3.0,1100000000,x", "too_many_fields", ""),
    "an open quote": ('"{u},{a},3.0,1100000000', "unclosed_quote", ""),
    "text behind a quote": ('"{u}"0,{a},3.0,1100000000', "bad_quotes", ""),
    "a NUL byte": ("{u}\0,{a},3.0,1100000000", "bad_number", "userId"),
    "a line of a megabyte": ("x" * 1_000_000, "line_too_long", ""),
}


@pytest.mark.parametrize("case", RATINGS)
def test_a_bad_rating_costs_itself_alone(data_set, case):
    line, reason, column = RATINGS[case]
    data_set.movies().ratings("{v},{a},4.0,1100000000\n" + line + "\n{w},{a},2.0,1100000100\n")
    outcome = data_set.run()
    assert outcome.status == 0, outcome
    assert outcome.rejects == [("ratings.csv", 3, reason, column)]
    assert outcome.report["rejected"] == {reason: 1}
    assert outcome.report["ratings"]["accepted"] == 2
    data_set.expect_ratings("a", 2, 3.0)


MOVIES = {
    "a long title": (f"{{d}},{LONG} (1999),Drama", "text_too_long", "title"),
    "33 genres": (f"{{d}},Blue Door (1999),{GENRES}", "genres_too_many", "genres"),
    "a long genre": (f"{{d}},Blue Door (1999),{'g' * 65}", "text_too_long", "genres"),
    "no title": ("{d},,Drama", "missing_field", "title"),
    "a control character": ("{d},Blue \x07Door (1999),Drama", "text_invalid", "title"),
    "a NUL byte": ("{d},Blue \0Door (1999),Drama", "text_invalid", "title"),
    "a C1 control": ("{d},Blue \x85Door (1999),Drama", "text_invalid", "title"),
    "a line break in a title": ('{d},"Blue\nDoor (1999)",Drama', "text_invalid", "title"),
    "numbers for genres": ('{d},Blue Door (1999),"[18, 35]"', "bad_genres", "genres"),
    "an unquoted comma": ("{d},Blue Door, The (1999),Drama", "too_many_fields", ""),
    "the catalogue's own ids": ("1000000007,Blue Door (1999),Drama", "id_out_of_range", "movieId"),
    "2^31": ("2147483648,Blue Door (1999),Drama", "id_out_of_range", "movieId"),
    "2^53 + 1": ("9007199254740993,Blue Door (1999),Drama", "id_out_of_range", "movieId"),
    "2^63 - 1": ("9223372036854775807,Blue Door (1999),Drama", "id_out_of_range", "movieId"),
    "zero": ("0,Blue Door (1999),Drama", "id_out_of_range", "movieId"),
    "below zero": ("-4,Blue Door (1999),Drama", "id_out_of_range", "movieId"),
    "an id as text": ("tt7000014,Blue Door (1999),Drama", "bad_number", "movieId"),
    "a movie again": ("{a},Another (1999),Drama", "duplicate_movie", "movieId"),
}


@pytest.mark.parametrize("case", MOVIES)
def test_a_bad_movie_costs_itself_alone(data_set, case):
    line, reason, column = MOVIES[case]
    data_set.movies("{a},Harbour Lights (1988),Drama\n" + line + "\n{b},Paper Kites (1991),Comedy\n")
    data_set.ratings("{u},{a},4.0,1100000000\n{u},{b},4.0,1100000000\n")
    outcome = data_set.run()
    assert outcome.status == 0, outcome
    assert outcome.rejects == [("movies.csv", 3, reason, column)]
    assert data_set.movie("a")["title"] == "Harbour Lights"
    assert data_set.movie("b")["title"] == "Paper Kites"
    assert data_set.movie("d") is None


def test_bytes_that_are_no_utf8_cost_their_line_and_the_flag_that_says_so_reads_them(data_set):
    data_set.write("movies.csv", "movieId,title,genres\n{a},Keeper’s Lamp (1988),Drama\n{b},Kites,\n", "cp1252")
    data_set.ratings("{u},{b},4.0,1100000000\n")
    outcome = data_set.run()
    assert outcome.rejects == [("movies.csv", 2, "bad_utf8", "")]
    assert outcome.report["tables"]["movies"]["hints"] == {"another_encoding": 1}
    data_set.taken("--encoding", "windows-1252")
    assert data_set.movie("a")["title"] == "Keeper’s Lamp"


def test_an_import_never_drives_the_catalogues_ids(data_set, administrator):
    created = administrator.post("/v1/movies", {"title": "Before"})
    data_set.movies("{a},Harbour Lights,Drama\n9223372036854775807,Last Stop,Drama\n9007199254740991,Stop,Drama\n")
    data_set.ratings("{u},{a},4.0,1100000000\n")
    outcome = data_set.run("--min-taken", 10)
    assert [line for _, line, _, _ in outcome.rejects] == [3, 4]
    after = administrator.post("/v1/movies", {"title": "After"})
    assert 0 < after["movie_id"] - created["movie_id"] < 1000


def test_what_is_left_out_of_links_leaves_its_movie_alone(data_set):
    data_set.movies().ratings()
    data_set.write(
        "links.csv", "movieId,imdbId,tmdbId\n{a},nm7000011,501\n{b},7000012,502.5\n{c},7000013,503\n777,7000077,577\n"
    )
    outcome = data_set.run()
    assert outcome.status == 0
    assert outcome.rejects == [
        ("links.csv", 2, "imdb_id_invalid", "imdbId"),
        ("links.csv", 3, "bad_number", "tmdbId"),
        ("links.csv", 5, "unknown_movie", "movieId"),
    ]
    assert data_set.movie("a").get("imdb_id", "") == ""
    assert data_set.movie("b").get("tmdb_id", 0) in (0, "0")
    assert data_set.movie("c")["imdb_id"] == "tt7000013"


def test_of_two_ratings_the_later_stands_and_the_summary_says_so(data_set):
    data_set.movies().ratings("{u},{a},5.0,1200000000\n{u},{a},1.0,1100000000\n{u},{b},1.0,5\n{u},{b},2.0,5\n")
    outcome = data_set.run()
    assert outcome.status == 0
    assert outcome.report["tables"]["ratings"]["duplicates"] == 2
    assert outcome.rejects == [("ratings.csv", 3, "duplicate", ""), ("ratings.csv", 4, "duplicate", "")]
    data_set.expect_ratings("a", 1, 5.0)
    data_set.expect_ratings("b", 1, 2.0)


def test_ratings_without_times_need_a_word_and_are_in_no_trend(data_set):
    data_set.movies().write("ratings.csv", "userId,movieId,rating\n{u},{a},4.0\n{v},{a},3.0\n")
    refused = data_set.run()
    assert refused.status == 2
    assert refused.error["reason"] == "no_times"
    assert "--rated-at" in refused.error["message"]
    assert data_set.movie("a") is None
    outcome = data_set.taken("--rated-at", "unknown")
    assert outcome.report["notes"]["no_time"] == 2
    data_set.expect_ratings("a", 2, 3.5)
    trending = data_set.api.get("/v1/analytics/trending", count=100)
    assert all(one["score"] < 1e-9 for one in trending["movies"] if one["movie"]["movie_id"] == data_set.ids["a"])
    for wrong in ("tomorrow", "2100-01-01", "-1", "1100000000000"):
        assert data_set.run("--rated-at", wrong).error["field"] == "--rated-at"
    dated = data_set.taken("--rated-at", "2015-06-30")
    assert dated.report["notes"]["rated_at"] == 2
    assert dated.report["tables"]["ratings"]["latest"] == 1435622400


def test_years_are_never_others(data_set):
    lines = [
        {"movie_id": "{a}", "title": "Harbour Lights", "year": 99999},
        {"movie_id": "{b}", "title": "Paper Kites", "year": 4294969284},
        {"movie_id": "{c}", "title": "The Slow Train", "year": 1999.0},
        {"movie_id": "{d}", "title": "Blue Door (1982)", "year": 2007},
        {"movie_id": "{e}", "title": "Last Stop", "year": None},
        {"movie_id": "{f}", "title": "First Stop", "year": "1984"},
    ]
    data_set.write(
        "movies.jsonl", "".join(json.dumps(line) + "\n" for line in lines).replace('"{', "{").replace('}"', "}")
    )
    data_set.write("ratings.jsonl", '{"user_id":{u},"movie_id":{c},"rating":4,"timestamp":1100000000}\n')
    outcome = data_set.run()
    assert outcome.status == 0, outcome
    assert outcome.rejects == [
        ("movies.jsonl", 1, "year_out_of_range", "year"),
        ("movies.jsonl", 2, "year_out_of_range", "year"),
    ]
    seen = {name: data_set.movie(name) for name in "abcdef"}
    assert seen["a"] is None and seen["b"] is None
    assert [seen[name].get("year", 0) for name in "cdef"] == [1999, 2007, 0, 1984]
    assert seen["d"]["title"] == "Blue Door (1982)"


def test_a_server_that_knows_better_leaves_out_its_rows_with_their_lines(data_set):
    """Its clock, say, is behind: what it refuses is a reject as all others, and no index is told."""
    seen = {"movies": [], "ratings": 0}

    def import_movies(requests, _context):
        for request in requests:
            seen["movies"] += [movie.title for movie in request.movies]
        answer = message("catalog.v1.ImportMoviesResponse", received=3, inserted=2, rejected_count=1)
        answer.rejected.add(row=1, movie_id=1, field="title", reason="text_rude", message="title is rude")
        return answer

    def bulk_ingest(requests, _context):
        seen["ratings"] = sum(len(request.user_ids) for request in requests)
        answer = message("ratings.v1.BulkIngestResponse", accepted=seen["ratings"] - 2, rejected_count=2)
        answer.rejected.add(row=2, field="rated_at", reason="time_out_of_range", message="too late")
        return answer

    data_set.movies().ratings(
        "\n\n{u},{a},4.0,1100000000\n{u},{b},9,1\n{v},{a},4.0,1100000000\n{w},{a},4,1100000000\n{x},{a},4,1\n"
    )
    catalog, catalog_address = stand_in("catalog.v1.CatalogService", ImportMovies=import_movies)
    ratings, ratings_address = stand_in("ratings.v1.RatingsService", BulkIngest=bulk_ingest)
    try:
        outcome = data_set.run("--no-wait", "--catalog-address", catalog_address, "--ratings-address", ratings_address)
    finally:
        catalog.stop(None)
        ratings.stop(None)
    assert outcome.status == 0, outcome
    assert seen == {"movies": ["Harbour Lights", "Paper Kites", "The Slow Train"], "ratings": 4}
    assert outcome.rejects == [
        ("ratings.csv", 5, "rating_out_of_range", "rating"),
        ("movies.csv", 3, "text_rude", "title"),
        ("ratings.csv", 7, "time_out_of_range", "rated_at"),
    ]
    assert outcome.report["rejected"] == {
        "rating_out_of_range": 1,
        "text_rude": 1,
        "time_out_of_range": 1,
        "refused_by_server": 1,
    }
    assert (outcome.report["tables"]["movies"]["taken"], outcome.report["tables"]["ratings"]["taken"]) == (2, 2)
    assert not any("[" in detail for detail in outcome.details)
