"""A machine that has nothing yet: nothing is looked up before it is installed; ci/fresh proves it in a container."""

import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import pytest

from support.suite import ROOT, Local

LIBRARIES = sorted((ROOT / "deploy" / "local" / "lib").glob("*.sh")) + [ROOT / "deploy" / "backup" / "lib.sh"]
# In every Debian: its packages of priority "required", and no more.
REQUIRED = {"awk", "basename", "cat", "cut", "dirname", "readlink", "tac", "uname"}


def run(*command, **options):
    settings = {"capture_output": True, "text": True, "timeout": 120} | options
    return subprocess.run([*map(str, command)], check=False, **settings)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: str(path.relative_to(ROOT / "deploy")))
def test_a_library_looks_nothing_up_when_it_is_sourced(library, tmp_path):
    """`up` sources them all, then installs: what was looked up before is missing for good."""
    for name in REQUIRED:
        (tmp_path / name).symlink_to(shutil.which(name))
    script = """
      command() { echo "looked up: $*" >&3; builtin command "$@"; }
      type() { echo "looked up: $*" >&3; builtin type "$@"; }
      which() { echo "looked up: $*" >&3; return 1; }
      command_not_found_handle() { echo "ran: $*" >&3; return 127; }
      set -T
      common=$1 library=$2
      set --
      . "$common"
      . "$library"
    """
    common = ROOT / "deploy" / "local" / "lib" / "common.sh"
    command = ["/bin/bash", "-c", f"exec 3> {tmp_path}/found; {script}", library, common, library]
    done = run(*command, env={"PATH": str(tmp_path), "HOME": "/nonexistent"}, cwd=ROOT)
    assert (tmp_path / "found").read_text() == ""
    assert done.returncode == 0, done.stderr


def tree(folder, *files, **stubs):
    """A tree of some of our files, and of scripts in the place of others."""
    for file in files:
        there = folder / file
        there.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / file).is_dir():
            shutil.copytree(ROOT / file, there)
        else:
            shutil.copy(ROOT / file, there)
    for file, text in stubs.items():
        there = folder / file
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(f"#!/bin/bash\n{text}\n")
        there.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A PATH without what ci/bootstrap brings."""
    folder = tmp_path_factory.mktemp("bare")
    left_out = re.compile(r"python3|cmake|jq$|helm|mvn|node$|npm|java$|sqitch|psql|nginx")
    for program in pathlib.Path("/usr/bin").iterdir():
        if not left_out.match(program.name):
            (folder / program.name).symlink_to(program)
    return {"PATH": str(folder), "HOME": "/nonexistent", "TMPDIR": os.environ.get("TMPDIR", "/tmp")}


def test_a_failed_bootstrap_is_counted_though_there_is_no_python(tmp_path, bare):
    stubs = {"ci/bootstrap": "echo 'bootstrap: no network' >&2; exit 1", "deploy/local/infra": "exit 0"}
    here = tree(tmp_path, "ci/test", "ci/test-summary", **stubs)
    done = run(here / "ci" / "test", env=bare)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_the_pipeline_counts_a_first_command_that_fails(tmp_path, bare):
    stubs = {"deploy/local/up": "exit 1", "deploy/local/down": "touch down", "ci/test": "echo 9 passed, 0 failed"}
    here = tree(tmp_path, ".ci/run", **stubs)
    done = run(here / ".ci" / "run", env=bare)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "0 passed, 1 failed, 0 skipped")
    assert (here / "down").exists(), "what had started is stopped"
    tree(here, **{"deploy/local/up": "exit 0"})
    done = run(here / ".ci" / "run", env=bare)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "9 passed, 0 failed")


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("ci/build", [], "cmake is missing: run ci/bootstrap"),
        ("ci/migrate", ["catalog", "postgresql://x/y"], "sqitch is missing: run ci/bootstrap"),
        ("ci/render-k8s", [], "helm is missing"),
        ("ci/deploy", ["staging"], "helm isn't installed"),
        ("ci/rollback", [], "helm isn't installed"),
        ("deploy/backup/backup", ["--local"], "jq is missing"),
        ("deploy/backup/restore", ["--check", "x"], "jq is missing"),
        ("deploy/local/infra", ["up"], "tools are missing: run ci/bootstrap first"),
        ("deploy/local/up", ["--no-build"], "tools are missing: run ci/bootstrap first"),
        ("deploy/local/status", [], "nothing was started"),
        ("deploy/local/marqueectl", [], "run ci/build marqueectl"),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(script, arguments, said, tmp_path, bare):
    folders = ["ci", "deploy", "services/catalog/migrations", "helm/marquee/values-staging.yaml"]
    here = tree(tmp_path, *folders)
    done = run(here / script, *arguments, env=bare)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "command not found" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone has a folder that root's PostgreSQL may not enter")
def test_a_checkout_in_roots_own_folder_has_its_cluster_elsewhere(tmp_path):
    tmp_path.chmod(0o700)
    local = Local(tmp_path / "state")
    try:
        local.run("infra", "up", "--only", "postgres", "--ephemeral")
        cluster = (local.state / "postgres").resolve()
        assert cluster.is_relative_to("/var/lib/marquee")
        assert local.try_run("infra", "status").stdout.splitlines()[0].startswith("postgres running")
        local.run("infra", "down", "--only", "postgres")
        # It is found again, with what is in it.
        made = (cluster / "data" / "PG_VERSION").stat().st_ino
        local.run("infra", "up", "--only", "postgres", "--ephemeral")
        assert (cluster / "data" / "PG_VERSION").stat().st_ino == made
    finally:
        local.remove()
    assert not cluster.exists()


# --- ci/fresh, with a stand-in for Docker -----------------------------------------------------------------------------
DOCKER = """
case $1 in
  create) printf '%s\\n' "$@" > "$MARQUEE_NOTES/create"; echo the-container ;;
  cp) [ "$2" = - ] && cat > "$MARQUEE_NOTES/tree.tar"; [ "$2" = - ] || echo "$@" >> "$MARQUEE_NOTES/copied" ;;
  start) exit "${MARQUEE_NOTES_STATUS:-0}" ;;
  rm) echo "$@" > "$MARQUEE_NOTES/removed" ;;
