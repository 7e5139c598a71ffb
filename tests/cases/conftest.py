"""Small inputs through the whole: written here, given to the real marqueectl, looked at over REST."""

import dataclasses
import itertools
import json
import pathlib

import pytest

from support.api import Api
from support.waiting import eventually

# Each data set has movies and users of its own, far from MovieLens' ids, so that the shared suite keeps them apart.
_blocks = itertools.count(1)


@dataclasses.dataclass
class Outcome:
    """What an import printed, its exit status and its list of what was left out."""

    status: int
    report: dict
    rejects: list  # of (file, line, reason, column)
    details: list

    @property
    def error(self):
        return self.report.get("error", {})


class DataSet:
    """A folder to import. Names in its texts stand for ids: {a}, {b}, {c} are movies, {u} and {v} are users."""

    def __init__(self, folder, ctl, api):
        self.folder = folder
        self.ctl = ctl
        self.api = api
        block = 50_000_000 + next(_blocks) * 100
        self.ids = {name: block + i for i, name in enumerate("abcdefgh")}
        self.ids |= {name: block + 50 + i for i, name in enumerate("uvwxyz")}

    def write(self, name, text, encoding="utf-8"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            for key, value in self.ids.items():
                text = text.replace("{" + key + "}", str(value))
            text = text.encode(encoding)
        path.write_bytes(text)
        return self

    def movies(self, lines=None):
        """The usual three, or other lines below the usual header."""
        usual = "{a},Harbour Lights (1988),Drama\n{b},Paper Kites (1991),Comedy\n{c},The Slow Train (2003),Drama\n"
        return self.write("movies.csv", "movieId,title,genres\n" + (usual if lines is None else lines))

    def ratings(self, lines=None):
        usual = "{u},{a},4.0,1100000000\n{u},{b},3.5,1100000100\n{v},{c},2.5,1100000200\n"
        return self.write("ratings.csv", "userId,movieId,rating,timestamp\n" + (usual if lines is None else lines))

    def run(self, *arguments, path=None):
        """Imports; whatever its exit status, what is printed must be JSON."""
        rejects = self.folder.parent / f"{self.folder.name}-rejects.tsv"
        done = self.ctl.try_run("import", path or self.folder, "--rejects", rejects, *arguments, timeout=120)
        listed = []
        if rejects.exists():
            listed = [line.split("\t") for line in rejects.read_text().splitlines()]
            assert listed[0] == ["file", "line", "reason", "column", "detail"]
        return Outcome(
            done.returncode,
            json.loads(done.stdout),
            [(file, int(line), reason, column) for file, line, reason, column, _ in listed[1:]],
            [line[4] for line in listed[1:]],
        )

    def taken(self, *arguments, path=None):
        """Imports all of it."""
        outcome = self.run(*arguments, path=path)
        assert outcome.status == 0, outcome
        assert outcome.report["rejected"] == {}, outcome.rejects
        return outcome

    def movie(self, name):
        """As the catalogue has it; None when it hasn't."""
        response = self.api.send("GET", f"/v1/movies/{self.ids[name]}")
        return response.json() if response.ok else None

    def expect_ratings(self, name, count, mean):
        """Once the catalogue has read them, in its own time."""

        def check():
            movie = self.movie(name)
            return (movie["rating_count"], round(movie["rating_mean"], 3)) == (count, mean) or movie

        def settled():
            return check() is True

        eventually(settled, 30, what=f"{name} has {count} ratings of {mean}: {check()}")


@pytest.fixture
def data_set(tmp_path, ctl, session_suite):
    folder = pathlib.Path(tmp_path) / "set"
    folder.mkdir()
    return DataSet(folder, ctl, Api(session_suite.url))
