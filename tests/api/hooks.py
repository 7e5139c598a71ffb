"""What schemathesis can't know of this API: who calls, and which refusals follow from rules that no schema can say."""

import json
import os
import pathlib
import sys
import time

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.api import Api  # noqa: E402

CALLER = json.loads(os.environ["MARQUEE_API_CALLER"])  # url; access_token and refresh_token of who is signed in

# Codes of problems that a request may be answered though its schema holds, and why the schema can't say it. Any other
# refusal of such a request is a fault of the document.
BEYOND_SCHEMAS = {
    "page_token_invalid": "opaque: only a list makes them",
    "position_beyond_log": "as opaque",
    "year_range_empty": "of two parameters together",
    "year_range_invalid": "of two parameters together",
    "order_unknown": "relevance needs a query: of two parameters together",
    "rating_repeated": "of one member of the list's elements",
    "movie_id_mismatch": "of the path and the body together",
    "time_out_of_range": "of the present time",
    "missing_field": "of current_password and new_password together",
    "password_wrong": "of what is stored",
    "password_too_common": "of how it can be guessed",
    "display_name_malformed": "of Unicode's tables: what can be seen",
    "email_malformed": "narrower than JSON Schema's format: of the parts' lengths, and without comments and quotes",
    "poster_unsupported": "of the image's bytes",
    "poster_corrupt": "of the image's bytes",
    "poster_dimensions": "of the image's bytes",
    "idempotency_key_reused": "of what was asked for under the same key before",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False for what is no fault."""
    if isinstance(failure, RejectedPositiveData):
        return response.json().get("code") not in BEYOND_SCHEMAS
    return True


if "access_token" in CALLER:

    @schemathesis.auth(refresh_interval=600)
    class Caller:
        """Signed in for as long as it takes: an access token is good for 15 minutes."""

        def __init__(self):
            self.session = None

        def get(self, case, context):
            if self.session is None:
                self.session = CALLER
            else:
                api = Api(CALLER["url"])
                self.session = api.post("/v1/auth/refresh", {"refresh_token": self.session["refresh_token"]})
            return self.session["access_token"]

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"

    def passer_by():
        """The token of an account that may go. When passwords are being guessed, its turn comes a little later."""
        while True:
            response = Api(CALLER["url"]).send(
                "POST",
                "/v1/auth/register",
                json={"email": f"{time.time_ns()}@example.com", "password": "correct horse battery"},
            )
            if response.ok:
                return response.json()["access_token"]
            time.sleep(float(response.headers["Retry-After"]))

    @schemathesis.hook
    def before_call(context, case, kwargs):
        """Nobody deletes the account that the other requests are sent by."""
        signed_in = "Authorization" in (case.headers or {})
        if signed_in and case.method == "DELETE" and case.operation.path == "/v1/me":
            case.headers["Authorization"] = f"Bearer {passer_by()}"
