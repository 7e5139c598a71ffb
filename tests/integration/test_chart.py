"""The chart: rendered with every file of tests/chart, taken by a real API server, and right in what it says."""

import base64
import concurrent.futures
import functools
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from support import kube_api
from support.declared import GRPC, SERVICES
from support.suite import ROOT

CHART = ROOT / "helm" / "marquee"
FILES = sorted((ROOT / "tests" / "chart").glob("*.yaml"))
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
# The same in C, where PyYAML has it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

pytestmark = pytest.mark.skipif(not shutil.which("helm", path=kube_api.PATH), reason="there is no helm")


def try_helm(values, *words, environment=None):
    """helm template, with values from its standard input as the last file."""
    return subprocess.run(
        ["helm", "template", *words, "--kube-version", "1.34.0", "--values", "-"],
        input=json.dumps(values),
        env=environment or os.environ | {"PATH": kube_api.PATH, "KUBECONFIG": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def render(values=None, *words, release="marquee", namespace="marquee", environment=None, generate=True):
    """The objects."""
    values = ({"secrets": {"generate": True}} if generate else {}) | (values or {})
    done = try_helm(values, release, CHART, "--namespace", namespace, *words, environment=environment)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, Loader=LOADER) if document]


def refusal(values=None, *words, environment=None):
    done = try_helm(values or {}, "marquee", CHART, "--namespace", "marquee", *words, environment=environment)
    assert done.returncode != 0, "helm takes it"
    return done.stderr


def one(documents, kind, name):
    found = [d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def pods(documents):
    """(name, template) of all that makes pods, Jobs of CronJobs and the test's own pod among them."""
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document
        elif "containers" in spec.get("template", {}).get("spec", {}):
            yield document["metadata"]["name"], spec["template"]


def containers(documents):
    for name, template in pods(documents):
        for container in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]:
            yield f"{name}/{container['name']}", container


def variables(container):
    return {entry["name"]: entry.get("value") for entry in container.get("env", [])}


