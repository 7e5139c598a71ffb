"""Each pod dies under load, one after the other, in the ways pods die."""

import json
import os
import signal
import time

from kube.cluster import eventually
from kube.context import SERVICES, STATEFUL, StepFailed
from kube.http import Connection

HEAL_SECONDS = {"postgresql": 120, "kafka": 120}
HEAL_SECONDS_ELSE = 60
# What must answer again for a component to count as healed: (method, path, body, whose token).
PROBES = {
    "auth": ("GET", "/v1/me", None, "person"),
    "catalog": ("GET", "/v1/movies?page_size=5", None, None),
    "rating-ingest": ("GET", "/v1/me/ratings", None, "person"),
    "registry": ("GET", "/v1/models/ranking/versions", None, "administrator"),
    "trainer": ("GET", "/v1/training-runs", None, "administrator"),
    "recommender": ("GET", "/v1/me/recommendations", None, "person"),
    "reviews": ("GET", "/v1/movies/{movie}/reviews", None, None),
    "gateway": ("GET", "/v1/genres", None, None),
    "postgresql": ("GET", "/v1/me/ratings", None, "person"),
    "kafka": ("PUT", "/v1/me/ratings/{movie}", {"value": 4}, "prober"),
}


def _delete(context, pod):
    """Gone from the API at once, its processes killed: as when a node is lost."""
    context.cluster.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force", "--wait=false")


def _delete_shortly(context, pod):
    """A StatefulSet's pod: a second of grace, and the API waits for the kubelet's word.

    Forced away, its successor would start on the same volume while it still runs, which Kubernetes warns of.
    """
    context.cluster.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=1", "--wait=false")


def _kill_process(context, pod):
    """SIGKILL to the first process of each of the pod's containers: a crash, which the kubelet mends in place."""
    ids = [status["containerID"].split("//")[1] for status in pod["status"]["containerStatuses"]]
    tasks = context.cluster.run("ctr", "-n", "k8s.io", "tasks", "ls").splitlines()[1:]
    pids = {line.split()[0]: int(line.split()[1]) for line in tasks}
    for container in ids:
        os.kill(pids[container], signal.SIGKILL)


def _fault(context, component, kill, load, note):
    clients = context.clients()
    pod = context.cluster.pods(component)[0]
    uid, restarts = pod["metadata"]["uid"], sum(s["restartCount"] for s in pod["status"]["containerStatuses"])
    began, started = time.time(), time.monotonic()
    kill(context, pod)

    def replaced():
        pods = context.cluster.pods(component)
        if not pods:
            return False
        now = pods[0]
        count = sum(s["restartCount"] for s in now["status"].get("containerStatuses", []))
        return now["metadata"]["uid"] != uid or count > restarts

    limit = HEAL_SECONDS.get(component, HEAL_SECONDS_ELSE)
    eventually(replaced, limit, f"{component}'s pod is replaced or started anew", pause=0.3)
    eventually(lambda: not context.cluster.unready(), limit, f"all is ready after {component} was killed", pause=0.5)
    ready = time.monotonic() - started

    method, path, body, whose = PROBES[component]
    person = next(iter(clients.ledger.people.values()))
    connection = Connection(clients.host, clients.port, 10)
    movie = clients.movies[0]

    def answers():
        headers = {}
        if whose == "administrator":
            headers["Authorization"] = f"Bearer {clients.admin_token}"
        elif whose == "prober":
            headers["Authorization"] = f"Bearer {_prober(context)}"
        elif whose:
            headers["Authorization"] = f"Bearer {person.token}"
        reply = connection.send(method, path.format(movie=movie), body, headers, fresh=True)
        return reply.ok and not json.loads(reply.body or b"{}").get("degraded")

    eventually(answers, limit, f"{method} {path} answers after {component} was killed", pause=0.3)
    answered = time.monotonic() - started

    # Healed is when the load sees no more failures, for five seconds on end.
    eventually(
        lambda: not load.statistics.failures_since(time.time() - 5),
        limit,
        f"no request fails any more after {component} was killed: {load.statistics.failures[-1:]}",
    )
    failures = load.statistics.failures_since(began)
    last = max((failure.at + failure.seconds for failure in failures), default=began) - began
    context.say(
        f"  {component:14} {note:18} ready in {ready:5.1f} s, answers in {answered:5.1f} s, "
        f"{len(failures):4} requests failed, the last after {last:5.1f} s"
    )
    return component, note, ready, answered, len(failures), last


_probers = {}


def _prober(context):
    """Somebody whose ratings aren't in the ledger."""
    import uuid

    clients = context.clients()
    if context not in _probers:
        connection = clients.connection()
        body = {"email": f"prober-{uuid.uuid4().hex}@example.com", "password": uuid.uuid4().hex, "display_name": ""}
        _probers[context] = clients.patient(connection, "POST", "/v1/auth/register", body)["access_token"]
        connection.close()
    return _probers[context]


def kill(context):
    _probers.clear()
    _prober(context)
    healed = []
    with context.load(min(30, context.rate)) as load:
        for component in SERVICES:
            healed.append(_fault(context, component, _delete, load, "deleted by force"))
        for component in STATEFUL:
            healed.append(_fault(context, component, _kill_process, load, "kill -9"))
            healed.append(_fault(context, component, _delete_shortly, load, "deleted"))
    (context.folder / "kill.json").write_text(json.dumps(healed, indent=2))
    strange = [f for f in load.statistics.failures if f.status not in (0, 429, 502, 503, 504)]
    if strange:
        raise StepFailed(f"{len(strange)} answers that no outage excuses, such as {strange[0]}")
    whole = context.check_ledger()
    slowest = max(healed, key=lambda one: one[3])
    return (
        f"{len(healed)} kills healed, the slowest {slowest[0]} ({slowest[1]}) in {slowest[3]:.0f} s; {whole}; "
        f"during the outages {len(load.statistics.failures)} of {load.statistics.sent} requests failed, "
        f"{load.statistics.degraded} were answered degraded"
    )
