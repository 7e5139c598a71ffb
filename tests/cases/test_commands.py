"""Each command of marqueectl runs once against the real suite; a new one that doesn't is a failure here."""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import uuid

import pytest

from support.authenticator import Authenticator
from support.ctl import Ctl
from support.processes import BINARIES
from support.suite import ROOT
from support.waiting import eventually

FILMS = ROOT / ".tools" / "node" / "node_modules" / "vega-datasets" / "data" / "movies.json"


@pytest.fixture(scope="module")
def audience(ctl, tmp_path_factory):
    """A small demo audience, imported, and a model of it."""
    if not FILMS.is_file():
        pytest.skip(f"skipped: {FILMS} is missing: run ci/bootstrap")
    folder = tmp_path_factory.mktemp("audience") / "data"
    made = ctl.run("datagen", folder, "--films", FILMS, "--users", 300, "--ratings", 9_000, "--seed", 7)
    assert made["users"] == 300
    imported = ctl.run("import", folder, "--rejects", folder.parent / "list.tsv")
    assert imported["ratings"]["accepted"] == made["ratings"]
    assert imported["rejected"] == {}
    run = ctl.run("train", "--factors", 8, "--iterations", 3, "--force-promotion")
    assert run["state"] == "RUN_STATE_SUCCEEDED"
    return folder


@pytest.fixture(scope="module")
def person(session_suite, ctl):
    """Somebody with a login of their own."""
    name = f"person-{uuid.uuid4().hex[:8]}"
    somebody = Ctl.__new__(Ctl)
    somebody.suite = session_suite
    somebody.environment = ctl.environment | {
        "MARQUEE_CREDENTIALS_FILE": str(session_suite.state / "ctl" / f"{name}.json")
    }
    made = somebody.run("login", f"{name}@example.com", "--register")
    assert made["user"]["roles"]
    return somebody


def credentials(person):
    return json.loads(pathlib.Path(person.environment["MARQUEE_CREDENTIALS_FILE"]).read_text())


def test_rate(audience, person, api):
    def value_of(movie):
        answer = api.send("GET", f"/v1/me/ratings/{movie}")
        return answer.json()["value"] if answer.ok else None

    api.login(credentials(person)["email"])
    movie = person.run("rate", "1", "4.5")
    assert movie["value"] == 4.5 and value_of(1) == 4.5
    by_title = api.get("/v1/movies/2")["title"]
    assert person.run("rate", by_title, "3")["movie_id"] == 2
    person.run("rate", "1", "--remove")
    eventually(lambda: value_of(1) is None, 10, what="the rating is gone")
    person.run("rate", "1", "--remove")  # what isn't there can be taken back
    for wrong in (["1"], ["1", "4", "--remove"], ["1", "4.3"], ["1", "9"], ["no such title at all", "4"], ["1", "x"]):
        done = person.try_run("rate", *wrong)
        assert done.returncode == 2, (wrong, done.stdout, done.stderr)
    assert value_of(2) == 3


def test_recommend(audience, person, api):
    known = api.movies(order_by="-rating_count", page_size=1)["movies"][0]  # one that the model knows
    person.run("rate", known["movie_id"], "5")
    eventually(lambda: not person.run("recommend", "-n", 5).get("degraded", False), 30, what="own recommendations")
    answer = person.run("recommend", "-n", 5)
    assert len(answer["recommendations"]) == 5
    shown = person.text("recommend", "-n", "5")
    assert "because you rated" in shown.stdout and "ranking model" in shown.stdout


def test_what_if(audience, person, api):
    """What it says, and that nothing is kept: tests/e2e/test_shaped_lists.py."""
    known = api.movies(order_by="-rating_count", page_size=2)["movies"]
    person.run("rate", known[0]["movie_id"], "5")
    change = f"{known[1]['movie_id']}=4.5"
    assert len(person.run("what-if", change, "-n", 5)["recommendations"]) == 5
    assert "moved by" in person.text("what-if", change).stdout
    for wrong in ("5", "=5", "1=", "1=five", "x=5"):
        done = person.text("what-if", wrong)
        assert done.returncode == 2 and "MOVIE=STARS" in done.stderr, wrong


