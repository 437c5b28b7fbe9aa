import numpy as np
import pytest
from invented_calls import clean_calls, each_turn, planted, says

from scamclf.calls import Call, Turn
from scamclf.errors import DataError
from scamclf.preparation.features import ends_open, length_table, normalised, style_table
from scamclf.preparation.probes import PROBES, probe, probe_source, strongest


@pytest.mark.parametrize("name", PROBES)
def test_nothing_is_told_where_nothing_is_to_tell(name: str) -> None:
    result = probe(name, clean_calls())
    assert abs(result.auc - 0.5) < 3 * result.standard_error
    assert (result.scams, result.legitimate) == (200, 200)
    assert result.scores.shape == (400,)


def test_casing_is_told_by_style_and_gone_behind_the_normaliser() -> None:
    calls = planted(each_turn(str.lower))
    assert probe("style", calls).auc > 0.99
    assert abs(probe("style_normalised", calls).auc - 0.5) < 0.1


def test_fillers_are_told_behind_the_normaliser_too() -> None:
    assert probe("style_normalised", planted(each_turn(lambda text: f"Um, {text}"))).auc > 0.99


def test_function_words_are_told_by_their_rates() -> None:
    assert probe("function_words", planted(each_turn(lambda text: f"{text} Because of them."))).auc > 0.99


def test_the_first_words_are_told_by_them_and_the_sixteenth_is_not() -> None:
    def with_word(call: Call, at: int) -> Call:
        words = " ".join(turn.text for turn in call.turns).split()
        return Call(call.call_id, (Turn(" ".join([*words[:at], "zebra", *words[at:]])),), label=call.label)

    early = planted(lambda call, rng: with_word(call, 3))
    late = planted(lambda call, rng: with_word(call, 15))
    assert probe("first_words", early).auc > 0.99
    assert abs(probe("first_words", late).auc - 0.5) < 0.1
    assert probe("tfidf", late).auc > 0.75


def test_lengths_that_are_told_by_nothing_else() -> None:
    def twice_as_long(call: Call) -> Call:
        more = tuple(Turn(turn.text, speaker=turn.speaker) for turn in call.turns)
        return Call(call.call_id, call.turns + more, label=call.label, group=call.group)

    calls = planted(lambda call, rng: twice_as_long(call))
    assert probe("length_and_turns", calls).auc > 0.98


def test_a_group_is_never_in_two_folds() -> None:
    # One word a group tells the label of its calls: no hint to a fold that has not seen the group.
    calls = [
        Call(f"{i}-{k}", (Turn(f"hello {first}{second}"),), label=label, group=f"{i}")
        for i, (first, second) in enumerate((a, b) for a in "bcdf" for b in "aeiou")
        for label in [("legitimate", "other_scam")[i % 2]]
        for k in range(10)
    ]
    assert probe("tfidf", calls).auc < 0.6
    assert probe("tfidf", calls, groups=[call.call_id for call in calls]).auc > 0.99


def test_the_same_seed_gives_the_same_scores() -> None:
    calls = clean_calls(100)
    first, second = (probe("style", calls, seed=3).scores for _ in range(2))
    assert np.array_equal(first, second)


def test_an_area_below_one_half_is_given_as_it_is() -> None:
    # Two groups with the label turned around: what is learned from one is wrong on the other.
    words = {("a", True): "yes", ("a", False): "no", ("b", True): "no", ("b", False): "yes"}
    calls = [
        Call(
            f"{group}{i}", (Turn(words[group, i % 2 == 0]),), label="legitimate" if i % 2 else "other_scam", group=group
        )
        for group in "ab"
        for i in range(20)
    ]
    assert probe("tfidf", calls).auc < 0.1


def test_the_words_that_a_probe_goes_by_are_named_with_their_counts() -> None:
    calls = planted(says("zebra"), calls=planted(says("giraffe"), label="legitimate"))
    found = strongest("tfidf", calls, 1)
    assert [(word, scams, legitimate) for word, _, scams, legitimate in found["scam"]] == [("zebra", 200, 0)]
    assert [(word, scams, legitimate) for word, _, scams, legitimate in found["legitimate"]] == [("giraffe", 0, 200)]


def test_sources_written_in_another_style_are_told_apart() -> None:
    shouted = planted(each_turn(str.upper), calls=clean_calls(200, seed=5, source="loud"), label="legitimate")
    calls = [call for call in clean_calls(200) + shouted if call.label == "legitimate"]
    result = probe_source(calls)
    assert result is not None
    assert result.majority == 0.5
    assert result.accuracy > 0.98
    plain = probe_source(calls, normalise=True)
    assert plain is not None
    assert plain.accuracy < 0.65


def test_one_source_cannot_be_told_from_another() -> None:
    assert probe_source([call for call in clean_calls(60) if call.label == "legitimate"]) is None


@pytest.mark.parametrize(
    ("calls", "groups", "message"),
    [
        ([Call("x", (Turn("hello"),))], None, "1 calls have no label, 'x' first"),
        (clean_calls(20)[::2], None, "two classes"),
        (clean_calls(20), ["one"] * 20, "two groups each"),
        (clean_calls(20), ["one"], "1 groups for 20 calls"),
    ],
)
def test_what_cannot_be_probed_is_refused(calls: list[Call], groups: list[str] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        probe("tfidf", calls, groups)


def test_sources_of_both_classes_at_once_are_refused() -> None:
    with pytest.raises(DataError, match="within one class"):
        probe_source(clean_calls(20))


def test_one_text_is_no_sequence_of_groups() -> None:
    with pytest.raises(TypeError, match="wanted a sequence"):
        probe("tfidf", clean_calls(4), "abcd")


def test_the_text_of_a_probe_is_that_of_a_model() -> None:
    assert normalised("Hello [name], it's 12.50!") == "hello it s 0"


def test_every_table_has_a_row_a_call_and_a_name_a_column() -> None:
    calls = clean_calls(7)
    for table, names in (style_table(calls, normalise=False), style_table(calls, normalise=True), length_table(calls)):
        assert table.shape == (7, len(names))
        assert len(set(names)) == len(names)
        assert np.isfinite(table).all()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Hello.", "How are you?"), False),
        (("Hello.", "How are"), True),
        (("hello", "how are you"), False),
        (('He said "no."', "Yes…"), False),
    ],
)
def test_a_call_ends_open_where_only_the_end_is_not_closed(texts: tuple[str, ...], expected: bool) -> None:
    assert ends_open(Call("x", tuple(Turn(text) for text in texts))) is expected
