"""The forms in which data sets lie about: all say the same, or are refused with what was seen and what to do."""

import gzip
import io
import zipfile

import pytest

HEADER = "userId,movieId,rating,timestamp\n"

RATINGS = {
    "every value quoted": (
        "ratings.csv",
        '"userId","movieId","rating","timestamp"\n"{u}","{a}","4.0","1100000000"\n"{v}","{a}","3.0","1100000100"\n',
    ),
    "CRLF and a byte order mark": (
        "ratings.csv",
        "\ufeffuserId,movieId,rating,timestamp\r\n{u},{a},4.0,1100000000\r\n{v},{a},3.0,1100000100\r\n",
    ),
    "any order, an index, notes of several lines": (
        "ratings.csv",
        ',rating,note,timestamp,movieId,userId\n0,4.0,"a, ""b""\nc",1100000000,{a},{u}\n1,3.0,,1100000100,{a},{v}\n',
    ),
    "Excel in German": (
        "ratings.csv",
        "\ufeffuserId;movieId;rating;timestamp\r\n{u};{a};4,0;1100000000\r\n{v};{a};3,0;1100000100\r\n",
    ),
    "Excel's first line": (
        "ratings.csv",
        "sep=;\r\nuserId;movieId;rating;timestamp\r\n{u};{a};4;1100000000\r\n{v};{a};3;1100000100\r\n",
    ),
    "pandas with gaps": ("ratings.csv", HEADER + "{u}.0,{a}.0,4.0,1100000000.0\n{v}.0,{a}.0,3.0,1100000100.0\n"),
    "dates": ("rating.csv", HEADER + '{u},{a},4.0,"2004-11-09 11:33:20"\n{v},{a},3.0,2004-11-09T11:35:00Z\n'),
    "tabs": ("ratings.tsv", "user_id\titem_id\tscore\ttimestamp\n{u}\t{a}\t4\t1100000000\n{v}\t{a}\t3\t1100000100\n"),
    "MovieLens 1M": ("ratings.dat", "{u}::{a}::4::1100000000\n{v}::{a}::3::1100000100\n"),
    "MovieLens 100K": ("u.data", "{u}\t{a}\t4\t1100000000\n{v}\t{a}\t3\t1100000100\n"),
    "Kaggle's small one": ("ratings_small.csv", HEADER + "{u},{a},4.0,1100000000\n{v},{a},3.0,1100000100\n"),
    "JSON Lines of pandas": (
        "ratings.json",
        '{"userId":{u},"movieId":{a},"rating":4.0,"timestamp":1100000000}\n'
        '{"userId":{v}.0,"movieId":{a}.0,"rating":3.0,"timestamp":1100000100.0,"x":null}\n',
    ),
    "JSON Lines with texts": (
        "ratings.jsonl",
        '{"user_id":"{u}","movie_id":"{a}","rating":"4","timestamp":"2004-11-09T11:33:20.000Z"}\n'
        '{"user_id":"{v}","movie_id":"{a}","rating":"3","timestamp":"2004-11-09T11:35:00.000Z"}\n',
    ),
}


@pytest.mark.parametrize("form", RATINGS)
def test_ratings_say_the_same_in_every_form(data_set, form):
    name, text = RATINGS[form]
    data_set.movies().write(name, text)
    outcome = data_set.taken()
    assert outcome.report["ratings"]["accepted"] == 2
    assert outcome.report["tables"]["ratings"]["file"] == name
    assert (outcome.report["tables"]["ratings"]["earliest"], outcome.report["tables"]["ratings"]["latest"]) == (
        1100000000,
        1100000100,
    )
    data_set.expect_ratings("a", 2, 3.5)


LINKS = {
    "plain": "movieId,imdbId,tmdbId\n{a},7000011,501\n",
    "with tt": "movieId,imdbId,tmdbId\n{a},tt7000011,501\n",
    "floats": "movieId,imdbId,tmdbId\n{a},7000011.0,501.0\n",
    "quoted": '"movieId","imdbId","tmdbId"\n"{a}","7000011","501"\n',
    "an index before": ",movieId,imdbId,tmdbId\n{a},{b},7000012,502\n1,{a},7000011,501\n",
    "another order": "tmdbId,imdbId,movieId\n501,7000011,{a}\n",
    "semicolons": "movieId;imdbId;tmdbId\n{a};7000011;501\n",
}


