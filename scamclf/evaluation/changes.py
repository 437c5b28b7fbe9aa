"""What may happen to a call's transcript without its becoming another call: each a change that a score should survive.

Paraphrases are left out: saying a call in other words takes a writer or a model, and neither is at hand here.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from scamclf.calls import Call, Turn
from scamclf.preparation.brands import swap_brands
from scamclf.preparation.names import swap_names
from scamclf.preparation.noise import change_fillers, change_politeness, mishear
from scamclf.preparation.number_mentions import change_numbers
from scamclf.preparation.words import Words

__all__ = ["CHANGES", "PREAMBLES", "WORD_ERROR_RATES", "change_call", "word_errors"]

Change = Callable[[Call, random.Random], Call]

WORD_ERROR_RATES = (0.1, 0.2, 0.3)
_PASSES = 20
"""Most passes that a word error rate is sought in: where no more words can be misheard it stays below."""

_FILLER_RATE = 0.08
"""Fillers for each word: somewhat more than the most that training calls get."""

PREAMBLES: tuple[tuple[str, ...], ...] = (
    (
        "Hello, good morning. Can you hear me all right? It was a bit faint just then.",
        "Yes, I can hear you now. Sorry, I was out in the garden and I had to run for the phone.",
        "Oh, no need to rush. Is it nice out where you are? It's been raining here since Sunday.",
        "It's lovely, actually. A bit of wind, but I got the washing out, so I can't complain.",
        "Well, that's good. My mother always said never to trust a dry morning in this part of the year.",
        "Ha, mine said the same. She'd bring it all in and then the sun would come out.",
        "Isn't that always the way. And is that a dog I can hear in the background?",
        "That's Biscuit. He barks at the postman and then he wants to be friends with him.",
        "We had one like that. He was fourteen when he went, and the house was ever so quiet afterwards.",
        "They're family, aren't they. Anyway, I've put the kettle on, so go ahead. What was it about?",
    ),
    (
        "Hi there, how are you doing today?",
        "Oh, not too bad, thanks. A little tired. We had the grandchildren over for the weekend.",
        "That'll do it. How many have you got?",
        "Four of them, and they all wanted pancakes at six in the morning. And you, how are you?",
        "I'm doing great. It's almost lunch here, so I'm looking forward to that.",
        "What are you having? I always like to know what other people eat.",
        "Just soup, I think. There's a place down the street that does a good tomato one.",
        "That sounds nice. I used to make it with the ones from the yard, but the deer got them all this year.",
        "They'll eat anything, won't they? My uncle gave up and put in a fence as tall as I am.",
        "That's about what it takes. Well, I won't keep you from your soup. What can I do for you?",
    ),
)
"""Small talk that says nothing of what a call is about; each about 150 words."""

_SENTENCE = re.compile(r"(?<=[.?!])\s+")


def change_call(call: Call, name: str, *, seed: int = 0) -> Call:
    """Change a call.

    Args:
        call: as it is.
        name: one of `CHANGES`.
        seed: another seed changes otherwise; seed, name and id alone decide.

    Returns:
        The call with other turns.
    """
    return CHANGES[name](call, random.Random(f"{seed}:{name}:{call.call_id}"))


def word_errors(call: Call, rng: random.Random, *, rate: float) -> tuple[Call, float]:
    """Make a speech recogniser's errors until so many words are hit.

    Returns:
        The call, and the share of its words that were hit: below `rate` where too few can be misheard (negations
        never are).
    """
    words = Words.from_texts([turn.text for turn in call.turns])
    before, n = words.words.copy(), len(words.words)
    hit = 0.0
    for _ in range(_PASSES):
        if n == 0 or rate - hit < 0.5 / n:
            break
        mishear(words, rng, rate=rate - hit)
        hit = sum(was != now for was, now in zip(before, words.words, strict=True)) / n
    return _with_texts(call, words.texts([turn.text for turn in call.turns])), hit


def _with_texts(call: Call, texts: Sequence[str]) -> Call:
    return replace(call, turns=tuple(replace(turn, text=t) for turn, t in zip(call.turns, texts, strict=True)))


def _in_words(edit: Callable[[Words, random.Random], None]) -> Change:
    def change(call: Call, rng: random.Random) -> Call:
        texts = [turn.text for turn in call.turns]
        words = Words.from_texts(texts)
        edit(words, rng)
        return _with_texts(call, words.texts(texts))

    return change


def _errors(rate: float) -> Change:
    return lambda call, rng: word_errors(call, rng, rate=rate)[0]


def _redact(marks: Mapping[str, str]) -> Change:
    """Names, brands and numbers blacked out: found by what the swaps would replace."""

    def edit(words: Words, rng: random.Random) -> None:
        original = words.words.copy()
        kinds: dict[str, Callable[[Words], None]] = {
            "name": lambda found: swap_names(found, rng),
            "brand": lambda found: swap_brands(found, rng),
            "number": lambda found: change_numbers(found, rng, redraw=True, to=None),
        }
        for kind, swap in kinds.items():
            tried = replace(words, words=original.copy())
            swap(tried)
            for i, (was, now) in enumerate(zip(original, tried.words, strict=True)):
                if was != now:
                    # The further words of a mention of several were emptied.
                    words.words[i] = marks[kind] if now else ""

    return _in_words(edit)


def _wrong_speakers(call: Call, rng: random.Random) -> Call:
    names = list(dict.fromkeys(turn.speaker for turn in call.turns))
    others = {name: [other for other in names if other != name] or names for name in names}
    return replace(call, turns=tuple(replace(turn, speaker=rng.choice(others[turn.speaker])) for turn in call.turns))


def _no_speakers(call: Call, rng: random.Random) -> Call:
    return replace(call, turns=tuple(replace(turn, speaker=None) for turn in call.turns))


def _preamble(call: Call, rng: random.Random) -> Call:
    lines = rng.choice(PREAMBLES)
    plain = all(turn.text == turn.text.lower() for turn in call.turns)
    if plain:
        lines = tuple(re.sub(r"[^\w\s']", "", line.lower()) for line in lines)
    names = list(dict.fromkeys(turn.speaker for turn in call.turns))
    talk = tuple(Turn(line, speaker=names[i % min(2, len(names))]) for i, line in enumerate(lines))
    onset = call.meta.get("onset_turn")
    meta = call.meta if onset is None else {**call.meta, "onset_turn": onset + len(talk)}
    return replace(call, turns=(*talk, *call.turns), meta=meta)


def _reordered(call: Call, rng: random.Random) -> Call:
    sentences = [
        replace(turn, text=text, start_s=None, end_s=None)
        for turn in call.turns
        for text in _SENTENCE.split(turn.text)
        if text
    ]
    rng.shuffle(sentences)
    # The turn that gave the scam away is none any more.
    meta = {key: value for key, value in call.meta.items() if key != "onset_turn"}
    return replace(call, turns=tuple(sentences), meta=meta)


CHANGES: Mapping[str, Change] = {
    **{f"word errors {100 * rate:g} %": _errors(rate) for rate in WORD_ERROR_RATES},
    "fillers put in": _in_words(lambda words, rng: change_fillers(words, rng, insert=True, rate=_FILLER_RATE)),
    "redacted, [NAME]": _redact({"name": "[NAME]", "brand": "[ORGANIZATION]", "number": "[NUMBER]"}),
    "redacted, XXXX": _redact({"name": "XXXX", "brand": "XXXX", "number": "XXXX"}),
    "speakers absent": _no_speakers,
    "speakers wrong": _wrong_speakers,
    "names swapped": _in_words(swap_names),
    "brands swapped": _in_words(swap_brands),
    "politeness removed": _in_words(lambda words, rng: change_politeness(words, rng, insert=False, rate=1.0)),
    "politeness put in": _in_words(
        lambda words, rng: change_politeness(
            words, rng, insert=True, rate=0.6, polite_turns=range(rng.randrange(2), len(words.starts) - 1, 2)
        )
    ),
    "chatty preamble": _preamble,
    "sentences reordered": _reordered,
}
"""Changes by name. The order is that of the tables."""
