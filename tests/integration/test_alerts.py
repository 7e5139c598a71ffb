"""Alerts: each is complete, has a section in the runbook, is proven to fire and to be silent, and reaches somebody."""

import copy
import functools
import re
import shutil
import subprocess

import pytest
import yaml

from support import kube_api
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


# --- others on the same Prometheus ------------------------------------------------------------------------------------
# Of a machine, which has no namespace, and of what Kubernetes itself says of pods and volumes, which has no release.
OF_THE_MACHINE, OF_KUBERNETES = "node_", ("kube_", "container_", "kubelet_")


def selectors(expression):
    """(metric, matchers) of each selector; a metric alone counts as one."""
    for found in re.finditer(r"([a-zA-Z_:][\w:]*)?\{([^{}]*)\}", expression):
        yield found[1] or "{__name__}", found[2]
    rest = re.sub(r"[a-zA-Z_:]?[\w:]*\{[^{}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", expression)
    rest = re.sub(r"\b(by|on|ignoring|group_left|group_right|without)\s*\([^)]*\)", " ", rest)
    for name in re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()", rest):
        if name not in ("or", "and", "unless", "bool"):
            yield name, ""


def expressions(rules):
    for path in rules:
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                yield rule.get("alert") or rule["record"], rule["expr"]


def unscoped(rules, namespace, release, full):
    """Selectors that others' series may match, a line each."""
    for name, expression in expressions(rules):
        for metric, matchers in selectors(expression):
            # A constant, of nobody's series.
            if metric == "marquee:slo_budget:ratio" or metric.startswith(OF_THE_MACHINE):
                continue
            if metric == "up" and matchers.startswith(('job=~"node', 'job=~"machines')):
                continue
            wanted = [namespace, release]
            if metric.startswith(OF_KUBERNETES):
                wanted = [namespace, rf'(pod=~"|persistentvolumeclaim=~"\(data-\)\?){full}-\(']
            for pattern in wanted:
                if not re.search(pattern, matchers):
                    yield f"{name}: {metric}{{{matchers}}} lacks {pattern}"


def test_every_selector_is_of_one_installation():
    assert list(unscoped(RULES, 'namespace="marquee"', r'release=~"\(marquee\)\?"', "marquee")) == []


def as_others(series, kind):
    """The same series of another team, or of a second Marquee in our namespace; None where there is no telling."""
    metric = series.split("{")[0]
    if metric.startswith(OF_THE_MACHINE) or 'job="node' in series:
        return None
    if kind == "another team":
        return series.replace('namespace="marquee"', 'namespace="another-team"')
    if metric.startswith(OF_KUBERNETES):
        return re.sub(r'((?:pod|persistentvolumeclaim)="(?:data-)?)marquee-', r"\1trial-marquee-", series)
    return series.replace('namespace="marquee"', 'namespace="marquee", release="trial"')


@pytest.mark.parametrize("kind", ["another team", "a second release"])
def test_what_fires_for_us_is_silent_for_others(kind, tmp_path):
    """Every case that fires an alert, with the series of somebody else in the place of ours: nothing fires."""
    tried = set()
    for path in TESTS:
        if path.stem == "neighbours_test":
            continue
        content = yaml.safe_load(path.read_text())
        content["rule_files"] = [str((path.parent / rule).resolve()) for rule in content["rule_files"]]
        cases = []
        for case in content["tests"]:
            others = [as_others(series["series"], kind) for series in case["input_series"]]
            # What is missing is missing whatever others have.
            alerts = fires(case) - {"MarqueeServiceMissing"}
            if not alerts or None in others:
                continue
            theirs = copy.deepcopy(case)
            for series, name in zip(theirs["input_series"], others, strict=True):
                series["series"] = name
            at = [one["eval_time"] for one in theirs.pop("promql_expr_test")]
            theirs["alert_rule_test"] = [
                {"alertname": name, "eval_time": moment, "exp_alerts": []} for name in alerts for moment in at
            ]
            tried |= alerts
            cases.append(theirs)
        content["tests"] = cases
        (tmp_path / path.name).write_text(yaml.safe_dump(content))
        if cases:
            run("promtool", "test", "rules", path.name, cwd=tmp_path)
    machine = {name for name, expression in expressions(RULES) if "node_" in expression}
    assert tried == set(ALERTS) - machine - {"MarqueeServiceMissing"}