@pytest.mark.parametrize("form", LINKS)
def test_links_go_to_the_movie_that_they_name(data_set, form):
    data_set.movies().ratings().write("links.csv", LINKS[form])
    data_set.taken()
    movie = data_set.movie("a")
    assert (movie["imdb_id"], movie["tmdb_id"]) == ("tt7000011", 501)
    assert data_set.movie("c").get("imdb_id", "") == ""


def test_movielens_1m_in_windows_1252(data_set):
    data_set.write("movies.dat", "{a}::Keeper’s Lamp (1988)::Drama\n{b}::Café, The (1991)::Children's\n", "cp1252")
    data_set.write("ratings.dat", "{u}::{a}::4::1100000000\n")
    outcome = data_set.taken()
    assert outcome.report["notes"]["windows_1252"] == 2
    assert data_set.movie("a")["title"] == "Keeper’s Lamp"
    assert (data_set.movie("b")["title"], data_set.movie("b")["genres"]) == ("The Café", ["Children"])


def test_movielens_100k(data_set):
    flags = "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0"
    data_set.write(
        "u.item", "{a}|Toys (1995)|01-Jan-1995||http://x|" + flags + "\n{b}|Café (1995)||||" + flags + "\n", "latin-1"
    )
    data_set.write("u.data", "{u}\t{a}\t4\t1100000000\n")
    data_set.taken()
    assert data_set.movie("a")["genres"] == ["Animation", "Children", "Comedy"]
    assert data_set.movie("b")["title"] == "Café"


def test_kaggles_movies_dataset_is_joined_by_its_links(data_set):
    data_set.write(
        "movies_metadata.csv",
        "adult,genres,id,imdb_id,overview,release_date,title\n"
        'False,"[{\'id\': 18, \'name\': \'Drama\'}]",{d},tt7000011,"Two\nlines, ""quoted""",1988-10-30,Harbour Lights\n'
        "False,[],{e},tt7000012,,1991-01-01,Nobody Rated This\n",
    )
    data_set.write("links_small.csv", "movieId,imdbId,tmdbId\n{a},7000011,{d}\n")
    data_set.write("ratings_small.csv", HEADER + "{u},{a},4.0,1100000000\n")
    outcome = data_set.taken()
    assert outcome.report["notes"]["not_linked"] == 1
    movie = data_set.movie("a")
    assert (movie["title"], movie["year"], movie["genres"]) == ("Harbour Lights", 1988, ["Drama"])
    assert (movie["imdb_id"], movie["tmdb_id"]) == ("tt7000011", data_set.ids["d"])
    assert data_set.movie("d") is None


def test_sparks_parts(data_set):
    data_set.movies()
    data_set.write("ratings.csv/_SUCCESS", "")
    data_set.write("ratings.csv/part-00000-x.csv", HEADER + "{u},{a},4.0,1100000000\n")
    data_set.write("ratings.csv/part-00001-x.csv", HEADER + "{v},{a},3.0,1100000100\n{v},{a},7,1\n")
    outcome = data_set.run()
    assert outcome.status == 0
    assert outcome.rejects == [("ratings.csv/part-00001-x.csv", 3, "rating_out_of_range", "rating")]
    data_set.expect_ratings("a", 2, 3.5)


def test_gz_and_zip(data_set, tmp_path):
    data_set.movies().ratings()
    texts = {path.name: path.read_bytes() for path in data_set.folder.iterdir()}
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("ml/README.txt", "read me")
        for name, text in texts.items():
            packed.writestr(f"ml/{name}", text)
    for path in list(data_set.folder.iterdir()):
        path.unlink()
    assert data_set.taken(path=archive).report["ratings"]["accepted"] == 3
    for name, text in texts.items():
        data_set.write(f"{name}.gz", gzip.compress(text))
    assert data_set.taken().report["ratings"]["accepted"] == 3
    data_set.expect_ratings("a", 1, 4.0)

    data_set.write("ratings.csv.gz", gzip.compress(texts["ratings.csv"])[:-9])
    assert data_set.run().error["reason"] == "unreadable_file"
    archive.write_bytes(archive.read_bytes()[:200])
    assert data_set.run(path=archive).error["reason"] == "bad_archive"
    damaged = io.BytesIO()
    with zipfile.ZipFile(damaged, "w") as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
    archive.write_bytes(damaged.getvalue().replace(b",4.0,", b",5.0,", 1))
    assert data_set.run(path=archive).error["reason"] == "unreadable_file"


