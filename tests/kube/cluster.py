"""kubectl, helm and the cluster's own scripts: each command with a time-out, and with a place in the run's log."""

import contextlib
import json
import os
import pathlib
import subprocess
import threading
import time

from support import waiting

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = pathlib.Path(os.environ.get("MARQUEE_KUBE_DIR", ROOT.parent / "shared" / "kube"))
HOME = pathlib.Path(os.environ.get("KUBE_HOME", pathlib.Path.home() / ".cache" / "kube"))
POD_NETWORK = "10.244.0.0/16"
HELM = "helm.sh/helm/v3/cmd/helm@v3.22.0"


class CommandFailed(Exception):
    def __init__(self, command, done):
        self.output = (done.stdout or "") + (done.stderr or "")
        super().__init__(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{self.output[-2000:]}")


def eventually(check, seconds, what, pause=0.5):
    """The tests' own waiting: commands and answers that fail count as not yet; TimeoutError at the end."""
    not_yet = (CommandFailed, OSError, KeyError, IndexError, ValueError)
    return waiting.eventually(check, seconds, pause, what, not_yet=not_yet, failure=TimeoutError)


class Cluster:
    """The cluster of the scripts, one namespace and one release in it."""

    def __init__(self, log, namespace="marquee", release="marquee"):
        self._log = log
        self.namespace, self.release = namespace, release
        self.kubeconfig = HOME / "run" / "pki" / "admin.conf"
        self.environment = os.environ | {"KUBECONFIG": str(self.kubeconfig)}
        self.environment["PATH"] = f"{HOME / 'bin'}:{self.environment['PATH']}"

    # --- commands ----------------------------------------------------------------------------------------------------
    def try_run(self, *command, seconds=120, stdin=None):
        """What the command printed and its status, whatever that is; 124 when it ran past its time."""
        command = [str(word) for word in command]
        started = time.monotonic()
        try:
            done = subprocess.run(
                command,
                env=self.environment,
                input=stdin,
                stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            text = [(part or b"").decode(errors="replace") for part in (expired.stdout, expired.stderr)]
            done = subprocess.CompletedProcess(command, 124, text[0], text[1] + f"\nran past {seconds} s")
        took = time.monotonic() - started
        self._log(f"$ {' '.join(command)}  [{done.returncode}, {took:.1f} s]")
        if done.returncode != 0 or took > 5:
            self._log("\n".join(("    " + line) for line in (done.stdout + done.stderr).splitlines()[-60:]))
        return done

    def run(self, *command, seconds=120, stdin=None):
        done = self.try_run(*command, seconds=seconds, stdin=stdin)
        if done.returncode != 0:
            raise CommandFailed(command, done)
        return done.stdout

    def kubectl(self, *words, seconds=60, stdin=None):
        return self.run("kubectl", "-n", self.namespace, *words, seconds=seconds, stdin=stdin)

    def try_kubectl(self, *words, seconds=60, stdin=None):
        return self.try_run("kubectl", "-n", self.namespace, *words, seconds=seconds, stdin=stdin)

    def helm(self, *words, seconds=600):
        return self.run("helm", "-n", self.namespace, *words, seconds=seconds)

    def try_helm(self, *words, seconds=600):
        return self.try_run("helm", "-n", self.namespace, *words, seconds=seconds)

    def get(self, kind, name=None, selector=None):
        """One object, or the list of them."""
        words = ["get", kind, *([name] if name else []), *(["-l", selector] if selector else []), "-o", "json"]
        answer = json.loads(self.kubectl(*words))
        return answer if name else answer["items"]

    # --- the cluster itself ------------------------------------------------------------------------------------------
    def is_up(self):
        return (
            self.kubeconfig.exists() and self.try_run("kubectl", "get", "--raw", "/readyz", seconds=10).returncode == 0
        )

    def up(self):
        self.run(SCRIPTS / "up", seconds=1800)
        self._let_pods_talk()
        if not (HOME / "bin" / "helm").exists():
            self.environment["GOBIN"] = str(HOME / "bin")
            self.run("go", "install", HELM, seconds=900)

    def _let_pods_talk(self):
        """Docker's rules drop what the node forwards for others, bridged packets between pods among it."""
        for way in ("-s", "-d"):
            rule = ["FORWARD", way, POD_NETWORK, "-j", "ACCEPT"]
            if self.try_run("iptables", "-C", *rule).returncode != 0:
                self.run("iptables", "-I", *rule)

    def down(self):
        self.try_run(SCRIPTS / "down", seconds=180)

    def has_image(self, image):
        return image in self.run("ctr", "-n", "k8s.io", "images", "ls", "-q").split()

    def docker_id(self, image):
        done = self.try_run("docker", "image", "inspect", "-f", "{{.Id}}", image)
        return done.stdout.strip() if done.returncode == 0 else ""

    def load(self, *images):
        self.run(SCRIPTS / "load", *images, seconds=900)

    def tag(self, image, other):
        """The same image under another name, in the cluster."""
        self.run("ctr", "-n", "k8s.io", "images", "tag", "--force", image, other)

    def versions(self):
        server = json.loads(self.run("kubectl", "version", "-o", "json"))
        node = json.loads(self.run("kubectl", "get", "node", "-o", "json"))["items"][0]["status"]["nodeInfo"]
        return {
            "Kubernetes": server["serverVersion"]["gitVersion"],
            "kubectl": server["clientVersion"]["gitVersion"],
            "helm": self.run("helm", "version", "--short").strip(),
            "container runtime": node["containerRuntimeVersion"],
            "kernel": node["kernelVersion"],
        }

    # --- what is in the namespace ------------------------------------------------------------------------------------
    def fresh_namespace(self):
        """Empty, and with Pod Security "restricted" enforced."""
        self.try_run("kubectl", "delete", "namespace", self.namespace, "--ignore-not-found", seconds=180)
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels}}
        self.run("kubectl", "create", "-f", "-", stdin=json.dumps(manifest))

    def pods(self, component=None):
        """Those of the suite itself; not the ones of Jobs and tests, and none that is on its way out."""
        selector = "app.kubernetes.io/part-of=marquee"
        if component:
            selector += f",app.kubernetes.io/component={component}"
        return [
            pod
            for pod in self.get("pods", selector=selector)
            if not pod["metadata"].get("deletionTimestamp")
            and pod["metadata"].get("ownerReferences", [{}])[0].get("kind") in ("ReplicaSet", "StatefulSet")
        ]

    def workloads(self):
        return self.get("deployments,statefulsets")

    def unready(self):
        """What isn't as it should be, in words; empty when all is well."""
        words = []
        for workload in self.workloads():
            name, status, spec = workload["metadata"]["name"], workload["status"], workload["spec"]
            wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
            current = status.get("observedGeneration", 0) >= workload["metadata"]["generation"]
            if (
                not current
                or ready < wanted
                or status.get("updatedReplicas", 0) < wanted
                or status.get("replicas") != wanted
            ):
                words.append(f"{name} {ready}/{wanted}")
        return words

    def wait_ready(self, seconds):
        started = time.monotonic()
        eventually(lambda: self.workloads() and not self.unready(), seconds, "every workload is ready")
        return time.monotonic() - started

    def wait_jobs(self, seconds):
        """Until no Job is under way; raises for a failed one that has no more tries."""

        def done():
            for job in self.get("jobs"):
                conditions = {c["type"]: c for c in job["status"].get("conditions", []) if c["status"] == "True"}
                if "Failed" in conditions:
                    raise RuntimeError(f"Job {job['metadata']['name']} failed: {conditions['Failed'].get('message')}")
                if "Complete" not in conditions:
                    return False
            return True

        eventually(done, seconds, "every Job is complete", pause=1)

    def warnings(self, since=0.0):
        """Events of type Warning, the meaningless ones of a start (a probe that came early) among them."""
        found = []
        for event in self.get("events"):
            if event["type"] == "Warning":
                what = event.get("involvedObject", {})
                found.append((event["reason"], what.get("kind", ""), what.get("name", ""), event.get("message", "")))
        return found

    def service_address(self, name="marquee-gateway"):
        service = self.get("service", name)
        ports = {port.get("name", ""): port["port"] for port in service["spec"]["ports"]}
        return service["spec"]["clusterIP"], ports.get("http", next(iter(ports.values())))

    def secret(self, name):
        import base64

        data = self.get("secret", name)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def psql(self, database, query):
        """Rows as lists of text, asked inside PostgreSQL's pod by its superuser."""
        # The container's own variables, as the official image has them: nothing secret passes through here.
        script = (
            'PGPASSWORD="${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")}" exec '
            'psql -X -At -F "|" -v ON_ERROR_STOP=1 -h 127.0.0.1 -U "${POSTGRES_USER:-postgres}" -d "$0"'
        )
        pod = self.pods("postgresql")[0]["metadata"]["name"]
        out = self.kubectl("exec", "-i", pod, "--", "sh", "-c", script, database, stdin=query, seconds=120)
        return [line.split("|") for line in out.splitlines() if line]

    def save_logs(self, folder):
        """Everything that explains a failure: descriptions, events and each container's log."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, words in {
            "pods.txt": ["get", "pods,jobs,pvc,svc,endpointslices", "-o", "wide"],
            "describe.txt": ["describe", "pods"],
            "events.txt": ["get", "events", "--sort-by=.lastTimestamp"],
        }.items():
            (folder / name).write_text(self.try_kubectl(*words).stdout)
        for pod in json.loads(self.try_kubectl("get", "pods", "-o", "json").stdout or '{"items": []}')["items"]:
            name = pod["metadata"]["name"]
            for words, suffix in (([], "log"), (["--previous"], "previous.log")):
                done = self.try_kubectl("logs", name, "--all-containers", "--prefix", *words)
                if done.stdout:
                    (folder / f"{name}.{suffix}").write_text(done.stdout)

    @contextlib.contextmanager
    def keeping_logs(self, folder):
        """Follows each pod's log into a file while it lives: a pod that is replaced takes its log with it."""
        folder.mkdir(parents=True, exist_ok=True)
        followed, done = {}, threading.Event()

        def follow():
            while not done.wait(2):
                names = self.try_kubectl("get", "pods", "-o", "name").stdout.split()
                for name in (name.removeprefix("pod/") for name in names):
                    if name not in followed or (followed[name].poll() or 0) > 0:
                        words = ["kubectl", "-n", self.namespace, "logs", "-f", name, "--all-containers", "--prefix"]
                        with (folder / f"{name}.log").open("w") as log:
                            followed[name] = subprocess.Popen(
                                words, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                            )

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield
        finally:
            done.set()
            follower.join(30)
            for process in followed.values():
                process.terminate()
            for process in followed.values():
                process.wait(20)
