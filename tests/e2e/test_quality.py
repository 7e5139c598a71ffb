"""The quality of what is served, by the command that anyone can run."""

import json
import subprocess

from support.suite import LOCAL


def evaluate(movielens, task):
    done = subprocess.run(
        [
            LOCAL / "marqueectl",
            "evaluate",
            "--data",
            movielens,
            "--task",
            task,
            "--folds",
            "5",
            "--seed",
            "1",
            "--json",
            "-q",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return json.loads(done.stdout)


def test_ranking_is_at_least_182_percent_of_popularity(movielens):
    report = evaluate(movielens, "ranking")
    assert report["ndcg_ratio_to_popularity"] >= 1.82
    assert report["model"]["recall_at_50"] > report["popularity"]["recall_at_50"]


def test_predicted_ratings_err_by_at_most_0852(movielens):
    report = evaluate(movielens, "rating")
    assert report["model"]["rmse"] <= 0.852
    assert report["model"]["rmse"] < report["bias_baseline"]["rmse"]
