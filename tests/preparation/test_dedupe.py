"""Near-duplicates: what counts as one, and which of two is kept."""

import random

import numpy as np
import pytest

from scamclf.calls import Call, Turn
from scamclf.preparation.dedupe import alike, find_duplicates

WORDS = "account agent bank call card code computer door email garden hello internet letter number office".split()


def words(n: int, seed: int) -> list[str]:
    return [str(word) for word in np.random.default_rng(seed).choice(WORDS, size=n)]


def call(call_id: str, text: list[str] | str, **fields) -> Call:
    return Call(call_id, (Turn(text if isinstance(text, str) else " ".join(text)),), **fields)


def find(*calls: Call, threshold: float = 0.7) -> dict[int, int]:
    return find_duplicates(calls, threshold=threshold)


def test_of_calls_alike_the_first_is_kept():
    text = words(60, 0)
    assert find(call("a", text), call("b", words(60, 1)), call("c", text), call("d", text)) == {2: 0, 3: 0}


def test_nothing_alike_is_nothing_found():
    assert find(*(call(str(seed), words(80, seed)) for seed in range(40))) == {}
    assert find() == {}


def test_case_punctuation_and_turns_make_no_other_call():
    one = Call("a", (Turn("Hello, Sir! This is your bank,"), Turn("calling about the card.")))
    assert find(one, call("b", "hello sir this is YOUR bank - calling about the card")) == {1: 0}


@pytest.mark.parametrize("kept_words", [100, 60, 30])
def test_a_call_cut_short_is_found_whichever_comes_first(kept_words):
    whole = words(120, 0)
    cut = whole[:kept_words]
    assert find(call("whole", whole), call("cut", cut)) == {1: 0}
    assert find(call("cut", cut), call("whole", whole)) == {1: 0}


def test_no_run_of_words_left_whole_is_no_duplicate():
    text = words(200, 0)
    changed = [word if i % 2 else "zebra" for i, word in enumerate(text)]
    assert find(call("a", text), call("b", changed), threshold=0.1) == {}


def test_the_share_is_that_of_the_shorter_call_with_rare_words_weighing_more():
    text = words(100, 0)
    changed = [*text[:50], "zebra", *text[51:]]
    ((i, j, share),) = alike([call("a", text), call("b", [*changed, *words(50, 1)])])
    assert (i, j) == (1, 0)
    # Every word is in both calls and weighs 1, but for the one that was replaced: it is in the first alone, once.
    assert share == pytest.approx(0.99 if text.count(text[50]) > 1 else 0.98, abs=0.005)
    assert find(call("a", text), call("b", changed), threshold=0.98) == {1: 0}
    assert find(call("a", text), call("b", changed), threshold=0.995) == {}


def test_the_two_calls_of_a_pair_are_never_duplicates():
    text = words(60, 0)
    pair = [call("s", text, label="tech_support_scam", group="p"), call("l", text, label="legitimate", group="p")]
    assert find(*pair) == {}
    assert find(pair[0], call("other", text, label="legitimate", group="q")) == {1: 0}
    assert find(pair[0], call("again", text, label="tech_support_scam", group="p")) == {1: 0}


def test_duplicates_are_found_among_many_calls():
    calls = [call(str(seed), words(80, seed)) for seed in range(300)]
    planted = [call(f"again-{seed}", words(80, seed)[5:]) for seed in range(0, 300, 10)]
    assert find(*calls, *planted) == {300 + i: 10 * i for i in range(30)}


@pytest.mark.parametrize("text", ["okay bye", "hello is this the office", "um"])
def test_few_words_are_compared_word_for_word(text):
    longer = call("long", f"{text} {' '.join(words(60, 0))}")
    assert find(longer, call("short", text), call("again", text.upper())) == {2: 1}


def test_order_of_words_matters():
    text = words(60, 0)
    assert find(call("a", text), call("b", list(reversed(text)))) == {}


INVENTED = (
    "good morning you are through to the water board my name is {name} how can i help you well um the boiler in our "
    "cellar has been leaking since {day} and the neighbour says his ceiling is wet too so i would like somebody to "
    "come and look at it okay could you tell me the postcode and the house number please yes it is {street} and there "
    "is a blue gate beside the chapel right i can see the property on the map a plumber will be with you between "
    "{hour} and noon please turn the stopcock off until he rings and keep the reference {reference} at hand thanks"
)


def invented(seed: int) -> str:
    """Calls of one template: what differs is a name, a day, a street, an hour and a number, and half of the words."""
    rng = random.Random(seed)
    slots = {slot: f"{slot}{rng.randrange(10**6)}" for slot in ("name", "day", "street", "hour", "reference")}
    said = INVENTED.format(**slots).split()
    return " ".join(word if rng.random() < 0.5 else f"{word}{rng.randrange(50)}" for word in said)


def tidied(text: str, *, share: float, seed: int, keep: float = 1.0) -> str:
    """The same call as somebody else writes it down: sentences, no fillers, words left out and words misheard."""
    rng = random.Random(seed)
    said = [word for word in text.split() if word not in ("um", "well", "okay", "right")]
    said = said[: int(len(said) * keep)]
    heard = [rng.choice(words(50, seed)) if rng.random() < share / 2 else word for word in said]
    kept = [word for word in heard if rng.random() >= share / 2]
    return ". ".join(" ".join(kept[i : i + 9]).capitalize() for i in range(0, len(kept), 9))


@pytest.mark.parametrize(("share", "keep"), [(0.0, 1.0), (0.1, 1.0), (0.2, 1.0), (0.3, 1.0), (0.2, 0.5)])
def test_tidied_twins_are_found_among_calls_of_one_template(share, keep):
    calls = [call(f"call-{seed}", invented(seed)) for seed in range(60)]
    twins = [call(f"twin-{seed}", tidied(invented(seed), share=share, keep=keep, seed=seed)) for seed in range(20)]
    assert find(*calls) == {}
    found = find(*calls, *twins)
    assert found.items() <= {60 + seed: seed for seed in range(20)}.items()
    assert len(found) >= 19


def test_of_many_copies_all_but_one_go():
    text = words(80, 0)
    copies = [call(str(i), [*text[:i], f"word{i}", *text[i:]]) for i in range(70)]
    assert find(*copies) == dict.fromkeys(range(1, 70), 0)


def test_very_long_calls_are_compared_by_their_beginning():
    text = [f"word{i % 4999}" for i in range(20_000)]
    assert find(call("a", text), call("b", text[:3000])) == {1: 0}
