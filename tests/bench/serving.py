#!/usr/bin/env python3
"""How fast Marquee serves, and what memory it takes: through nginx and the gateway, on this machine.

Starts a suite of its own on free ports, imports a data set, trains, and loads it with wrk at 32 connections, one route
after another, from the cheapest to the dearest, so that each line shows what its layer adds. Beside it stands the
processor time of each process for one request, which other work on the machine disturbs far less than it disturbs
times. Then prints each process's resident memory, idle and after the load.

  tests/bench/serving.py [--dataset DIR] [--seconds 10] [--connections 32] [--json]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.api import PASSWORD, Api  # noqa: E402
from support.declared import SERVICES  # noqa: E402
from support.suite import LOCAL, SHARED, Suite  # noqa: E402
from support.waiting import eventually  # noqa: E402

QUIET_SECONDS = 15  # after which a service has given back what a burst took (libs/base/memory.h)


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def wrk(url, seconds, connections, *, token=None, script=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    if script:
        command += ["-s", script]
    command.append(url)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    latency = dict(re.findall(r"^\s+(50|99)%\s+(\S+)$", out, re.M))
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    sockets = re.search(r"Socket errors: (.*)", out)
    return {
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
        "p50_ms": milliseconds(latency["50"]),
        "p99_ms": milliseconds(latency["99"]),
        "errors": int(errors.group(1)) if errors else 0,
        "socket_errors": sockets.group(1) if sockets else "",
        "requests": int(re.search(r"(\d+) requests in", out).group(1)),
    }


def process_ids(suite):
    """Of each layer; nginx and PostgreSQL with their children."""
    roots = {name: suite.pid(name) for name in [*SERVICES, "edge"]}
    roots["postgres"] = int((suite.state / "postgres/data/postmaster.pid").read_text().split()[0])
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # ended meanwhile
        children.setdefault(parent, []).append(int(stat.parent.name))
    return {
        name: [pid, *(children.get(pid, []) if name in ("edge", "postgres") else [])] for name, pid in roots.items()
    }


def processor_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def load(pids, url, seconds, connections, **arguments):
    """wrk's figures, after a second of warming up, and the processor time of each layer's processes for a request."""
    wrk(url, 1, connections, **arguments)
    before = {name: processor_seconds(of) for name, of in pids.items()}
    result = wrk(url, seconds, connections, **arguments)
    result["processor_us"] = {
        name: round(1e6 * (processor_seconds(of) - before[name]) / max(1, result["requests"]))
        for name, of in pids.items()
    }
    return result


def train(suite, dataset):
    """Imports the data set and trains on it, as its first administrator."""
    admin = Api(suite.url).bootstrap(suite.secret("auth-bootstrap"))
    environment = suite.environment | {
        "MARQUEE_CREDENTIALS_FILE": str(suite.state / "ctl.json"),
        "MARQUEE_PASSWORD": PASSWORD,
    }
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["login", admin.user["email"]],
            ["import", dataset, "--rejects", os.path.join(folder, "rejects.tsv")],
            ["train"],
        ):
            subprocess.run(
                [LOCAL / "marqueectl", "-q", *command], env=environment, check=True, stdout=subprocess.DEVNULL
            )


def popular_movies(api, count):
    """The most rated movies' ids, once the catalogue has counted the ratings."""

    def counted():
        popular = api.get("/v1/analytics/popular", count=count)["recommendations"]
        return len(popular) == count and all(movie["score"] > 50 for movie in popular) and popular

    return [movie["movie_id"] for movie in eventually(counted, 60, what="the catalogue has counted the ratings")]


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def memory(suite):
    return {name: round(resident_mib(suite.pid(name)), 1) for name in SERVICES}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default=str(SHARED / "data/ml-latest-small"), help="a MovieLens folder")
    parser.add_argument("--seconds", type=int, default=10, help="of load for each route")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    suite = Suite(MARQUEE_INFRA_EPHEMERAL=1, MARQUEE_LOG_LEVEL="warning")
    try:
        suite.up()
        empty = memory(suite)
        train(suite, arguments.dataset)
        person = Api(suite.url).register()
        for movie in popular_movies(person, 40)[::2]:
            person.rate(movie, 4.5)
        eventually(lambda: person.recommend()["history_size"] == 20, 60, what="a personal list from 20 ratings")
        time.sleep(QUIET_SECONDS)
        idle = memory(suite)
        token = person.http.headers["Authorization"].removeprefix("Bearer ")
        gateway = f"http://127.0.0.1:{suite.port('gateway')}"
        routes = [
            ("gateway alone, /livez", f"{gateway}/livez", None),
            ("through nginx, /livez", f"{suite.url}/livez", None),
            ("+ gRPC + SQL, a movie", f"{suite.url}/v1/movies/1", None),
            ("recommendations, 20", f"{suite.url}/v1/me/recommendations?count=20", token),
        ]
        pids = process_ids(suite)
        results = {
            name: load(pids, url, arguments.seconds, arguments.connections, token=bearer)
            for name, url, bearer in routes
        }
        one = load(pids, routes[-1][1], arguments.seconds, 1, token=token)
        loaded = memory(suite)
        histogram = suite.metrics("recommender")
    finally:
        suite.remove()

    if arguments.json:
        print(
            json.dumps(
                {
                    "routes": results,
                    "one_connection": one,
                    "memory_mib": {"empty": empty, "idle": idle, "loaded": loaded},
                },
                indent=2,
            )
        )
        return
    print(
        f"{f'route at {arguments.connections} connections':<32}"
        f"{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}"
    )
    for name, result in [*results.items(), ("recommendations, 1 connection", one)]:
        print(
            f"{name:<32}{result['requests_per_second']:>12,.0f}{result['p50_ms']:>9.2f}{result['p99_ms']:>9.2f}"
            f"{result['errors']:>8}  {result['socket_errors']}"
        )
        spent = {name: us for name, us in result["processor_us"].items() if us >= 5}
        print(
            f"    processor µs a request: {sum(spent.values())} = {' + '.join(f'{n} {us}' for n, us in spent.items())}"
        )
    print("\nwhere the recommender's time goes (its own histograms, mean in ms)")
    for name in sorted(set(re.findall(r"^(marquee_\w+_seconds)_count", histogram, re.M))):
        for labels, count in re.findall(rf"^{name}_count(\{{[^}}]*\}})? (\S+)", histogram, re.M):
            total = re.search(rf"^{name}_sum{re.escape(labels)} (\S+)", histogram, re.M)
            if total and float(count) > 1000:
                print(f"  {name}{labels}: {1e3 * float(total.group(1)) / float(count):.3f}")
    print(f"\n{'resident memory, MiB':<20}{'empty':>8}{'idle':>8}{'loaded':>8}")
    for name in SERVICES:
        print(f"{name:<20}{empty[name]:>8}{idle[name]:>8}{loaded[name]:>8}")


if __name__ == "__main__":
    main()
