"""deploy/suite.yaml: wrong ones are refused by service and field, its renderings are fresh, and it says what is so."""

import hashlib
import json
import shutil
import subprocess

import psycopg
import pytest
import yaml

from support.declared import SERVICES, SUITE, declaration
from support.overlays import copy_overlays
from support.processes import BINARIES
from support.suite import ROOT


def run(*command, **more):
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **more
    )


# --- what is refused -------------------------------------------------------------------------------------------------
def change(path, value):
    """The declaration with one field set, or taken away (None)."""
    suite = yaml.safe_load((ROOT / "deploy/suite.yaml").read_text())
    *way, last = path.split("/")
    node = suite
    for step in way:
        node = node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return suite


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("services/catalog/port", 1, "services.catalog: Additional properties are not allowed ('port' was unexpected)"),
        ("services/catalog/scales", None, "services.catalog: 'scales' is a required property"),
        ("services/catalog/ports/grpc", "9000", "services.catalog.ports.grpc: '9000' is not of type 'integer'"),
        ("services/catalog/ports/grpc", 50051, "services.catalog.ports.grpc: 50051 is auth's grpc"),
        ("services/catalog/calls", ["trainer"], "services.catalog.calls: trainer must stand above catalog"),
        ("services/catalog/calls", ["nobody"], "services.catalog.calls: there is no service nobody"),
        ("services/catalog/database/name", "movies", "services.catalog.database.name: must be catalog"),
        (
            "services/catalog/topics/reads",
            ["marquee.x.v1"],
            "services.catalog.topics.reads: marquee.x.v1 isn't declared",
        ),
        ("services/catalog/serves", None, "services.catalog.serves: a service with a gRPC port serves a proto package"),
        ("services/reviews/serves", "marquee.catalog.v1", "services.reviews.serves: marquee.catalog.v1 is catalog's"),
        (
            "services/trainer/resources/limits/memory",
            "2G",
            "services.trainer.resources.limits.memory: '2G' does not match",
        ),
        ("jobs/demo/calls", ["nobody"], "jobs.demo.calls: there is no service nobody"),
        (
            "services/auth/writers_of/MARQUEE_AUTH_ERASURE_SERVICES",
            "marquee.nothing.v1",
            "services.auth.writers_of.MARQUEE_AUTH_ERASURE_SERVICES: marquee.nothing.v1 isn't declared under topics",
        ),
        (
            "services/reviews/exports",
            "/v1/me/export",
            "services.reviews.exports: the first by name, and no other, is /v1/me/export",
        ),
        ("topics/marquee.models.v1/kept", None, "topics.marquee.models.v1: 'kept' is a required property"),
    ],
)
def test_a_wrong_declaration_names_the_service_and_the_field(path, value, said, tmp_path):
    file = tmp_path / "suite.yaml"
    file.write_text(yaml.safe_dump(change(path, value), sort_keys=False))
    with pytest.raises(declaration.Wrong) as refused:
        declaration.load(file)
    assert f"suite.yaml: {said}" in str(refused.value)


def test_an_export_goes_through_all_who_keep_something_of_people():
    parts = {service["exports"]: service for service in SUITE["services"].values() if "exports" in service}
    path, seen = "/v1/me/export", []
    while path:
        seen.append(path)
        path = declaration.next_export(SUITE, parts[path])
    assert sorted(seen) == sorted(parts)
    assert declaration.next_export(SUITE, SUITE["services"]["gateway"]) == ""


def test_who_erases_confirms():
    topics = {name: service["topics"] for name, service in SUITE["services"].items()}
    erasing = sorted(name for name, of in topics.items() if "marquee.erasures.v1" in of["reads"])
    assert declaration.writers_of(SUITE, SUITE["services"]["auth"]) == {
        "MARQUEE_AUTH_ERASURE_SERVICES": ",".join(erasing)
    }


def test_every_rendering_is_fresh():
    done = run("ci/suite", "render", "--check")
    assert done.returncode == 0, done.stderr


def test_no_template_asks_for_a_service_by_name():
    for path in (ROOT / "helm/marquee/templates").rglob("*.*"):
        text = path.read_text()
        for name in SERVICES:
            assert f'eq $name "{name}"' not in text and f'eq .name "{name}"' not in text, path
        assert "| replace " not in text and "(replace " not in text, path


