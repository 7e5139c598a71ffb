"""What a person who made a mistake gets to read."""

import json

from kube.cluster import Cluster, eventually
from kube.context import OURS, StepFailed
from kube.main_job import require
from support.declared import DATABASES

# What is set, and the words that helm's refusal must have: where, and what was expected.
REFUSALS = [
    (["--set", "services.gateway.replicas=many"], ["replicas", "integer"]),
    (["--set", "sevices.gateway.replicas=2"], ["sevices"]),
    (["--set", "logLevel=loud"], ["logLevel", "debug"]),
    (["--set", "postgresql.enabled=false"], ["postgresql.host", "postgresql.existingSecret"]),
    (["--set", "kafka.enabled=false"], ["kafka.brokers"]),
    (["--set", "kafka.ratingsPartitions=0"], ["ratingsPartitions"]),
    (["--set", "secrets.generate=auto"], ["secrets.services", "secrets.generate=true"]),
]


def _refused(context):
    for words, expected in REFUSALS:
        done = context.cluster.try_helm(
            "template",
            "marquee",
            context.chart,
            "--kube-version",
            "1.34.0",
            "--set",
            "secrets.generate=true",
            *context.value_files,
            *words,
        )
        require(done.returncode != 0, f"helm takes {words[1]}")
        require(any(word in done.stderr for word in expected), f"{words[1]}: helm says {done.stderr[-400:]}")
    return f"{len(REFUSALS)} wrong values refused by helm, by name"


def _complaints(cluster):
    """Everything that a person would look at: states, events and logs."""
    lines = []
    for pod in cluster.get("pods"):
        name = pod["metadata"]["name"]
        for status in pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", []):
            for state in (status["state"], status.get("lastState", {})):
                reason = state.get("waiting", {}) or state.get("terminated", {})
                lines.append(f"{name}: {reason.get('reason', '')} {reason.get('message', '')}")
        log = cluster.try_kubectl("logs", name, "--all-containers", "--tail=40").stdout
        lines += [f"{name} log: {line}" for line in log.splitlines()]
    lines += [f"{name}: {reason} {message}" for reason, _, name, message in cluster.warnings()]
    return lines


def _see(cluster, expected, what, seconds=120):
    """Waits until all of the words stand in one line; gives that line."""

    def line():
        return next((one for one in _complaints(cluster) if all(word in one for word in expected)), None)

    try:
        return eventually(line, seconds, what, pause=2)
    except TimeoutError:
        raise StepFailed(f"{what}: no line with {expected}") from None


def errors(context):
    measured = [_refused(context)]
    other = Cluster(context.log, f"{context.cluster.namespace}-errors", "marquee")
    common = [
        *context.value_files,
        "--set",
        "demo.enabled=false,kafka.enabled=false,kafka.brokers=nowhere.invalid:9092",
    ]
    passwords = ["postgres", *DATABASES]
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "company-database"},
        "stringData": {f"{name}-password": "not-a-real-one" for name in passwords},
    }
    try:
        # A database that can't be reached, and an image that can't be pulled.
        other.fresh_namespace()
        other.kubectl("create", "-f", "-", stdin=json.dumps(secret))
        words = "postgresql.enabled=false,postgresql.host=nowhere.invalid,postgresql.existingSecret=company-database"
        other.try_helm(
            "install", "marquee", context.chart, *common, "--set", words,
            "--set", "services.recommender.tag=no-such-version", "--timeout", "20s", seconds=60,
        )  # fmt: skip
        found = _see(other, ["nowhere.invalid"], "the unreachable database is named")
        context.say(f"  no database: {found[:160]}")
        found = _see(other, ["no-such-version", "Image"], "the image that can't be pulled is named")
        context.say(f"  no image: {found[:160]}")
        other.try_helm("uninstall", "marquee", "--no-hooks", "--wait", seconds=180)

        # A secret that isn't there.
        other.fresh_namespace()
        other.kubectl("create", "-f", "-", stdin=json.dumps(secret))
        other.try_helm(
            "install", "marquee", context.chart, *common, "--set", f"{words},secrets.services=forgotten",
            "--timeout", "20s", seconds=60,
        )  # fmt: skip
        found = _see(other, ["forgotten", "not found"], "the missing secret is named", 150)
        context.say(f"  no secret: {found[:160]}")
    finally:
        other.try_helm("uninstall", "marquee", "--no-hooks", seconds=120)
        other.try_run("kubectl", "delete", "namespace", other.namespace, "--wait=false")
    measured.append("an unreachable database, a missing image and a missing secret are named in pods' states or logs")
    require(len(OURS) > 0 and not context.cluster.unready(), "the suite beside it suffered")
    return "; ".join(measured)
