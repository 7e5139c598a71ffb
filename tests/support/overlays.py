"""A copy of what `kubectl apply -k` takes, in which secrets may be made."""

import shutil

from support.suite import ROOT


def copy_overlays(folder):
    """k8s/ below `folder`, without a developer's own secrets, and what k8s/secrets reads. The script's path there."""
    shutil.copytree(ROOT / "k8s", folder / "k8s", ignore=shutil.ignore_patterns("secrets"))
    script = shutil.copy(ROOT / "k8s" / "secrets", folder / "k8s" / "secrets")
    (folder / "deploy").mkdir()
    for name in ("suite.sh", "suite.txt"):
        shutil.copy(ROOT / "deploy" / name, folder / "deploy" / name)
    return script