esac
"""


class Fresh:
    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "home"
        tree(folder, **{"bin/docker": DOCKER})

    def run(self, *arguments, **variables):
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "HOME": str(self.home)}
        environment |= {"MARQUEE_NOTES": str(self.folder)} | variables
        return run(ROOT / "ci" / "fresh", "--keep", self.folder / "kept", *arguments, env=environment)

    @property
    def created(self):
        return (self.folder / "create").read_text().splitlines()

    @property
    def files(self):
        with tarfile.open(self.folder / "tree.tar") as archive:
            return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


@pytest.fixture
def fresh(tmp_path):
    return Fresh(tmp_path)


def test_it_runs_both_commands_of_the_readme_in_its_order(fresh):
    text = (ROOT / "README.md").read_text().split("## Two commands")[1].split("\n## ")[0]
    commands = [block for block in re.findall(r"^```\n(.*?)\n```$", text, re.M | re.S) if "\n" not in block]
    assert len(commands) == 2
    assert fresh.run().returncode == 0
    assert fresh.created[-3:] == ["/root/fresh", *commands]


def test_the_container_gets_a_clone_and_nothing_that_is_built(fresh):
    fresh.run()
    names = {name.removeprefix("root/marquee/") for name in fresh.files if name.startswith("root/marquee/")}
    listed = set(run("git", "ls-files", cwd=ROOT).stdout.split())
    assert {name for name in names if not name.startswith(".git/")} <= listed
    assert {"deploy/local/up", "ci/test", ".git/HEAD"} <= names
    with tarfile.open(fresh.folder / "tree.tar") as archive:
        modes = {member.name: member.mode for member in archive.getmembers()}
    assert (modes["root"], modes["etc"], modes["usr"]) == (0o700, 0o755, 0o755), "the container's own folders stay open"


def test_packages_come_from_where_this_machines_come(fresh):
    (fresh.home / ".config" / "pip").mkdir(parents=True)
    (fresh.home / ".config" / "pip" / "pip.conf").write_text("[global]\n")
    (fresh.home / ".m2" / "repository").mkdir(parents=True)
    (fresh.home / ".m2" / "repository" / "x.jar").write_text("x")
    (fresh.home / ".m2" / "settings.xml").write_text("<settings/>")
    (fresh.home / ".npmrc").write_text("audit=false\n")
    fresh.run(PIP_INDEX_URL="https://mirror.invalid/simple", https_proxy="http://proxy.invalid", AWS_SECRET="x")
    given = {fresh.created[at + 1] for at, word in enumerate(fresh.created) if word == "--env"}
    # By name: Docker takes the value from its own environment, and no command line shows it.
    assert given == {"PIP_INDEX_URL", "https_proxy"}
    assert {"root/.config/pip/pip.conf", "root/.m2/settings.xml", "root/.npmrc"} <= set(fresh.files)
    assert "root/.m2/repository/x.jar" not in fresh.files


def test_a_cache_of_the_compiler_is_only_used_when_it_is_named(fresh):
    fresh.run()
    assert not any("ccache" in word for word in fresh.created)
    fresh.run("--ccache", fresh.folder / "cache")
    assert f"{fresh.folder / 'cache'}:/ccache" in fresh.created


def test_a_failure_keeps_what_explains_it_and_takes_the_container_away(fresh):
    done = fresh.run(MARQUEE_NOTES_STATUS="3")
    assert done.returncode == 1
    assert f"failed with status 3; what explains it is in {fresh.folder / 'kept'}" in done.stderr
    assert "the-container:/tmp" in (fresh.folder / "copied").read_text()
    assert "the-container" in (fresh.folder / "removed").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--ccache"], "--ccache takes a value"), (["--x"], "unknown argument --x")]
)
def test_wrong_arguments_are_said(fresh, arguments, said):
    done = fresh.run(*arguments)
    assert (done.returncode, said in done.stderr) == (2, True)
