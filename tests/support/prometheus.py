"""A real Prometheus, and node_exporter, from Debian's packages: processes on free ports that a test starts and ends."""

import json
import math
import subprocess
import time

import requests

from support.processes import free_port
from support.waiting import eventually

SCRAPE_SECONDS = 1


class Monitor:
    """Prometheus and node_exporter, scraping `targets` (job → address) each second; data below `folder`."""

    def __init__(self, folder, targets, rules=()):
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.node = f"127.0.0.1:{free_port()}"
        self.targets = {**targets, "node": self.node}
        self.rules = [str(rule) for rule in rules]
        self.processes = []
        self.began = time.time()

    def start(self):
        scrapes = [
            {"job_name": job, "static_configs": [{"targets": [address], "labels": {"namespace": "marquee"}}]}
            for job, address in self.targets.items()
        ]
        every = f"{SCRAPE_SECONDS}s"
        # JSON is YAML, too.
        configuration = {
            "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
            "rule_files": self.rules,
            "scrape_configs": scrapes,
        }
        (self.folder / "prometheus.yml").write_text(json.dumps(configuration))
        self._run("prometheus-node-exporter", f"--web.listen-address={self.node}")
        self._run(
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--log.level=warn",
        )
        eventually(self._ready, 30, what=f"Prometheus is ready (log: {self.folder / 'prometheus.log'})")
        return self

    def _run(self, program, *arguments):
        with (self.folder / f"{program}.log").open("wb") as log:
            self.processes.append(subprocess.Popen([program, *arguments], stdout=log, stderr=log))

    def _ready(self):
        try:
            return requests.get(f"{self.url}/-/ready", timeout=2).ok
        except requests.ConnectionError:
            return False

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)

    def query(self, expression):
        """The value of an instant query that gives one series; None where there is none."""
        result = self._api("query", query=expression)
        return float(result[0]["value"][1]) if result else None

    def query_range(self, expression, began=None, until=None):
        """All finite values of all series since the start, as Grafana would draw them."""
        until = until or time.time()
        series = self._api("query_range", query=expression, start=began or self.began, end=until, step=SCRAPE_SECONDS)
        values = [float(value) for one in series for _, value in one["values"]]
        return [value for value in values if math.isfinite(value)]

    def _api(self, path, **parameters):
        answer = requests.post(f"{self.url}/api/v1/{path}", data=parameters, timeout=30).json()
        assert answer["status"] == "success", f"{answer.get('error')}: {parameters['query']}"
        return answer["data"]["result"]
