"""What keeps the data: a volume that grows, a backup and its way back."""

import time

from kube.cluster import ROOT
from kube.context import StepFailed
from kube.main_job import main_job


def volume(context):
    """As docs/upgrade-and-rollback.md has it, but for the claim itself: this cluster's class can't grow one."""
    larger = ["--set", "postgresql.persistence.size=9Gi"]
    refused = context.upgrade(*larger)
    if refused.returncode == 0 or "A bigger volume" not in refused.stderr:
        raise StepFailed(f"the larger volume isn't refused with the way: {refused.stderr[-400:]}")
    before = {pod["metadata"]["uid"] for pod in context.cluster.pods("postgresql")}
    with context.load() as load:
        context.cluster.kubectl("delete", "statefulset", "marquee-postgresql", "--cascade=orphan")
        done = context.upgrade(*larger, "--wait", "--timeout", "4m")
        if done.returncode != 0:
            raise StepFailed(f"helm upgrade: {done.stderr[-600:]}")
        context.cluster.wait_ready(120)
    after = {pod["metadata"]["uid"] for pod in context.cluster.pods("postgresql")}
    if before != after:
        raise StepFailed("PostgreSQL's pod was replaced")
    template = context.cluster.get("statefulset", "marquee-postgresql")["spec"]["volumeClaimTemplates"][0]
    if template["spec"]["resources"]["requests"]["storage"] != "9Gi":
        raise StepFailed(f"the StatefulSet asks for {template['spec']['resources']}")
    return f"refused with the way; then taken, with PostgreSQL's pod as it was; {context.no_failures(load.statistics)}"


def backup(context):
    folder = context.folder / "backups"
    started = time.monotonic()
    scripts, where = ROOT / "deploy" / "backup", ["--namespace", context.cluster.namespace]
    archive = context.cluster.run(scripts / "backup", *where, "--output", folder, seconds=300).strip().splitlines()[-1]
    saved = time.monotonic() - started
    context.cluster.run(scripts / "restore", "--check", archive, seconds=120)
    started = time.monotonic()
    context.cluster.run(scripts / "restore", archive, *where, "--kafka", "kept", "--force", seconds=600)
    context.cluster.wait_ready(180)
    context.wait_model()
    restored = time.monotonic() - started
    found = main_job(*context.cluster.service_address(), context.administrator())
    whole = context.check_ledger()
    return f"saved in {saved:.0f} s, checked, put back and serving in {restored:.0f} s; {whole}; {found}"
