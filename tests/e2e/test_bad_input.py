"""What people send by mistake or malice: each gets its status and a problem that names what is wrong."""

import base64
import json

import pytest


def problem(response, status, code=None, field=None):
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert body["title"] and body["trace_id"] and body["code"]
    if code:
        assert body["code"] == code, body
    if field:
        assert body.get("field") == field, body
    return body


@pytest.fixture
def person(loaded, api):
    return api.register()


def raw(api, method, path, text, content_type="application/json"):
    return api.send(
        method, path, data=text.encode() if isinstance(text, str) else text, headers={"Content-Type": content_type}
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"value": 4', "\x00", "{" * 5000, '{"value": 4} x'])
def test_malformed_json(person, text):
    problem(raw(person, "PUT", "/v1/me/ratings/1", text), 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": 4, "stars": 5}, "stars"),
        ({"value": "four"}, "value"),
        ({"value": True}, "value"),
        ({"value": [4]}, "value"),
        ({"value": 0}, "value"),
        ({"value": 5.5}, "value"),
        ({"value": -1}, "value"),
        ({"value": 3.3}, "value"),
        ({}, "value"),
    ],
)
def test_a_bad_rating_names_the_field(person, body, field):
    problem(person.send("PUT", "/v1/me/ratings/1", json=body), 400, field=field)


def test_unknown_ids_are_404(person):
    for method, path, body in [
        ("GET", "/v1/movies/999999999", None),
        ("PUT", "/v1/me/ratings/999999999", {"value": 4}),
        ("GET", "/v1/me/ratings/2", None),
        ("GET", "/v1/reviews/999999999", None),
        ("POST", "/v1/movies/999999999/reviews", {"text": "?"}),
        ("GET", "/v1/movies/999999999/similar", None),
        ("GET", "/v1/nowhere", None),
    ]:
        problem(person.send(method, path, json=body), 404)


def test_ids_that_are_no_numbers_and_unknown_query_parameters_are_400(person):
    problem(person.send("GET", "/v1/movies/abc"), 400, field="movie_id")
    problem(person.send("GET", "/v1/movies/99999999999999999999"), 400, field="movie_id")
    problem(person.send("GET", "/v1/movies?sort=title"), 400, field="sort")
    problem(person.send("GET", "/v1/movies?page_size=1000"), 400, field="page_size")
    problem(person.send("GET", "/v1/movies?order_by=magic"), 400, field="order_by")
    problem(person.send("GET", "/v1/movies?page_token=forged"), 400, field="page_token")


def test_a_wrong_method_says_which_are_allowed(api, loaded):
    response = api.send("DELETE", "/v1/genres")
    problem(response, 405)
    assert "GET" in response.headers["Allow"]


def test_oversized_bodies_are_413(person):
    response = raw(person, "PUT", "/v1/me/ratings/1", '{"value": 4, "x": "' + "x" * (8 << 20) + '"}')
    assert response.status_code == 413


