"""Without helm: kubectl apply -k, of what the chart rendered."""

import shutil
import time

import yaml

from kube.context import OURS, StepFailed
from kube.main_job import main_job
from support.overlays import copy_overlays


def _image_entries(context, documents):
    """kustomize's `images`: each reference of the overlay by the local one; nothing is left that would be pulled."""
    ours = {context.repository + "/" + name for name in OURS}
    stand_ins = {image.rsplit("/", 1)[1].split(":")[0]: image for image in context.stand_ins().values()}
    entries, unknown = {}, set()

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "image" and isinstance(value, str):
                    name = value.rsplit(":", 1)[0]
                    short = name.rsplit("/", 1)[1] if "/" in name else name
                    if name in ours:
                        entries[name] = {"name": name, "newTag": context.tag}
                    elif short in stand_ins:
                        local, tag = stand_ins[short].rsplit(":", 1)
                        entries[name] = {"name": name, "newName": local, "newTag": tag}
                    else:
                        unknown.add(value)
                else:
                    walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(documents)
    return list(entries.values()), unknown


def kustomize(context):
    context.cluster.helm("uninstall", context.cluster.release, "--wait", "--timeout", "3m", seconds=240)
    # The volumes and secrets that an uninstall keeps belong to the release; this is another installation.
    context.cluster.fresh_namespace()
    context.forget_clients()

    # In a copy: the secrets that are made for it are nobody else's.
    here = context.folder / "overlay"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    context.cluster.run(copy_overlays(here), "minikube")
    rendered = context.cluster.run("kubectl", "kustomize", here / "k8s" / "overlays" / "minikube")
    documents = [document for document in yaml.safe_load_all(rendered) if document]
    entries, unknown = _image_entries(context, documents)
    top = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["k8s/overlays/minikube"],
        "images": entries,
    }
    # What has no stand-in (Grafana) is left out.
    skipped = [
        f"{document['kind']}/{document['metadata']['name']}"
        for document in documents
        if any(image in str(document) for image in unknown)
    ]
    top["patches"] = [
        {
            "target": {"kind": kind, "name": name},
            "patch": yaml.safe_dump({"$patch": "delete", "kind": kind, "metadata": {"name": name}, "apiVersion": api}),
        }
        for kind, name, api in (
            (d["kind"], d["metadata"]["name"], d["apiVersion"])
            for d in documents
            if f"{d['kind']}/{d['metadata']['name']}" in skipped
        )
    ]
    (here / "kustomization.yaml").write_text(yaml.safe_dump(top, sort_keys=False))
    started = time.monotonic()
    done = context.cluster.try_kubectl("apply", "-k", here, seconds=120)
    if done.returncode != 0:
        raise StepFailed(f"kubectl apply -k: {done.stderr[-800:]}")
    if "would violate PodSecurity" in done.stderr:
        raise StepFailed(f"warned by Pod Security: {done.stderr[:600]}")
    try:
        context.cluster.wait_ready(300)
    except TimeoutError:
        raise StepFailed(f"not ready after 5 minutes: {context.cluster.unready()}") from None
    ready = time.monotonic() - started
    context.cluster.wait_jobs(300)
    context.wait_model()
    found = main_job(*context.cluster.service_address(), context.administrator())
    without = f", without {', '.join(skipped)} (no image for it)" if skipped else ""
    return f"ready in {ready:.0f} s{without}; {found}"
