#!/usr/bin/env python3
"""How fast personal lists are served, beside a peer: grpc-gateway (Go) before a Go service that always has the same
answer (tests/bench/peer). The peer looks nothing up, checks no token and computes nothing: what it takes is what the
same REST to gRPC path costs others.

Starts a suite on free ports, imports a data set, trains, and registers people who rate 20 movies each. The peer's
answer is one of those people's lists. Then wrk asks both in turn, direct and through an nginx of the same
configuration, each request for another person, and for each the median round's figures are shown: requests/s,
latency, and the processor time of each process for a request, which other work on the machine disturbs far less.
Needs Go (1.26 or later) beside what ci/bootstrap installs; the peer is built in .tools.

  tests/bench/serving_vs_peers.py [--dataset DIR] [--people 1000] [--rounds 5] [--seconds 4] [--connections 32] [--json]
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys

from serving import load, popular_movies, process_ids, train

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.api import Api  # noqa: E402
from support.suite import ROOT, SHARED, Suite  # noqa: E402
from support.waiting import eventually  # noqa: E402

PATH = "/v1/me/recommendations?count=20"
RATED = 20
PLUGINS = [
    "google.golang.org/protobuf/cmd/protoc-gen-go",
    "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
    "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway",
]
PROTOS = ["marquee/options/v1/options.proto", "marquee/recommender/v1/recommender.proto"]


def build_peer():
    """The program, made of tests/bench/peer, its modules and our contract, in .tools (which git ignores)."""
    folder = ROOT / ".tools" / "bench-peer"
    shutil.copytree(ROOT / "tests/bench/peer", folder, dirs_exist_ok=True)
    (folder / "gen").mkdir(exist_ok=True)
    environment = os.environ | {"PATH": f"{folder / 'bin'}:/usr/local/go/bin:{os.environ['PATH']}"}

    def run(*command):
        subprocess.run(command, cwd=folder, env=environment, check=True)

    run("go", "build", "-o", "bin/", *PLUGINS)
    packages = [f"M{proto}=marquee/peer/gen/{pathlib.PurePath(proto).parent}" for proto in PROTOS]
    made = ",".join([*packages, "paths=source_relative"])
    outputs = [
        flag for kind in ("go", "go-grpc", "grpc-gateway") for flag in (f"--{kind}_out=gen", f"--{kind}_opt={made}")
    ]
    run("protoc", f"-I{ROOT / 'proto'}", f"-I{ROOT / '.tools/googleapis'}", *outputs, *PROTOS)
    run("go", "build", "-o", "bin/", ".")
    return folder / "bin" / "peer"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Peer:
    """The peer's service, gateway and nginx as processes."""

    def __init__(self, suite, program, answer):
        self.processes = {}
        # Go's server complains of each connection that wrk drops at its end.
        self.log = (suite.state / "logs/peer.log").open("w")
        self.gateway, service, self.edge = free_port(), free_port(), free_port()
        folder = suite.state / "peer"
        folder.mkdir()
        (folder / "answer.json").write_bytes(answer)
        self._start("peer service", service, program, "service", f"127.0.0.1:{service}", folder / "answer.json")
        self._start(
            "peer gateway", self.gateway, program, "gateway", f"127.0.0.1:{self.gateway}", f"127.0.0.1:{service}"
        )
        # Our own edge's configuration, before the peer.
        conf = (suite.state / "edge/nginx.conf").read_text()
        for ours, theirs in (
            (f"127.0.0.1:{suite.port('edge')}", f"127.0.0.1:{self.edge}"),
            (f"127.0.0.1:{suite.port('gateway')}", f"127.0.0.1:{self.gateway}"),
            (str(suite.state / "edge"), str(folder)),
            (str(suite.state / "logs"), str(folder)),
        ):
            conf = conf.replace(ours, theirs)
        (folder / "nginx.conf").write_text(conf)
        user = " user root;" if os.geteuid() == 0 else ""
        command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", f"daemon off;{user}"]
        self._start("peer edge", self.edge, *command)

    def _start(self, name, port, *command):
        environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"}
        self.processes[name] = subprocess.Popen([str(part) for part in command], env=environment, stderr=self.log)
        eventually(lambda: listens(port), 10, what=f"{name} listens")

    def pids(self):
        edge = self.processes["peer edge"].pid
        workers = pathlib.Path(f"/proc/{edge}/task/{edge}/children").read_text().split()
        others = {name: [process.pid] for name, process in self.processes.items() if name != "peer edge"}
        return others | {"peer edge": [edge, *map(int, workers)]}

    def stop(self):
        for process in reversed(self.processes.values()):
            process.terminate()
            process.wait(10)
        self.log.close()


