"""The quality of what is served, by the command that anyone can run."""

import json
import subprocess

from support.suite import LOCAL


def evaluate(movielens, task, *more):
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
            *more,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return json.loads(done.stdout)


def test_ranking_is_at_least_182_percent_of_popularity(movielens):
    # Each fold's search is cut short: the machine may be busy.
    report = evaluate(movielens, "ranking", "--search-seconds", "10")
    assert report["ndcg_ratio_to_popularity"] >= 1.82
    assert report["model"]["recall_at_50"] > report["popularity"]["recall_at_50"]


def test_predicted_ratings_err_by_at_most_0802_and_say_how_sure_they_are(movielens):
    report = evaluate(movielens, "rating")
    assert report["algorithm"] == "bayesian_mf"
    model = report["model"]
    assert model["rmse"] <= 0.802 < report["bias_baseline"]["rmse"]
    assert model["mae"] <= 0.615
    assert model["log_loss"] <= 1.60
    bounds = {0.5: (0.48, 0.55), 0.8: (0.78, 0.84), 0.9: (0.88, 0.93)}
    for interval in model["intervals"]:
        least, most = bounds.pop(interval["share"])
        assert least <= interval["coverage"] <= most, interval
    assert bounds == {}
    for fold in report["per_fold"]:
        curve = [step["value"] for step in fold["convergence"]]
        assert curve[-1] < curve[0], "it has converged"


def test_the_fast_option_errs_by_at_most_0852(movielens):
    report = evaluate(movielens, "rating", "--algorithm", "biased_als")
    assert report["model"]["rmse"] <= 0.852
    assert "intervals" not in report["model"]
