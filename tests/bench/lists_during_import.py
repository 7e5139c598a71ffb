#!/usr/bin/env python3
"""What people who look at lists notice of a large import.

Starts a suite of its own on free ports, with some 3,200 films and few ratings, and asks for lists at a fixed pace: an
open loop, so that an answer that is late delays no other question. First while nothing else happens, then from the
start of an import of generated ratings until the writer and the catalogue have applied all of it. Prints both and their
ratio; judge it by the machine's load, which it prints too. marqueectl, which reads the files, gets the processor when
nobody else wants it: in an installation it runs on another machine.

  tests/bench/lists_during_import.py [--ratings 1000000] [--per-second 20] [--seconds 30] [--json]
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures

import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.api import Api  # noqa: E402
from support.ctl import Ctl  # noqa: E402
from support.suite import LOCAL, Suite  # noqa: E402
from support.waiting import eventually  # noqa: E402

LISTS = (
    "/v1/movies?order_by=-rating_count",
    "/v1/movies?order_by=-rating_bayesian_mean&genre=Comedy",
    "/v1/movies?query=man",
    "/v1/movies?order_by=-year&page_size=100",
    "/v1/analytics/popular?count=20",
    "/v1/analytics/trending",
)
FILMS = pathlib.Path(".tools/node/node_modules/vega-datasets/data/movies.json")


class Asker:
    """Asks for lists in turn, so many a second, until it is stopped."""

    def __init__(self, url, per_second):
        self._url = url
        self._pace = 1 / per_second
        self._sessions = threading.local()
        self.seconds = []
        self.refused = 0

    def _ask(self, path, due):
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
        try:
            good = self._sessions.session.get(self._url + path, timeout=30).ok
        except requests.RequestException:
            good = False
        self.seconds.append(time.monotonic() - due)
        self.refused += 0 if good else 1

    def during(self, work):
        """Of what was asked while `work` ran."""
        lists = itertools.cycle(LISTS)
        with futures.ThreadPoolExecutor(64) as pool:
            worker = futures.ThreadPoolExecutor(1).submit(work)
            due = time.monotonic()
            while not worker.done():
                pool.submit(self._ask, next(lists), due)
                due += self._pace
                futures.wait([worker], max(0.0, due - time.monotonic()))
        worker.result()
        return self.figures()

    def figures(self):
        times = sorted(self.seconds)
        at = lambda share: round(1000 * times[min(len(times) - 1, int(share * len(times)))], 1)  # noqa: E731
        return {
            "asked": len(times),
            "refused": self.refused,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": round(1000 * times[-1], 1),
            "load": round(os.getloadavg()[0], 1),
        }


class Elsewhere(Ctl):
    """marqueectl as if it ran on another machine."""

    @staticmethod
    def _step_back():
        os.setsid()
        os.nice(19)
        group = pathlib.Path("/proc/self/autogroup")  # a session's share, where the kernel has such
        if group.exists():
            group.write_text("19")

    def text(self, *arguments, timeout=600):
        return super().text(*arguments, timeout=timeout, preexec_fn=self._step_back)


def lag(suite):
    total = 0.0
    for service in ("rating-ingest", "catalog"):
        for line in suite.metrics(service).splitlines():
            if line.startswith(f"marquee_{service.replace('-', '_')}_consumer_lag_messages "):
                total += float(line.split()[-1])
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--per-second", type=float, default=20)
    parser.add_argument("--seconds", type=int, default=30, help="of the idle time that is measured")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    suite = Suite(MARQUEE_INFRA_EPHEMERAL=1, MARQUEE_LOG_LEVEL="warning")
    try:
        suite.up()
        admin = Api(suite.url).bootstrap(suite.secret("auth-bootstrap"))
        ctl = Elsewhere(suite, "administrator", admin.user["email"])
        with tempfile.TemporaryDirectory() as folder:
            few, many = f"{folder}/few", f"{folder}/many"
            for out, users, ratings in ((few, 200, 10_000), (many, arguments.users, arguments.ratings)):
                flags = ["--films", FILMS.resolve(), "--users", str(users), "--ratings", str(ratings)]
                subprocess.run([LOCAL / "marqueectl", "-q", "datagen", out, *flags], env=ctl.environment, check=True)
            ctl.run("import", few, "--rejects", f"{folder}/rejects.tsv")
            eventually(lambda: lag(suite) == 0, 120, what="the few ratings are applied")
            idle = Asker(suite.url, arguments.per_second).during(lambda: time.sleep(arguments.seconds))
            started = time.monotonic()

            def work():
                ctl.run("import", many, "--rejects", f"{folder}/rejects.tsv", timeout=3_600)
                eventually(lambda: lag(suite) == 0, 3_600, interval=0.5, what="the import is applied")

            importing = Asker(suite.url, arguments.per_second).during(work)
        importing["seconds"] = round(time.monotonic() - started, 1)
        importing["ratings"] = arguments.ratings
        result = {"idle": idle, "importing": importing, "ratio": round(importing["p99_ms"] / idle["p99_ms"], 2)}
        if arguments.json:
            print(json.dumps(result))
            return
        for name in ("idle", "importing"):
            print(f"{name:10}", "  ".join(f"{key} {value}" for key, value in result[name].items()))
        print(f"p99, importing to idle: {result['ratio']}")
    finally:
        suite.remove()


if __name__ == "__main__":
    main()
