#!/usr/bin/env python3
"""Judges reviews one by one by bench_sentiment and by scikit-learn (CountVectorizer and LogisticRegression, as its
defaults are), fitted on the same texts, one after the other on the same machine; prints microseconds and their ratio.

    tests/bench/sentiment_vs_sklearn.py rt-polarity.pos rt-polarity.neg [--encoding latin-1]

Run it with the Python of .tools/venv, where ci/bootstrap has put scikit-learn.
"""

import argparse
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def judge_by_sklearn(train, test):
    """Microseconds for each text."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counts = CountVectorizer()
    model = LogisticRegression(max_iter=1000)
    model.fit(counts.fit_transform([text for _, text in train]), [label for label, _ in train])
    took = []
    for _, text in test:
        began = time.perf_counter()
        model.predict_proba(counts.transform([text]))
        took.append((time.perf_counter() - began) * 1e6)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("positive", type=pathlib.Path, help="a text a line")
    parser.add_argument("negative", type=pathlib.Path, help="a text a line")
    parser.add_argument("--encoding", default="latin-1")
    arguments = parser.parse_args()
    bench = ROOT / "build" / "release" / "bench" / "bench_sentiment"
    if not bench.exists():
        sys.exit(f"{bench} is missing: run `ci/build bench_sentiment` first")
    texts = [
        (label, line)
        for label, file in ((1, arguments.positive), (0, arguments.negative))
        for line in file.read_text(arguments.encoding).splitlines()
    ]
    random.Random(1).shuffle(texts)
    cut = len(texts) * 4 // 5
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, part in (("train", texts[:cut]), ("test", texts[cut:])):
            files.append(pathlib.Path(folder) / f"{name}.tsv")
            files[-1].write_text("".join(f"{label}\t{text}\n" for label, text in part))
        output = subprocess.run([bench, *files], check=True, capture_output=True, text=True).stdout
    print(output, end="")
    ours = float(re.search(r"^judge p50 ([\d.]+) us", output, re.M).group(1))
    theirs = statistics.median(judge_by_sklearn(texts[:cut], texts[cut:]))
    print(f"scikit-learn p50 {theirs:.1f} us; ratio {theirs / ours:.0f}")


if __name__ == "__main__":
    main()
