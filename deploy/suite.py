"""Reads deploy/suite.yaml: `load()` fills in what is left out, and refuses by the service and field in fault."""

import json
import pathlib

import jsonschema
import yaml

FOLDER = pathlib.Path(__file__).resolve().parent


class Wrong(Exception):
    """Every problem, a line each."""


def load(path=FOLDER / "suite.yaml"):
    """The declaration; every service has `name`, `calls`, `topics` with `reads` and `writes`, and `secrets`."""
    suite = yaml.safe_load(path.read_text())
    schema = json.loads((FOLDER / "suite.schema.json").read_text())
    problems = [_sentence(error) for error in jsonschema.Draft202012Validator(schema).iter_errors(suite)]
    if not problems:
        _fill(suite)
        problems = list(_problems(suite))
    if problems:
        raise Wrong("\n".join(f"{path.name}: {problem}" for problem in sorted(problems)))
    return suite


def variable(name):
    """What a name is in the middle of a variable's: rating-ingest → RATING_INGEST."""
    return name.replace("-", "_").upper()


def writers_of(suite, service):
    """{variable: names, comma-separated} of a service's `writers_of`."""
    return {
        name: ",".join(sorted(one for one, other in suite["services"].items() if topic in other["topics"]["writes"]))
        for name, topic in service.get("writers_of", {}).items()
    }


def next_export(suite, service):
    """Where a person's export goes on after this service's part; nothing after the last, or where it has no part."""
    parts = sorted((name, other["exports"]) for name, other in suite["services"].items() if "exports" in other)
    after = [path for name, path in parts if name > service["name"]]
    return after[0] if after and "exports" in service else ""


def databases(suite):
    return {name: service["database"] for name, service in suite["services"].items() if "database" in service}


def _sentence(error):
    where = ".".join(map(str, error.absolute_path)) or "the file"
    if error.validator in ("oneOf", "anyOf"):
        return f"{where}: {error.instance!r} is none of {error.validator_value}"
    return f"{where}: {error.message}"


def _fill(suite):
    names = list(suite["services"])
    for name, service in suite["services"].items():
        service["name"] = name
        service.setdefault("calls", [])
        if service["calls"] == "every service":
            service["calls"] = [other for other in names if other != name]
        service["topics"] = {"reads": [], "writes": []} | service.get("topics", {})
        service.setdefault("secrets", {})
    for job in suite["jobs"].values():
        job.setdefault("calls", [])
        job.setdefault("reaches", [])


def _problems(suite):
    yield from _problems_of_exports(suite)
    yield from _problems_of_calls(suite)
    yield from _problems_of_names(suite)
    yield from _problems_of_topics(suite)


def _problems_of_calls(suite):
    services, seen = suite["services"], set()
    for name, service in services.items():
        for called in service["calls"]:
            if called not in services:
                yield f"services.{name}.calls: there is no service {called}"
            elif called not in seen:
                yield f"services.{name}.calls: {called} must stand above {name}, since it starts first"
        seen.add(name)
    for name, job in suite["jobs"].items():
        for called in job["calls"]:
            if called not in services:
                yield f"jobs.{name}.calls: there is no service {called}"


def _problems_of_exports(suite):
    parts = sorted((name, service["exports"]) for name, service in suite["services"].items() if "exports" in service)
    for number, (name, path) in enumerate(parts):
        if (path == "/v1/me/export") != (number == 0):
            yield f"services.{name}.exports: the first by name, and no other, is /v1/me/export"


def _problems_of_names(suite):
    ports, packages = {}, {}
    for name, service in suite["services"].items():
        at = f"services.{name}"
        if name in suite["jobs"] or name in suite["bundled"]:
            yield f"{at}: the name is a job's or a bundled server's already"
        own = name.replace("-", "_")
        if "database" in service and service["database"]["name"] != own:
            yield f"{at}.database.name: must be {own}: one name for one thing"
        for kind, port in service["ports"].items():
            if port in ports:
                yield f"{at}.ports.{kind}: {port} is {ports[port]}'s"
            ports[port] = f"{name}'s {kind}"
        if ("serves" in service) != ("grpc" in service["ports"]):
            yield f"{at}.serves: a service with a gRPC port serves a proto package, and no other does"
        if (package := service.get("serves")) is not None:
            if package in packages:
                yield f"{at}.serves: {package} is {packages[package]}'s"
            packages[package] = name


def _problems_of_topics(suite):
    used = set()
    for name, service in suite["services"].items():
        for use in ("reads", "writes"):
            used.update(service["topics"][use])
            for topic in service["topics"][use]:
                if topic not in suite["topics"]:
                    yield f"services.{name}.topics.{use}: {topic} isn't declared under topics"
        for variable_name, topic in service.get("writers_of", {}).items():
            if topic not in suite["topics"]:
                yield f"services.{name}.writers_of.{variable_name}: {topic} isn't declared under topics"
    for topic in suite["topics"]:
        if topic not in used:
            yield f"topics.{topic}: no service reads or writes it"
