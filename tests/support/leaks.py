"""What must be in no log: passwords, tokens, keys, and the suite's own secrets."""

import re

SHAPES = {
    "a token": re.compile(rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}"),
    "an API key": re.compile(rb"mk_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}"),
    "a private key": re.compile(rb"BEGIN (EC )?PRIVATE KEY"),
}
LEAST = 12  # characters; less says nothing


def secrets_of(state):
    """Of the files in which a suite keeps its own."""
    found = set()
    for path in sorted((state / "secrets").iterdir()):
        for line in path.read_text().splitlines():
            # `name:secret`, a URI with a password, or the secret alone.
            uri = re.search(r"://[^:/]+:([^@]+)@", line)
            secret = uri[1] if uri else line.rpartition(":")[2]
            if len(secret.strip()) >= LEAST:
                found.add(secret.strip().encode())
    return found


def leaks(logs, secrets):
    """ "FILE: what" for each file of the folder with a secret in it; the secret itself isn't told."""
    found = []
    for path in sorted(logs.rglob("*.log")):
        text = path.read_bytes()
        found += [f"{path.name}: {what}" for what, shape in SHAPES.items() if shape.search(text)]
        found += [f"{path.name}: a secret that the suite or a test knows" for secret in secrets if secret in text][:1]
    return found
