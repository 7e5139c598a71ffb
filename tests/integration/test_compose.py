"""deploy/compose: its secrets, and that its services are locked down and configured as deploy/local's are."""

import os
import re
import stat
import subprocess

import pytest
import yaml

from support.declared import SERVICES
from support.suite import ROOT

COMPOSE = ROOT / "deploy" / "compose"


@pytest.fixture(scope="module")
def file():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())


def make_secrets(folder, *arguments):
    environment = os.environ | {"MARQUEE_SECRETS_DIR": str(folder)}
    subprocess.run([COMPOSE / "secrets", *arguments], env=environment, check=True, capture_output=True, timeout=60)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_secrets_are_made_once_and_stay(tmp_path):
    first = make_secrets(tmp_path / "s", "--administrator", "me@example.com")
    assert make_secrets(tmp_path / "s", "--administrator", "other@example.com") == first
    assert first["administrator-email"] == "me@example.com"
    assert first["auth-uri"] == f"postgresql://auth:{first['auth-password']}@postgres:5432/auth"
    assert f"rating-ingest:{first['service-rating-ingest']}\n" in first["service-secrets"]
    random = [value for name, value in first.items() if name not in ("administrator-email", "service-secrets")]
    assert len(set(random)) == len(random)
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700


def test_every_secret_that_is_named_is_made_and_used(file, tmp_path):
    made = make_secrets(tmp_path / "s")
    used = {secret for service in file["services"].values() for secret in service.get("secrets", [])}
    assert set(file["secrets"]) == set(made) == used


def test_every_container_is_locked_down(file):
    for name, service in file["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in service and "privileged" not in service, name


def test_only_the_edges_port_is_published_on_loopback(file):
    published = {name: service["ports"] for name, service in file["services"].items() if "ports" in service}
    assert published == {"gateway": ["${MARQUEE_LISTEN:-127.0.0.1:8080}:8080"]}
    assert file["services"]["edge"]["network_mode"] == "service:gateway"


def test_no_secret_is_in_the_file_itself(file):
    for name, service in file["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|_URI", key) and not key.endswith("_DIR"):
                assert str(value).startswith("/run/secrets/"), f"{name} {key}"


def test_services_have_the_variables_that_deploy_local_gives_them(file):
    """A variable that is added to one and forgotten in the other is found here."""
    script = """
      . deploy/local/lib/common.sh; . deploy/local/lib/services.sh
      for name in $(ports_table | awk '{print $1}'); do PORT[$name]=1; done
      kafka_brokers() { echo k; }
      secret_file() { echo "s/$1"; }
      for name in $(service_names); do service_env "$name" | sed "s/=.*//; s/^/$name /"; done
    """
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    wanted = {}
    for row in done.stdout.splitlines():
        service, variable = row.split()
        wanted.setdefault(service, set()).add(variable)
    assert list(wanted) == SERVICES
    for service, variables in wanted.items():
        assert variables <= set(file["services"][service]["environment"]), service
