"""Tokens as a suite's own auth signs them, of any content: with its key, which its operator's secret opens."""

import ctypes
import ctypes.util
import hashlib

import psycopg

from support.contracts import Issuer

PURPOSE = b"marquee signing keys, version 1"
NONCE, MAC = 24, 16  # bytes, of libsodium's secretbox


def _open(sealed, secret):
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    key = hashlib.blake2b(secret.encode(), digest_size=32, key=PURPOSE).digest()
    box = sealed[NONCE:]
    plain = ctypes.create_string_buffer(len(box) - MAC)
    failed = sodium.crypto_secretbox_open_easy(plain, box, ctypes.c_ulonglong(len(box)), sealed[:NONCE], key)
    assert failed == 0, "auth's signing key can't be opened"
    return plain.raw


class SuiteSigner(Issuer):
    def __init__(self, folder, suite):
        with psycopg.connect(suite.postgres_uri("auth")) as database:
            query = "SELECT kid, sealed FROM signing_keys ORDER BY created_at LIMIT 1"
            self.kid, sealed = database.execute(query).fetchone()
        self._key = folder / "signing.pem"
        self._key.write_bytes(_open(bytes(sealed), suite.secret("auth-key-encryption")))

    def sign(self, claims, kid=None):
        return super().sign(claims, kid or self.kid)
