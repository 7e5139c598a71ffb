"""Marquee-Position: a place that can't be is refused or ignored, and waiting for one starves nobody."""

import concurrent.futures
import threading
import time

import pytest

from support.waiting import eventually

FAR = 1_000_000_000
PATHS = ["/v1/me/ratings", "/v1/me/recommendations"]


@pytest.fixture(scope="module")
def movies(administrator):
    return [administrator.post("/v1/movies", {"title": f"Position {n}"})["movie_id"] for n in range(4)]


@pytest.fixture
def person(suite, api, movies):
    api.register()
    eventually(lambda: api.send("GET", "/v1/me/recommendations").ok, 30, what="the recommender knows the catalogue")
    return api


def written(person, movie):
    answer = person.send("PUT", f"/v1/me/ratings/{movie}", json={"value": 4})
    assert answer.status_code == 200, answer.text
    return answer.headers["Marquee-Position"]


@pytest.mark.parametrize("path", PATHS)
def test_a_place_beyond_the_log_is_refused(person, path):
    for position in (f"ratings:0:{FAR}", f"ratings:99:{FAR}"):
        answer = person.send("GET", path, headers={"Marquee-Position": position})
        assert answer.status_code == 400, answer.text
        assert answer.json()["field"] == "Marquee-Position"
        assert answer.json()["code"] == "position_beyond_log"


@pytest.mark.parametrize("path", PATHS)
def test_a_place_in_another_log_is_ignored(person, movies, path):
    stream, partition, offset, fingerprint = written(person, movies[0]).split(":")
    other = f"{stream}:{partition}:{int(offset) + FAR}:{fingerprint}"
    assert person.send("GET", path, headers={"Marquee-Position": other}).status_code == 200


def test_the_place_of_ones_own_write_is_waited_for(person, movies):
    for value in (1, 2, 3, 4, 5):
        answer = person.send("PUT", f"/v1/me/ratings/{movies[1]}", json={"value": value})
        position = {"Marquee-Position": answer.headers["Marquee-Position"]}
        assert person.send("GET", f"/v1/me/ratings/{movies[1]}", headers=position).json()["value"] == value


def test_positions_far_ahead_from_one_client_starve_nobody(person, movies):
    """95 requests a second that wait for what can't come, and eight people who rate meanwhile."""
    stream, partition, offset, fingerprint = written(person, movies[2]).split(":")
    forged = [
        f"ratings:0:{FAR}",
        f"{stream}:{partition}:{int(offset) + FAR}:{fingerprint}",
        f"ratings:{partition}:{FAR}",
    ]
    people = [person.other().register() for _ in range(8)]
    stop = threading.Event()
    statuses = []

    def attack(number):
        caller = person.other()
        caller.http.headers.update(person.http.headers)
        while not stop.is_set():
            began = time.monotonic()
            position = forged[number % len(forged)]
            answer = caller.send("GET", PATHS[number % 2], headers={"Marquee-Position": position})
            statuses.append(answer.status_code)
            stop.wait(max(0, 32 / 95 - (time.monotonic() - began)))  # 32 of them: 95 a second together

    def rate(one):
        for value in (1, 2, 3, 4, 5) * 6:
            one.rate(movies[3], value)  # raises for any status but 2xx
        return True

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        attackers = [pool.submit(attack, number) for number in range(32)]
        try:
            eventually(lambda: len(statuses) > 32, 30, what="the attack has begun")
            assert all(one.result() for one in [pool.submit(rate, one) for one in people])
        finally:
            stop.set()
        for one in attackers:
            one.result()
    assert set(statuses) <= {200, 400, 429}, set(statuses)
    assert 200 in statuses and 400 in statuses
