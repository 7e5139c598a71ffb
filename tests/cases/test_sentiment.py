"""marqueectl sentiment, without any server: held against scikit-learn on the same folds; its model; its errors."""

import csv
import json
import random
import subprocess

import numpy
import pytest
import safetensors.numpy
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, f1_score, log_loss, roc_auc_score

from support.suite import LOCAL

GOOD = ["lovely", "superb", "moving", "Été", "ПРИВЕТ", "isn't dull", "ΟΔΟΣ"]
BAD = ["dull", "awful", "clumsy", "not good", "naïve", "x", "日本"]
FILLER = ["the", "film", "a", "story", "is", "and", "b-movie", "İstanbul", "it's", "2_3", "n°5", "ﬁne", "½"]


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """400 texts in many scripts, of 3 to 40 words, whose words tell their label in most cases."""
    chance = random.Random(5)
    texts, labels = [], []
    for number in range(400):
        positive = number % 2
        words = chance.choices(FILLER, k=chance.randint(2, 36))
        for _ in range(chance.randint(1, 4)):
            told = positive if chance.random() < 0.8 else 1 - positive
            words.insert(chance.randrange(len(words)), chance.choice(GOOD if told else BAD))
        texts.append(chance.choice([" ", ", ", "\n"]).join(words))
        labels.append(positive)
    file = tmp_path_factory.mktemp("reviews") / "reviews.jsonl"
    lines = [json.dumps({"text": text, "label": label}) for text, label in zip(texts, labels, strict=True)]
    file.write_text("\n".join(lines))
    return file, texts, numpy.array(labels)


def run(*arguments):
    command = [LOCAL / "marqueectl", "--json", "-q", "sentiment", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def succeed(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def refused(*arguments):
    done = run(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    return json.loads(done.stdout)["error"]


SETTINGS = {
    "defaults": ([], {}, 1.0),
    "pairs": (["--ngrams", 2, "--c", 0.3], {"ngram_range": (1, 2)}, 0.3),
    "frequencies": (["--min-df", 3, "--max-df", "0.5"], {"min_df": 3, "max_df": 0.5}, 1.0),
    "binary": (["--binary", "--ngrams", 3, "--c", 10], {"binary": True, "ngram_range": (1, 3)}, 10.0),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_probabilities_are_scikit_learns(reviews, tmp_path, setting):
    file, texts, labels = reviews
    flags, vectorizer, c = SETTINGS[setting]
    told = tmp_path / "predictions.csv"
    answer = succeed("evaluate", file, "--method", "counts", "--folds", 3, "--predictions", told, *flags)
    with told.open(newline="") as rows:
        predicted = list(csv.DictReader(rows))
    assert [int(row["label"]) for row in predicted] == labels.tolist()
    folds = numpy.array([int(row["fold"]) for row in predicted])
    ours = numpy.array([float(row["probability"]) for row in predicted])
    theirs = numpy.zeros(len(texts))
    for fold in range(1, 4):
        train, test = numpy.flatnonzero(folds != fold), numpy.flatnonzero(folds == fold)
        counts = CountVectorizer(**vectorizer)
        model = LogisticRegression(C=c, solver="newton-cg", tol=1e-10, max_iter=1000)
        model.fit(counts.fit_transform([texts[i] for i in train]), labels[train])
        theirs[test] = model.predict_proba(counts.transform([texts[i] for i in test]))[:, 1]
    assert numpy.abs(ours - theirs).max() < 1e-6

    measured = answer["methods"][0]
    assert measured["accuracy"] == pytest.approx(((theirs > 0.5) == labels).mean())
    assert measured["f1"] == pytest.approx(f1_score(labels, theirs > 0.5))
    assert measured["roc_auc"] == pytest.approx(roc_auc_score(labels, theirs), abs=1e-4)
    assert measured["log_loss"] == pytest.approx(log_loss(labels, theirs), abs=1e-5)
    assert measured["brier"] == pytest.approx(brier_score_loss(labels, theirs), abs=1e-5)


def test_naive_bayes_weights_are_beside_plain_counts(reviews):
    answer = succeed("evaluate", reviews[0], "--folds", 3)
    assert [one["method"] for one in answer["methods"]] == ["nb", "counts"]
    assert answer["methods"][0]["accuracy"] > 0.8
    assert answer["gain"]["standard_error"] > 0


def test_a_model_is_written_with_its_vocabulary_and_card(reviews, tmp_path):
    answer = succeed("train", reviews[0], "--out", tmp_path / "model")
    tensors = safetensors.numpy.load_file(answer["file"])
    terms = len(tensors["nb_logistic.weights"])
    offsets = tensors["nb_logistic.term_offsets"]
    words = tensors["nb_logistic.terms"].tobytes()
    vocabulary = [words[offsets[i] : offsets[i + 1]].decode() for i in range(terms)]
    assert vocabulary == sorted(vocabulary)
    assert "superb" in vocabulary
    with open(answer["card"]) as file:
        card = json.load(file)
    assert (card["model"], card["algorithm"], card["data"]["texts"]) == ("sentiment", "nb_logistic", 400)
    assert card["metrics"]["accuracy"] > card["metrics"]["majority.accuracy"]


def test_what_teaches_nothing_is_refused(tmp_path):
    one_class = tmp_path / "one.csv"
    one_class.write_text("text,label\n" + "good,1\n" * 50)
    for command in ("evaluate", "train"):
        more = ["--out", tmp_path / "model"] if command == "train" else []
        assert refused(command, one_class, *more)["reason"] == "one_class"
    assert not (tmp_path / "model.safetensors").exists()
    latin = tmp_path / "latin.csv"
    latin.write_bytes("text,label\ngood,1\ncaf\u00e9,0\n".encode("latin-1"))
    error = refused("evaluate", latin)
    assert error["reason"] == "bad_utf8"
    assert "line 3" in error["message"]
    assert refused("evaluate", one_class, "--min-df", "many")["reason"] == "frequency_malformed"
