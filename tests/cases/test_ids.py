"""Ids from outside: exact within the documented ranges, refused beyond, never in the way of ids that are ours."""

import pytest

LARGEST = 2**53 - 1
FIRST_OWN = 1_000_000_000


def create(administrator, **body):
    return administrator.send("POST", "/v1/movies", json={"title": "An id's movie", **body})


@pytest.mark.parametrize("movie_id", [2**63 - 1, 2**53 + 1, 2**53, LARGEST, FIRST_OWN + 5, FIRST_OWN, -1])
def test_an_id_out_of_range_is_refused_and_creating_goes_on(administrator, movie_id):
    before = create(administrator).json()["movie_id"]
    answer = create(administrator, movie_id=movie_id)
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] in ("movie_id", "movie.movie_id")
    assert create(administrator).json()["movie_id"] == before + 1


def test_ids_in_range_are_kept_as_they_are(administrator):
    for movie_id in (147_483_647, FIRST_OWN - 1, 900_000_001):
        assert create(administrator, movie_id=movie_id).json()["movie_id"] == movie_id
        assert administrator.get(f"/v1/movies/{movie_id}")["movie_id"] == movie_id


@pytest.mark.parametrize("path", ["/v1/movies/{}", "/v1/movies/{}/similar", "/v1/movies/{}/reviews", "/v1/reviews/{}"])
def test_every_door_knows_the_largest_id(api, path):
    assert api.send("GET", path.format(LARGEST)).status_code in (200, 404, 503)
    answer = api.send("GET", path.format(LARGEST + 1))
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "out_of_range"


def test_a_rating_of_an_id_beyond_the_largest_is_refused(administrator):
    person = administrator.other().register()
    answer = person.send("PUT", f"/v1/me/ratings/{2**53}", json={"value": 4})
    assert (answer.status_code, answer.json()["field"]) == (400, "movie_id")
    body = {"ratings": [{"movie_id": 2**53, "value": 4}]}
    assert person.send("POST", "/v1/recommendations", json=body).status_code == 400