def scalars(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from scalars(key)
            yield from scalars(value)
    elif isinstance(node, list):
        for value in node:
            yield from scalars(value)
    else:
        yield node


def directive(path, word):
    return next(iter(re.findall(rf"^# {word}: (.+)$", path.read_text(), re.M)), "")


@functools.cache
def rendered(path):
    files = [path] if not directive(path, "over") else [CHART / directive(path, "over"), path]
    words = [word for file in files for word in ("--values", file)]
    release, namespace = directive(path, "release") or "marquee", directive(path, "namespace") or "marquee"
    generate = directive(path, "secrets") != "named"
    return render({}, *words, release=release, namespace=namespace, generate=generate)


def file(name):
    return rendered(ROOT / "tests" / "chart" / f"{name}.yaml")


# --- what a real API server says -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def api_server(tmp_path_factory):
    if why := kube_api.missing():
        pytest.skip(why)
    server = kube_api.ApiServer(tmp_path_factory.mktemp("kube"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_api_server_takes_it(path, api_server):
    done = subprocess.run(
        [ROOT / "ci" / "chart-matrix", path],
        env=api_server.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r" \d+ objects$", done.stdout, re.M), done.stdout


def test_the_matrix_finds_what_an_api_server_refuses(tmp_path, api_server):
    bad = tmp_path / "bad.yaml"
    bad.write_text("services: {catalog: {resources: {requests: {memory: 2Gi}}}}\n")
    done = subprocess.run(
        [ROOT / "ci" / "chart-matrix", bad], env=api_server.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "must be less than or equal to memory limit" in done.stdout


# --- names -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestEachRender:
    def test_names_are_labels_of_dns_and_no_two_are_the_same(self, path):
        seen = set()
        for document in rendered(path):
            name = document["metadata"]["name"]
            assert DNS_LABEL.fullmatch(name), name
            assert (document["kind"], name) not in seen
            seen.add((document["kind"], name))
            if document["kind"] == "StatefulSet":
                assert len(name) <= 52, "its pods' revision label has 11 characters more"

    def test_labels_are_labels(self, path):
        for document in rendered(path):
            for value in document["metadata"]["labels"].values():
                assert isinstance(value, str) and LABEL_VALUE.fullmatch(value), value

    def test_what_is_a_text_is_one(self, path):
        for document in rendered(path):
            assert isinstance(document["metadata"]["namespace"], str)
            for value in document["metadata"].get("annotations", {}).values():
                assert isinstance(value, str)
        for name, container in containers(rendered(path)):
            for entry in container.get("env", []):
                assert isinstance(entry.get("value", ""), str), f"{name} {entry}"

    def test_no_number_has_an_exponent(self, path):
        for value in scalars(rendered(path)):
            text = str(value)
            assert not re.fullmatch(r"-?\d+(\.\d+)?e[+-]\d+", text), text
            assert not isinstance(value, float) or value != int(value), value

    def test_no_variable_is_given_twice(self, path):
        for name, container in containers(rendered(path)):
            names = [entry["name"] for entry in container.get("env", [])]
            assert len(names) == len(set(names)), name

    def test_selectors_find_their_pods(self, path):
        documents = rendered(path)
        templates = dict(pods(documents))
        labels = [template["metadata"]["labels"] for template in templates.values()]
        for service in of_kind(documents, "Service"):
            selector = service["spec"]["selector"].items()
            assert any(selector <= have.items() for have in labels), service["metadata"]["name"]
        for workload in of_kind(documents, "Deployment") + of_kind(documents, "StatefulSet"):
            have = workload["spec"]["template"]["metadata"]["labels"].items()
            assert workload["spec"]["selector"]["matchLabels"].items() <= have


def test_two_long_releases_share_no_name():
    start = "the-recommender-of-the-department-of-moving-images-"
    both = [render(release=start + end) for end in ("01", "02")]
    names = [{(d["kind"], d["metadata"]["name"]) for d in documents} for documents in both]
    assert len(names[0]) == len(names[1]) > 60
    assert not names[0] & names[1]
    # A dot and a dash are the same in no name either.
    dotted = [{d["metadata"]["name"] for d in render(release=release)} for release in ("a.b-marquee", "a-b-marquee")]
    assert not dotted[0] & dotted[1]


def test_a_name_that_was_right_before_stays():
    for release, name in [("marquee", "marquee"), ("films", "films-marquee"), ("a" * 32, "a" * 32 + "-marquee")]:
        one(render(release=release), "Service", f"{name}-gateway")


# --- numbers ---------------------------------------------------------------------------------------------------------
def test_numbers_of_a_million_arrive_as_they_were_written():
    documents = file("numbers-of-a-million")
    everything = dict(containers(documents))
    assert variables(everything["marquee-recommender/recommender"])[
        "MARQUEE_RECOMMENDER_HISTORY_CACHE_BYTES"] == "1073741824"  # fmt: skip
    edge = variables(everything["marquee-gateway/edge"])
    assert {edge[f"MARQUEE_EDGE_{name}"] for name in ("RATE", "BURST", "AUTH_RATE", "AUTH_BURST")} == {"1000000"}
    demo = next(container for name, container in everything.items() if name.endswith("/demo"))
    assert variables(demo)["MARQUEE_DEMO_USERS"] == "1000000"
    assert variables(demo)["MARQUEE_DEMO_SEED"] == "4000000000"
    assert "work_mem=1048576" in everything["marquee-postgresql/postgresql"]["args"]
    assert everything["marquee-recommender/recommender"]["resources"]["limits"]["memory"] == 2147483648


def test_numbers_by_set_in_strings_and_as_floats_are_what_they_say():
    words = ["--set", "demo.users=1000000,services.auth.env.MARQUEE_X=16777216"]
    words += ["--set-string", "services.auth.env.MARQUEE_Y=16777216", "--set-json", "services.auth.env.MARQUEE_Z=1.6e7"]
    auth = dict(containers(render({}, *words)))["marquee-auth/auth"]
    have = variables(auth)
    assert [have[f"MARQUEE_{name}"] for name in "XYZ"] == ["16777216", "16777216", "16000000"]
    floats = file("numbers-as-floats")
    have = variables(dict(containers(floats))["marquee-trainer/trainer"])
    assert have["MARQUEE_TRAINER_PROMOTION_MARGIN"] == "0.25"
    assert have["MARQUEE_RPC_MAX_MESSAGE_BYTES"] == "16777216"
    assert one(floats, "Deployment", "marquee-auth")["spec"]["replicas"] == 2
    have = variables(dict(containers(file("numbers-as-strings")))["marquee-auth/auth"])
    assert have["MARQUEE_STOP_GRACE_MS"] == "010000"


def test_a_number_that_would_lose_digits_is_refused_by_its_name():
    said = refusal({"secrets": {"generate": True}, "services": {"auth": {"env": {"MARQUEE_X": 9007199254740993}}}})
    assert "services.auth.env.MARQUEE_X: 9007199254740992 is too large for a number" in said
    kept = {"services": {"auth": {"env": {"MARQUEE_X": "9007199254740993"}}}}
    assert variables(dict(containers(render(kept)))["marquee-auth/auth"])["MARQUEE_X"] == "9007199254740993"


# --- null ------------------------------------------------------------------------------------------------------------
def paths(schema, definitions, prefix=()):
    """Every key that the schema knows, as a path."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    for key, below in schema.get("properties", {}).items():
        yield (*prefix, key)
        yield from paths(below, definitions, (*prefix, key))
    # Any service; two that the suite says something of.
    if prefix == ("services",):
        for key in ("auth", "trainer"):
            yield (*prefix, key)
            yield from paths(schema["additionalProperties"], definitions, (*prefix, key))


SCHEMA = json.loads((CHART / "values.schema.json").read_text())
PATHS = sorted(set(paths(SCHEMA, SCHEMA["$defs"])))


def test_every_key_may_be_null():
    """From a file and by --set: rendered, and as with what stands in values.yaml, but where null takes away."""

    def text(*words, values=None):
        """Without what is another each time: Secrets, and what is named by its contents."""
        given = {"secrets": {"generate": True}} | (values or {})
        done = try_helm(given, "marquee", CHART, "--namespace", "marquee", *words)
        assert done.returncode == 0, f"{words} {values}: {done.stderr}"
        return [one for one in done.stdout.split("\n---\n") if not re.search(r"^kind: (Secret|Job)$", one, re.M)]

    base = text()

    def differs(path):
        given = None
        for key in reversed(path):
            given = {key: given}
        if path[0] == "secrets":  # which the values of the test itself set: a render without a cluster
            given = {"secrets": {"generate": True} | (given["secrets"] if path[1:] not in ((), ("generate",)) else {})}
            return text(values=given) != base
        # By --set it is the same to Helm; the top shows that.
        return text(values=given) != base or (len(path) == 1 and text("--set", f"{path[0]}=null") != base)

    assert len(PATHS) > 250
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        differing = {path for path, other in zip(PATHS, executor.map(differs, PATHS), strict=True) if other}
    assert differing, "null takes limits away"
    open_maps = {"resources", "settings", "podSecurityContext", "containerSecurityContext"}
    assert {path for path in differing if not open_maps & set(path)} == set()


# --- secrets ---------------------------------------------------------------------------------------------------------
NAMED = {
    "secrets": {"services": "s", "administrator": "a"},
    "postgresql": {"existingSecret": "p"},
    "grafana": {"enabled": True, "existingSecret": "g"},
}


@pytest.mark.parametrize("left_out", ["secrets.services", "secrets.administrator", "postgresql.existingSecret",
                                      "grafana.existingSecret"])  # fmt: skip
@pytest.mark.parametrize("generate", ["auto", False])
def test_without_a_cluster_no_secret_is_made_up(left_out, generate):
    values = json.loads(json.dumps(NAMED))
    part, key = left_out.split(".")
    del values[part][key]
    values["secrets"]["generate"] = generate
    said = refusal(values)
    assert f"{left_out}: name a Secret of yours" in said
    assert ("secrets.generate is false" in said) == (generate is False)
    assert ("secrets.generate=true" in said) == (generate == "auto")


def test_with_all_secrets_named_two_renders_are_one():
    first, second = (render(NAMED | {"secrets": NAMED["secrets"] | {"generate": "auto"}}) for _ in range(2))
    assert first == second
    assert of_kind(first, "Secret") == []


def test_a_cluster_is_asked_for_what_is_there(api_server):
    """A namespace that isn't there yet, one that is, and Secrets that an earlier revision made."""
    ask = {"environment": api_server.environment}
    words = ["--dry-run=server"]
    for namespace in ("not-made-yet", "kept"):
        made = of_kind(render({"secrets": {"generate": "auto"}}, *words, namespace=namespace, **ask), "Secret")
        assert len(made) == 3
        if namespace == "not-made-yet":
            assert api_server.kubectl("create", "namespace", "kept").returncode == 0
    assert api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(made)).returncode == 0
    again = of_kind(render({"secrets": {"generate": "auto"}}, *words, namespace="kept", **ask), "Secret")
    assert [secret["data"] for secret in again] == [secret["data"] for secret in made]
    listed = base64.b64decode(one(again, "Secret", "marquee-services")["data"]["service-secrets"]).decode()
    assert len(re.findall(r"^[a-z0-9-]+:\w{40}$", listed, re.M)) == len(SERVICES)


# --- mail ------------------------------------------------------------------------------------------------------------
def egress_ports(documents, name):
    policy = one(documents, "NetworkPolicy", f"marquee-{name}")
    return {port["port"]: rule.get("to") for rule in policy["spec"]["egress"] for port in rule["ports"]}


def test_mail_goes_where_it_is_said_and_nowhere_else():
    off, on = file("defaults"), file("mail")
    assert not [name for name in variables(dict(containers(off))["marquee-auth/auth"]) if "SMTP" in name]
    auth = dict(containers(on))["marquee-auth/auth"]
    told = variables(auth)
    assert told["MARQUEE_AUTH_SMTP_URL"] == "smtp://mail.example.com:587"
    assert told["MARQUEE_AUTH_SMTP_TLS"] == "required"
    assert told["MARQUEE_AUTH_SMTP_PASSWORD_FILE"] == "/etc/marquee/mail/password"
    assert told["MARQUEE_AUTH_SMTP_CA"] == "/etc/marquee/mail/ca.crt"
    assert {"name": "mail", "mountPath": "/etc/marquee/mail", "readOnly": True} in auth["volumeMounts"]
    assert egress_ports(on, "auth")[587] == [{"ipBlock": {"cidr": "192.0.2.25/32"}}]
    for documents, name in [(off, "auth"), (on, "catalog"), (on, "gateway")]:
        assert 587 not in egress_ports(documents, name)
    for wrong in ({"url": "smtp://mail.example.com"}, {"url": "smtp://a@b:25"}, {"url": "smtp://b:25", "from": ""}):
        assert refusal({"mail": {"from": "a@b.co", "linkUrl": "https://b.co"} | wrong})


# --- others' OpenID providers ----------------------------------------------------------------------------------------
def test_providers_are_told_and_reached_where_they_are_given():
    off, on = file("defaults"), file("identity-providers")
    assert not [name for name in variables(dict(containers(off))["marquee-auth/auth"]) if "PROVIDER" in name]
    auth = dict(containers(on))["marquee-auth/auth"]
    told = variables(auth)
    google, corp = json.loads(told["MARQUEE_AUTH_PROVIDERS"])
    assert (google["id"], google["name"], google["issuer"]) == ("google", "Google", "https://accounts.google.com")
    assert "scope" not in google
    assert (corp["client_id"], corp["scope"]) == ("marquee", "openid email")
    assert told["MARQUEE_AUTH_PROVIDER_SECRETS_FILE"] == "/etc/marquee/providers/client-secrets"
    assert told["MARQUEE_AUTH_PROVIDERS_CA"] == "/etc/marquee/providers/ca.crt"
    assert {"name": "providers", "mountPath": "/etc/marquee/providers", "readOnly": True} in auth["volumeMounts"]
    for port in (443, 8443):
        assert egress_ports(on, "auth")[port] == [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    for documents, name in [(off, "auth"), (on, "catalog"), (on, "gateway")]:
        assert 8443 not in egress_ports(documents, name)
    right = {"id": "a", "name": "A", "issuer": "https://a.example", "clientId": "m"}
    for wrong in ({"issuer": "http://a.example"}, {"id": "A b"}, {"clientId": ""}, {"scope": "email"}, {"secret": "s"}):
        assert refusal({"identityProviders": {"providers": [right | wrong], "existingSecret": "s"}})
    assert refusal({"identityProviders": {"providers": [right]}}), "without its secret"


# --- databases -------------------------------------------------------------------------------------------------------
def database_of(documents):
    """How rating-ingest and the migrate Job find it: URI, key of the password, what migrate is told."""
    everything = dict(containers(documents))
    service = everything["marquee-rating-ingest/rating-ingest"]
    schema = everything["marquee-rating-ingest/schema"]
    assert variables(schema)["MARQUEE_POSTGRES_URI"] == variables(service)["MARQUEE_POSTGRES_URI"]
    (key,) = (e["valueFrom"]["secretKeyRef"]["key"] for e in service["env"] if e["name"] == "PGPASSWORD")
    migrate = next(container for name, container in everything.items() if name.endswith("/migrate"))
    uri = re.fullmatch(r"postgresql://(\w+)@.*/(\w+)\?.*", variables(service)["MARQUEE_POSTGRES_URI"])
    return uri[1], uri[2], key, variables(migrate).get("MARQUEE_POSTGRES_DATABASES")


def test_a_database_has_its_services_name_or_the_one_that_is_said():
    assert database_of(file("defaults")) == ("rating_ingest", "rating_ingest", "rating_ingest-password", None)
    said = ("marquee_ratings", "marquee_ratings", "ratings-password", "rating-ingest=ratings")
    assert database_of(file("databases-of-before")) == said
    assert "ratings-password" in one(file("databases-of-before"), "Secret", "marquee-postgresql")["data"]
    assert "no service of that name" in refusal({"postgresql": {"databases": {"gateway": "x"}}})


@pytest.mark.parametrize("kind", ["generated", "named"])
def test_an_upgrade_keeps_the_database_of_before(kind, api_server):
    """What the Secret of the release before has tells: it knows `ratings` alone."""
    namespace, secret = f"before-{kind}", "marquee-postgresql" if kind == "generated" else "company-db"
    api_server.kubectl("create", "namespace", namespace)
    keys = {f"{name}-password": "b2xk" for name in ("postgres", "auth", "catalog", "ratings", "trainer", "reviews")}
    there = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": namespace}, "data": keys}
    assert api_server.kubectl("apply", "-f", "-", stdin=json.dumps(there)).returncode == 0
    values = {} if kind == "generated" else {"postgresql": {"existingSecret": secret}}
    ask = {"namespace": namespace, "environment": api_server.environment}
    documents = render(values, "--dry-run=server", **ask)
    assert database_of(documents) == ("ratings", "ratings", "ratings-password", "rating-ingest=ratings")
    if kind == "generated":
        kept = one(documents, "Secret", secret)["data"]
        assert kept.items() >= keys.items()
        assert set(kept) == {*keys, "registry-password"}, "and what is new since"
    # Once it was renamed and the Secret says so, the new name it is.
    there["data"]["rating_ingest-password"] = "b2xk"
    assert api_server.kubectl("apply", "-f", "-", stdin=json.dumps(there)).returncode == 0
    assert database_of(render(values, "--dry-run=server", **ask))[0] == "rating_ingest"


def models_of_before(documents):
    """(claim, where it is mounted, what the trainer is told, its strategy)"""
    spec = one(documents, "Deployment", "marquee-trainer")["spec"]
    pod = spec["template"]["spec"]
    claims = [volume["persistentVolumeClaim"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume]
    mounts = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "before"]
    told = [given["value"] for given in pod["containers"][0]["env"] if given["name"] == "MARQUEE_ARTEFACT_DIR"]
    assert all(claim["readOnly"] for claim in claims) and all(mount["readOnly"] for mount in mounts)
    return [claim["claimName"] for claim in claims], [m["mountPath"] for m in mounts], told, spec["strategy"]["type"]


FOUND = (["marquee-artefacts"], ["/var/lib/marquee-of-before"], ["/var/lib/marquee-of-before/artefacts"], "Recreate")


def test_the_trainer_has_no_claim_and_rolls():
    documents = render()
    assert models_of_before(documents) == ([], [], [], "RollingUpdate")
    assert not of_kind(documents, "PersistentVolumeClaim")


def test_a_claim_of_before_is_read_and_never_deleted(api_server):
    assert models_of_before(render({"training": {"persistence": {"existingClaim": "marquee-artefacts"}}})) == FOUND
    api_server.kubectl("create", "namespace", "artefacts-before")
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    there = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": claim}
    there["metadata"] = {"name": "marquee-artefacts", "namespace": "artefacts-before"}
    assert api_server.kubectl("apply", "-f", "-", stdin=json.dumps(there)).returncode == 0
    documents = render({}, "--dry-run=server", namespace="artefacts-before", environment=api_server.environment)
    assert models_of_before(documents) == FOUND
    rolls = {"services": {"trainer": {"strategy": {"type": "RollingUpdate"}}}}  # who has one node may
    documents = render(rolls, "--dry-run=server", namespace="artefacts-before", environment=api_server.environment)
    assert models_of_before(documents)[3] == "RollingUpdate"


# --- services --------------------------------------------------------------------------------------------------------
def test_an_unknown_service_is_refused_with_those_there_are():
    said = refusal({"services": {"catlog": {"replicas": 2}}})
    assert "services.catlog: there is no such service" in said
    for name in SERVICES:
        assert name in said


def test_a_service_that_doesnt_scale_stays_one():
    scaled = {"defaults": {"replicas": 3, "autoscaling": {"enabled": True}}}
    documents = render(scaled)
    assert one(documents, "Deployment", "marquee-trainer")["spec"]["replicas"] == 1
    scalers = {scaler["metadata"]["name"] for scaler in of_kind(documents, "HorizontalPodAutoscaler")}
    assert scalers == {f"marquee-{name}" for name in SERVICES if name != "trainer"}
    own = render(scaled | {"services": {"trainer": {"replicas": 2}}})
    assert one(own, "Deployment", "marquee-trainer")["spec"]["replicas"] == 2


# --- volumes ---------------------------------------------------------------------------------------------------------
def test_an_uninstall_leaves_every_volume():
    claims = of_kind(file("everything"), "PersistentVolumeClaim")
    assert {claim["metadata"]["name"] for claim in claims} == {"marquee-prometheus"}
    for claim in claims:
        assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize("component", ["postgresql", "kafka"])
def test_another_size_of_a_statefulsets_volume_is_refused_with_the_way(component, api_server):
    namespace = f"size-{component}"
    api_server.kubectl("create", "namespace", namespace)
    there = render({component: {"persistence": {"size": "1024Mi"}}}, namespace=namespace)
    made = api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(of_kind(there, "StatefulSet")))
    assert made.returncode == 0, made.stderr
    words = ["--dry-run=server", "--namespace", namespace]
    other = {"secrets": {"generate": True}, "kafka": {"persistence": {"size": "8Gi"}}}
    other |= {component: {"persistence": {"size": "9Gi"}}}
    said = refusal(other, *words, environment=api_server.environment)
    assert f"{component}.persistence.size: marquee-{component} has 1Gi" in said
    assert "A bigger volume" in said
    assert "## A bigger volume" in (ROOT / "docs" / "upgrade-and-rollback.md").read_text()
    # The same in another unit is the same.
    same = {component: {"persistence": {"size": "1Gi"}}}
    render(same, "--dry-run=server", namespace=namespace, environment=api_server.environment)


# --- images and their users ------------------------------------------------------------------------------------------
def test_images_by_digest():
    images = {name: container["image"] for name, container in containers(file("images-by-digest"))}
    mirror = "registry.example:5000/mirror/of/marquee"
    assert images["marquee-auth/auth"] == f"{mirror}/auth:1.2.3@sha256:{'a' * 64}"
    assert images["marquee-auth/schema"] == f"{mirror}/migrate:1.2.3@sha256:{'b' * 64}"
    assert images["marquee-catalog/catalog"] == f"{mirror}/catalog@sha256:{'c' * 64}"
    assert images["marquee-reviews/reviews"] == f"{mirror}/reviews:1.2.4@sha256:{'d' * 64}"
    assert images["marquee-trainer/trainer"] == f"{mirror}/trainer:1.2.3"
    assert images["marquee-gateway/edge"] == f"nginx:1.28.0@sha256:{'e' * 64}"


def contexts(documents):
    """Of each pod and each container."""
    for name, template in pods(documents):
        yield name, template["spec"].get("securityContext")
    for name, container in containers(documents):
        yield name, container.get("securityContext")


def test_every_pod_is_restricted_and_runs_as_its_images_user():
    documents = file("everything")
    for name, template in pods(documents):
        context = template["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        ids = {"marquee-postgresql": 999, "marquee-kafka": 1000, "marquee-grafana": 472, "marquee-prometheus": 65534}
        assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == ids.get(name, 10001), name
    for name, container in containers(documents):
        context = container["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert context["readOnlyRootFilesystem"] is True, name
        assert context.get("runAsUser") == (101 if name == "marquee-gateway/edge" else None), name


def test_a_cluster_may_choose_the_ids():
    for name, context in contexts(file("openshift")):
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(context), name
        assert context.get("runAsNonRoot", True) is True
    dns = one(file("openshift"), "NetworkPolicy", "marquee-default-deny")["spec"]["egress"][0]["ports"]
    assert dns == [{"port": 5353, "protocol": "UDP"}, {"port": 5353, "protocol": "TCP"}]
    assert {str(context) for _, context in contexts(file("ids-of-nobody"))} == {"None"}
    for name, context in contexts(file("ids-of-one-number")):
        assert context.get("runAsUser", 4321) == 4321, name


# --- IPv6 ------------------------------------------------------------------------------------------------------------
def test_services_listen_on_both_families():
    everything = dict(containers(file("everything")))
    for name in GRPC:
        assert variables(everything[f"marquee-{name}/{name}"])["MARQUEE_GRPC_LISTEN"] == "[::]:9000"
    edge = one(file("everything"), "ConfigMap", "marquee-edge")["data"]
    assert {"ipv6.conf.template", "ipv6-tls.conf.template", "ipv6.sh"} <= set(edge)


def test_addresses_of_ipv6_are_understood():
    documents = file("ipv6")
    everything = dict(containers(documents))
    uri = variables(everything["marquee-auth/auth"])["MARQUEE_POSTGRES_URI"]
    assert uri == "postgresql://auth@[fd00::15]:5432/auth?sslmode=disable"
    migrate = next(container for name, container in everything.items() if name.endswith("/migrate"))
    assert variables(migrate)["MARQUEE_POSTGRES_HOST"] == "fd00::15"
    ports = [rule["ports"] for rule in one(documents, "NetworkPolicy", "marquee-topics")["spec"]["egress"]]
    assert ports == [[{"port": 9092}]]
    service = one(documents, "Service", "marquee-gateway")["spec"]
    assert (service["ipFamilyPolicy"], service["ipFamilies"]) == ("RequireDualStack", ["IPv6", "IPv4"])


# --- the way in ------------------------------------------------------------------------------------------------------
def test_an_ingress_is_at_the_root_and_lets_a_poster_through():
    ingress = one(file("everything"), "Ingress", "marquee-gateway")
    assert ingress["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/proxy-body-size": "4m"}
    assert [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]] == ["/"]
    edge = (ROOT / "deploy" / "edge" / "nginx.conf.template").read_text()
    assert int(re.search(r"client_max_body_size (\d+)m", edge)[1]) < 4
    said = refusal({"ingress": {"enabled": True, "hosts": [{"host": "x", "path": "/marquee"}]}})
    assert "/ingress/hosts/0/path" in said


# --- time ------------------------------------------------------------------------------------------------------------
def test_every_job_ends_some_day():
    documents = file("variables-over-the-charts")
    assert len(of_kind(documents, "Job")) == 4
    for job in of_kind(documents, "Job"):
        assert job["spec"]["activeDeadlineSeconds"] == 21600
    cron = one(documents, "CronJob", "marquee-training")["spec"]
    assert (cron["schedule"], cron["timeZone"], cron["startingDeadlineSeconds"]) == ("@daily", "Europe/Berlin", 3600)
    assert cron["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 7200


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_goes_after_its_endpoints_and_its_successor_is_known_before(name):
    deployment = one(file("minikube"), "Deployment", f"marquee-{name}")["spec"]
    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert deployment["minReadySeconds"] == 10
    pod = deployment["template"]["spec"]
    own = next(container for container in pod["containers"] if container["name"] == name)
    slept = own["lifecycle"]["preStop"]["sleep"]["seconds"]
    # A service ends calls in flight within 10 s, nginx its longest request within 35 s.
    assert pod["terminationGracePeriodSeconds"] >= slept + 10
    assert "readinessProbe" in own
    if name == "gateway":
        edge = next(container for container in pod["containers"] if container["name"] == "edge")
        assert edge["lifecycle"]["preStop"]["exec"]["command"][-1] == "touch /run/edge/draining; sleep 10"
        assert slept > 10, "the gateway outlives nginx's last requests"
        assert pod["terminationGracePeriodSeconds"] >= 10 + 35
    # None that isn't ready, or that is on its way out, is found by name.
    for service in of_kind(file("minikube"), "Service"):
        if service["metadata"]["labels"]["app.kubernetes.io/component"] == name:
            assert not service["spec"].get("publishNotReadyAddresses")
