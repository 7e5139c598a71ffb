"""Every service's migrations: deploy as the service's own role, verify, revert to nothing, and deploy again."""

import subprocess
import uuid

import psycopg
import pytest
from psycopg import sql

from support.declared import SUITE
from support.suite import ROOT

SERVICES = [name for name, service in SUITE["services"].items() if "database" in service]
CREATED = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'sqitch')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""


@pytest.fixture
def database(infra):
    """A new database owned by a role that is no superuser, as in a real installation."""
    name = f"migrations_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(infra.postgres_uri, autocommit=True) as admin:
        role, password = sql.Identifier(name), sql.Literal("test")
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
        parts = psycopg.conninfo.conninfo_to_dict(infra.postgres_uri)
        try:
            yield f"postgresql://{name}:test@{parts['host']}:{parts['port']}/{name}"
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
            admin.execute(sql.SQL("DROP ROLE {}").format(role))


def migrate(service, uri, action):
    done = subprocess.run(
        [ROOT / "ci" / "migrate", service, uri, action],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def created(uri):
    with psycopg.connect(uri) as connection:
        return connection.execute(CREATED).fetchall()


@pytest.mark.parametrize("service", SERVICES)
def test_deploys_verifies_and_reverts_to_nothing(service, database):
    migrate(service, database, "deploy")
    assert created(database)
    migrate(service, database, "verify")
    assert "Nothing to deploy" in migrate(service, database, "deploy")
    migrate(service, database, "revert")
    assert created(database) == []
    migrate(service, database, "deploy")
    migrate(service, database, "verify")


def test_a_wrong_call_is_one_clear_line(infra):
    for arguments, line in [
        (["nothing", infra.postgres_uri], "no services/nothing/migrations/sqitch.plan"),
        (["catalog", "mysql://x/y"], "DB_URI must begin with postgresql://"),
        (["catalog", infra.postgres_uri, "explode"], "unknown action explode"),
    ]:
        done = subprocess.run(
            [ROOT / "ci" / "migrate", *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 2
        assert line in done.stderr
        assert len(done.stderr.splitlines()) == 1
