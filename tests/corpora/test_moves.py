"""The authored moves: what a reader refuses, and what the shipped ones are held to."""

import json
import statistics
from pathlib import Path

import pytest

from scamclf.calls import LABELS, Call
from scamclf.corpora import moves, pairs
from scamclf.errors import DataError
from scamclf.preparation.probes import ProbeName, probe
from scamclf.render import render
from scamclf.resources import resource

SCAM = {"call_id": "m-1/scam", "pair_id": "m-1", "label": "other_scam", "style": "asr", "about": "a code",
        "turns": [{"speaker": "A", "text": "read me the code that came"}]}  # fmt: skip
HONEST = {**SCAM, "call_id": "m-1/legitimate", "label": "legitimate", "turns": [{"text": "type the code yourself"}]}


def write(folder: Path, *rows: object) -> Path:
    (folder / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_a_move_is_two_pieces_of_one_group_that_are_never_cut(tmp_path):
    scam, honest = moves.read(write(tmp_path, SCAM, HONEST))
    assert (scam.source, scam.group, scam.label, honest.label) == ("moves", "move:m-1", "other_scam", "legitimate")
    assert scam.meta["whole"]
    assert honest.group == scam.group


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([SCAM], "pair m-1 has the labels"),
        ([SCAM, SCAM], "pair m-1 has the labels"),
        ([{**SCAM, "style": "sung"}, HONEST], "style is 'sung'"),
        ([{**SCAM, "about": 3}, HONEST], "about missing or no text"),
        ([{**SCAM, "label": "rude"}, HONEST], "rude"),
        (["word"], "m.jsonl:1"),
    ],
)
def test_what_is_no_move_is_refused_with_its_place(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        list(moves.read(write(tmp_path, *rows)))


@pytest.fixture(scope="module")
def shipped() -> list[Call]:
    return list(moves.read(resource("data/moves")))


def test_the_shipped_moves_are_pieces_of_every_style_and_of_no_pairs_call(shipped):
    words = [len(render(call).split()) for call in shipped]
    assert len(shipped) >= 1500
    assert min(words) >= 15
    assert max(words) <= 300
    assert {call.meta["style"] for call in shipped} == set(moves.STYLES)
    assert not {render(call) for call in shipped} & {render(call) for call in pairs.read(resource("data/pairs"))}
    assert len({render(call) for call in shipped}) == len(shipped)


@pytest.mark.parametrize(("name", "bound"), [("style", 0.65), ("length_and_turns", 0.65), ("function_words", 0.70)])
def test_how_it_is_said_does_not_tell_a_scams_move(name: ProbeName, bound: float, shipped: list[Call]):
    assert abs(probe(name, shipped).auc - 0.5) <= bound - 0.5


def test_both_versions_of_a_move_are_as_long(shipped):
    mean = {scam: statistics.mean(len(render(c).split()) for c in shipped if (c.label != LABELS[0]) is scam)
            for scam in (True, False)}  # fmt: skip
    assert mean[True] == pytest.approx(mean[False], rel=0.05)
