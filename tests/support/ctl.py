"""marqueectl as a person has it."""

import json
import subprocess

from support.api import PASSWORD
from support.suite import LOCAL


class Ctl:
    """marqueectl logged in as somebody of a suite; results as JSON."""

    def __init__(self, suite, name, email):
        self.suite = suite
        self.environment = suite.environment | {
            "MARQUEE_CREDENTIALS_FILE": str(suite.state / "ctl" / f"{name}.json"),
            "MARQUEE_PASSWORD": PASSWORD,
        }
        self.run("login", email)

    def try_run(self, *arguments, timeout=600):
        """Whatever its exit status, with JSON on standard output."""
        return self.text("--json", *arguments, timeout=timeout)

    def text(self, *arguments, timeout=600, **process):
        """The same as a person sees it; `process` is for subprocess.run."""
        return subprocess.run(
            [LOCAL / "marqueectl", "--quiet", *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **process,
        )

    def run(self, *arguments, timeout=600):
        done = self.try_run(*arguments, timeout=timeout)
        assert done.returncode == 0, f"marqueectl {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)
