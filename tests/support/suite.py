"""Runs deploy/local for tests: an infra or a whole suite in a state folder of its own, on free ports."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from support.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCAL = ROOT / "deploy" / "local"
# Real data and small inputs that failed, where there are any; tests that need them are skipped without.
SHARED = pathlib.Path(os.environ.get("MARQUEE_SHARED", ROOT.parent / "shared"))


def state_folder():
    """A short path that the postgres user can reach, which pytest's own tmp_path (mode 700) isn't."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="marquee-", dir="/tmp"))
    folder.chmod(0o711)
    return folder / "state"


class CommandFailed(AssertionError):
    pass


class Local:
    """The scripts of deploy/local on one state folder, of this tree or another (`root`). `settings` are environment
    variables on top of ours."""

    def __init__(self, state=None, root=ROOT, **settings):
        self.scripts = root / "deploy" / "local"
        self.state = pathlib.Path(state) if state else state_folder()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("MARQUEE_")}
        self.environment |= {"MARQUEE_STATE_DIR": str(self.state), "MARQUEE_PORT_BASE": "auto"}
        self.environment |= {"MARQUEE_MIGRATIONS_CACHE": str(ROOT / "build" / "migrated")}
        self.environment |= {key: str(value) for key, value in settings.items()}

    def try_run(self, script, *arguments, timeout=300):
        """Runs deploy/local/SCRIPT and gives what it printed, whatever its status."""
        # To files, not pipes: what the script starts in the background would keep a pipe open.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            status = subprocess.run(
                [self.scripts / script, *map(str, arguments)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=timeout,
                check=False,
            ).returncode
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess([script, *arguments], status, out.read(), err.read())

    def run(self, script, *arguments, timeout=300):
        done = self.try_run(script, *arguments, timeout=timeout)
        if done.returncode != 0:
            raise CommandFailed(f"{script} {arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def port(self, name):
        lines = (self.state / "ports.env").read_text().split()
        return int(dict(line.split("=", 1) for line in lines)[name])

    def secret(self, name):
        return (self.state / "secrets" / name).read_text().strip()

    def log(self, name):
        return (self.state / "logs" / f"{name}.log").read_text(errors="replace")

    def override(self, service, **settings):
        """Configuration of one service, from its next start on."""
        folder = self.state / "overrides"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{service}.env").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    def remove(self):
        self.try_run("down", "--wipe")
        if self.state.parent.name.startswith("marquee-"):
            shutil.rmtree(self.state.parent, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


class Suite(Local):
    """All of Marquee: nginx, gateway, services, PostgreSQL, Kafka; its processes can be killed one by one."""

    def up(self, *flags):
        self.run("up", "--no-data", "--no-build", *flags)
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port('edge')}"

    def grpc_address(self, service):
        return f"127.0.0.1:{self.port(service)}"

    def metrics(self, service):
        import requests

        return requests.get(f"http://127.0.0.1:{self.port(service + '_metrics')}/metrics", timeout=5).text

    def postgres_uri(self, database):
        return (self.state / "secrets" / f"postgres-{database}.uri").read_text().strip()

    @property
    def kafka_brokers(self):
        return f"127.0.0.1:{self.port('kafka')}"

    def pid(self, service):
        """Of the process that was started last, whether or not it still runs."""
        return int((self.state / "run" / f"{service}.pid").read_text().split()[0])

    def kill(self, service):
        """SIGKILL; returns once the process is gone."""
        self.run("control", service, "kill")

    def stop(self, service):
        """SIGTERM; returns once the process has ended by itself. Fails when it had to be killed."""
        done = self.run("control", service, "stop")
        assert "killed" not in done.stderr, done.stderr

    def start(self, service):
        """Returns once it is ready."""
        self.run("control", service, "start")

    def restart(self, service):
        """Returns once the gateway, where it runs, has found the new process: until then it may answer 503."""
        self.stop(service)
        self.start(service)
        eventually(lambda: self._sees(service), 30, what=f"the gateway sees {service} again")

    def _sees(self, service):
        import requests

        try:
            seen = requests.get(f"http://127.0.0.1:{self.port('gateway')}/readyz", timeout=5).json()["services"]
        except requests.ConnectionError:
            return True
        return seen.get(service, "ready") in ("ready", "idle")

    def pause(self, service):
        self.run("control", service, "pause")

    def resume(self, service):
        self.run("control", service, "continue")

    def infra(self, action, only, *flags):
        """Stops or starts PostgreSQL or Kafka under the running services: infra("down", "kafka")."""
        return self.run("infra", action, "--only", only, *flags)

    def marqueectl(self, *arguments, timeout=600):
        return self.run("marqueectl", *arguments, timeout=timeout)
