#!/usr/bin/env python3
"""Exact top-100 by inner product, beside faiss's flat index (IndexFlatIP), on the same generated vectors: one query at
a time, as lists are asked for, one thread each, in turn on the same machine. Prints the processor time of a query and
how many times faiss takes, and how many items the two lists of a query have in common.

    tests/bench/top_n_vs_faiss.py [--items 60000 1000000] [--factors 64] [--rounds 7] [--json]

faiss is installed into .tools/venv-bench-faiss (ignored by git) at the first run.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".tools" / "venv-bench-faiss"
PACKAGES = ["faiss-cpu", "numpy"]
BEST = 100
VECTORS_A_ROUND = 4_000_000  # that many products, so that a round takes long enough to be measured


def reenter_in_venv() -> None:
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    # Quick when all is there already.
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    os.execv(python, [str(python), *sys.argv])


def compare(items: int, factors: int, rounds: int) -> dict:
    import faiss
    import numpy

    queries = max(4, VECTORS_A_ROUND // items)
    with tempfile.TemporaryDirectory() as folder:
        ours = subprocess.Popen(
            [ROOT / "build/release/bench/bench_top_n", str(items), str(factors), str(queries), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert ours.stdout.readline() == "ready\n"
        read = lambda name, kind: numpy.fromfile(f"{folder}/{name}", kind)  # noqa: E731
        vectors = read("items.f32", numpy.float32).reshape(items, factors)
        asked = read("queries.f32", numpy.float32).reshape(queries, factors)
        faiss.omp_set_num_threads(1)
        index = faiss.IndexFlatIP(factors)
        index.add(vectors)

        def marquee() -> float:
            ours.stdin.write("\n")
            ours.stdin.flush()
            return float(ours.stdout.readline()) / queries

        def flat() -> float:
            began = time.process_time()
            for query in range(queries):
                found[query] = index.search(asked[query : query + 1], BEST)[1][0]
            return (time.process_time() - began) / queries

        found = numpy.zeros((queries, BEST), numpy.int64)
        marquee(), flat()  # everything is in memory, and warm
        pairs = [(marquee(), flat()) for _ in range(rounds)]
        ours.stdin.close()
        ours.wait()
        lists = read("lists.i32", numpy.int32).reshape(queries, BEST)
        # faiss adds a product up in another order: two that differ in the last bit may be the other way round.
        same = [len(set(a) & set(b)) for a, b in zip(lists.tolist(), found.tolist(), strict=True)]
    return {
        "items": items,
        "factors": factors,
        "marquee_us": round(1e6 * statistics.median(one for one, _ in pairs), 1),
        "faiss_us": round(1e6 * statistics.median(one for _, one in pairs), 1),
        "times": round(statistics.median(theirs / mine for mine, theirs in pairs), 2),
        "least_in_common": min(same),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[60_000, 1_000_000])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    reenter_in_venv()
    results = [compare(items, arguments.factors, arguments.rounds) for items in arguments.items]
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    for one in results:
        print(
            f"{one['items']:>9,} × {one['factors']}: {one['marquee_us']:,} µs, faiss {one['faiss_us']:,} µs of "
            f"processor time: {one['times']} times; {one['least_in_common']} of {BEST} in common at least"
        )


if __name__ == "__main__":
    main()
