"""A Kubernetes API server of our own, with etcd behind it and nothing else: what it takes, Kubernetes takes.

No kubelet, no controllers: nothing runs. The programs are those of ../shared/kube/build (in $KUBE_HOME/bin), and
Debian's etcd-server.
"""

import os
import pathlib
import shutil
import subprocess

from support.processes import free_port
from support.suite import ROOT
from support.waiting import eventually

SCRIPTS = pathlib.Path(os.environ.get("MARQUEE_KUBE_DIR", ROOT.parent / "shared" / "kube"))
BINARIES = pathlib.Path(os.environ.get("KUBE_HOME", pathlib.Path.home() / ".cache" / "kube")) / "bin"
PATH = f"{os.environ['PATH']}:{ROOT / '.tools' / 'bin'}:{BINARIES}"


def missing():
    """Why there can't be one here, in words; empty when there can."""
    if not (BINARIES / "kube-apiserver").exists():
        build = SCRIPTS / "build"
        return f"no kube-apiserver in {BINARIES}: {build} builds it" if build.exists() else f"there is no {SCRIPTS}"
    for program in ("etcd", "kubectl", "openssl"):
        if not shutil.which(program, path=PATH):
            return f"{program} isn't installed"
    return ""


class ApiServer:
    """`environment` is what kubectl and helm need to find it."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = os.environ | {"KUBECONFIG": str(folder / "kubeconfig"), "PATH": PATH}
        self._processes = []

    def start(self):
        etcd, peer, port = free_port(), free_port(), free_port()
        self._run("etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
                  "--listen-client-urls", f"http://127.0.0.1:{etcd}", "--advertise-client-urls", f"http://127.0.0.1:{etcd}",
                  "--listen-peer-urls", f"http://127.0.0.1:{peer}")  # fmt: skip
        key = self.folder / "service-accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True, timeout=60)
        (self.folder / "tokens").write_text("of-this-test,tester,tester,system:masters\n")
        (self.folder / "kubeconfig").write_text(
            f"""
apiVersion: v1
kind: Config
current-context: it
contexts: [{{name: it, context: {{cluster: it, user: me}}}}]
clusters: [{{name: it, cluster: {{server: "https://127.0.0.1:{port}", insecure-skip-tls-verify: true}}}}]
users: [{{name: me, user: {{token: of-this-test}}}}]
"""
        )
        self._run("kube-apiserver", f"--etcd-servers=http://127.0.0.1:{etcd}", "--bind-address=127.0.0.1",
                  f"--secure-port={port}", f"--cert-dir={self.folder}", f"--token-auth-file={self.folder / 'tokens'}",
                  "--authorization-mode=RBAC", "--endpoint-reconciler-type=none", f"--service-account-key-file={key}",
                  f"--service-account-signing-key-file={key}", "--service-account-issuer=https://kubernetes.default.svc",
                  "--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112")  # fmt: skip
        eventually(lambda: self.kubectl("get", "--raw", "/readyz").returncode == 0, 90, what="the API server is ready")
        return self

    def _run(self, program, *arguments):
        with (self.folder / f"{program}.log").open("w") as log:
            command = [shutil.which(program, path=PATH), *map(str, arguments)]
            self._processes.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
            )

    def kubectl(self, *words, stdin=None):
        command = ["kubectl", "--request-timeout=20s", *map(str, words)]
        return subprocess.run(
            command, env=self.environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
        )

    def stop(self):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)
