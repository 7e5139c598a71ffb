#!/usr/bin/env python3
"""Trains iALS by bench_training and by the Python package `implicit` on the same generated ratings, one
after the other on the same machine, and prints seconds per iteration and their ratio.

    tests/bench/training_vs_implicit.py [--ratings 20000000] [--users 138000] [--items 27000]
                                        [--factors 64] [--iterations 3]

implicit is installed into .tools/venv-bench (ignored by git) at the first run.
"""

import argparse
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".tools" / "venv-bench"
PACKAGES = ["implicit==0.7.3", "numpy", "scipy", "threadpoolctl"]


def reenter_in_venv() -> None:
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix) == VENV:
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # implicit has threads of its own and asks for this
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    # Quick when all is there already.
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    os.execv(python, [str(python), *sys.argv])


def load(path: pathlib.Path):
    import numpy
    import scipy.sparse

    with open(path, "rb") as file:
        users, items, nonzeros = numpy.fromfile(file, numpy.int64, 3)
        offsets = numpy.fromfile(file, numpy.int64, users + 1)
        columns = numpy.fromfile(file, numpy.int32, nonzeros)
        values = numpy.fromfile(file, numpy.float32, nonzeros)
    return scipy.sparse.csr_matrix((values, columns, offsets), shape=(users, items))


def train_implicit(matrix, arguments) -> tuple[float, float]:
    """Wall and processor seconds of the best iteration."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=arguments.factors,
        regularization=0.05,
        alpha=10,
        iterations=arguments.iterations,
        use_cg=True,
        random_state=1,
    )
    moments = [(time.perf_counter(), time.process_time())]
    model.fit(
        matrix,
        show_progress=False,
        callback=lambda *_: moments.append((time.perf_counter(), time.process_time())),
    )
    pairs = list(itertools.pairwise(moments))
    return min(b[0] - a[0] for a, b in pairs), min(b[1] - a[1] for a, b in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--users", type=int, default=138_000)
    parser.add_argument("--items", type=int, default=27_000)
    parser.add_argument("--ratings", type=int, default=20_000_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=3)
    arguments = parser.parse_args()
    bench = ROOT / "build" / "release" / "bench" / "bench_training"
    if not bench.exists():
        sys.exit(f"{bench} is missing: run `ci/build bench_training` first")
    reenter_in_venv()

    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder) / "ratings.bin"
        command = [bench, "--dump", dump]
        for name in ("users", "items", "ratings", "factors", "iterations"):
            command += [f"--{name}", str(getattr(arguments, name))]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(output, end="")
        ours = float(re.search(r"\(best ([\d.]+);", output).group(1))
        ours_cpu = min(float(s) for s in re.findall(r"([\d.]+) processor seconds$", output, re.M))
        theirs, theirs_cpu = train_implicit(load(dump), arguments)
    print(
        f"implicit 0.7.3, conjugate gradient, k = {arguments.factors}: {theirs:.3f} s, "
        f"{theirs_cpu:.3f} processor seconds (best iteration)"
    )
    print(f"ratio of the best iterations: {theirs / ours:.1f}; of processor time (which other")
    print(f"programs on this machine disturb less): {theirs_cpu / ours_cpu:.1f}")


if __name__ == "__main__":
    main()
