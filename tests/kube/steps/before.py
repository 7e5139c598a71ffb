"""From a version of before to this one: what an operator's first upgrade does to an installation that is in use."""

import time

from kube.cluster import eventually
from kube.context import NEXT_TAG, OURS, StepFailed
from kube.main_job import Caller, main_job
from kube.steps.changes import _leaving

TAG = "before"  # of that version's images
MODELS = ("ranking", "rating")


def _models(context):
    """{model: (its versions' numbers, the champion's number and SHA-256)}, as an administrator sees them."""
    email, password = context.administrator()
    caller = Caller(*context.cluster.service_address())
    caller.signed_in(caller.call("POST", "/v1/auth/login", {"email": email, "password": password}))
    found = {}
    for model in MODELS:
        versions = caller.call("GET", f"/v1/models/{model}/versions?page_size=100")["model_versions"]
        champion = caller.call("GET", f"/v1/models/{model}/aliases/champion")
        found[model] = ({int(v["version"]) for v in versions}, (int(champion["version"]), champion.get("sha256")))
    return found


def _install(context):
    tree = context.before
    images = context.cluster.run(tree / "ci" / "images", "--list", "--tag", TAG).split()
    if missing := [image for image in images if not context.cluster.docker_id(image)]:
        raise StepFailed(f"there is no {missing[0]}: in {tree}, ci/build and ci/images --tag {TAG}")
    for image in images:
        context.cluster.load(image)
    context.cluster.fresh_namespace()
    context.forget_clients()
    files = [tree / "helm/marquee/values-airgapped.yaml", tree / "tests/kube/values.yaml"]
    words = [word for file in files for word in ("-f", file)]
    chart = tree / "helm/marquee"
    done = context.cluster.try_helm("install", context.cluster.release, chart, *words, "--set", f"image.tag={TAG}")
    if done.returncode != 0:
        raise StepFailed(f"helm install of before: {done.stderr[-600:]}")
    context.cluster.wait_ready(300)
    context.cluster.wait_jobs(300)
    context.wait_model()
    context.wait_settled()


def before(context):
    _install(context)
    models = _models(context)
    tag = f"{NEXT_TAG}-after"
    for name in OURS:
        context.cluster.tag(context.image(name), context.image(name, tag))
    context.package_chart()
    logs = context.folder / "logs" / "before-followed"
    with context.cluster.keeping_logs(logs), context.load() as load:
        started = time.monotonic()
        done = context.cluster.try_helm(
            "upgrade",
            context.cluster.release,
            context.chart,
            *("--reset-values", *context.value_files, "--set", f"image.tag={tag}", "--wait", "--timeout", "8m"),
        )
        if done.returncode != 0:
            raise StepFailed(f"helm upgrade: {done.stderr[-600:]}")
        context.cluster.wait_ready(120)
        took = time.monotonic() - started
        eventually(lambda: not _leaving(context), 120, "the old pods are gone")
    statistics = load.statistics

    def taken_over():
        now = _models(context)
        return all(now[model][0] >= models[model][0] and now[model][1] == models[model][1] for model in MODELS)

    eventually(taken_over, 120, f"the registry has the models of before, {models}")
    context.wait_model()
    found = main_job(*context.cluster.service_address(), context.administrator())
    counted = ", ".join(f"{len(models[model][0])} of {model}" for model in MODELS)
    return (
        f"upgraded in {took:.0f} s under load: {statistics}, {len(statistics.failures)} failed"
        f"{' (' + statistics.failed_by() + ')' if statistics.failures else ''}; {context.check_ledger()}; "
        f"versions taken over: {counted}; {found}"
    )
