"""From nothing to a suite that serves."""

import time

from kube.cluster import ROOT
from kube.context import OURS, StepFailed
from kube.main_job import main_job

READY_SECONDS = 300


def cluster(context):
    started = time.monotonic()
    there = context.cluster.is_up()
    context.cluster.up()
    context.started_cluster = not there
    versions = context.cluster.versions()
    return f"{versions['Kubernetes']}, {'was up' if there else f'up in {time.monotonic() - started:.0f} s'}"


def images(context):
    """Builds what is missing (all of it without --no-build), and loads what the cluster hasn't got or has got older."""
    ours = {name: context.image(name) for name in OURS}
    others = context.stand_ins()
    built = []
    for wanted, flags in ((ours.values(), []), (others.values(), ["--airgapped"])):
        missing = [image for image in wanted if not context.cluster.docker_id(image)]
        if missing and not context.build:
            raise StepFailed(f"--no-build, and there is no {', '.join(missing)}")
        if context.build and (missing or not flags):
            started = time.monotonic()
            context.cluster.run(ROOT / "ci" / "images", *flags, seconds=3600)
            built.append(f"ci/images {' '.join(flags)} in {time.monotonic() - started:.0f} s".replace("  ", " "))
    loaded = 0
    mark = context.folder / "loaded"
    before = dict(line.split() for line in mark.read_text().splitlines()) if mark.exists() else {}
    now = {}
    for image in [*ours.values(), *others.values()]:
        now[image] = context.cluster.docker_id(image)
        if before.get(image) != now[image] or not context.cluster.has_image(image):
            context.cluster.load(image)
            loaded += 1
    mark.write_text("".join(f"{image} {digest}\n" for image, digest in now.items()))
    return f"{len(now)} images, {loaded} loaded anew; " + (", ".join(built) or "none built")


def _refused(context):
    """What Pod Security admission said no to, or warned of."""
    return [
        f"{kind} {name}: {message[:200]}"
        for reason, kind, name, message in context.cluster.warnings()
        if "PodSecurity" in message or (reason == "FailedCreate" and "forbidden" in message)
    ]


def install(context):
    context.cluster.fresh_namespace()
    context.forget_clients()
    context.package_chart()
    started = time.monotonic()
    done = context.cluster.try_helm(
        "install", context.cluster.release, context.chart, *context.value_files, "--timeout", "5m", seconds=400
    )
    if done.returncode != 0:
        raise StepFailed(f"helm install: {done.stderr[-600:]} {_refused(context) or ''}")
    try:
        context.cluster.wait_ready(READY_SECONDS - (time.monotonic() - started))
    except TimeoutError:
        raise StepFailed(f"not ready after 5 minutes: {context.cluster.unready()} {_refused(context)}") from None
    ready = time.monotonic() - started
    context.cluster.wait_jobs(300)
    context.wait_model()
    served = time.monotonic() - started
    context.wait_settled()
    if refused := _refused(context):
        raise StepFailed(f"refused by Pod Security: {refused[:3]}")
    if "would violate PodSecurity" in done.stderr:
        raise StepFailed(f"warned by Pod Security: {done.stderr[:600]}")
    pods = context.cluster.get("pods")
    restarts = sum(s["restartCount"] for pod in context.cluster.pods() for s in pod["status"]["containerStatuses"])
    if restarts:
        context.say(f"  {restarts} containers were restarted while they started")
    return (
        f"ready in {ready:.0f} s, demo data trained and recommended from in {served:.0f} s; {len(pods)} pods admitted"
    )


def helm_test(context):
    started = time.monotonic()
    done = context.cluster.try_helm("test", context.cluster.release, "--logs", "--timeout", "5m", seconds=330)
    if done.returncode != 0:
        raise StepFailed(f"helm test: {(done.stdout + done.stderr)[-800:]}")
    took = time.monotonic() - started
    found = main_job(*context.cluster.service_address(), context.administrator())
    return f"helm test passed in {took:.0f} s; {found}"
