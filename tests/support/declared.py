"""deploy/suite.yaml, for tests: what services there are, and what each has."""

import sys

from support.suite import ROOT

sys.path.insert(0, str(ROOT / "deploy"))

import suite as declaration  # noqa: E402

SUITE = declaration.load()
SERVICES = list(SUITE["services"])
DATABASES = [database["name"] for database in declaration.databases(SUITE).values()]
# Those that answer gRPC.
GRPC = [name for name, service in SUITE["services"].items() if "grpc" in service["ports"]]
