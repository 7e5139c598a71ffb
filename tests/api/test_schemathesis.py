"""schemathesis (property-based tests of what /openapi.json says) against the edge, as each role: requests that the
document allows are taken, others are refused, and every answer is one that it describes.

MARQUEE_API_EXAMPLES  how many requests each operation gets of each kind; the short round of ci/test without
MARQUEE_API_SEED      of what is generated: the same requests for the same seed; printed with the result
"""

import json
import os
import pathlib
import random
import subprocess
import sys

import pytest

from support.api import Problem
from support.waiting import eventually

HERE = pathlib.Path(__file__).parent
DEEP = "MARQUEE_API_EXAMPLES" in os.environ
EXAMPLES = os.environ.get("MARQUEE_API_EXAMPLES", "2")
# Deep rounds look elsewhere each time; the short one is the same for everybody.
SEED = os.environ.get("MARQUEE_API_SEED") or str(random.randrange(10**9) if DEEP else 1)
PHASES = "examples,coverage,fuzzing,stateful" if DEEP else "examples,fuzzing"


@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("role", ["anonymous", "user", "curator", "administrator"])
def test_the_api_is_as_documented(target, role):
    api = target.callers[role]
    people = [other for name, other in target.callers.items() if name != "anonymous"]
    caller = {"url": target.url, "accounts": [str(person.user["user_id"]) for person in people]}
    if role != "anonymous":
        caller["refresh_token"] = api.refresh_token
    command = [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run"]
    command += [
        target.url + "/openapi.json",
        "--max-examples",
        EXAMPLES,
        "--seed",
        SEED,
        "--phases",
        PHASES,
        "--no-color",
    ]
    done = subprocess.run(command, cwd=HERE, env=os.environ | {"MARQUEE_API_CALLER": json.dumps(caller)}, check=False)
    assert done.returncode == 0, f"see above; again with MARQUEE_API_SEED={SEED} MARQUEE_API_EXAMPLES={EXAMPLES}"
    if role != "anonymous":
        had = api.user["roles"]
        # Who guessed passwords waits for a while.
        eventually(lambda: api.login(api.user["email"]), 90, interval=1, what=f"the {role} signs in", not_yet=Problem)
        assert api.user["roles"] == had, "a request took the caller's role away: what followed tested little"
