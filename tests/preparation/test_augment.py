import dataclasses
import random
import re
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scamclf.calls import Call, Turn
from scamclf.corpora import pairs
from scamclf.errors import ConfigError
from scamclf.preparation.augment import AugmentConfig, augment
from scamclf.preparation.brands import swap_brands
from scamclf.preparation.lexicon import BRANDS, FEMALE_NAMES, MALE_NAMES, SURNAMES
from scamclf.preparation.names import fill_placeholders, swap_names
from scamclf.preparation.noise import caption_lines, change_fillers, change_politeness, mishear
from scamclf.preparation.number_mentions import change_numbers
from scamclf.preparation.number_words import cardinal, parse_spoken, spell
from scamclf.preparation.words import Words
from scamclf.resources import resource

OFF = {field.name: 0.0 for field in dataclasses.fields(AugmentConfig)}
RATES = {"max_filler_rate": 0.06, "max_asr_rate": 0.12}
KINDS = [name for name in OFF if name not in RATES]


def only(*kinds: str) -> AugmentConfig:
    return AugmentConfig(**{**OFF, **RATES, **dict.fromkeys(kinds, 1.0)})


def call_of(*texts: str, onset: int | None = None) -> Call:
    meta = {} if onset is None else {"onset_turn": onset}
    return Call("call-1", tuple(Turn(text, speaker="AB"[i % 2]) for i, text in enumerate(texts)), meta=meta)


def text_of(call: Call) -> str:
    return " ".join(turn.text for turn in call.turns)


@pytest.fixture(scope="module")
def authored() -> list[Call]:
    return list(pairs.read(resource("data/pairs")))


# The whole.


def test_same_seed_and_view_give_the_same_call_and_others_another(authored: list[Call]) -> None:
    config = AugmentConfig()
    calls = [augment(call, config, seed=1, view=2) for call in authored[:100]]
    assert calls == [augment(call, config, seed=1, view=2) for call in reversed(authored[:100])][::-1]
    for seed, view in ((1, 3), (2, 2)):
        assert calls != [augment(call, config, seed=seed, view=view) for call in authored[:100]]


def test_a_call_that_is_whole_keeps_every_turn(authored: list[Call]) -> None:
    config = only("late_start", "early_end")
    whole = [dataclasses.replace(call, meta={**call.meta, "whole": True}) for call in authored[:100]]
    assert [len(augment(call, config, seed=0, view=0).turns) for call in whole] == [len(call.turns) for call in whole]
    assert any(len(augment(call, config, seed=0, view=0).turns) < len(call.turns) for call in authored[:100])


def test_label_family_source_and_group_change_nothing(authored: list[Call]) -> None:
    for call in authored:
        other = dataclasses.replace(call, label="other_scam", family="x", source="y", group="z", direction="inbound")
        one, two = (augment(c, AugmentConfig(), seed=0, view=0) for c in (call, other))
        assert (one.turns, one.meta) == (two.turns, two.meta)
        assert (one.call_id, one.label, one.family, one.group) == (call.call_id, call.label, call.family, call.group)


def test_all_kinds_off_leaves_every_call_as_it_is(authored: list[Call]) -> None:
    assert [augment(call, only(), seed=0, view=0) for call in authored] == authored


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_calls_of_both_classes(authored: list[Call], kind: str) -> None:
    changed: dict[bool, list[bool]] = {True: [], False: []}
    for call in authored:
        changed[call.label == "legitimate"].append(augment(call, only(kind), seed=0, view=0).turns != call.turns)
    scams, legitimate = np.mean(changed[False]), np.mean(changed[True])
    assert min(scams, legitimate) > 0.3
    if kind not in ("names", "brands", "numbers", "number_form"):  # of these one class may have more to change
        assert abs(scams - legitimate) < 0.1


def test_the_onset_turn_holds_the_same_words_whatever_is_changed(authored: list[Call]) -> None:
    # A word that no kind of change knows stands at the beginning of the turn; errors may drop a word, so not those.
    config = only(*(kind for kind in KINDS if kind != "asr_errors"))
    marked = 0
    for call in authored:
        onset = call.meta.get("onset_turn")
        if onset is None:
            continue
        marker = Turn("zqxqz " + call.turns[onset].text)
        turns = (*call.turns[:onset], marker, *call.turns[onset + 1 :])
        for view in range(2):
            result = augment(dataclasses.replace(call, turns=turns), config, seed=0, view=view)
            at = result.meta["onset_turn"]
            # A filler or a "madam" put before it may be the last word of its line of captions.
            following = [turn.text for turn in result.turns[at + 1 : at + 2] if turn.speaker is None]
            text = result.turns[at].text.lower()
            assert "zqxqz" in text or any(line.startswith("zqxqz") for line in following)
        marked += 1
    assert marked > 400