REFUSED = {
    "no header": (b"21,11,4.0,1100000000\n", "no_header", "--ratings-columns userId,movieId,rating,timestamp"),
    "Amazon's": (b"A3SGXH7AUHU8GW,B001E4KFG0,5.0,1303862400\n", "no_header", "B001E4KFG0"),
    "Netflix's": (b"1:\n1488844,3,2005-09-06\n", "bad_header", "1:"),
    "a missing column": (b"userId,title,rating,timestamp\n1,X,4,1\n", "bad_header", "userId, title, rating, timestamp"),
    "a bare id": (b"user,id,rating,timestamp\n1,11,4,1\n", "bad_header", "no column movieId"),
    "a column twice": (b"userId,movieId,rating,rating,timestamp\n1,11,4,4,1\n", "bad_header", "twice"),
    "empty": (b"", "empty_file", "is empty"),
    "UTF-16": ("userId,movieId,rating,timestamp\n".encode("utf-16"), "not_text", "UTF-16"),
    "a workbook": (b"PK\x03\x04" + bytes(60), "not_text", "Excel"),
    "Parquet": (b"PAR1" + bytes(60), "not_text", "Parquet"),
    "zeros": (bytes(5000), "not_text", "NUL"),
    "a web page": (b"<!DOCTYPE html><html></html>", "not_text", "web page"),
    "a JSON array": (b'[{"userId":1}]', "json_array", "lines=True"),
    "CR alone": (b"userId,movieId,rating,timestamp\r1,11,4,1\r", "bad_line_ends", "tr"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_read_is_refused_with_what_was_seen(data_set, case):
    content, reason, says = REFUSED[case]
    data_set.movies().write("ratings.csv", content)
    outcome = data_set.run()
    assert outcome.status == 2
    assert outcome.error["reason"] == reason
    assert "ratings.csv" in outcome.error["message"] and says in outcome.error["message"]
    assert data_set.movie("a") is None, "nothing may be sent of what can't be read"


def test_columns_can_be_said(data_set):
    data_set.movies().write("ratings.csv", "{a},{u},4.0,2004-11-09\n{a},{v},3.0,2004-11-10\n")
    data_set.taken("--ratings-columns", "movie,user,rating,date")
    data_set.expect_ratings("a", 2, 3.5)
    wrong = data_set.run("--ratings-columns", "movie,user,rating")
    assert wrong.error["reason"] == "bad_columns"


def test_the_summary_says_everything(data_set):
    data_set.movies('{a}.0,Harbour Lights,"Drama, Comedy"\n{b},Paper Kites (1991),\n')
    data_set.write("movies.dat", "not read")
    data_set.write(
        "ratings.csv", "userId;movieId;rating;timestamp;device\n{u};{a};4,5;2004-11-09;tv\n{v};{a};4,0;1100000000;\n"
    )
    report = data_set.taken().report
    assert report["notes"] == {
        "no_year": 1,
        "no_genres": 1,
        "whole_decimals": 1,
        "genres_separated": 1,
        "decimal_commas": 2,
        "dates": 1,
    }
    assert report["tables"]["ratings"]["ignored_columns"] == ["device"]
    assert report["tables"]["ratings"]["dialect"] == "separated by semicolons"
    assert report["passed_over"] == ["movies.dat"]
    people = data_set.ctl.text("import", data_set.folder)
    assert people.returncode == 0
    for said in (
        "Read ratings.csv (separated by semicolons). Columns ignored: device.",
        "Not read, because of these: movies.dat.",
        "1 movies without a year",
        "2 ratings written with a decimal comma",
        "2004-11-09 00:00:00 to 2004-11-09 11:33:20 (UTC)",
    ):
        assert said in people.stdout, people.stdout
