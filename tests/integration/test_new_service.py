"""`ci/new-service`, in a copy of this tree: it builds, runs in deploy/local, answers through the gateway,
is scraped, and is in the chart. By hand it takes one entry in deploy/suite.yaml; all else follows by command."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest
import requests
import yaml

from support import kube_api
from support.declared import SERVICES
from support.processes import BINARIES
from support.prometheus import Monitor
from support.suite import ROOT, Suite, state_folder
from support.waiting import eventually

NAME = "greetings-card"  # a hyphen, so that every place is seen where it can't stand
OWN = (f"services/{NAME}/", "proto/marquee/greetings_card/")
HELM = shutil.which("helm", path=kube_api.PATH)
PRECOMPILED = pathlib.Path("build/release/libs/CMakeFiles/marquee_pch.dir/cmake_pch.hxx.gch")
needs_helm = pytest.mark.skipif(not HELM, reason="there is no helm: ci/bootstrap --chart makes it where there is Go")


def copy_of_the_tree(folder):
    """What git knows or would take; the tools are this tree's own."""
    folder.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    there = b"\0".join(name for name in listed.split(b"\0") if name and (ROOT / os.fsdecode(name)).exists())
    subprocess.run(["xargs", "-0", "cp", "-a", "--parents", "-t", folder], cwd=ROOT, input=there, check=True)
    (folder / ".tools").symlink_to(ROOT / ".tools")
    return folder