def test_only_captions_and_cuts_change_the_number_of_turns(authored: list[Call]) -> None:
    config = only(*(kind for kind in KINDS if kind not in ("captions", "late_start", "early_end")))
    for call in authored:
        result = augment(call, config, seed=0, view=0)
        assert [turn.speaker for turn in result.turns] == [turn.speaker for turn in call.turns]
        assert all(turn.text for turn in result.turns)


@pytest.mark.parametrize("texts", [(), ("",), ("hello",), ("[music]",), ("um",), ("...", "-"), ("Sir?", "uh", "$")])
def test_calls_of_no_turn_or_next_to_no_words_are_legal(texts: tuple[str, ...]) -> None:
    for view in range(20):
        result = augment(call_of(*texts, onset=0 if texts else None), only(*KINDS), seed=0, view=view)
        assert len(result.turns) >= min(1, len(texts))
        assert not texts or result.meta["onset_turn"] == 0


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_a_probability_outside_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(ConfigError, match=r"augment\.names is .*; wanted a number in \[0, 1\]"):
        AugmentConfig(names=value)


# Names and brands.


def swapped(texts: Sequence[str], seed: int = 0, *, what: str = "names") -> list[str]:
    words = Words.from_texts(texts)
    {"names": swap_names, "brands": swap_brands}[what](words, random.Random(seed))
    return words.texts(texts)


def test_a_name_becomes_the_same_other_name_of_its_kind_throughout_the_call() -> None:
    texts = ["This is Sarah Smith.", "Hi Sarah, is Mike's laptop there, Mrs Smith?"]
    for seed in range(20):
        one, two = swapped(texts, seed)
        first, last = re.fullmatch(r"This is (\w+) ([\w']+)\.", one).groups()
        assert first.lower() in FEMALE_NAMES
        assert last.lower().replace("'", "") in SURNAMES
        other = re.fullmatch(rf"Hi {first}, is (\w+)'s laptop there, Mrs {last}\?", two)
        assert other is not None
        assert other[1].lower() in MALE_NAMES
        assert not {first, last, other[1]} & {"Sarah", "Smith", "Mike"}


def test_words_that_are_also_names_are_names_only_where_something_says_so() -> None:
    untouched = ["the bill has a grace period", "v as in victor, m for mike", "check the box and mark it", "John Lewis"]
    assert swapped(untouched) == untouched
    assert all(word not in swapped(["hello grace thank you bill"])[0] for word in ("grace", "bill"))


def test_a_name_on_no_list_is_known_by_the_words_before_it() -> None:
    result = swapped(["my name is zbigniew", "mister hendricksen please", "thank you zbigniew"])
    assert not re.search("zbigniew|hendricksen", " ".join(result))
    assert result[2].split()[2] == result[0].split()[3]


def test_placeholders_become_names() -> None:
    one, two = fill_placeholders(["I am [Your Name] of <company name>.", "[your name] [number]"], random.Random(0))
    found = re.fullmatch(r"I am (\w+) of ([\w']+)\.", one)
    assert found is not None
    assert two == f"{found[1]} [number]"
    assert "xyz" not in swapped(["this is XYZ Insurance"])[0].lower()


def test_a_brand_becomes_another_of_its_kind_in_the_same_case() -> None:
    texts = ["install AnyDesk, any desk dot com", "from amazon's support and best buy", "AVAST or Norton?"]
    for seed in range(20):
        one, two, three = swapped(texts, seed, what="brands")
        tool = re.fullmatch(r"install (.+), (.+) dot com", one)
        shops = re.fullmatch(r"from (.+)'s support and (.+)", two)
        antivirus = re.fullmatch(r"(.+) or (.+)\?", three)
        assert tool is not None
        assert shops is not None
        assert antivirus is not None
        assert tool[1] in set(BRANDS["remote_tools"]) - {"AnyDesk"}
        assert tool[2] == tool[1].lower()
        assert set(shops.groups()) < {brand.lower() for brand in BRANDS["shops"]} - {"amazon", "best buy"}
        assert len(set(shops.groups())) == 2
        assert antivirus[1].isupper()
        assert antivirus[2] in BRANDS["antivirus"]


def test_windows_of_a_screen_and_keys_are_no_brand() -> None:
    texts = ["press the Windows key", "close the windows", "i will chase it up", "is there any desk there"]
    assert swapped(texts, what="brands") == texts
    assert "windows" not in swapped(["calling from windows technical department"], what="brands")[0]


# Numbers.


