"""What the steps share: the cluster, the release, the load's clients and what the suite owes."""

import contextlib
import json
import pathlib
import time

import yaml

from kube.cluster import ROOT, Cluster, eventually
from kube.ledger import Ledger
from kube.load import Clients, Load
from support.declared import SERVICES

CHART = ROOT / "helm" / "marquee"
VALUES = [CHART / "values-airgapped.yaml", pathlib.Path(__file__).parent / "values.yaml"]
OURS = [*SERVICES, "ctl", "migrate"]
STATEFUL = ["postgresql", "kafka"]
NEXT_TAG = "e2e-next"  # the same images under another tag: what an upgrade brings


class StepFailed(Exception):
    """A bar that wasn't reached; the message is what was measured."""


class Context:
    def __init__(self, folder, say, namespace, rate, build):
        self.folder, self.say, self.rate, self.build = folder, say, rate, build
        folder.mkdir(parents=True, exist_ok=True)
        self._log_file = (folder / "commands.log").open("a", buffering=1)
        self.cluster = Cluster(self.log, namespace)
        self.ledger = Ledger(folder / "ledger.jsonl")
        self._clients = None
        self.started_cluster = False

    def log(self, text):
        self._log_file.write(f"{time.strftime('%H:%M:%S')} {text}\n")

    # --- images ------------------------------------------------------------------------------------------------------
    @property
    def tag(self):
        return str(yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"])

    @property
    def repository(self):
        image = yaml.safe_load((CHART / "values.yaml").read_text())["image"]
        return f"{image['registry']}/{image['repository']}"

    def image(self, name, tag=None):
        return f"{self.repository}/{name}:{tag or self.tag}"

    def stand_ins(self):
        """{place in the values: image} of what is not ours."""
        values = yaml.safe_load((CHART / "values-airgapped.yaml").read_text())
        return {
            name: part["image"]
            for name, part in values.items()
            if isinstance(part, dict) and "/" in str(part.get("image", ""))
        }

    @property
    def chart(self):
        """The chart as it was at the install, in a file: what changes in the working tree meanwhile isn't tested."""
        packages = sorted(self.folder.glob("marquee-*.tgz"))
        return packages[-1] if packages else CHART

    def package_chart(self):
        for old in self.folder.glob("marquee-*.tgz"):
            old.unlink()
        self.cluster.run("helm", "package", CHART, "--destination", self.folder)

    # --- the release -------------------------------------------------------------------------------------------------
    @property
    def value_files(self):
        return [word for file in VALUES for word in ("-f", str(file))]

    def upgrade(self, *words, seconds=600):
        """helm upgrade: the values of the revision before, and what is set over them."""
        return self.cluster.try_helm(
            "upgrade",
            self.cluster.release,
            self.chart,
            "--reset-then-reuse-values",
            "--history-max",
            50,
            *words,
            seconds=seconds,
        )

    def history(self):
        return json.loads(self.cluster.helm("history", self.cluster.release, "-o", "json"))

    def revision(self):
        return self.history()[-1]["revision"]

    def images_in_use(self):
        """{component: images of its pods' own containers}"""
        used = {}
        for pod in self.cluster.pods():
            component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
            used.setdefault(component, set()).update(container["image"] for container in pod["spec"]["containers"])
        return used

    # --- clients -----------------------------------------------------------------------------------------------------
    def administrator(self):
        secret = self.cluster.secret("marquee-administrator")
        return secret["email"], secret["password"]

    def forget_clients(self):
        self._clients = None
        self.ledger.forget()

    def clients(self):
        if self._clients is None:
            host, port = self.cluster.service_address()
            self._clients = Clients(host, port, self.ledger, self.administrator()).prepare()
        return self._clients

    @contextlib.contextmanager
    def load(self, rate=None):
        """Load around a step's deed, with some seconds of quiet before and after."""
        with Load(self.clients(), rate or self.rate, log=self.log) as load:
            load.run_for(5)
            yield load
            load.run_for(5)

    def no_failures(self, statistics):
        """Raises StepFailed when a request failed; else the words for the measured column."""
        if statistics.failures:
            first = "; ".join(str(failure) for failure in statistics.failures[:3])
            raise StepFailed(
                f"{statistics}, {statistics.degraded} degraded: {statistics.failed_by()}. The first: {first}"
            )
        if statistics.sent < 0.9 * self.rate * statistics.duration * 0.9:
            raise StepFailed(f"too few requests to judge by: {statistics}")
        if statistics.stale:
            raise StepFailed(f"{statistics.stale} answers without one's own rating: {statistics}")
        return f"{statistics}, {statistics.acknowledged} ratings acknowledged, {statistics.degraded} answers degraded"

    # --- what must be so ---------------------------------------------------------------------------------------------
    def check_ledger(self):
        """Every acknowledged rating is in PostgreSQL and in the API's answer, with its last value, counted once."""
        clients, owed = self.clients(), self.ledger.owed()
        connection = clients.connection(30)

        def lag():
            clients._admin_until = min(clients._admin_until, time.monotonic() + 300)
            token = clients.sign_in_administrator(connection)
            reply = connection.send("GET", "/v1/ingest/status", headers={"Authorization": f"Bearer {token}"})
            return reply.ok and int(reply.json().get("lag", 0)) == 0

        eventually(lag, 120, "everything in Kafka is in PostgreSQL")
        users = ",".join(str(user) for user in {user for user, _ in owed}) or "0"
        names = {name for (name,) in self.cluster.psql("postgres", "SELECT datname FROM pg_database")}
        # An installation of before keeps the name that its database has.
        rows = self.cluster.psql(
            "rating_ingest" if "rating_ingest" in names else "ratings",
            f"SELECT user_id, movie_id, value, revision FROM ratings WHERE user_id IN ({users})",
        )
        stored = {
            (int(user), int(movie)): (float(value), int(revision)) for user, movie, value, revision in rows if value
        }
        wrong = [
            f"user {u} movie {m}: owed {owed[u, m]}, stored {stored.get((u, m))}"
            for u, m in owed
            if (stored.get((u, m)) or (None,))[0] not in owed[u, m]
        ]
        if wrong:
            raise StepFailed(
                f"{len(wrong)} of {len(owed)} ratings are not in the database as acknowledged: {wrong[:3]}"
            )
        twice = [
            f"user {k[0]} movie {k[1]}: {count} sent, {stored[k][1]} applied"
            for k, count in self.ledger.counts().items()
            if stored[k][1] != count
        ]
        if twice:
            raise StepFailed(f"{len(twice)} ratings were not applied as often as sent: {twice[:3]}")

        shown = {}
        for person in self.ledger.people.values():
            person.token_until = min(person.token_until, time.monotonic() + 60)
            clients.sign_in(connection, person)
            token = ""
            while True:
                path = "/v1/me/ratings?page_size=200" + (f"&page_token={token}" if token else "")
                reply = connection.send("GET", path, headers={"Authorization": f"Bearer {person.token}"})
                if not reply.ok:
                    raise StepFailed(f"GET {path}: {reply.status} {reply.error or reply.body[:200]}")
                page = reply.json()
                shown |= {(person.user_id, int(r["movie_id"])): float(r["value"]) for r in page.get("ratings", [])}
                token = page.get("next_page_token", "")
                if not token:
                    break
        connection.close()
        differing = [key for key in owed if shown.get(key) != stored[key][0]]
        if differing:
            raise StepFailed(f"the API shows {len(differing)} ratings otherwise than the database: {differing[:3]}")
        return f"{self.ledger.acknowledged} acknowledged ratings of {len(owed)} movies are there, each once"

    def wait_model(self, seconds=240):
        """Until recommendations come from a model; the demo data are in by then."""
        host, port = self.cluster.service_address()
        connection = Clients(host, port, self.ledger, None).connection()

        def served():
            reply = connection.send("GET", "/v1/movies?page_size=5&order_by=-rating_count")
            movies = [movie["movie_id"] for movie in reply.json().get("movies", [])] if reply.ok else []
            if len(movies) < 5:
                return False
            body = {"ratings": [{"movie_id": movie, "value": 5} for movie in movies], "count": 5}
            reply = connection.send("POST", "/v1/recommendations", body)
            return reply.ok and not reply.json().get("degraded") and reply.json().get("model_version")

        try:
            return eventually(served, seconds, "recommendations by a trained model", pause=1)
        finally:
            connection.close()

    def wait_settled(self, seconds=180):
        """Until the catalogue has counted what was imported: it reads the log in its own time, after the writer."""
        host, port = self.cluster.service_address()
        connection = Clients(host, port, self.ledger, None).connection(30)
        sums = []

        def still():
            reply = connection.send("GET", "/v1/analytics/ratings-by-year")
            if not reply.ok:
                sums.clear()
                return False
            sums.append(sum(int(year["rating_count"]) for year in reply.json()["years"]))
            return len(sums) >= 4 and sums[-1] > 0 and len(set(sums[-4:])) == 1

        try:
            eventually(still, seconds, "the catalogue's counts stand still", pause=3)
        finally:
            connection.close()

    def versions(self):
        """Of everything that took part, for the summary."""
        versions = self.cluster.versions()
        done = self.cluster.try_run("git", "-C", ROOT, "rev-parse", "--short", "HEAD")
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        versions["Marquee"] = f"{chart['appVersion']}, chart {chart['version']}, commit {done.stdout.strip()}"
        for image in [*(self.image(name) for name in OURS), *self.stand_ins().values()]:
            versions[f"image {image}"] = self.cluster.docker_id(image)[:19]
        return versions