def contents(folder):
    """path → hash, of all files but Python's own, which hold the times of those they were made of."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def changed(before, after):
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def run(folder, *command, **more):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=900, **more)
    assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def folder():
    """Short, and open to the postgres user."""
    state = state_folder()
    yield state.parent
    shutil.rmtree(state.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def tree(folder):
    """The copy, with the new service; `tree.before` and `tree.after` are what was in it."""
    path = copy_of_the_tree(folder / "tree")
    before = contents(path)
    run(path, "ci/new-service", NAME, "--about", "Sends cards")
    return path, before, contents(path)


def test_by_hand_it_is_one_entry(tree, folder):
    path, before, after = tree
    elsewhere = {name for name in changed(before, after) if not name.startswith(OWN)}
    assert "deploy/suite.yaml" in elsewhere
    # In another copy, with nothing but its own folder, its proto and that entry: the commands make all the rest.
    other = copy_of_the_tree(folder / "other")
    for name in ["deploy/suite.yaml", *(name for name in after if name.startswith(OWN))]:
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path / name, other / name)
    run(other, "ci/suite", "render")
    run(other, "deploy/dashboards/generate")
    if HELM:
        run(other, "ci/render-k8s")
    assert contents(other) == after


def test_its_scaffold_is_as_lint_wants_it(tree):
    path, _, after = tree
    run(path, "ci/check-layers")
    run(path, "ci/suite", "render", "--check")
    sources = [name for name in after if name.startswith(OWN) and name.endswith((".h", ".cpp"))]
    run(path, "clang-format", "--dry-run", "--Werror", *sources)
    run(path, ROOT / ".tools/node/bin/buf", "lint")


def test_a_name_that_cant_be_is_refused(tree):
    path, *_ = tree
    for name, said in [("catalog", "has that name already"), ("Cards", "small letters"), ("postgresql", "already")]:
        done = subprocess.run(["ci/new-service", name], cwd=path, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and said in done.stderr


@pytest.fixture(scope="module")
def programs(tree, folder):
    """The new service, its test and a gateway that knows it, beside this tree's other programs.

    A minute where ccache has what this tree's build put there, by the same precompiled header. GCC writes another
    over an older one.
    """
    if not shutil.which("ccache"):
        pytest.skip("without ccache everything would be built twice")
    path, *_ = tree
    run(path, "ci/build", "marquee_pch")
    ours, theirs = (digest(root / PRECOMPILED) for root in (ROOT, path))
    if ours != theirs:
        pytest.skip(f"everything would be built anew: remove {ROOT / PRECOMPILED.parent} and run ci/build first")
    run(path, "ci/build", f"marquee-{NAME}", "marquee-gateway", "greetings_card_test")
    run(path, "build/release/tests/greetings_card_test")
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    for program in BINARIES.glob("marquee*"):
        (bin_dir / program.name).symlink_to(program)
    for program in (f"marquee-{NAME}", "marquee-gateway"):
        (bin_dir / program).unlink(missing_ok=True)
        (bin_dir / program).symlink_to(path / "build/release/bin" / program)
    return bin_dir


@pytest.fixture(scope="module")
def running(tree, folder, programs):
    path, *_ = tree
    suite = Suite(folder / "state", root=path, MARQUEE_BIN_DIR=programs, MARQUEE_INFRA_EPHEMERAL=1)
    try:
        yield suite.up()
    finally:
        suite.remove()


def test_it_answers_through_the_gateway(running):
    answer = requests.get(f"{running.url}/v1/{NAME}/status", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"service": NAME})
    paths = requests.get(f"{running.url}/openapi.json", timeout=10).json()["paths"]
    assert f"/v1/{NAME}/status" in paths
    assert running.run("control", NAME, "pid").stdout.strip()
    assert f'"service":"{NAME}"' in running.log(NAME)


@pytest.mark.skipif(not shutil.which("prometheus"), reason="there is no Prometheus: ci/bootstrap installs it")
def test_it_is_scraped(running, tree, folder):
    path, *_ = tree
    names = run(path, "ci/suite", "list", "services").split()
    assert set(names) == {*SERVICES, NAME}
    data = folder / "prometheus"
    data.mkdir()
    targets = {name: f"127.0.0.1:{running.port(name + '_metrics')}" for name in names}
    monitor = Monitor(data, targets, rules=sorted(path.glob("deploy/alerts/rules/*.yml")))
    try:
        monitor.start()
        eventually(lambda: monitor.query(f'up{{job="{NAME}"}}') == 1, 20, what="it is scraped")
        eventually(lambda: monitor.query(f'marquee_ready{{job="{NAME}"}}') == 1, 20, what="it says that it is ready")
    finally:
        monitor.stop()
    assert f'absent(up{{job="{NAME}"' in (path / "deploy/alerts/rules/services.yml").read_text()


def test_its_configuration_is_documented(tree, programs):
    path, before, _ = tree
    run(path, "ci/config-reference", "--bin", programs)
    document = (path / "docs/configuration.md").read_text()
    assert f"## {NAME}\n" in document
    old = (ROOT / "docs/configuration.md").read_text()
    assert set(old.splitlines()) - set(document.splitlines()) == set(), "nothing else has changed"


@needs_helm
def test_it_is_in_the_chart_with_its_network_policies(tree):
    path, *_ = tree
    words = ["--kube-version", "1.34.0", "--set", "secrets.generate=true,prometheus.enabled=true"]
    environment = os.environ | {"PATH": kube_api.PATH, "KUBECONFIG": "/nonexistent"}
    text = run(path, "helm", "template", "marquee", "helm/marquee", *words, env=environment)
    documents = [document for document in yaml.safe_load_all(text) if document]
    of = {(one["kind"], one["metadata"]["name"]): one for one in documents}
    full = f"marquee-{NAME}"
    (container,) = of["Deployment", full]["spec"]["template"]["spec"]["containers"]
    assert pathlib.PurePath(container["image"].partition(":")[0]).name == NAME
    assert {"name": "MARQUEE_AUTH_ADDRESS", "value": "marquee-auth:9000"} in container["env"]
    assert ("Service", full) in of and ("PodDisruptionBudget", full) in of
    assert f"service-{NAME}" in of["Secret", "marquee-services"]["data"]
    assert f"job_name: {NAME}\n" in of["ConfigMap", "marquee-prometheus"]["data"]["prometheus.yml"]
    assert f'absent(up{{job="{NAME}"' in of["ConfigMap", "marquee-prometheus-rules"]["data"]["services.yml"]

    def pod(name):
        return {"podSelector": {"matchLabels": {**labels, "app.kubernetes.io/component": name}}}

    labels = {"app.kubernetes.io/name": "marquee", "app.kubernetes.io/instance": "marquee"}
    policy = of["NetworkPolicy", full]["spec"]
    assert policy["podSelector"] == pod(NAME)["podSelector"]
    assert policy["ingress"][0] == {"ports": [{"port": 9000}], "from": [pod("gateway")]}
    assert policy["egress"] == [{"ports": [{"port": 9000}], "to": [pod("auth")]}]
    assert pod(NAME) in of["NetworkPolicy", "marquee-auth"]["spec"]["ingress"][0]["from"]
    assert {"ports": [{"port": 9000}], "to": [pod(NAME)]} in of["NetworkPolicy", "marquee-gateway"]["spec"]["egress"]