@pytest.mark.parametrize(
    ("spoken", "digits", "form"),
    [
        ("two hundred and ninety nine", "299", "cardinal"),
        ("two ninety nine", "299", "pairs"),
        ("forty four seventy one", "4471", "pairs"),
        ("oh one four", "014", "digits"),
        ("twelve thousand", "12000", "cardinal"),
        ("nineteen hundred", "1900", "cardinal"),
    ],
)
def test_number_words_are_read_and_spelled(spoken: str, digits: str, form: str) -> None:
    assert parse_spoken(spoken.split()) == (digits, form)
    written = spell(digits, form, conjunction="and" in spoken)
    assert parse_spoken(written.split()) == (digits, form)


def test_cardinals_survive_the_way_to_words_and_back() -> None:
    for value in [*range(1, 2000), 10_000, 99_999, 100_000, 654_321]:
        for conjunction in (False, True):
            assert parse_spoken(cardinal(value, conjunction=conjunction).split()) == (str(value), "cardinal")


def numbers_changed(text: str, *, redraw: bool, to: str | None = None, seed: int = 0) -> str:
    words = Words.from_texts([text])
    change_numbers(words, random.Random(seed), redraw=redraw, to=to)
    return words.texts([text])[0]


def test_redrawn_numbers_keep_their_shape_and_stay_the_same_number() -> None:
    text = "$1,400, call 0800-555-0199, order 77213; that's $1,400."
    for seed in range(20):
        found = re.fullmatch(
            r"\$([1-9],\d00), call (0\d{3}-\d{3}-\d{4}), order (\d{5}); that's \$(.+)\.",
            numbers_changed(text, redraw=True, seed=seed),
        )
        assert found is not None
        assert found[1] == found[4]
    assert numbers_changed(text, redraw=True) != text


def test_years_times_small_numbers_and_names_of_services_are_not_redrawn() -> None:
    text = "in 2019 at 9:40 call 911, Windows 10, office 365, two or three of the four"
    assert numbers_changed(text, redraw=True) == text


def test_numbers_are_written_as_words_and_as_figures() -> None:
    words = numbers_changed("It is $250, 40% at 9:40.", redraw=False, to="words")
    assert words in {
        f"It is {number} dollars, forty percent at nine forty."
        for number in ("two hundred fifty", "two hundred and fifty", "two fifty")
    }
    figures = numbers_changed("two hundred and fifty dollars in twenty minutes, code one four oh nine", redraw=False,
                              to="figures")  # fmt: skip
    assert figures == "250 dollars in 20 minutes, code 1409"
    assert numbers_changed("one of them took a hundred and fifty dollars", redraw=False, to="figures") == (
        "one of them took a hundred and fifty dollars"
    )


# How it is said and written down.


def test_fillers_are_put_in_and_taken_out() -> None:
    texts = ["Um, okay, I can, uh, do it.", "do you know it", "It was, you know, okay."]
    words = Words.from_texts(texts)
    change_fillers(words, random.Random(0), insert=False, rate=1)
    assert words.texts(texts) == ["Okay, I can, do it.", "do you know it", "It was, okay."]
    plain = ["i can do it"]
    words = Words.from_texts(plain)
    change_fillers(words, random.Random(0), insert=True, rate=0.5)
    text = words.texts(plain)[0]
    assert len(text.split()) > 5
    assert re.sub(r"\b(um|uh|er|like|you know|i mean|okay|right|so|well|yeah) ", "", text) == "i can do it"


def test_politeness_is_taken_out_and_put_in_at_turns_ends_and_before_requests() -> None:
    texts = ["Kindly open it, sir. Yes, ma'am?", "Sir?", "yes sir please"]
    words = Words.from_texts(texts)
    change_politeness(words, random.Random(0), insert=False, rate=1)
    assert words.texts(texts) == ["Open it. Yes?", "Sir?", "yes"]
    for seed in range(20):
        words = Words.from_texts(["Open the box. I wait.", "No."])
        change_politeness(words, random.Random(seed), insert=True, rate=1, polite_turns=[0])
        one, two = words.texts(["", ""])
        assert two == "No."
        address, please = "(sir|ma'am|madam)", "(please|kindly)"
        assert re.fullmatch(rf"{please} open the box. I wait, {address}.|{address}, {please} open the box. I wait.",
                            one, re.IGNORECASE)  # fmt: skip


def test_errors_are_made_at_the_rate_asked_for_and_never_to_a_negation(authored: list[Call]) -> None:
    texts = ["do not tell me the password and never don't read it to no one"] * 50
    words = Words.from_texts(texts)
    mishear(words, random.Random(0), rate=1)
    heard = " ".join(words.texts(texts))
    assert [len(re.findall(rf"\b{word}\b", heard)) for word in ("never", "don't")] == [50, 50]
    assert heard != " ".join(texts)
    assert "pass word" in heard
    for rate in (0.0, 0.1):
        words = Words.from_texts([turn.text for call in authored[:200] for turn in call.turns])
        before = words.words.copy()
        mishear(words, random.Random(0), rate=rate)
        assert 0.6 * rate <= np.mean([a != b for a, b in zip(before, words.words, strict=True)]) <= rate