# --- what it says is so ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_its_folder_and_proto(name):
    service = SUITE["services"][name]
    assert (ROOT / "services" / name / "main.cpp").exists()
    assert (ROOT / "services" / name / "migrations/sqitch.plan").exists() == ("database" in service)
    if "serves" in service:
        package = service["serves"].split(".")
        protos = [proto.read_text() for proto in (ROOT / "proto").joinpath(*package).glob("*.proto")]
        assert protos and all(f"package {service['serves']};" in proto for proto in protos)
        if "exports" in service:
            assert any(f'get: "{service["exports"]}" response_body: "lines"' in proto for proto in protos)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reads_the_variables_of_what_it_declares(name):
    """Its own --config-reference: an address for each whom it calls, a database, brokers, a volume, secrets."""
    service = SUITE["services"][name]
    done = run(BINARIES / f"marquee-{name}", "--config-reference", env={})
    assert done.returncode == 0, done.stderr
    read = {entry["name"] for entry in json.loads(done.stdout)}
    addresses = {f"MARQUEE_{declaration.variable(other)}_ADDRESS": other for other in SERVICES}
    assert {addresses[variable] for variable in read if variable in addresses} == set(service["calls"])
    assert ("MARQUEE_POSTGRES_URI" in read) == ("database" in service)
    assert ("MARQUEE_KAFKA_BROKERS" in read) == any(service["topics"].values())
    wanted = {*service["secrets"].values(), *service.get("variables", {}), *service.get("writers_of", {})}
    wanted |= {service[field] for field in ("service_secrets", "public_address") if field in service}
    wanted |= {service["volume"]["variable"]} if "volume" in service else set()
    assert wanted <= read
    assert ("MARQUEE_EXPORT_NEXT" in read) == ("exports" in service)


# --- deploy/local ----------------------------------------------------------------------------------------------------
def bash(state, script):
    done = run("bash", "-c", f". deploy/local/lib/common.sh; . deploy/local/lib/services.sh; {script}",
               env={"PATH": "/usr/bin:/bin", "MARQUEE_STATE_DIR": str(state)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_state_folder_of_before_keeps_its_database(tmp_path):
    assert bash(tmp_path, "service_database rating-ingest") == ["rating_ingest"]
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/postgres-ratings").write_text("a-password")
    assert bash(tmp_path, "service_database rating-ingest") == ["ratings"]
    assert bash(tmp_path, "service_database catalog") == ["catalog"]


def test_a_service_that_has_come_since_gets_the_next_port_and_the_others_keep_theirs(tmp_path):
    (tmp_path / "ports.env").write_text("edge=20480\nkafka=20485\nauth=20491\nrating_ingest=20493\n")
    script = "ports_init; for name in edge kafka auth rating-ingest reviews_metrics; do echo ${PORT[$name]}; done"
    ports = bash(tmp_path, script)
    assert ports[:3] == ["20480", "20485", "20491"]
    assert len(set(ports)) == len(ports) and all(20493 < int(port) < 20520 for port in ports[3:])
    assert bash(tmp_path, script) == ports


# --- backup ----------------------------------------------------------------------------------------------------
def archive(folder, names):
    """As deploy/backup/backup makes it, of databases with those names."""
    (folder / "databases").mkdir(parents=True)
    for name in names:
        (folder / "databases" / f"{name}.dump").write_text(f"dump of {name}")
    databases = [{"name": n, "file": f"databases/{n}.dump", "bytes": 1, "rows": {}, "changes": ["a"]} for n in names]
    manifest = {"format": 1, "created_at": "then", "marquee": "0.1.0", "postgresql": "15.14", "databases": databases}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"artefacts": [], "versions": []}))
    files = ["manifest.json", *(one["file"] for one in databases)]
    sums = [f"{hashlib.sha256((folder / file).read_bytes()).hexdigest()}  {file}\n" for file in files]
    (folder / "SHA256SUMS").write_text("".join(sums))
    subprocess.run(["tar", "-cf", folder / "a.tar", "-C", folder, *files, "SHA256SUMS"], check=True)
    return folder / "a.tar"


