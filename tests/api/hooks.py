"""What schemathesis can't know of this API: who calls, and which refusals follow from rules that no schema can say."""

import json
import os
import pathlib
import sys

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.api import Api, Problem  # noqa: E402
from support.waiting import eventually  # noqa: E402

# url; accounts: the ids of all roles'; and refresh_token, of who is signed in.
CALLER = json.loads(os.environ["MARQUEE_API_CALLER"])

# Codes of problems (some with the field) that a request may be answered though its schema holds, and why the schema
# can't say it. Any other refusal of such a request is a fault of the document.
BEYOND_SCHEMAS = {
    "page_token_invalid": "opaque: only a list makes them",
    "position_beyond_log": "as opaque",
    "year_range_empty": "of two parameters together",
    "year_range_invalid": "of two parameters together",
    "order_unknown": "relevance needs a query: of two parameters together",
    "rating_repeated": "of one member of the list's elements",
    "movie_id_out_of_range": "of who gives the id: whoever creates a movie has those below 1,000,000,000",
    "movie_id_mismatch": "of the path and the body together",
    "text_empty movie.title": "of update_mask and the body together: what it names and the body lacks is emptied",
    "time_out_of_range": "of the present time",
    "missing_field current_password": "of it and new_password together",
    "missing_field new_password": "of it and current_password together",
    "missing_field password": "of it and new_email together",
    "password_wrong": "of what is stored",
    "one_time_code_wrong": "of the time and what is stored",
    "link_invalid": "opaque: only mails have them",
    "login_backoff": "of what was guessed before",
    "password_too_common": "of how it can be guessed",
    "password_contains_email": "of another field, or what is stored",
    "display_name_malformed": "of Unicode's tables: what can be seen",
    "client_name_malformed": "of Unicode's tables: what can be seen",
    "api_key_name_malformed": "of Unicode's tables: what can be seen",
    "network_malformed": "of the bits beyond a prefix",
    "email_malformed": "narrower than JSON Schema's format: of the parts' lengths, and without comments and quotes",
    "poster_unsupported": "of the image's bytes",
    "poster_corrupt": "of the image's bytes",
    "poster_dimensions": "of the image's bytes",
    "idempotency_key_reused": "of what was asked for under the same key before",
    "target_too_long": "of all parameters together",
    "headers_too_large": "of all headers together",
    "invalid_grant": "opaque: only an authorization gives one",
    "invalid_client": "of what is registered",
    "unauthorized_client": "of what is registered for the client",
    "invalid_scope": "of what is registered for the client",
    "unsupported_grant_type": "the standard's word for one that is no other's",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False for what is no fault."""
    if isinstance(failure, RejectedPositiveData):
        if response.headers.get("content-type", [""])[0].startswith("text/html"):
            return False  # a page that says what its person can do
        problem = response.json()
        code = problem.get("code", problem.get("error"))
        return code not in BEYOND_SCHEMAS and f"{code} {problem.get('field')}" not in BEYOND_SCHEMAS
    return True


SESSION = dict(CALLER)


if "refresh_token" in CALLER:

    @schemathesis.auth(refresh_interval=600)
    class Caller:
        """Signed in for as long as it takes: an access token is good for 15 minutes."""

        def get(self, case, context):
            SESSION.update(Api(CALLER["url"]).post("/v1/auth/refresh", {"refresh_token": SESSION["refresh_token"]}))
            return SESSION["access_token"]

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"


def passer_by():
    """Somebody who may change and go. While passwords are being guessed, their turn comes a little later."""
    return eventually(Api(CALLER["url"]).register, 120, interval=1, what="an account is made", not_yet=Problem)


OWN = {"/v1/me", "/v1/me/sessions", "/v1/me/sessions/{session_id}"}
OTHERS = {"/v1/users/{user_id}/roles", "/v1/users/{user_id}/state"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nobody deletes, disables or demotes the accounts that the requests are sent by, nor signs them out."""
    ours = (case.headers or {}).get("Authorization") == f"Bearer {SESSION.get('access_token')}"
    account = str((case.path_parameters or {}).get("user_id"))
    if ours and case.method == "DELETE" and case.operation.path in OWN:
        case.headers["Authorization"] = passer_by().http.headers["Authorization"]
    elif ours and case.operation.path in OTHERS and account in CALLER["accounts"]:
        case.path_parameters["user_id"] = passer_by().user["user_id"]
