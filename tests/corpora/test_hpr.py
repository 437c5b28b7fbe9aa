import pytest

from scamclf.corpora.hpr import FOLDER, read, strip_boilerplate
from scamclf.corpora.left_out import LeftOut
from scamclf.errors import DataError

HEADER = "Episode: 1\nTitle: Something\n\n---\n\n"
INTRO = "This is HPR episode 48 entitled Kettles. It is about 9 minutes long. The summary is, I boil water.\n"
OUTRO = "\nYou've been listening to Hacker Public Radio. We are a community podcast network."


def test_announcement_and_credits_are_stripped():
    assert strip_boilerplate(f"{INTRO}Hello all. Water boils. Goodbye.{OUTRO}") == "Hello all. Water boils. Goodbye."


def test_they_are_stripped_without_punctuation_too():
    text = "this is hpr episode 48 entitled kettles water boils you have been listening to hacker public radio"
    assert strip_boilerplate(text) == "kettles water boils"


def test_set_phrases_in_the_middle_stay():
    middle = " ".join(f"word{i}" for i in range(300))
    text = f"{middle} thought of recording {middle}"
    assert strip_boilerplate(text) == text


def test_loops_are_said_once():
    assert strip_boilerplate("water boils " + "and so on " * 9 + "no no") == "water boils and so on no no"


def test_episodes_that_are_not_listed_are_report(tmp_path, write_text):
    write_text(f"{FOLDER}/hpr0048.txt", f"{HEADER}{INTRO}Water boils.{OUTRO}")
    write_text(f"{FOLDER}/hpr9999.txt", f"{HEADER}{INTRO}Water boils.{OUTRO}")
    write_text(f"{FOLDER}/hpr9998.txt", f"{HEADER}...")
    *calls, wordless = sorted(read(tmp_path), key=lambda row: isinstance(row, LeftOut))
    assert wordless == LeftOut("hpr", "no words")
    assert [(call.call_id, call.meta.get("role")) for call in calls] == [
        ("hpr/hpr0048", None),
        ("hpr/hpr9999", "report"),
    ]


def test_an_episode_without_header_is_refused(tmp_path, write_text):
    write_text(f"{FOLDER}/hpr0048.txt", "Water boils.")
    with pytest.raises(DataError, match=r"hpr0048\.txt: no line of three hyphens"):
        list(read(tmp_path))
