"""Changes change what they say and nothing else."""

import dataclasses
import random

import pytest

from scamclf.calls import Call, Turn
from scamclf.corpora import pairs
from scamclf.evaluation.changes import CHANGES, PREAMBLES, WORD_ERROR_RATES, change_call, word_errors
from scamclf.render import render
from scamclf.resources import resource

AUTHORED = list(pairs.read(resource("data/pairs")))[::60]
CALL = Call(
    "one",
    (
        Turn("Good morning sir, this is Sarah from Microsoft. Please open TeamViewer.", speaker="Agent"),
        Turn("Do not rush me. My number is 555 0123, okay?", speaker="Customer"),
    ),
    label="tech_support_scam",
    meta={"onset_turn": 1},
)


def words(call: Call) -> list[str]:
    return render(call).split()


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_follows_from_seed_and_id_and_keeps_what_a_call_is(name):
    for call in [CALL, *AUTHORED]:
        changed = change_call(call, name)
        assert changed == change_call(call, name)
        assert (changed.call_id, changed.label, changed.group) == (call.call_id, call.label, call.group)
        assert changed.turns
        assert all(turn.text.strip() for turn in changed.turns)
    assert any(change_call(call, name) != call for call in AUTHORED)


@pytest.mark.parametrize("rate", WORD_ERROR_RATES)
def test_word_errors_hit_as_many_words_as_they_say(rate):
    for call in AUTHORED:
        changed, hit = word_errors(call, random.Random(0), rate=rate)
        assert hit == pytest.approx(rate, abs=0.02)
        kept = set(words(call)) & set(words(changed))
        assert len(kept) < len(set(words(call)))


def test_word_errors_leave_negations_alone():
    for seed in range(20):
        assert "not" in words(change_call(CALL, "word errors 30 %", seed=seed))


def test_redaction_takes_names_brands_and_numbers_out_and_leaves_marks():
    marked = render(change_call(CALL, "redacted, [NAME]"))
    for gone in ("Sarah", "Microsoft", "TeamViewer", "555"):
        assert gone not in marked
    assert [marked.count(mark) for mark in ("[NAME]", "[ORGANIZATION]")] == [1, 2]
    assert "[NUMBER]" in marked
    assert "Good morning sir," in marked
    assert "XXXX" in render(change_call(CALL, "redacted, XXXX"))


def test_the_model_cannot_see_speakers(scorer):
    (before,) = scorer.score([CALL])
    for name in ("speakers absent", "speakers wrong"):
        changed = change_call(CALL, name)
        assert all(now.speaker != was.speaker for was, now in zip(CALL.turns, changed.turns, strict=True))
        (after,) = scorer.score([changed])
        assert after.logit_scam == before.logit_scam


def test_names_and_brands_are_others_and_all_else_stays():
    for name, gone, kept in (("names swapped", "Sarah", "Microsoft"), ("brands swapped", "Microsoft", "Sarah")):
        changed = render(change_call(CALL, name))
        assert gone not in changed
        assert kept in changed
        assert len(changed.split()) == pytest.approx(len(words(CALL)), abs=2)


def test_politeness_goes_and_comes():
    assert {"sir,", "Please"}.isdisjoint(words(change_call(CALL, "politeness removed")))
    more = [render(change_call(call, "politeness put in")).lower() for call in AUTHORED]
    assert sum("sir" in text or "ma'am" in text or "madam" in text for text in more) > 0.9 * len(more)


def test_a_preamble_comes_in_front_and_the_onset_moves_with_its_turn():
    changed = change_call(CALL, "chatty preamble")
    assert changed.turns[-2:] == CALL.turns
    assert changed.turns[changed.meta["onset_turn"]] == CALL.turns[1]
    assert {turn.speaker for turn in changed.turns} == {"Agent", "Customer"}
    assert all(130 < len(" ".join(lines).split()) < 220 for lines in PREAMBLES)
    captions = dataclasses.replace(CALL, turns=(Turn("hello is that the bill payer"),))
    talk = change_call(captions, "chatty preamble").turns[:-1]
    assert all(turn.text == turn.text.lower() and "," not in turn.text for turn in talk)


def test_reordered_sentences_are_the_same_sentences():
    changed = change_call(CALL, "sentences reordered", seed=1)
    assert sorted(words(changed)) == sorted(words(CALL))
    assert words(changed) != words(CALL)
    assert "onset_turn" not in changed.meta
