"""Waiting for something to become true, with a deadline; the one place of the tests that sleeps."""

import time


def eventually(check, seconds=30, interval=0.05, what=None):
    """Calls `check` until it returns something true, and returns that. Assertion errors count as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            result = check()
            if result:
                return result
            why = f"last: {result!r}"
        except AssertionError as error:
            why = f"last: {error}"
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or check.__name__}: not within {seconds} s; {why}")
        time.sleep(interval)
