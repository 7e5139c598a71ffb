"""Alerts: each is complete, has a section in the runbook, is proven to fire and to be silent, and reaches somebody."""

import re
import subprocess

import pytest
import yaml

from support.suite import ROOT

FOLDER = ROOT / "deploy" / "alerts"
RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "tests").glob("*_test.yml"))
ALERTMANAGER = FOLDER / "alertmanager.yml"
RUNBOOK = ROOT / "docs" / "runbook.md"
RUNBOOK_URL = "https://github.com/marquee-recommender/marquee/blob/main/docs/runbook.md"
RECEIVERS = {"critical": "pager", "warning": "team", "none": "heartbeat"}

ALERTS = {
    rule["alert"]: rule
    for path in RULES
    for group in yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
CASES = [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]


def run(*command, cwd=None):
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def sections():
    """Heading → its text, of the runbook's alerts."""
    parts = re.split(r"^### (\w+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    return {name: text.split("\n## ")[0] for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def fires(case):
    """The alerts that a case of promtool's expects to fire: exact labels, so one sample each."""
    return {
        name
        for one in case.get("promql_expr_test", [])
        for name in re.findall(r'^ALERTS\{alertname="(\w+)", alertstate="firing"\}$', one["expr"])
        if one["exp_samples"]
    }


def stays_silent(case):
    return {one["alertname"] for one in case.get("alert_rule_test", []) if one["exp_alerts"] == []}


@pytest.mark.parametrize("name", ALERTS)
class TestEachAlert:
    def test_is_complete(self, name):
        rule = ALERTS[name]
        assert name.startswith("Marquee")
        assert rule["labels"]["severity"] in RECEIVERS
        annotations = rule["annotations"]
        assert annotations["summary"] and annotations["description"].endswith(".")
        assert annotations["runbook_url"] == f"{RUNBOOK_URL}#{name.lower()}"

    def test_has_its_section_in_the_runbook(self, name):
        text = sections()[name]
        for part in ("**Means.**", "**Look.**", "**Do.**", "**Verify.**"):
            assert part in text, part
        look = text.split("**Look.**")[1].split("**Do.**")[0]
        assert "`" in look, "a command or a dashboard to look at"

    def test_is_proven_to_fire_and_to_be_silent(self, name):
        assert any(name in fires(case) for case in CASES), "no firing case"
        assert any(name in stays_silent(case) for case in CASES), "no silent case"

    def test_reaches_its_receiver(self, name):
        labels = [f"alertname={name}", f"severity={ALERTS[name]['labels']['severity']}", "namespace=marquee"]
        wanted = RECEIVERS[ALERTS[name]["labels"]["severity"]]
        test = ["amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", f"--verify.receivers={wanted}"]
        assert run(*test, *labels).strip() == wanted


def test_runbook_has_no_section_of_a_removed_alert():
    assert set(sections()) == set(ALERTS)


def test_prometheus_takes_the_rules():
    run("promtool", "check", "rules", "--lint-fatal", *RULES)


def test_alertmanager_takes_its_configuration():
    run("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_and_are_silent(path):
    run("promtool", "test", "rules", path.name, cwd=path.parent)


def test_annotations_are_filled_in(tmp_path):
    """Expecting nothing where something fires, promtool prints what it got, with the templates expanded."""
    for path in TESTS:
        content = yaml.safe_load(path.read_text())
        content["rule_files"] = [str((path.parent / rule).resolve()) for rule in content["rule_files"]]
        # One case of each alert, short ones; the long ones' texts are the same templates.
        seen, cases = set(), []
        for case in content["tests"]:
            for name in fires(case) - seen:
                seen.add(name)
                at = case["promql_expr_test"][0]["eval_time"]
                test = {"alertname": name, "eval_time": at, "exp_alerts": []}
                cases.append(
                    {"interval": case["interval"], "input_series": case["input_series"], "alert_rule_test": [test]}
                )
        content["tests"] = cases
        (tmp_path / path.name).write_text(yaml.safe_dump(content))
        done = subprocess.run(
            ["promtool", "test", "rules", path.name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        got = re.findall(r"Annotations:(\{.*\})", done.stdout + done.stderr)
        assert len(got) == len(cases), done.stdout + done.stderr
        for annotations in got:
            assert "summary=" in annotations and "description=" in annotations
            assert "<error" not in annotations and "no value" not in annotations, annotations
            assert not re.search(r'\{\{|summary=" |  | :|description=" ', annotations), annotations
