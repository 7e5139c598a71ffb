#!/usr/bin/env python3
"""Whether the time of a login tells that there is an account: medians for known and unknown ones, and their ratio.

  tests/bench/login_times.py http://127.0.0.1:PORT [--each 500]

PORT is the gateway's own (STATE/ports.env: gateway), for the edge's limits would be what is measured. Known and unknown
take turns, each login from an address and for an account that haven't been guessed at before, with a password of which
the normalized form differs for every second one. Ends with 1 when the medians differ by more than 5 %.
"""

import argparse
import itertools
import statistics
import sys
import time
import uuid

import requests

PASSWORD = "correct horse battery"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gateway")
    parser.add_argument("--each", type=int, default=500)
    flags = parser.parse_args()
    http = requests.Session()
    addresses = (f"2001:db8:{high:x}:{low:x}::1" for high, low in itertools.product(range(9999), range(9999)))
    run = uuid.uuid4().hex[:8]

    def post(path, body):
        started = time.perf_counter()
        headers = {"X-Forwarded-For": next(addresses)}
        answer = http.post(flags.gateway + path, json=body, headers=headers, timeout=30)
        return answer.status_code, time.perf_counter() - started

    # Five guesses at each are looked at without a wait; four are made.
    known = [f"known-{run}-{n}@example.com" for n in range((flags.each + 3) // 4)]
    for email in known:
        status, _ = post("/v1/auth/register", {"email": email, "password": PASSWORD})
        assert status == 201, status
    times = {"known": [], "unknown": []}
    for n in range(flags.each):
        password = "a wrong guess" if n % 2 else "a wrong gue\u0301ss"
        for kind, email in (("known", known[n // 4]), ("unknown", f"unknown-{run}-{n // 4}@example.com")):
            status, took = post("/v1/auth/login", {"email": email, "password": password})
            assert status == 401, status
            times[kind].append(took)
    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    ratio = medians["known"] / medians["unknown"]
    for kind, taken in times.items():
        deciles = statistics.quantiles(taken, n=10)
        print(
            f"{kind:8} {len(taken)} logins: median {medians[kind] * 1000:.2f} ms, "
            f"10 % {deciles[0] * 1000:.2f} ms, 90 % {deciles[8] * 1000:.2f} ms"
        )
    print(f"known / unknown: {ratio:.4f}")
    return 0 if abs(ratio - 1) <= 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