def test_caption_lines_have_8_to_20_words_and_keep_every_word(authored: list[Call]) -> None:
    for call in authored:
        texts = [turn.text for turn in call.turns]
        lines, line_of = caption_lines(texts, random.Random(call.call_id))
        assert all(8 <= len(line.split()) <= 20 for line in lines)
        assert len(line_of) == len(texts)
        assert re.findall(r"\w+", " ".join(lines)) == re.findall(r"\w+", " ".join(texts).lower())
    assert caption_lines(["Hi, it's $4.99 [beep] - at 9:40.", "(pause) No!"], random.Random(0)) == (
        ["hi it's $4.99 at 9:40 no"],
        [0, 0],
    )
    assert caption_lines(["[music]"], random.Random(0)) == ([], [])
    assert caption_lines(["a [", "] b"], random.Random(0)) == (["a b"], [0, 0])
    result = augment(call_of("Yes.", "No?"), only("captions"), seed=0, view=0)
    assert result.turns == (Turn("yes no"),)


def test_cuts_keep_the_onset_turn_and_every_turn_that_is_left_whole() -> None:
    call = call_of(*(f"turn {i}" for i in range(10)), onset=4)
    lengths = set()
    for view in range(200):
        result = augment(call, only("late_start", "early_end"), seed=0, view=view)
        assert result.turns[result.meta["onset_turn"]].text == "turn 4"
        first = call.turns.index(result.turns[0])
        assert result.turns == call.turns[first : first + len(result.turns)]
        lengths.add((first, len(result.turns)))
    assert {first for first, _ in lengths} == {0, 1, 2, 3, 4}
    assert {first + length for first, length in lengths} == {5, 6, 7, 8, 9, 10}


def test_calls_without_an_onset_are_cut_about_as_deeply_as_those_with_one(authored: list[Call]) -> None:
    config = only("late_start", "early_end")
    left: dict[bool, list[float]] = {True: [], False: []}
    for call in authored:
        kept = len(augment(call, config, seed=0, view=0).turns) / len(call.turns)
        left["onset_turn" in call.meta].append(kept)
    assert abs(np.mean(left[True]) - np.mean(left[False])) < 0.04


# What it is for.

_STYLE = [
    r"\b(?:um|uh|er|erm|hmm)\b", r"\b(?:like|you know|i mean)\b", r"\b(?:okay|right|so|well)\b", r"[.,?!]",
    r"\d", r"\b(?:sir|ma'am|madam)\b", r"\b(?:please|kindly)\b",
    *("|".join(map(re.escape, brands)).lower() for brands in BRANDS.values()),
    "microsoft", "windows", "amazon", "norton", "paypal", "anydesk", "teamviewer",
]  # fmt: skip


def probe_auc(calls: Sequence[Call]) -> float:
    """How well style alone tells scams from legitimate calls, on pairs that the probe has not seen."""
    texts = [text_of(call) for call in calls]
    rates = [
        [sum(map(str.isupper, text)) / len(text), *(len(re.findall(p, text.lower())) / len(text) for p in _STYLE)]
        for text in texts
    ]
    scams = [call.label != "legitimate" for call in calls]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    folds = GroupKFold(5).split(rates, groups=[call.group for call in calls])
    scores = cross_val_predict(model, rates, scams, cv=list(folds), method="decision_function")
    return float(roc_auc_score(scams, scores))


def test_style_tells_the_classes_of_the_pairs_apart_no_better_than_before(authored: list[Call]) -> None:
    views = [[augment(call, AugmentConfig(), seed=0, view=view) for call in authored] for view in range(4)]
    assert np.mean([probe_auc(view) for view in views]) <= probe_auc(authored) + 0.01


def test_a_style_and_a_name_of_one_class_only_predict_it_less_than_before(authored: list[Call]) -> None:
    # As in the public corpora: here scams come as captions with "um sir", legitimate calls from Norton.
    skewed = []
    # The calls that the bound was set on: how much a shortcut tells depends on how long the calls are.
    for call in authored:
        if re.search(r"-x(1[2-9]|2[0-2])", str(call.group)):
            continue
        if call.label == "legitimate":
            turns = (Turn("Thank you for calling Norton. How are you?"), *call.turns)
        else:
            turns = (Turn("um hello sir uh this is windows support sir"), *call.turns)
        skewed.append(dataclasses.replace(call, turns=turns, meta={}))
    before = probe_auc(skewed)
    after = np.mean([probe_auc([augment(c, AugmentConfig(), seed=0, view=v) for c in skewed]) for v in range(2)])
    assert before > 0.9
    assert after < before - 0.05
