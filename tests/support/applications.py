"""OAuth 2 applications for tests that need their tokens and don't look at how these are come by."""

import base64
import dataclasses
import hashlib
import secrets
import urllib.parse

import requests

from support.api import PASSWORD
from support.browser import Browser

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens: where a browser is sent is all that is looked at


@dataclasses.dataclass(frozen=True)
class Application:
    """A confidential client, registered by an administrator."""

    url: str
    client_id: str
    secret: str

    @classmethod
    def register(cls, administrator, url, *scopes):
        body = {
            "name": "Application",
            "confidential": True,
            "redirect_uris": [CALLBACK],
            "scopes": scopes,
            "grant_types": ["authorization_code", "client_credentials"],
        }
        made = administrator.post("/v1/oauth-clients", body)
        return cls(url, made["client"]["client_id"], made["client_secret"])

    def token_for(self, person, *scopes):
        """An access token with which it acts for the person."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {"response_type": "code", "client_id": self.client_id, "redirect_uri": CALLBACK}
        query |= {"scope": " ".join(scopes), "code_challenge": challenge, "code_challenge_method": "S256"}
        browser = Browser(self.url)
        assert browser.open("/oauth2/authorize?" + urllib.parse.urlencode(query)) is None
        assert browser.submit(email=person.user["email"], password=PASSWORD) is None
        callback = browser.submit(decision="allow")
        (code,) = urllib.parse.parse_qs(urllib.parse.urlsplit(callback).query)["code"]
        return self._token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=verifier)

    def own_token(self, *scopes):
        """One with which it acts for nobody."""
        return self._token(grant_type="client_credentials", scope=" ".join(scopes))

    def _token(self, **form):
        answer = requests.post(self.url + "/oauth2/token", form, auth=(self.client_id, self.secret), timeout=10)
        assert answer.ok, answer.text
        return answer.json()["access_token"]
