"""The gateway's program by itself, no service behind it: its start, its stop, its document."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
from urllib.parse import quote

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from support.declared import GRPC, declaration

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "bin" / "marquee-gateway"


def settings(**more):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MARQUEE_")}
    environment |= {f"MARQUEE_{declaration.variable(name)}_ADDRESS": "127.0.0.1:1" for name in GRPC}
    environment |= {"MARQUEE_GATEWAY_LISTEN": "127.0.0.1:0", "MARQUEE_METRICS_LISTEN": "127.0.0.1:0"}
    environment |= {"MARQUEE_SERVICE_SECRET": "secret"}
    environment |= {"MARQUEE_GATEWAY_SWAGGER_DIR": str(ROOT / ".tools/node/node_modules/swagger-ui-dist")}
    return environment | more


class Gateway:
    def __init__(self):
        self.process = subprocess.Popen([BINARY], env=settings(), stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            event = json.loads(line)
            if event["msg"] == "listening":
                self.url = f"http://127.0.0.1:{event['port']}"
                break
        else:
            raise AssertionError(f"the gateway ended with {self.process.wait()}")
        # What it logs later must not fill the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def gateway():
    gateway = Gateway()
    yield gateway
    assert gateway.stop() == 0


def test_the_document_is_valid_openapi_3_1(gateway):
    answer = requests.get(gateway.url + "/openapi.json", timeout=10)
    assert answer.headers["Content-Type"] == "application/json"
    errors = list(OpenAPIV31SpecValidator(answer.json()).iter_errors())
    assert errors == []


def nodes(value, pointer="#"):
    """Every object in a document, with where it is."""
    if isinstance(value, dict):
        yield pointer, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, child in children:
        yield from nodes(child, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def test_its_examples_are_what_its_schemas_say(gateway):
    document = requests.get(gateway.url + "/openapi.json", timeout=10).json()
    registry = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    checked = 0
    for pointer, node in nodes(document):
        if isinstance(node.get("examples"), list):
            examples, schema = node["examples"], pointer
        elif "example" in node and "schema" in node:
            examples, schema = [node["example"]], pointer + "/schema"
        else:
            continue
        validator = Draft202012Validator(
            {"$ref": "urn:document" + quote(schema, safe="#/~")},
            registry=registry,
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        for example in examples:
            assert [error.message for error in validator.iter_errors(example)] == [], pointer
            checked += 1
    assert checked > 50


def test_a_generator_of_clients_can_name_everything(gateway):
    document = requests.get(gateway.url + "/openapi.json", timeout=10).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", name) for name in names), names
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) for name in document["components"]["schemas"])
    for operation in operations:
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [answer for status, answer in operation["responses"].items() if status < "300"]
        for body in bodies:
            for kind, content in body.get("content", {}).items():
                # A type without a name would be called by its place, and differently by the next version.
                schema = content["schema"]
                named = all("$ref" in one for one in schema.get("anyOf", [schema]))
                not_json = kind in ("*/*", "application/jsonl", "text/html; charset=utf-8")
                assert named or not_json, (operation["operationId"], schema)


def test_the_document_describes_what_is_served(gateway):
    document = requests.get(gateway.url + "/openapi.json", timeout=10).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            target = path
            for parameter in operation.get("parameters", []):
                if parameter.get("in") == "path":
                    target = target.replace("{" + parameter["name"] + "}", "7")
            answer = requests.request(method, gateway.url + target, timeout=10)
            # No service answers; but the route is there, and the gateway found nothing wrong with it.
            assert answer.status_code == 503, (method, target, answer.text)
            described = operation["responses"][str(answer.status_code)]
            if "$ref" in described:
                described = document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
            assert answer.headers["Content-Type"] in described["content"]


def test_swagger_ui_needs_no_inline_script(gateway):
    page = requests.get(gateway.url + "/docs", timeout=10)
    assert page.status_code == 200
    assert page.text.count("<script") == page.text.count("<script src=") == 2
    for file in ("swagger-ui.css", "swagger-ui-bundle.js", "initializer.js", "favicon-32x32.png"):
        assert requests.get(f"{gateway.url}/docs/{file}", timeout=10).status_code == 200, file
    for path in ("/docs/package.json", "/docs/..%2fpackage.json", "/docs/index.js"):
        assert requests.get(gateway.url + path, timeout=10).status_code == 404, path


def test_a_wrong_configuration_is_told_whole():
    done = subprocess.run(
        [BINARY],
        env={"MARQUEE_GATEWAY_LISTEN": "nonsense", "MARQUEE_GATEWAY_DEADLINE_MS": "soon"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 78
    missing = ("MARQUEE_CATALOG_ADDRESS", "MARQUEE_SERVICE_SECRET")
    for name in ("MARQUEE_GATEWAY_LISTEN", "MARQUEE_GATEWAY_DEADLINE_MS", *missing):
        assert name in done.stderr


def test_a_port_in_use_is_one_clear_line(gateway):
    address = gateway.url.removeprefix("http://")
    done = subprocess.run(
        [BINARY],
        env=settings(MARQUEE_GATEWAY_LISTEN=address),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"can't listen on {address}: Address already in use\n"