def people(gateway, movies, count):
    """Tokens of so many people who rated 20 movies each, of those the most rated."""

    def one(number):
        rng = random.Random(number)
        person = Api(gateway).register()
        for movie in rng.sample(movies, RATED):
            person.rate(movie, rng.choice([2.5, 3, 3.5, 4, 4, 4.5, 5]))
        eventually(lambda: person.recommend().get("history_size") == RATED, 60, what="a list from all ratings")
        return person.http.headers["Authorization"]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


def rotation(folder, tokens):
    """A script of wrk's that asks for each person's list in turn."""
    script = folder / "people.lua"
    script.write_text(
        "local made, next = {}, 0\n"
        "local tokens = {" + ",".join(f'"{token}"' for token in tokens) + "}\n"
        "function init() for i, token in ipairs(tokens) do\n"
        f'made[i] = wrk.format("GET", "{PATH}", {{Authorization = token}}) end end\n'
        "function request() next = next % #made + 1; return made[next] end\n"
    )
    return str(script)


def plain(value):
    """Without what protobuf's JSON writes otherwise than ours: 64-bit integers are strings there, and what is empty is
    left out."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if one not in ([], "", 0, False)}
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def median(rounds):
    """Figure by figure; the processor time of those processes that took part."""
    shown = {key: statistics.median(one[key] for one in rounds) for key in ("requests_per_second", "p50_ms", "p99_ms")}
    shown["errors"] = sum(one["errors"] for one in rounds)
    spent = {name: statistics.median(one["processor_us"][name] for one in rounds) for name in rounds[0]["processor_us"]}
    shown["processor_us"] = {name: us for name, us in spent.items() if us >= 2}
    return shown


def compare(suite, peer, script, arguments):
    """By "direct" and "through nginx": ours, the peer's, and the median of the rounds' ratios."""
    ours, theirs = process_ids(suite), peer.pids()
    targets = {
        "direct": (suite.port("gateway"), peer.gateway),
        "through nginx": (suite.port("edge"), peer.edge),
    }
    results = {}
    for name, ports in targets.items():
        rounds = ([], [])
        for at in range(arguments.rounds):
            for side in (0, 1) if at % 2 == 0 else (1, 0):
                url = f"http://127.0.0.1:{ports[side]}{PATH}"
                pids = (ours, theirs)[side]
                rounds[side].append(load(pids, url, arguments.seconds, arguments.connections, script=script))
        ratios = [a["requests_per_second"] / b["requests_per_second"] for a, b in zip(*rounds, strict=True)]
        results[name] = {
            "marquee": median(rounds[0]),
            "peer": median(rounds[1]),
            "times_requests_per_second": round(statistics.median(ratios), 2),
        }
    return results


def show(results):
    for name, result in results.items():
        print(f"{name:<16}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}   processor µs a request")
        for side in ("marquee", "peer"):
            one = result[side]
            spent = " + ".join(f"{process} {us:g}" for process, us in one["processor_us"].items())
            print(
                f"  {side:<14}{one['requests_per_second']:>12,.0f}{one['p50_ms']:>9.2f}{one['p99_ms']:>9.2f}"
                f"{one['errors']:>8}   {sum(one['processor_us'].values()):g} = {spent}"
            )
        print(f"  {result['times_requests_per_second']} times the peer's requests/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default=str(SHARED / "data/ml-latest-small"), help="a MovieLens folder")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5, help="of each side, direct and through nginx")
    parser.add_argument("--seconds", type=int, default=4, help="of load in a round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    program = build_peer()
    peer = None
    suite = Suite(MARQUEE_INFRA_EPHEMERAL=1, MARQUEE_LOG_LEVEL="warning")
    try:
        suite.up()
        train(suite, arguments.dataset)
        gateway = f"http://127.0.0.1:{suite.port('gateway')}"
        tokens = people(gateway, popular_movies(Api(gateway), 100), arguments.people)
        asker = Api(gateway)
        asker.http.headers["Authorization"] = tokens[0]
        peer = Peer(suite, program, asker.send("GET", PATH).content)
        theirs = plain(Api(f"http://127.0.0.1:{peer.gateway}").get(PATH)["recommendations"])
        assert theirs == plain(asker.get(PATH)["recommendations"]), "the peer's answer isn't ours"
        results = compare(suite, peer, rotation(suite.state, tokens), arguments)
    finally:
        if peer is not None:
            peer.stop()
        suite.remove()
    if arguments.json:
        print(json.dumps(results, indent=2))
    else:
        show(results)


if __name__ == "__main__":
    main()
