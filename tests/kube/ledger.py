"""What the suite has acknowledged, so that it can be held to it: users, and every rating that was sent for them.

Kept in a file beside the run's logs, so that a later step (or a later run with --from) still knows it all.
"""

import collections
import dataclasses
import json
import os
import threading
import time


@dataclasses.dataclass
class Person:
    user_id: int
    email: str
    password: str
    token: str = ""
    token_until: float = 0.0
    position: str = ""  # the log's positions of the latest writes, which a later read waits for


@dataclasses.dataclass(frozen=True)
class Write:
    value: float
    acknowledged: bool
    at: float
    trace_id: str = ""


class Ledger:
    """Thread-safe. One writer at a time for each (user, movie): `begin` refuses a pair that is being written."""

    def __init__(self, path):
        self._path = path
        self._lock = threading.Lock()
        self.people = {}
        self._writes = collections.defaultdict(list)  # (user, movie) → [Write]
        self._busy = set()
        if path.exists():
            for line in path.read_text().splitlines():
                self._read(json.loads(line))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", buffering=1)

    def _read(self, entry):
        kind = entry.pop("kind")
        if kind == "person":
            self.people[entry["user_id"]] = Person(**entry)
        else:
            key = entry.pop("user_id"), entry.pop("movie_id")
            self._writes[key].append(Write(**entry))

    def _append(self, kind, **fields):
        self._file.write(json.dumps({"kind": kind, **fields}) + "\n")

    def forget(self):
        """A new installation owes nothing of an old one."""
        with self._lock:
            self.people, self._busy = {}, set()
            self._writes.clear()
            self._file.truncate(0)

    def add_person(self, user_id, email, password):
        person = Person(user_id, email, password)
        with self._lock:
            self.people[user_id] = person
            self._append("person", user_id=user_id, email=email, password=password)
        return person

    def begin(self, user_id, movie_id):
        """False: somebody writes it now, or a write to it went unanswered and may still arrive."""
        key = user_id, movie_id
        with self._lock:
            writes = self._writes.get(key, ())
            if key in self._busy or any(not write.acknowledged for write in writes):
                return False
            self._busy.add(key)
            return True

    def last(self, user_id, movie_id):
        with self._lock:
            writes = self._writes.get((user_id, movie_id), ())
            return writes[-1].value if writes else None

    def finish(self, user_id, movie_id, value, acknowledged, trace_id):
        write = Write(value, acknowledged, time.time(), trace_id)
        with self._lock:
            self._busy.discard((user_id, movie_id))
            self._writes[user_id, movie_id].append(write)
            self._append("write", user_id=user_id, movie_id=movie_id, **dataclasses.asdict(write))

    def rated(self, user_id, movies):
        """Those of the movies that the user has an acknowledged rating of."""
        with self._lock:
            return {m for m in movies if any(w.acknowledged for w in self._writes.get((user_id, m), ()))}

    @property
    def acknowledged(self):
        with self._lock:
            return sum(write.acknowledged for writes in self._writes.values() for write in writes)

    def owed(self):
        """{(user, movie): what its value may be}: the last acknowledged one, or one sent after it without an answer."""
        with self._lock:
            owed = {}
            for key, writes in self._writes.items():
                last = max((i for i, write in enumerate(writes) if write.acknowledged), default=None)
                if last is not None:
                    owed[key] = [write.value for write in writes[last:]]
            return owed

    def counts(self):
        """{(user, movie): how many events were acknowledged}, of pairs where nothing went unanswered."""
        with self._lock:
            return {
                key: len(writes)
                for key, writes in self._writes.items()
                if writes and all(write.acknowledged for write in writes)
            }
