"""ci/deploy and ci/rollback: what they decide, with a stand-in for helm. They run for real in ci/kube-e2e."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from support.overlays import copy_overlays
from support.suite import ROOT

HELM = """#!/usr/bin/env python3
import json, os, sys
folder = os.path.dirname(os.path.abspath(__file__))
arguments = sys.argv[1:]
state = json.load(open(f"{folder}/state.json"))
with open(f"{folder}/calls", "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
command = arguments[0]
if state.get("unreachable"):
    sys.exit("Error: Kubernetes cluster unreachable")
history = state["history"]
if command == "list":
    print(json.dumps([{"name": "marquee"}] if history else []))
elif command == "history":
    if not history:
        sys.exit("Error: release: not found")
    print(json.dumps(history))
elif command in state["fails"]:
    # --atomic puts a revision of its own on top of the failed one.
    if command == "upgrade" and history and not state.get("refused"):
        history[-1]["status"] = "superseded"
        for status in ("failed", "deployed"):
            history.append({**history[-1], "revision": len(history) + 1, "status": status})
    json.dump(state, open(f"{folder}/state.json", "w"))
    sys.exit(f"Error: {command} failed")
else:
    if command == "upgrade":
        for revision in history:
            if revision["status"] == "deployed":
                revision["status"] = "superseded"
        history.append({"revision": len(history) + 1, "status": "deployed", "chart": "marquee-0.1.0",
                        "updated": "2026-11-22T20:00:00.0Z", "description": ""})
    state["fails"] = [one for one in state["fails"] if not (one == "test" and command == "rollback")]
json.dump(state, open(f"{folder}/state.json", "w"))
"""


class Scripts:
    """A copy of the two scripts beside a chart's values, and a helm that does as it is told and notes what it was."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "ci").mkdir()
        (folder / "helm" / "marquee").mkdir(parents=True)
        (folder / "bin").mkdir()
        for script in ("deploy", "rollback"):
            shutil.copy(ROOT / "ci" / script, folder / "ci" / script)
        for environment in ("minikube", "staging", "production"):
            (folder / "helm" / "marquee" / f"values-{environment}.yaml").write_text("{}\n")
        helm = folder / "bin" / "helm"
        helm.write_text(HELM)
        helm.chmod(0o755)
        self.namespace_exists(False)
        self.knows([])

    def namespace_exists(self, exists):
        kubectl = self.folder / "bin" / "kubectl"
        kubectl.write_text(f"#!/bin/sh\nexit {0 if exists else 1}\n")
        kubectl.chmod(0o755)

    def knows(self, statuses, fails=(), **more):
        history = [
            {"revision": number, "status": status, "chart": "marquee-0.1.0", "updated": "2026-11-22", "description": ""}
            for number, status in enumerate(statuses, 1)
        ]
        state = {"history": history, "fails": list(fails), **more}
        (self.folder / "bin" / "state.json").write_text(json.dumps(state))

    def run(self, script, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MARQUEE_")}
        environment["PATH"] = f"{self.folder / 'bin'}:{environment['PATH']}"
        command = [self.folder / "ci" / script, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    @property
    def calls(self):
        file = self.folder / "bin" / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def changes(self):
        """What helm was told to do, without what it was only asked."""
        return [call[0] for call in self.calls if call[0] not in ("list", "history")]


@pytest.fixture
def scripts(tmp_path):
    return Scripts(tmp_path)


def test_installs_with_the_environments_values_first_and_tests(scripts):
    (scripts.folder / "mine.yaml").write_text("{}\n")
    done = scripts.run("deploy", "staging", "--values", "mine.yaml", "--set", "a=b,c", "--timeout", "3m")
    assert done.returncode == 0, done.stderr
    upgrade = next(call for call in scripts.calls if call[0] == "upgrade")
    assert {"--install", "--atomic", "--wait", "--create-namespace"} <= set(upgrade)
    assert upgrade[upgrade.index("--timeout") + 1] == "3m"
    values = [upgrade[at + 1] for at, word in enumerate(upgrade) if word == "--values"]
    assert values == ["helm/marquee/values-staging.yaml", "mine.yaml"]
    assert upgrade[upgrade.index("--set") + 1] == "a=b,c"
    assert upgrade[-2:] == ["marquee", "helm/marquee"]
    assert scripts.changes == ["upgrade", "test"]
    assert "revision 1 serves and passed its tests" in done.stdout


def test_a_namespace_that_exists_is_not_asked_for(scripts):
    scripts.namespace_exists(True)
    assert scripts.run("deploy", "staging").returncode == 0
    assert "--create-namespace" not in next(call for call in scripts.calls if call[0] == "upgrade")


def test_a_failing_test_takes_an_upgrade_back_to_what_served(scripts):
    scripts.knows(["superseded", "deployed"], fails=["test"])
    done = scripts.run("deploy", "production")
    assert done.returncode == 1
    assert scripts.changes == ["upgrade", "test", "rollback", "test"]
    assert next(call for call in scripts.calls if call[0] == "rollback")[1:3] == ["marquee", "2"]
    assert "taken back to revision 2" in done.stderr


def test_a_failing_test_of_a_first_install_removes_it(scripts):
    scripts.knows([], fails=["test"])
    done = scripts.run("deploy", "minikube")
    assert done.returncode == 1
    assert scripts.changes == ["upgrade", "test", "uninstall"]


def test_a_way_back_that_fails_is_another_status(scripts):
    scripts.knows(["deployed"], fails=["test", "rollback"])
    done = scripts.run("deploy", "production")
    assert done.returncode == 3
    assert "the way back failed" in done.stderr


def test_what_helm_took_back_is_not_rolled_back_again(scripts):
    scripts.knows(["deployed"], fails=["upgrade"])
    done = scripts.run("deploy", "staging")
    assert (done.returncode, scripts.changes) == (1, ["upgrade"])
    assert "revision 3 is revision 1 again" in done.stderr


def test_a_refused_upgrade_and_a_failed_install_say_what_serves(scripts):
    scripts.knows(["deployed"], fails=["upgrade"], refused=True)
    assert "revision 1 serves as before" in scripts.run("deploy", "staging").stderr
    scripts.knows([], fails=["upgrade"])
    assert "the install failed and was removed" in scripts.run("deploy", "staging").stderr


def test_an_unreachable_cluster_changes_nothing(scripts):
    scripts.knows([], unreachable=True)
    done = scripts.run("deploy", "staging")
    assert (done.returncode, scripts.changes) == (1, [])
    assert "nothing was changed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "name the environment"),
        (["moon"], 1, "there are minikube production staging"),
        (["staging", "--values", "none.yaml"], 1, "none.yaml: no such file"),
        (["staging", "--set"], 2, "--set takes a value"),
        (["staging", "--frobnicate"], 2, "unknown argument --frobnicate"),
    ],
)
def test_wrong_arguments_to_deploy_are_said(scripts, arguments, status, said):
    done = scripts.run("deploy", *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert scripts.changes == []


def test_rolls_back_to_a_named_revision_and_tests(scripts):
    scripts.knows(["superseded", "superseded", "deployed"])
    done = scripts.run("rollback", "1")
    assert done.returncode == 0, done.stderr
    assert scripts.changes == ["rollback", "test"]
    rollback = next(call for call in scripts.calls if call[0] == "rollback")
    assert rollback[:3] == ["rollback", "marquee", "1"]
    assert "--wait" in rollback


@pytest.mark.parametrize(
    ("statuses", "revision"),
    [
        (["superseded", "superseded", "deployed"], "2"),
        # What failed never served.
        (["superseded", "failed", "deployed"], "1"),
        # What serves now is what is taken back, also when a later upgrade failed.
        (["superseded", "deployed", "failed"], "1"),
    ],
)
def test_without_a_revision_it_is_the_last_that_served(scripts, statuses, revision):
    scripts.knows(statuses)
    assert scripts.run("rollback").returncode == 0
    assert next(call for call in scripts.calls if call[0] == "rollback")[2] == revision


def test_an_unknown_revision_prints_the_history_and_changes_nothing(scripts):
    scripts.knows(["superseded", "deployed"])
    done = scripts.run("rollback", "9")
    assert (done.returncode, scripts.changes) == (1, [])
    assert "no revision 9" in done.stderr
    assert "superseded" in done.stderr
    assert scripts.run("rollback", "latest").returncode == 2


def test_nothing_to_go_back_to_is_said(scripts):
    scripts.knows(["deployed"])
    done = scripts.run("rollback")
    assert (done.returncode, scripts.changes) == (1, [])
    assert "no revision served before" in done.stderr
    scripts.knows([])
    assert "no history of release marquee" in scripts.run("rollback").stderr


def test_a_test_that_fails_after_a_rollback_is_a_failure(scripts):
    scripts.knows(["superseded", "deployed"], fails=["test", "rollback"])
    assert scripts.run("rollback").returncode == 1


# --- what the pipelines call beside them -----------------------------------------------------------------------------
def call(script, *arguments, **variables):
    environment = {"PATH": os.environ["PATH"], **variables}
    command = [ROOT / "ci" / script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("variables", "tag"),
    [
        ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.2.3", "GITHUB_SHA": "a" * 40}, "1.2.3"),
        ({"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main", "GITHUB_SHA": "a" * 40}, "sha-aaaaaaaaaaaa"),
        ({"TAG_NAME": "v2.0.0-rc.1"}, "2.0.0-rc.1"),
    ],
)
def test_images_are_tagged_by_version_or_commit(variables, tag):
    assert call("image-tag", **variables).stdout == f"{tag}\n"


def test_a_tag_that_is_no_version_is_refused():
    done = call("image-tag", GITHUB_REF_TYPE="tag", GITHUB_REF_NAME="v1;rm -rf /")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_secret_kubeconfig_is_a_private_file_for_the_command_alone():
    look = 'cat "$KUBECONFIG"; stat -c %a "$KUBECONFIG"; echo "$KUBECONFIG"; echo "left: ${MARQUEE_KUBECONFIG:-}"'
    done = call("with-kubeconfig", "bash", "-c", look, MARQUEE_KUBECONFIG="apiVersion: v1")
    text, mode, file, left = done.stdout.splitlines()
    assert (text, mode, left) == ("apiVersion: v1", "600", "left: ")
    assert not os.path.exists(file)


def test_a_missing_kubeconfig_and_a_failing_command_fail():
    assert "MARQUEE_KUBECONFIG is empty" in call("with-kubeconfig", "true").stderr
    assert call("with-kubeconfig", "false", MARQUEE_KUBECONFIG="x").returncode == 1


def test_workflows_pin_their_actions_and_call_only_scripts_of_ours():
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {}, path.name
        for job in workflow["jobs"].values():
            for step in job.get("steps", []):
                if "uses" in step:
                    assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step
                else:
                    # The checkout itself needs git; all else is in ci/.
                    assert step["run"].startswith(("ci/", "apt-get update")), step
                    assert "${{" not in step["run"], step


def stand_in(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_digests_as_values_are_the_charts(tmp_path):
    inspect = 'name=${5%:*}; echo "$name@sha256:$(printf %064d 7)"'
    path = stand_in(tmp_path / "bin", "docker", inspect)
    done = call("image-digests", "--prefix", "r.example/m", "--tag", "1.2.3", "--values", **path)
    assert done.returncode == 0, done.stderr
    values = yaml.safe_load(done.stdout)["image"]
    assert values["tag"] == "1.2.3"
    schema = json.loads((ROOT / "helm" / "marquee" / "values.schema.json").read_text())
    known = schema["properties"]["image"]["properties"]["digests"]["properties"]
    assert set(values["digests"]) == set(known)
    assert set(values["digests"].values()) == {f"sha256:{'0' * 63}7"}


class TestSecretsOfAnOverlay:
    @pytest.fixture
    def make(self, tmp_path):
        script = copy_overlays(tmp_path)

        def make(kubectl, *arguments):
            environment = stand_in(tmp_path / "bin", "kubectl", kubectl)
            command = [script, "minikube", *arguments]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
            folder = tmp_path / "k8s" / "overlays" / "minikube" / "secrets"
            made = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*-password")}
            return done, made

        return make

    def test_without_a_cluster_none_is_made_up_unless_told(self, make):
        unreachable = "echo 'connection refused' >&2; exit 1"
        done, made = make(unreachable)
        assert (done.returncode, made) == (1, {})
        assert "the cluster can't be asked" in done.stderr and "--new" in done.stderr
        done, made = make(unreachable, "--new")
        assert done.returncode == 0, done.stderr
        # Of each database, and the superuser.
        assert len(set(made.values())) == len(made) == 7

    def test_what_the_cluster_has_is_taken(self, make):
        there = {"items": [{"metadata": {"name": "marquee-postgresql"}, "data": {"auth-password": "b3VycyE="}}]}
        done, made = make(f"echo '{json.dumps(there)}'")
        assert done.returncode == 0, done.stderr
        assert made["postgresql/auth-password"] == "ours!"
        assert len(made["postgresql/catalog-password"]) == 48