def test_login(person):
    assert person.run("login", credentials(person)["email"])["user"]["email"]
    person_password = person.environment["MARQUEE_PASSWORD"]
    wrong = subprocess.run(
        [BINARIES / "marqueectl", "login", "nobody@example.com", "--server", credentials(person)["server"]],
        env=person.environment | {"MARQUEE_PASSWORD": person_password + "!", "MARQUEE_CREDENTIALS_FILE": "/dev/null"},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert wrong.returncode == 2 and "Logged in" not in wrong.stdout


def test_account(person, ctl):
    """The second factor; links by mail are in test_accounts_defence.py."""
    email = credentials(person)["email"]
    person_id = person.run("login", email)["user"]["user_id"]
    app = Authenticator(person.run("account", "totp", "start")["otpauth_uri"])
    step, code = app.fresh()
    recovery = person.run("account", "totp", "confirm", "--code", code)["recovery_codes"]
    assert person.try_run("login", email).returncode == 2, "it wants a code"
    assert person.run("login", email, "--code", app.fresh(step)[1])["user"]["second_factor"]
    person.run("account", "totp", "remove", "--code", recovery[0])
    assert person.run("login", email)["user"]["second_factor"] is False
    app = Authenticator(person.run("account", "totp", "start")["otpauth_uri"])
    person.run("account", "totp", "confirm", "--code", app.fresh()[1])
    ctl.run("users", "remove-totp", person_id)
    person.run("login", email)
    for words in (["reset-password", email], ["verify-email"], ["verify-email", "--new-email", "x@example.com"]):
        done = person.try_run("account", *words)
        assert (done.returncode, json.loads(done.stdout)["error"]["reason"]) == (2, "mail_disabled")
    for words in (["reset-password", "--token", "no-such-token"], ["verify-email", "--token", "no-such-token"]):
        done = person.try_run("account", *words)
        assert (done.returncode, json.loads(done.stdout)["error"]["reason"]) == (2, "link_invalid")
    assert person.try_run("account", "reset-password").returncode == 2


def test_models_and_promote(audience, ctl):
    versions = ctl.run("models", "ranking")
    assert versions and versions[0]["model"] == "ranking"
    number = versions[-1]["version"]
    promoted = ctl.run("promote", "ranking", number)
    assert promoted
    champions = [one["version"] for one in ctl.run("models", "ranking") if "champion" in one["aliases"]]
    assert champions == [number]
    assert ctl.try_run("promote", "ranking", 999_999).returncode == 2
    assert "champion" in ctl.text("models").stdout


def test_status(audience, ctl):
    report = ctl.run("status")
    assert report["ready"] is True
    assert report["ingest"]["rating_count"] > 0
    assert set(report["models"]) == {"ranking", "rating"}


def test_keys(ctl, person):
    """Rotated once in the shared suite: tests/cases/test_sign_in.py looks at the rest in one of its own."""
    (first,) = ctl.run("keys", "list")["keys"]
    rotated = ctl.run("keys", "rotate")["keys"]
    assert [key["kid"] for key in rotated[:-1]] == [first["kid"]] and first["signs"]
    assert ctl.run("keys", "list")["keys"] == rotated
    assert rotated[-1]["kid"] in ctl.text("keys", "list").stdout
    assert ctl.try_run("keys", "rotate").returncode == 2  # one at a time
    assert person.try_run("keys", "rotate").returncode == 2  # an administrator's


def test_sessions(person, api):
    def listed():
        return {one["session_id"]: one for one in person.run("sessions", "list")["sessions"]}

    email = credentials(person)["email"]
    person.run("sessions", "revoke", "--others")
    (here,) = listed().values()
    assert here["current"] and here["user_agent"] == "marqueectl" and here["network"] == "127.0.0.1"
    others = [api.other().login(email) for _ in range(2)]
    there = next(session for session in listed() if session != here["session_id"])
    person.run("sessions", "revoke", there)
    assert there not in listed() and len(listed()) == 2
    assert here["session_id"] in person.text("sessions", "list").stdout
    assert person.try_run("sessions", "revoke", "no-such-session").returncode == 2
    assert person.try_run("sessions", "revoke").returncode == 2
    assert person.try_run("sessions", "revoke", there, "--all").returncode == 2
    person.run("sessions", "revoke", "--all")
    assert [other.send("GET", "/v1/me").status_code for other in others] == [401, 401]
    ended = person.try_run("sessions", "list")
    assert ended.returncode == 2 and json.loads(ended.stdout)["error"]["reason"] == "login_expired"
    person.run("login", email)


def test_users(ctl, person, api):
    user = api.login(credentials(person)["email"]).user["user_id"]
    assert ctl.run("users", "disable", user)["state"] == "ACCOUNT_STATE_DISABLED"
    assert json.loads(person.try_run("sessions", "list").stdout)["error"]["reason"] == "account_disabled"
    assert person.try_run("login", credentials(person)["email"]).returncode == 2
    assert "enabled" in ctl.text("users", "enable", user).stdout
    person.run("login", credentials(person)["email"])
    assert person.try_run("users", "disable", user).returncode == 2  # an administrator's
    assert ctl.try_run("users", "disable", 999_999).returncode == 2


def test_erasures(ctl, api):
    gone = api.other().register().delete("/v1/me")["erasure_id"]
    assert ctl.run("erasures", "show", gone)["erasure_id"] == gone
    assert gone in [entry["erasure"]["erasure_id"] for entry in ctl.run("erasures", "list")["erasures"]]
    assert gone in ctl.text("erasures", "list").stdout


def test_audit(ctl, person):
    assert ctl.run("audit", "--count", 2)["entries"][0]["action"]
    assert "login" in ctl.text("audit", "--action", "login").stdout
    assert person.try_run("audit").returncode == 2


def test_commands_at_once_share_a_login(person, suite):
    """Each finds a stale token, and a refresh token works once."""
    file = pathlib.Path(person.environment["MARQUEE_CREDENTIALS_FILE"])

    def refreshes():
        """All of them: of tokens that were spent a moment ago, too."""
        counts = re.findall(r"^marquee_auth_refreshes_total{.*} (\d+)$", suite.metrics("auth"), re.MULTILINE)
        return sum(map(int, counts))

    for _ in range(3):
        before = refreshes()
        file.write_text(json.dumps(credentials(person) | {"access_token": "stale"}))
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = list(pool.map(lambda _: person.try_run("status"), range(6)))
        assert [json.loads(one.stdout).get("user", {}).get("email") for one in done] == [
            credentials(person)["email"]
        ] * 6
        assert refreshes() == before + 1, "the others took what the first one was given"
    assert not list(file.parent.glob("*.tmp"))


def test_evaluate(audience, ctl):
    for task in ("ranking", "rating"):
        report = ctl.run("evaluate", "--data", audience, "--task", task, "--folds", 2, "--factors", 8)
        assert report["task"] == task and report["rejected"] == {}


def test_completion(ctl):
    for shell in ("bash", "zsh"):
        script = ctl.text("completion", shell).stdout
        assert "complete -F _marqueectl marqueectl" in script
        assert "--min-taken" in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_topics(ctl, suite):
    done = ctl.text(
        "--json", "topics", "apply", "--brokers", suite.kafka_brokers, "--file", ROOT / "deploy/kafka/topics.txt"
    )
    assert done.returncode == 0, done.stderr
    assert {one["state"] for one in json.loads(done.stdout)["topics"]} == {"unchanged"}


def test_clients(ctl, person):
    """At length: tests/e2e/test_oauth.py."""
    assert isinstance(ctl.run("clients", "list")["clients"], list)
    assert person.try_run("clients", "list").returncode == 2  # an administrator's


def test_identities(person):
    """With a provider: tests/e2e/test_identity_providers.py."""
    assert person.run("identities", "list") == {"identities": [], "has_password": True}
    assert person.try_run("identities", "unlink", "no-such-identity").returncode == 2


def test_api_keys(person):
    made = person.run("api-keys", "create", "reports", "--scope", "read")["api_key"]["api_key_id"]
    assert made in person.text("api-keys", "list").stdout
    person.run("api-keys", "revoke", made)
    assert person.try_run("api-keys", "rotate", made).returncode == 2


def test_sentiment(ctl, tmp_path):
    """What it says of texts is held against scikit-learn in test_sentiment.py."""
    texts = [(f"a lovely film of {n} hours", 1) for n in range(40)] + [(f"{n} dull hours", 0) for n in range(40)]
    file = tmp_path / "reviews.csv"
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in texts))
    assert ctl.run("sentiment", "evaluate", file, "--folds", 2)["methods"][0]["accuracy"] == 1
    trained = ctl.run("sentiment", "train", file, "--out", tmp_path / "model")
    assert pathlib.Path(trained["file"]).stat().st_size > 0
    assert ctl.text("sentiment", "evaluate", tmp_path / "none.csv").returncode != 0


def test_each_command_is_run_here(ctl):
    """By the names that --help lists."""
    text = ctl.text("--help").stdout
    commands = re.findall(r"^  ([a-z-]+)  ", text[text.index("Subcommands:") :], re.MULTILINE)
    assert len(commands) >= 10
    source = pathlib.Path(__file__).read_text()
    missing = [name for name in commands if f'"{name}"' not in source]
    assert missing == []
    for name in commands:
        help_text = ctl.text(name, "--help")
        assert help_text.returncode == 0 and "Usage" in help_text.stdout, name
    unknown = ctl.text("recomend")
    assert unknown.returncode == 2 and "no command" in unknown.stderr
