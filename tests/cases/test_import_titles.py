"""Titles: the first year, articles in front, the rest whole."""

import pytest

TITLES = {
    "Harbour Lights (1988-1990)": ("Harbour Lights", 1988),
    "Paper Kites (1991–1993)": ("Paper Kites", 1991),
    "Now (2009- )": ("Now", 2009),
    "Twins (1999/II)": ("Twins", 1999),
    "The Slow Train (2003) (V)": ("The Slow Train (V)", 2003),
    "2001: A Space Odyssey (1968)": ("2001: A Space Odyssey", 1968),
    "1984 (1984)": ("1984", 1984),
    "(500) Days of Summer (2009)": ("(500) Days of Summer", 2009),
    "Babylon 5": ("Babylon 5", 0),
    "Blade Runner 2049 (2017)": ("Blade Runner 2049", 2017),
    "City of Lost Children, The (Cité des enfants perdus, La) (1995)": (
        "The City of Lost Children (La Cité des enfants perdus)",
        1995,
    ),
    "Boot, Das (Boat, The) (1981)": ("Das Boot (The Boat)", 1981),
    "City of the Living Dead (a.k.a. Gates of Hell, The) (Paura) (1980)": (
        "City of the Living Dead (a.k.a. The Gates of Hell) (Paura)",
        1980,
    ),
    "Avventura, L' (1960)": ("L'Avventura", 1960),
    "Passion of Anna, The (Passion, En) (1969)": ("The Passion of Anna (En Passion)", 1969),
    "Lust, Caution (Se, jie) (2007)": ("Lust, Caution (Se, jie)", 2007),
    "Me, Myself, I (1999)": ("Me, Myself, I", 1999),
    "Monsters, Inc. (2001)": ("Monsters, Inc.", 2001),
    "Frontière(s) (2007)": ("Frontière(s)", 2007),
    "  Spaces around (1990)  ": ("Spaces around", 1990),
}


def test_titles(data_set):
    quoted = [title.replace('"', '""') for title in TITLES]
    first = data_set.ids["a"]
    data_set.movies("".join(f'{first + i},"{title}",Drama\n' for i, title in enumerate(quoted)))
    data_set.ratings("{u},{a},4.0,1100000000\n")
    data_set.taken()
    for i, (title, year) in enumerate(TITLES.values()):
        movie = data_set.api.get(f"/v1/movies/{first + i}")
        assert (movie["title"], movie.get("year", 0)) == (title, year)


@pytest.mark.parametrize(
    "genres",
    [
        "Drama|Comedy",
        '"Drama, Comedy"',
        "\"['Drama', 'Comedy']\"",
        '"[""Drama"", ""Comedy""]"',
        "Drama;Comedy",
        "\"[{'id': 18, 'name': 'Drama'}, {'id': 35, 'name': 'Comedy'}]\"",
        "Drama|drama|Comedy|COMEDY",
    ],
)
def test_genres_are_the_same_in_whatever_form(data_set, genres):
    data_set.movies("{a},Harbour Lights (1988)," + genres + "\n").ratings("{u},{a},4.0,1100000000\n")
    data_set.taken()
    assert data_set.movie("a")["genres"] == ["Drama", "Comedy"]


def test_genres_that_differ_in_case_alone_are_one_in_every_script(data_set):
    """The catalogue has one of them: two of a movie would end its chunk."""
    data_set.movies("{a},Harbour Lights (1988),Épopée|épopée|ДРАМА|драма\n{b},Paper Kites,Drama\n")
    data_set.ratings("{u},{a},4.0,1100000000\n")
    data_set.taken()
    assert data_set.movie("a")["genres"] == ["Épopée", "ДРАМА"]


def test_the_longest_that_is_taken_is_taken(data_set):
    title, genre = "𝕏" * 500, "𝕐" * 62
    genres = "|".join(f"{genre}{i:02}" for i in range(32))
    data_set.movies("".join(f"{data_set.ids['a'] + i},{title},{genres}\n" for i in range(1000)))
    data_set.ratings("{u},{a},4.0,1100000000\n")
    data_set.taken()
    assert data_set.movie("a")["title"] == title
    assert len(data_set.movie("a")["genres"]) == 32