@pytest.mark.skipif(not shutil.which("jq"), reason="jq isn't installed")
def test_an_archive_of_before_is_known_by_the_old_name(tmp_path):
    now = [database["name"] for database in declaration.databases(SUITE).values()]
    before = ["ratings" if name == "rating_ingest" else name for name in now]
    for number, names_ in enumerate((now, before)):
        done = run("deploy/backup/restore", "--check", archive(tmp_path / str(number), names_))
        assert done.returncode == 0, done.stderr
        assert "  rating_ingest: 0 rows" in done.stderr + done.stdout
    lacking = run("deploy/backup/restore", "--check", archive(tmp_path / "lacking", before[:-1]))
    assert lacking.returncode == 1 and f"lacks the database {now[-1]}" in lacking.stderr


# --- migrate ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def migrate(infra, tmp_path):
    """migrate-all as in its image, with databases of this test's own prefix."""
    share, passwords, prefix = tmp_path / "share", tmp_path / "passwords", f"t{tmp_path.name.replace('-', '_')[-20:]}_"
    share.mkdir()
    passwords.mkdir()
    for name, target in {
        "deploy": "deploy",
        "ci": "ci",
        "services": "services",
        "jobs": "deploy/images/migrate",
    }.items():
        (share / name).symlink_to(ROOT / target)
    parts = psycopg.conninfo.conninfo_to_dict(infra.postgres_uri)
    (passwords / "postgres-password").write_text(parts["password"])
    for name in ["ratings", *(database["name"] for database in declaration.databases(SUITE).values())]:
        (passwords / f"{name}-password").write_text(f"secret-of-{name}")

    def job(**more):
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "MARQUEE_SHARE": str(share)}
        settings = {"HOST": parts["host"], "PORT": parts["port"], "SUPERUSER": "postgres", "PREFIX": prefix}
        settings |= {"PASSWORD_DIR": passwords} | more
        environment |= {f"MARQUEE_POSTGRES_{key}": str(value) for key, value in settings.items()}
        return run(share / "jobs" / "migrate-all", env=environment)

    with psycopg.connect(infra.postgres_uri, autocommit=True) as admin:
        yield job, admin, prefix
        for (name,) in admin.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        ).fetchall():
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            admin.execute(f'DROP ROLE "{name}"')


def names(admin, prefix):
    rows = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]).fetchall()
    return {name.removeprefix(prefix) for (name,) in rows}


@pytest.mark.skipif(not shutil.which("sqitch"), reason="sqitch isn't installed")
def test_migrate_never_makes_an_empty_database_beside_the_one_of_before(migrate):
    job, admin, prefix = migrate
    admin.execute(f"CREATE ROLE {prefix}ratings LOGIN PASSWORD 'secret-of-ratings'")
    admin.execute(f"CREATE DATABASE {prefix}ratings OWNER {prefix}ratings")

    refused = job()
    assert refused.returncode == 1
    assert f"the server has {prefix}ratings, its database of before" in refused.stderr
    assert "rating_ingest" not in names(admin, prefix)

    kept = job(DATABASES="rating-ingest=ratings")
    assert kept.returncode == 0, kept.stderr
    assert "rating_ingest" not in names(admin, prefix)

    # As docs/upgrade-and-rollback.md has it.
    admin.execute(f"ALTER DATABASE {prefix}ratings RENAME TO {prefix}rating_ingest")
    admin.execute(f"ALTER ROLE {prefix}ratings RENAME TO {prefix}rating_ingest")
    renamed = job()
    assert renamed.returncode == 0, renamed.stderr
    assert "rating-ingest: has " in renamed.stderr
    assert names(admin, prefix) == {database["name"] for database in declaration.databases(SUITE).values()}


@pytest.mark.parametrize("script", ["deploy/compose/secrets", "k8s/secrets"])
def test_the_new_name_gets_the_old_password(script, tmp_path):
    """A role that is renamed keeps its password: whoever makes secrets gives that to the new name."""
    if script == "k8s/secrets":
        folder = tmp_path / "k8s/overlays/minikube/secrets/postgresql"
        command, environment = [copy_overlays(tmp_path), "minikube", "--new"], {"PATH": "/usr/bin:/bin"}
    else:
        folder = tmp_path / "secrets"
        command, environment = [ROOT / script], {"PATH": "/usr/bin:/bin", "MARQUEE_SECRETS_DIR": str(folder)}
    folder.mkdir(parents=True)
    (folder / "ratings-password").write_text("of-before")
    done = run(*command, env=environment)
    assert done.returncode == 0, done.stderr
    assert (folder / "rating_ingest-password").read_text() == "of-before"
    assert (folder / "catalog-password").read_text() not in ("", "of-before")