@functools.cache
def charts_rules(release, namespace):
    """What the chart makes of the rules: for the operator, and for the bundled Prometheus."""
    command = ["helm", "template", release, ROOT / "helm" / "marquee", "--namespace", namespace]
    values = "secrets.generate=true,monitoring.rules.enabled=true,prometheus.enabled=true,monitoring.nodeJob=machines"
    done = subprocess.run(
        [*command, "--kube-version", "1.34.0", "--set", values],
        env={"PATH": kube_api.PATH, "HOME": "/nonexistent"}, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    documents = [document for document in yaml.safe_load_all(done.stdout) if document]
    operator = {
        document["metadata"]["name"].rsplit("-", 1)[1] + ".yml": yaml.safe_dump(document["spec"])
        for document in documents
        if document["kind"] == "PrometheusRule"
    }
    bundled = next(d["data"] for d in documents if d["metadata"]["name"].endswith("-prometheus-rules"))
    return {"operator": operator, "bundled": bundled}


@pytest.mark.skipif(not shutil.which("helm", path=kube_api.PATH), reason="there is no helm")
@pytest.mark.parametrize("kind", ["operator", "bundled"])
class TestOfTheChart:
    release, namespace = "films", "movies"

    @pytest.fixture
    def rules(self, kind, tmp_path):
        made = charts_rules(self.release, self.namespace)[kind]
        assert set(made) == {path.name for path in RULES}
        for name, text in made.items():
            (tmp_path / name).write_text(text)
        return sorted(tmp_path.glob("*.yml"))

    def test_rules_are_of_the_release(self, rules):
        run("promtool", "check", "rules", "--lint-fatal", *rules)
        assert list(unscoped(rules, 'namespace="movies"', 'release="films"', "films-marquee")) == []
        for name, expression in expressions(rules):
            assert "node|node-exporter" not in expression, name
        everything = " ".join(path.read_text() for path in rules)
        assert everything.count('job=~"machines"') == sum(
            p.read_text().count('job=~"node|node-exporter"') for p in RULES
        )

    def test_alerts_fire_for_the_release(self, kind, rules, tmp_path):
        """The cases of before, with the labels that the release's targets have."""
        if kind == "bundled":
            both = [charts_rules(self.release, self.namespace)[one] for one in ("operator", "bundled")]
            parsed = [{name: yaml.safe_load(text) for name, text in made.items()} for made in both]
            assert parsed[0] == parsed[1]
            return

        def renamed(series):
            series = series.replace('job="node"', 'job="machines"').replace('job="node-exporter"', 'job="machines"')
            series = re.sub(r'((?:pod|persistentvolumeclaim)="(?:data-)?)marquee-', r"\1films-marquee-", series)
            if series.split("{")[0].startswith((OF_THE_MACHINE, *OF_KUBERNETES)):
                return series.replace('namespace="marquee"', 'namespace="movies"')
            return series.replace('namespace="marquee"', 'namespace="movies", release="films"')

        for path in TESTS:
            if path.stem == "neighbours_test":
                continue
            content = yaml.safe_load(path.read_text())
            cases = [case for case in content["tests"] if fires(case)]
            for case in cases:
                for series in case["input_series"]:
                    series["series"] = renamed(series["series"])
                case.pop("alert_rule_test", None)
                # One sample, whatever labels it now has besides.
                for one in case["promql_expr_test"]:
                    if one["exp_samples"]:
                        one["expr"] = f"count({one['expr']})"
                        one["exp_samples"] = [{"labels": "{}", "value": len(one["exp_samples"])}]
            text = yaml.safe_dump(content | {"tests": cases, "rule_files": [rule.name for rule in rules]})
            (tmp_path / f"{path.stem}.test").write_text(text)
            run("promtool", "test", "rules", f"{path.stem}.test", cwd=tmp_path)


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
