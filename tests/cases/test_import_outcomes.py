"""When an import counts as failed, what it says is the cause, and what it does with files that are none."""

import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest

from support.suite import LOCAL

CAUSES = {
    "times in milliseconds": ("{u},{a},4.0,110000000000{i}", "times_in_milliseconds", "divide them by 1,000"),
    "a scale of ten": ("{u},{a},8,110000000{i}", "scale_1_to_10", "is the scale 1 to 10?"),
    "a scale of a hundred": ("{u},{a},80,110000000{i}", "scale_1_to_100", "is the scale 1 to 100?"),
    "ids as text": ("A{u},{a},4.0,110000000{i}", "ids_are_text", "the ids are text"),
    "quotes that aren't the file's": ("'{u}','{a}','4.0','110000000{i}'", "values_quoted", "every value is quoted"),
    "a spreadsheet": ("{u},{a},4.0,1.1E+09", "rounded_by_a_spreadsheet", "a spreadsheet has rounded them"),
    "other movies": ("{u},77777,4.0,110000000{i}", "movies_missing", "do both belong together?"),
    "days first": ("{u},{a},4.0,09/11/2004 1{i}", "dates_of_another_form", "2005-09-06"),
    "unquoted commas": ("{u},{a},4,0,110000000{i}", "separator_unquoted", "more fields than columns"),
}


@pytest.mark.parametrize("case", CAUSES)
def test_nothing_taken_is_a_failure_with_its_cause(data_set, case):
    line, hint, says = CAUSES[case]
    data_set.movies().ratings("".join(line.replace("{i}", str(i)) + "\n" for i in range(5)))
    outcome = data_set.run()
    assert outcome.status == 1
    assert outcome.report["ratings"]["accepted"] == 0
    assert outcome.error["reason"] == "too_few_taken"
    assert says in outcome.error["message"]
    assert outcome.report["tables"]["ratings"]["hints"] == {hint: 5}
    assert data_set.movie("a") is not None, "the movies are fine"


def test_min_taken_decides_what_is_too_little(data_set):
    data_set.movies().ratings("{u},{a},4.0,1100000000\n{v},{a},8,1\n{w},{a},9,1\n")
    outcome = data_set.run()
    assert (outcome.status, outcome.report["tables"]["ratings"]["sent"]) == (1, False)
    assert "--min-taken" in outcome.error["message"]
    data_set.expect_ratings("a", 0, 0)
    assert data_set.run("--min-taken", "34").status == 1
    assert data_set.run("--min-taken", "33%").status == 0
    data_set.expect_ratings("a", 1, 4.0)
    for wrong in ("-1", "101", "many"):
        done = data_set.ctl.text("import", data_set.folder, "--min-taken", wrong)
        assert (done.returncode, "--min-taken" in done.stderr) == (2, True)


def test_too_few_movies_stop_the_ratings_too(data_set):
    data_set.movies("{a},Harbour Lights (1988),Drama\nx,A,\ny,B,\n").ratings("{u},{a},4.0,1100000000\n")
    outcome = data_set.run()
    assert (outcome.status, outcome.error["reason"]) == (1, "too_few_taken")
    assert "movies.csv" in outcome.error["message"] and "the ids are text" in outcome.error["message"]
    assert data_set.movie("a") is None


def test_duplicates_are_no_failures(data_set):
    data_set.movies().ratings("".join(f"{{u}},{{a}},4.0,110000000{i}\n" for i in range(9)))
    outcome = data_set.run()
    assert (outcome.status, outcome.report["rejected"]) == (0, {"duplicate": 8})


def test_a_file_with_a_header_alone_is_nothing(data_set):
    data_set.movies().ratings("")
    outcome = data_set.run()
    assert (outcome.status, outcome.error["reason"]) == (1, "too_few_taken")
    assert data_set.run("--min-taken", 0).status == 0


def test_the_list_of_rejects_is_where_it_is_said_to_be(data_set, tmp_path):
    data_set.movies().ratings("{u},{a},9,1100000000\n{u},{b},4,1100000000\n")
    listed = tmp_path / "list.tsv"

    def run(rejects):
        return data_set.ctl.text("import", data_set.folder, "--rejects", rejects)

    done = run(listed)
    assert done.returncode == 0 and str(listed) in done.stdout
    assert "ratings.csv\t2\trating_out_of_range\trating\t" in listed.read_text()
    # Again, and without any: the list is of this run.
    data_set.ratings("{u},{b},4,1100000000\n")
    done = run(listed)
    assert str(listed) not in done.stdout
    assert listed.read_text() == "file\tline\treason\tcolumn\tdetail\n"
    run(tmp_path / "none.tsv")
    assert not (tmp_path / "none.tsv").exists(), "an empty list says nothing"


def refusals(tmp_path, data_set):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "precious.txt").write_text("keep me\n")
    (tmp_path / "locked").mkdir()
    return {
        tmp_path / "gone" / "list.tsv": "there is no folder",
        tmp_path / "folder": "Is a directory",
        tmp_path / "pipe": "named pipe",
        tmp_path / "precious.txt": "isn't such a list",
        data_set.folder / "ratings.csv": "isn't such a list",
        tmp_path / "precious.txt" / "list.tsv": "Not a directory",
    }


