"""One call written down in every format is the same call: the same words, turns and times."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scamclf.calls import Call
from scamclf.readers import read_calls
from scamclf.readers.pieces import MAX_PAUSE_S
from scamclf.render import render
from tests.readers.writers import WRITERS, read_one, write
from tests.readers.writers.plain import jsonl
from tests.readers.writers.talk import Spoken, Talk, Word

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGéüñßøçЖяλ"
UNTIMED = {"text", "csv"}
LONG_PAUSE = round(100 * MAX_PAUSE_S) + 1


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    """Turns that follow each other; a speaker who goes on after himself has paused for more than MAX_PAUSE_S."""
    now, found = 0, []
    for i in range(draw(st.integers(1, 6))):
        speaker = draw(st.integers(0, 1))
        again = bool(i) and found[-1].speaker == speaker
        now += draw(st.integers(LONG_PAUSE, 900) if again else st.integers(1, 400))
        words = []
        for j in range(draw(st.integers(1, 5))):
            start = now + (draw(st.integers(0, LONG_PAUSE - 1)) if j else 0)
            now = start + draw(st.integers(1, 80))
            mark = draw(st.sampled_from(["", "", "", ",", ".", "?"]))
            words.append(Word(draw(st.text(LETTERS, min_size=1, max_size=8)) + mark, start, now))
        found.append(Spoken(speaker, tuple(words)))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("formats")


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talk=talks())
def test_every_format_gives_the_same_text_turns_and_times(name: str, folder: Path, talk: Talk) -> None:
    call = read_one(write(talk, name, folder))
    path = folder / "truth.jsonl"
    path.write_bytes(jsonl(talk))
    truth = read_one(path)
    assert render(call) == render(truth)
    if name not in UNTIMED:
        assert [turn.start_s for turn in call.turns] == pytest.approx([turn.start_s for turn in truth.turns])
        assert [turn.end_s for turn in call.turns] == pytest.approx([turn.end_s for turn in truth.turns])
        speakers = [turn.speaker for turn in call.turns]
        # Of a recording with one channel nothing tells who speaks.
        assert len({turn.speaker for turn in talk}) == 1 or None not in speakers
        same = [[a.speaker == b.speaker for b in truth.turns] for a in truth.turns]
        assert [[a == b for b in speakers] for a in speakers] == same


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talk=talks())
def test_no_name_or_role_reaches_the_text(folder: Path, talk: Talk) -> None:
    for name in WRITERS:
        words = render(read_one(write(talk, name, folder))).split()
        assert words == [word.text for turn in talk for word in turn.words]


def test_a_folder_of_mixed_formats_is_read_by_name(tmp_path: Path) -> None:
    talk = [Spoken(0, (Word("hello", 10, 50),)), Spoken(1, (Word("yes", 60, 90),))]
    for name in WRITERS:
        write(talk, name, tmp_path)
    calls = list(read_calls(tmp_path))
    assert len(calls) == len(WRITERS)
    assert {render(call) for call in calls if isinstance(call, Call)} == {"hello\nyes"}
