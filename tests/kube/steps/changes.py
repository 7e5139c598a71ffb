"""Changes of the release under load."""

import threading
import time

from kube.cluster import eventually
from kube.context import NEXT_TAG, OURS, SERVICES, StepFailed
from kube.main_job import main_job


def _uids(context, components):
    return {c: {pod["metadata"]["uid"] for pod in context.cluster.pods(c)} for c in components}


UPGRADES = 5


def _restart_all(context, number):
    """To the same programs under another tag, which is another pod for each service; gives how long it took."""
    tag = f"{NEXT_TAG}-{context.revision() + 1}"
    for name in OURS:
        context.cluster.tag(context.image(name), context.image(name, tag))
    before = _uids(context, SERVICES)
    started = time.monotonic()
    done = context.upgrade("--set", f"image.tag={tag}", "--wait", "--timeout", "8m")
    if done.returncode != 0:
        raise StepFailed(f"helm upgrade {number}: {done.stderr[-600:]}")
    # To helm a new pod that is ready is enough; its predecessor goes only when it has been so for minReadySeconds.
    context.cluster.wait_ready(120)
    took = time.monotonic() - started
    after = _uids(context, SERVICES)
    same = [name for name in SERVICES if before[name] & after[name]]
    if same:
        raise StepFailed(f"upgrade {number} didn't restart: {same}")
    return took


def upgrade(context):
    """One after the other, each as soon as the one before has replaced all pods: the old ones may still be leaving."""
    took, began = [], []
    logs = context.folder / "logs" / "upgrade-followed"
    with context.cluster.keeping_logs(logs), context.load() as load:
        for number in range(1, UPGRADES + 1):
            began.append(time.time())
            took.append(_restart_all(context, number))
            failed = load.statistics.failures_since(began[-1])
            context.say(f"  upgrade {number}: {took[-1]:3.0f} s, {len(failed)} requests failed")
        eventually(lambda: not _leaving(context), 120, "the old pods are gone")
    each = ", ".join(f"{seconds:.0f}" for seconds in took)
    words = context.no_failures(load.statistics)
    return f"{len(SERVICES)} services restarted {UPGRADES} times, in {each} s; {words}; {context.check_ledger()}"


def _leaving(context):
    return [
        pod["metadata"]["name"]
        for pod in context.cluster.get("pods", selector="app.kubernetes.io/part-of=marquee")
        if pod["metadata"].get("deletionTimestamp")
    ]


def _requests(context):
    """{pod of recommender: rpcs it has answered}"""
    from urllib.request import urlopen

    answered = {}
    for pod in context.cluster.pods("recommender"):
        with urlopen(f"http://{pod['status']['podIP']}:9100/metrics", timeout=5) as page:
            lines = page.read().decode().splitlines()
        answered[pod["metadata"]["name"]] = sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith("marquee_rpc_duration_seconds_count") and "RecommenderService" in line
        )
    return answered


def scale(context, replicas=3, least=0.15):
    with context.load() as load:
        started = time.monotonic()
        done = context.upgrade("--set", f"services.recommender.replicas={replicas}", "--wait", "--timeout", "4m")
        if done.returncode != 0:
            raise StepFailed(f"helm upgrade: {done.stderr[-600:]}")
        ready = time.monotonic() - started

        def shares():
            before = _requests(context)
            time.sleep(10)
            after = _requests(context)
            grown = {pod: after[pod] - before.get(pod, 0) for pod in after}
            total = sum(grown.values())
            return {pod: count / total for pod, count in grown.items()} if total else {}

        def spread():
            now = shares()
            return len(now) == replicas and min(now.values()) >= least

        # gRPC's clients hear of new replicas when they resolve the name again.
        eventually(spread, 180, f"each of the {replicas} pods has {least:.0%} of the requests")
        spread_after = time.monotonic() - started
        settled = shares()
        if min(settled.values()) < least:
            raise StepFailed(f"the traffic doesn't stay spread: {settled}")
    words = context.no_failures(load.statistics)
    listed = " ".join(f"{share:.0%}" for share in sorted(settled.values()))
    return f"{replicas} ready in {ready:.0f} s, spread within {spread_after:.0f} s, then shares {listed}; {words}"


def broken(context):
    """Each service gets an image that isn't there."""
    before, images = context.revision(), context.images_in_use()
    seen = set()
    ended = threading.Event()

    def watch():
        while not ended.wait(1):
            for pod in context.cluster.get("pods", selector="app.kubernetes.io/part-of=marquee"):
                states = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
                for state in states:
                    waiting = state["state"].get("waiting", {})
                    if "Image" in waiting.get("reason", ""):
                        seen.add(waiting["reason"])

    with context.load() as load:
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        started = time.monotonic()
        # Hooks with images of their own would stop an upgrade before it begins: the Jobs keep the good ones.
        words = [word for name in SERVICES for word in ("--set", f"services.{name}.tag=no-such-version")]
        done = context.upgrade(*words, "--atomic", "--timeout", "90s")
        took = time.monotonic() - started
        ended.set()
        watcher.join(30)
        if done.returncode == 0:
            raise StepFailed("helm upgrade took an image that isn't there for good")
        context.cluster.wait_ready(120)
        eventually(lambda: not _leaving(context), 120, "the broken pods are gone")
    last = context.history()[-1]
    if last["status"] != "deployed" or "Rollback" not in last["description"]:
        raise StepFailed(f"after --atomic: revision {last['revision']} {last['status']}: {last['description']}")
    if context.images_in_use() != images:
        raise StepFailed(f"other images than before: {context.images_in_use()}")
    if not seen:
        raise StepFailed("no pod's status spoke of the image")
    words = context.no_failures(load.statistics)
    return (
        f"helm failed after {took:.0f} s and rolled back to revision {before} as {last['revision']}; "
        f"the pods said {', '.join(sorted(seen))}; {words}; {context.check_ledger()}"
    )


def rollback(context):
    """To the first revision: the first tag, and one recommender."""
    with context.load() as load:
        started = time.monotonic()
        done = context.cluster.try_helm("rollback", context.cluster.release, 1, "--wait", "--timeout", "8m")
        if done.returncode != 0:
            raise StepFailed(f"helm rollback: {done.stderr[-600:]}")
        took = time.monotonic() - started
        eventually(lambda: not _leaving(context), 120, "the newer pods are gone")
    used = context.images_in_use()
    newer = {name: used[name] for name in SERVICES if context.image(name) not in used[name]}
    if newer:
        raise StepFailed(f"not of the first revision: {newer}")
    words = context.no_failures(load.statistics)
    whole = context.check_ledger()
    found = main_job(*context.cluster.service_address(), context.administrator())
    return f"revision 1's images serve after {took:.0f} s; {whole}; {found}; {words}"
