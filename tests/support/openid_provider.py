"""Providers of others, started by a test: npm's oidc-provider, and one that mints what it is told."""

import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import time
import urllib.parse

from joserfc import jwk, jws

from support.mailbox import free_port
from support.suite import ROOT

LIBRARY = ROOT / ".tools" / "node" / "node_modules" / "oidc-provider" / "lib" / "index.js"


class NpmProvider:
    """npm's oidc-provider on 127.0.0.1. Its people sign in without being asked for more than who they are."""

    def __init__(self, redirect_uri, client_secret, *, port, algorithm="RS256"):
        self.issuer = f"http://127.0.0.1:{port}"
        self.settings = {
            "issuer": self.issuer,
            "port": port,
            "client_id": "marquee",
            "client_secret": client_secret,
            "redirect_uri": redirect_uri,
            "algorithm": algorithm,
        }
        self.process = None

    def up(self):
        script = pathlib.Path(__file__).with_name("openid_provider.mjs")
        self.process = subprocess.Popen(
            ["node", script, LIBRARY, json.dumps(self.settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # warnings: that it speaks http, and keeps all in memory
            text=True,
        )
        self._answered()
        return self

    def down(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _answered(self):
        while (line := self.process.stdout.readline()) != "{}\n":
            assert line, "oidc-provider has ended"

    def _tell(self, **change):
        self.process.stdin.write(json.dumps(change) + "\n")
        self.process.stdin.flush()
        self._answered()

    def sign_in(self, sub, **claims):
        """Whoever comes next is this person."""
        self._tell(sign_in={"sub": sub, **claims})

    def deny(self):
        self._tell(sign_in=None)

    def rotate(self, kid):
        """From now on it signs with another key, and publishes that alone."""
        self._tell(rotate=kid)


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class HostileProvider:
    """A provider on 127.0.0.1 that a test makes lie. What it signs is right unless it is told otherwise. With a
    certificate and its key it speaks https."""

    def __init__(self, client_secret, port=None, certificate=None):
        self.port = port or free_port()
        self.certificate = certificate
        self.issuer = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self.client_secret = client_secret
        self.keys = {
            "rsa": jwk.RSAKey.generate_key(2048, {"kid": "rsa"}),
            "ec": jwk.ECKey.generate_key("P-256", {"kid": "ec"}),
        }
        self.unpublished = {"rsa": jwk.RSAKey.generate_key(2048, {"kid": "unpublished"})}
        self.challenge = None  # PKCE's, of who was sent here last
        self.answer = None  # the next ID token
        self.hold = threading.Event()  # until it is set, nothing is answered
        self.hold.set()
        self.server = None

    # --- as a provider ------------------------------------------------------------------------------------------------
    def metadata(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "jwks_uri": self.issuer + "/jwks",
        }

    def token(self, form, authorization):
        right = base64.b64encode(f"marquee:{self.client_secret}".encode()).decode()
        challenge = unpadded(hashlib.sha256(form["code_verifier"].encode()).digest())
        if authorization != f"Basic {right}" or challenge != self.challenge:
            return 400, {"error": "invalid_client"}
        return 200, {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.answer}

    def up(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self, status, body):
                provider.hold.wait(60)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                if self.path == "/jwks":
                    keys = [key.as_dict(private=False) for key in provider.keys.values()]
                    self.reply(200, {"keys": keys})
                else:
                    self.reply(200, provider.metadata())

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.reply(*provider.token(form, self.headers["Authorization"]))

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        if self.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self.certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def down(self):
        self.hold.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    # --- as a liar ----------------------------------------------------------------------------------------------------
    def visited(self, url):
        """A browser was sent here: what it brought."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        self.challenge = query["code_challenge"]
        return query

    def claims(self, nonce, /, **changes):
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "aud": "marquee",
            "sub": "eve",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "email": "eve@hostile.example",
            "email_verified": True,
        }
        return {name: value for name, value in (right | changes).items() if value is not None}

    def mint(self, claims, key=None, **header):
        """An ID token of these claims under a key, its header as it is told."""
        key = key or self.keys["rsa"]
        header = {"alg": "RS256", "kid": "rsa"} | header
        return jws.serialize_compact(header, json.dumps(claims), key, algorithms=["RS256", "ES256"])

    @staticmethod
    def _input(header, claims):
        return ".".join(unpadded(json.dumps(part).encode()) for part in (header, claims))

    def unsigned(self, claims):
        return self._input({"alg": "none"}, claims) + "."

    def mac(self, claims, secret):
        """By HS256, under what we know, too. No library does that with a public key."""
        text = self._input({"alg": "HS256", "kid": "rsa"}, claims)
        return text + "." + unpadded(hmac.digest(secret, text.encode(), "sha256"))
