"""Lists as they can be asked for, over REST: what-if against the change itself, groups, diversity, what was rated."""

import pytest

from support.api import Api, Problem
from support.ctl import Ctl
from support.waiting import eventually


@pytest.fixture(scope="module")
def known(loaded, session_suite):
    """Movies that the model knows, of several genres."""
    anyone = Api(session_suite.url)
    movies = [one["movie_id"] for one in anyone.movies(order_by="-rating_count", page_size=40)["movies"]]
    served = lambda: not anyone.recommend_for({movies[0]: 5})["degraded"]  # noqa: E731
    eventually(served, 30, what="the recommender has the model")
    return movies


@pytest.fixture
def person(session_suite, known):
    person = Api(session_suite.url).register()
    for movie, value in zip(known[:6], (5, 1, 4.5, 2, 4, 1.5), strict=True):
        person.rate(movie, value)
    eventually(lambda: own(person)["history_size"] == 6, 30, what="a list of six ratings")
    return person


def own(person, **query):
    return person.recommend(count=10, **query)


def shown(answer):
    return [(one["movie_id"], one["score"]) for one in answer["recommendations"]]


def test_what_if_is_what_comes_of_it(person, known):
    changes = [
        {"movie_id": known[0], "value": 0.5},  # changed
        {"movie_id": known[1]},  # taken back
        {"movie_id": known[9], "value": 5},  # new
    ]
    before = own(person)
    what_if = person.post("/v1/me/recommendations:what-if", {"changes": changes, "count": 10})
    assert shown(own(person)) == shown(before), "nothing is kept"
    assert shown(what_if) != shown(before)
    places = {movie: place for place, (movie, _) in enumerate(shown(before), 1)}
    for one in what_if["recommendations"]:
        assert one.get("place_before") == places.get(one["movie_id"])
        moved = sum(move["change"] for move in one["moved_by"]) + one["moved_by_others"]
        assert one["score_after"] - one["score_before"] == pytest.approx(moved, abs=1e-4)
    assert {one["movie_id"] for one in what_if["dropped"]} == set(places) - {movie for movie, _ in shown(what_if)}

    person.rate(known[0], 0.5)
    person.unrate(known[1])
    person.rate(known[9], 5)
    after = own(person)
    assert after["history_size"] == what_if["history_size"]
    assert shown(after) == shown(what_if)


def test_what_if_says_what_is_wrong(person, known, api):
    def refused(body, caller=person):
        with pytest.raises(Problem) as problem:
            caller.post("/v1/me/recommendations:what-if", body)
        return problem.value.status

    assert refused({"changes": [{"movie_id": 999_999_999, "value": 4}]}) == 404
    assert refused({"changes": [{"movie_id": known[0], "value": 4.2}]}) == 400
    assert refused({"changes": []}) == 400
    assert refused({"changes": [{"movie_id": known[0]}]}, api) == 401


def test_a_group_sees_what_none_of_them_rated(api, known):
    def rated(movies, values):
        return {"ratings": [{"movie_id": m, "value": v} for m, v in zip(movies, values, strict=True)]}

    members = [rated(known[:3], (5, 1, 4.5)), rated(known[4:7], (1.5, 5, 1))]
    for strategy in ("AVERAGE", "LEAST_MISERY"):
        group = api.post(
            "/v1/recommendations:group", {"members": members, "strategy": f"GROUP_STRATEGY_{strategy}", "count": 100}
        )
        assert not group["degraded"] and group["history_sizes"] == [3, 3]
        ids = [one["movie_id"] for one in group["recommendations"]]
        assert set(ids).isdisjoint(known[:3] + known[4:7])
        combine = min if strategy == "LEAST_MISERY" else lambda scores: sum(scores) / len(scores)
        for one in group["recommendations"]:
            scores = [member["score"] for member in one["members"]]
            assert one["score"] == pytest.approx(combine(scores), abs=1e-5)
        assert ids == [one["movie_id"] for one in sorted(group["recommendations"], key=lambda one: -one["score"])]
    members.append(rated([999_999_999], [5]))
    with_a_stranger = api.post("/v1/recommendations:group", {"members": members})
    assert with_a_stranger["history_sizes"] == [3, 3, 0]
    assert with_a_stranger["recommendations"][0]["members"][2].get("score") is None


def test_what_was_rated_is_shown_where_it_is_asked_for(person, known):
    rated = set(known[:6])

    def ids(**query):
        return {one["movie_id"] for one in person.recommend(count=100, **query)["recommendations"]}

    assert rated.isdisjoint(ids())
    assert rated & ids(rewatch="REWATCH_INCLUDE")
    assert ids(rewatch="REWATCH_ONLY") == rated


def test_a_diverse_list_mixes_genres(person):
    def pairs_alike(**query):
        genres = [set(one["genres"]) for one in own(person, **query)["recommendations"]]
        return sum(bool(a & b) for n, a in enumerate(genres) for b in genres[:n])

    assert pairs_alike(diversity=0.9) < pairs_alike()
    with pytest.raises(Problem) as problem:
        own(person, diversity=1.5)
    assert problem.value.status == 400


def test_marqueectl_asks_what_if(session_suite, person, known):
    ctl = Ctl(session_suite, "what-if", person.user["email"])
    answer = ctl.run("what-if", f"{known[9]}=5", f"{known[0]}=none", "--count", "5")
    assert len(answer["recommendations"]) == 5
    table = ctl.text("what-if", f"{known[9]}=5").stdout
    assert "moved by" in table and "+" in table
    assert ctl.try_run("what-if", "five stars").returncode == 2
    only = ctl.run("recommend", "--rewatch", "only", "--diversity", "0.2")["recommendations"]
    assert {one["movie_id"] for one in only} == set(known[:6])


def test_onboarding_asks_what_tells_most_and_never_twice(api, known):
    """An anonymous visitor, and somebody whose ratings count without being sent."""
    rated, unknown = [], []
    for number in range(8):
        answer = api.get("/v1/onboarding", rated=rated, unknown=unknown)
        assert not answer["degraded"] and answer["model_version"] > 0
        (question,) = answer["questions"]
        assert 0 < question["chance_known"] <= 1 and 0 < question["information"] <= 1
        assert question["movie_id"] not in rated + unknown
        (rated if number % 2 else unknown).append(question["movie_id"])
    person = api.other().register()
    first = api.get("/v1/onboarding")["questions"][0]["movie_id"]
    assert person.get("/v1/onboarding")["questions"][0]["movie_id"] == first
    person.rate(first, 4)
    assert person.get("/v1/onboarding") == api.get("/v1/onboarding", rated=[first])
    assert len(api.get("/v1/onboarding", count=20)["questions"]) == 20
    refused = api.send("GET", "/v1/onboarding", params={"count": 21})
    assert (refused.status_code, refused.json()["field"]) == (400, "count")
    refused = api.send("GET", "/v1/onboarding", params={"unknown": list(range(1, 202))})
    assert (refused.status_code, refused.json()["field"]) == (400, "unknown")
