"""The steps, in their order. Each is a row of the table in issue 4: a bar, and a function that measures.

A function takes the Context and gives the words for what it measured; it raises StepFailed where the bar isn't reached.
"""

import dataclasses
from collections.abc import Callable

from kube.steps import before, changes, data, errors, faults, install, manifests


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    bar: str
    run: Callable


STEPS = [
    Step("cluster", "the one-node Kubernetes is ready", install.cluster),
    Step("images", "every image is built and in the cluster", install.images),
    Step(
        "install",
        "all ready in under 5 minutes after the images are loaded; every pod admitted under Pod Security restricted",
        install.install,
    ),
    Step("test", "helm test: the main job passes through the gateway's Service", install.helm_test),
    Step(
        "upgrade",
        "5 helm upgrades in a row, each restarting every service under load: no failed request",
        changes.upgrade,
    ),
    Step("kill", "each pod killed in turn under load: heals without a hand, no acknowledged rating lost", faults.kill),
    Step("scale", "recommender scaled to 3: traffic spreads over the three, no failed request", changes.scale),
    Step("broken", "an upgrade with a broken image: --atomic rolls back, no request fails", changes.broken),
    Step("rollback", "helm rollback: the old version serves, the data is whole", changes.rollback),
    Step(
        "volume",
        "a bigger volume: an upgrade refuses it with the way; that way no pod is replaced, no request fails",
        data.volume,
    ),
    Step("backup", "deploy/backup: saved while it serves, put back, no acknowledged rating lost", data.backup),
    Step("errors", "wrong values, a missing secret, no database, no image: the user sees what to do", errors.errors),
    Step(
        "kustomize",
        "helm uninstall, then kubectl apply -k k8s/overlays/minikube: the main job passes again",
        manifests.kustomize,
    ),
]

# With --before alone: it needs that version's images, too.
BEFORE = Step(
    "before",
    "helm upgrade from the version before, in use: no acknowledged rating lost, every model taken over",
    before.before,
)
