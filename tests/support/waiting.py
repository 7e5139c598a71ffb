"""Waiting for something to become true, with a deadline; the one place of the tests that sleeps."""

import time


def eventually(check, seconds=30, interval=0.05, what=None, *, not_yet=AssertionError, failure=AssertionError):
    """Calls `check` until it returns something true, and returns that. Errors of `not_yet` count as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            result = check()
            if result:
                return result
            why = f"last: {result!r}"
        except not_yet as error:
            why = f"last: {error}"
        if time.monotonic() > deadline:
            raise failure(f"{what or check.__name__}: not within {seconds} s; {why}")
        time.sleep(interval)