def test_missing_expired_and_forged_tokens_are_401(person, api):
    anonymous = api.other()
    response = anonymous.send("GET", "/v1/me")
    problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    token = person.http.headers["Authorization"].removeprefix("Bearer ")
    head, payload, signature = token.split(".")

    def with_token(text):
        return anonymous.send("GET", "/v1/me", headers={"Authorization": f"Bearer {text}"})

    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["roles"] = ["administrator"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for bad in (
        f"{head}.{forged}.{signature}",
        f"{none}.{payload}.",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        "x.y.z",
        "x",
    ):
        problem(with_token(bad), 401, code="token_invalid")
    assert with_token(token).status_code == 200


def test_what_is_anothers_or_above_ones_role_is_403(person, api):
    other = api.other().register()
    review = person.post("/v1/movies/1/reviews", {"text": "Mine."})
    problem(other.send("PATCH", f"/v1/reviews/{review['review_id']}", json={"text": "Yours."}), 403)
    problem(other.send("DELETE", f"/v1/reviews/{review['review_id']}"), 403)
    for method, path, body in [
        ("POST", "/v1/movies", {"title": "Mine"}),
        ("DELETE", "/v1/movies/1", None),
        ("GET", "/v1/users", None),
        ("POST", "/v1/training-runs", {}),
        ("PUT", "/v1/models/ranking/aliases/champion", {"version": 1}),
        ("GET", "/v1/ingest/status", None),
    ]:
        problem(person.send(method, path, json=body), 403)


def test_anonymous_ratings_are_checked_one_by_one(api, loaded):
    for ratings, field in [
        ([{"movie_id": 1, "value": 9}], "ratings[0].value"),
        ([{"movie_id": 1, "value": 4}, {"movie_id": 2, "value": "x"}], "ratings[1].value"),
        ([{"movie_id": 1, "value": 4}, {"movie_id": 1, "value": 3}], "ratings[1].movie_id"),
        ([{"movie_id": 1, "value": 3.3}], "ratings[0].value"),
        ([], "ratings"),
        ([{"movie_id": 1, "value": 4}] * 501, "ratings"),
    ]:
        problem(api.send("POST", "/v1/recommendations", json={"ratings": ratings}), 400, field=field)


def test_posters_are_checked_by_content_and_size(loaded, administrator):
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    path = "/v1/movies/1/poster"
    assert raw(administrator, "PUT", path, pixel, "image/png").status_code == 204
    got = administrator.send("GET", path)
    assert (got.content, got.headers["Content-Type"]) == (pixel, "image/png")
    again = administrator.send("GET", path, headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    problem(raw(administrator, "PUT", path, b"<svg/>", "image/png"), 400)
    assert raw(administrator, "PUT", path, pixel + b"x" * (3 << 20), "image/png").status_code in (400, 413)


def test_passwords_and_emails_are_checked(api, loaded):
    for body, field in [
        ({"email": "nobody", "password": "correct horse battery"}, "email"),
        ({"email": "a@example.com", "password": "short"}, "password"),
        ({"password": "correct horse battery"}, "email"),
        ({"email": "a@example.com", "password": "x" * 257}, "password"),
    ]:
        problem(api.send("POST", "/v1/auth/register", json=body), 400, field=field)


def test_a_refresh_token_works_once(api, loaded):
    api.register()
    spent = api.refresh_token
    api.refresh()
    # An answer that was lost is given again,
    again = api.send("POST", "/v1/auth/refresh", json={"refresh_token": spent})
    assert again.json()["refresh_token"] == api.refresh_token
    # until it is seen to have arrived.
    api.refresh()
    problem(api.send("POST", "/v1/auth/refresh", json={"refresh_token": spent}), 401)
    # Its reuse is theft until shown otherwise: the whole session is over.
    problem(api.send("POST", "/v1/auth/refresh", json={"refresh_token": api.refresh_token}), 401)


def test_a_broken_data_set_is_named_by_file_and_line(ctl, loaded, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    # Toy Story as it is, so that only what is broken is news.
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy\n"
    )
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0114709,862\n")
    (folder / "ratings.csv").write_bytes(
        b"userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,1,99,1\n\xff,1,4,1\n1,777,4,1\n1,1\n"
    )
    rejects = tmp_path / "rejects.tsv"
    # One line of five is fewer than an import takes without being told.
    refused = ctl.try_run("import", folder, "--rejects", rejects)
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"]["reason"] == "too_few_taken"
    report = ctl.run("import", folder, "--rejects", rejects, "--min-taken", 0)
    assert report["rejected"] == {"rating_out_of_range": 1, "bad_utf8": 1, "unknown_movie": 1, "missing_field": 1}
    lines = [line.split("\t")[:3] for line in rejects.read_text().splitlines()[1:]]
    assert lines == [
        ["ratings.csv", "3", "rating_out_of_range"],
        ["ratings.csv", "4", "bad_utf8"],
        ["ratings.csv", "5", "unknown_movie"],
        ["ratings.csv", "6", "missing_field"],
    ]
    nothing = ctl.try_run("import", tmp_path / "nowhere")
    assert nothing.returncode == 2
    assert json.loads(nothing.stdout)["error"]["reason"] == "no_such_folder"
