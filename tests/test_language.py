import pytest

from scamclf.language import looks_english

GERMAN = "guten tag hier ist der technische dienst ihr rechner hat einen virus bitte laden sie jetzt dieses programm herunter und lesen sie mir die nummer vor"  # noqa: E501 (as it is said)
ENGLISH = "hello this is the technical department your computer has a virus please download the program now and read me the number that you see on your screen"  # noqa: E501 (as it is said)


def test_english_looks_english():
    assert looks_english(ENGLISH)


def test_capitals_and_curly_apostrophes_do_not_matter():
    assert looks_english("I\u2019M " * 20)


def test_german_does_not_look_english():
    assert not looks_english(GERMAN)


@pytest.mark.parametrize("text", ["", "guten tag", "zahl " * 19, "... 12345 !?" * 40])
def test_too_few_words_are_given_the_benefit_of_the_doubt(text):
    assert looks_english(text)


def test_fifteen_percent_of_common_words_is_enough_and_less_is_not():
    assert looks_english("the " * 15 + "zahl " * 85)
    assert not looks_english("the " * 14 + "zahl " * 86)


def test_only_the_beginning_is_looked_at():
    assert looks_english("the word " * 500 + GERMAN * 100)