def test_a_list_that_cannot_be_written_is_told_before_anything_is_read(data_set, tmp_path):
    data_set.movies().ratings()
    before = (data_set.folder / "ratings.csv").read_bytes()
    for rejects, says in refusals(tmp_path, data_set).items():
        done = data_set.ctl.text("import", data_set.folder, "--rejects", rejects, timeout=20)
        assert done.returncode == 2, (rejects, done.stderr)
        assert says in done.stderr and "--rejects" in done.stderr, done.stderr
        assert "Each with its file" not in done.stdout
    assert (tmp_path / "precious.txt").read_text() == "keep me\n"
    assert (data_set.folder / "ratings.csv").read_bytes() == before
    assert data_set.movie("a") is None


def test_a_full_disk_is_told(data_set):
    data_set.movies().ratings("{u},{a},9,1\n{u},{b},4,1100000000\n")
    done = data_set.ctl.text("import", data_set.folder, "--rejects", "/dev/full")
    assert done.returncode != 0
    assert "/dev/full" in done.stderr + done.stdout and "No space left" in done.stderr + done.stdout
    assert data_set.ctl.text("import", data_set.folder, "--rejects", "/dev/null").returncode == 0


@pytest.mark.parametrize("kind", ["a named pipe", "a device", "a folder", "a broken link", "unreadable"])
@pytest.mark.parametrize("name", ["ratings.csv", "movies.csv", "links.csv"])
def test_what_is_no_file_is_refused_at_once(data_set, name, kind):
    data_set.movies().ratings().write("links.csv", "movieId,imdbId,tmdbId\n")
    path = data_set.folder / name
    path.unlink()
    if kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a broken link":
        path.symlink_to("nowhere")
    else:
        path.symlink_to("/proc/self/mem")
    outcome = data_set.run()
    if kind == "a folder" and name == "links.csv":
        assert outcome.status == 0  # as if it weren't there
        return
    assert outcome.status in (1, 2), outcome
    assert outcome.error["reason"] in ("not_a_file", "unreadable_file", "unknown_format", "empty_file")
    assert name.split(".")[0] in outcome.error["message"]
    assert data_set.movie("a") is None


def test_a_file_that_grows_while_it_is_read_is_refused(data_set):
    data_set.movies().ratings("".join(f"{n},{{a}},4.0,1100000000\n" for n in range(1, 2_000_001)))
    path = data_set.folder / "ratings.csv"
    stop = threading.Event()

    def grow():
        while not stop.is_set():
            with path.open("a") as file:
                file.write("\n")
            time.sleep(0.001)  # the writer's own pace, nothing is waited for

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        outcome = data_set.run()
    finally:
        stop.set()
        writer.join()
    assert (outcome.status, outcome.error["reason"]) == (2, "file_changed")
    assert data_set.movie("a") is None


# Runs a command and tells its greatest memory, in KiB.
MEASURED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def test_memory_is_bounded_whatever_a_line_holds(data_set):
    """A header, a line of 300 MB, a line."""
    data_set.movies()
    path = data_set.folder / "ratings.csv"
    with path.open("wb") as file:
        file.write(b"userId,movieId,rating,timestamp\n")
        for _ in range(300):
            file.write(b"x" * 1_000_000)
        file.write(f"\n{data_set.ids['u']},{data_set.ids['a']},4.0,1100000000\n".encode())
    measured = subprocess.run(
        [sys.executable, "-c", MEASURED, LOCAL / "marqueectl", "--json", "--quiet", "import"]
        + [data_set.folder, "--rejects", data_set.folder / "list.tsv"],
        env=data_set.ctl.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert measured.returncode == 0, measured.stdout + measured.stderr
    assert "ratings.csv\t2\tline_too_long" in (data_set.folder / "list.tsv").read_text()
    assert int(measured.stderr.split()[-1]) < 150 << 10
    path.unlink()


def test_only_an_administrator_imports_and_is_told_before_anything_is_read(data_set, session_suite, api):
    from support.ctl import Ctl

    person = api.register()
    ctl = Ctl(session_suite, f"person-{person.user['user_id']}", person.user["email"])
    data_set.movies().ratings()
    done = ctl.try_run("import", data_set.folder, "--rejects", data_set.folder / "list.tsv")
    assert done.returncode == 2 and "role_missing" in done.stdout
    assert data_set.movie("a") is None


def test_the_default_list_is_in_the_current_folder_and_named_after_the_data(data_set, tmp_path):
    data_set.movies().ratings("{u},{a},9,1\n{u},{b},4,1100000000\n")
    for given in (data_set.folder, f"{data_set.folder}/", f"{data_set.folder}/."):
        done = subprocess.run(
            [LOCAL / "marqueectl", "import", given],
            env=data_set.ctl.environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        expected = pathlib.Path(tmp_path) / "marquee-rejects-set.tsv"
        assert expected.name in done.stdout
        assert "rating_out_of_range" in expected.read_text()
        expected.unlink()
