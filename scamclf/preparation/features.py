"""What a call looks like apart from what it says: the columns that the probes learn from.

Every function takes calls and gives one row a call, in order, and the name of each column.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer, models

from scamclf.calls import Call
from scamclf.normalise import add_normaliser
from scamclf.preparation.closed_words import DISCOURSE_MARKERS, FUNCTION_WORDS, HESITATIONS
from scamclf.render import render

__all__ = ["Table", "ends_open", "function_word_table", "length_table", "normalised", "style_table"]

Table = tuple[npt.NDArray[np.float64], tuple[str, ...]]
"""(calls, columns) float64, and the column names."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_MARKS = ".,?!'\"-:;()[]/$£%&@…*"
_SENTENCE_END = re.compile(r"[.?!…][\"'”’)\]]*$")


@cache
def _normaliser() -> Tokenizer:
    return add_normaliser(Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")))


def normalised(text: str) -> str:
    """The text as a model sees it: what the normaliser of every bundle leaves, words apart by one space."""
    return str(_normaliser().normalizer.normalize_str(text))


def style_table(calls: Sequence[Call], *, normalise: bool) -> Table:
    """Casing, punctuation, digits, fillers and word length, as rates and as counts.

    Args:
        calls: to describe.
        normalise: True sees only what the normaliser leaves: fillers, repeats and word lengths.
    """
    rows = []
    for call in calls:
        row = _wording(normalised(render(call)).split())
        rows.append(row if normalise else row | _marks(call))
    return _table(rows)


def length_table(calls: Sequence[Call]) -> Table:
    """Words, turns, words a turn, and how the call ends."""
    return _table([_lengths(call) for call in calls])


def function_word_table(calls: Sequence[Call]) -> Table:
    """Function words for every hundred words, after normalisation."""
    rows = []
    for call in calls:
        words = normalised(render(call)).split()
        counts = dict.fromkeys(FUNCTION_WORDS, 0.0)
        for word in words:
            if word in counts:
                counts[word] += 100.0 / len(words)
        rows.append(counts)
    return _table(rows)


def ends_open(call: Call) -> bool:
    """Whether the last turn breaks off although most turns end a sentence."""
    closed = [bool(_SENTENCE_END.search(turn.text)) for turn in call.turns]
    return sum(closed) >= 0.5 * len(closed) and not closed[-1]


def _wording(words: list[str]) -> dict[str, float]:
    n = max(len(words), 1)
    lengths = np.array([len(word) for word in words] or [0])
    fillers = [word for word in words if word in HESITATIONS]
    row = {f"rate of {word}": 100.0 * words.count(word) / n for word in HESITATIONS}
    return row | {
        "hesitations": 100.0 * len(fillers) / n,
        "hesitations, count": float(np.log1p(len(fillers))),
        "discourse markers": 100.0 * sum(word in DISCOURSE_MARKERS for word in words) / n,
        "repeated words": 100.0 * sum(a == b for a, b in pairwise(words)) / n,
        "numbers in figures": 100.0 * words.count("0") / n,
        "mean word length": float(lengths.mean()),
        "spread of word length": float(lengths.std()),
        "single letters": 100.0 * float((lengths == 1).mean()),
        "short words": 100.0 * float((lengths <= 3).mean()),
        "long words": 100.0 * float((lengths >= 8).mean()),
        "different words in the first hundred": float(len(set(words[:100])) / max(len(words[:100]), 1)),
    }


def _marks(call: Call) -> dict[str, float]:
    text = render(call)
    words = _WORD.findall(text)
    n, letters = max(len(words), 1), max(sum(char.isalpha() for char in text), 1)
    starts = [turn.text[:1].isupper() for turn in call.turns]
    numbers, upper = _NUMBER.findall(text), sum(char.isupper() for char in text)
    punctuation, digits = sum(char in _MARKS for char in text), sum(char.isdigit() for char in text)
    row = {f"mark {mark}": 100.0 * text.count(mark) / n for mark in _MARKS}
    return row | {
        "upper-case letters": 100.0 * upper / letters,
        "capitalised words": 100.0 * sum(word[0].isupper() for word in words) / n,
        "words in capitals": 100.0 * sum(word.isupper() and len(word) > 1 for word in words) / n,
        "lower-case i": 100.0 * words.count("i") / n,
        "turns that begin upper-case": float(np.mean(starts)),
        "turns that end a sentence": float(np.mean([bool(_SENTENCE_END.search(turn.text)) for turn in call.turns])),
        "punctuation": 100.0 * punctuation / n,
        "punctuation, count": float(np.log1p(punctuation)),
        "digits": 100.0 * digits / n,
        "digits, count": float(np.log1p(digits)),
        "numbers": 100.0 * len(numbers) / n,
        "long numbers": 100.0 * sum(len(number) >= 5 for number in numbers) / n,
        "capitals, count": float(np.log1p(upper)),
    }


def _lengths(call: Call) -> dict[str, float]:
    turns = np.array([len(turn.text.split()) for turn in call.turns], dtype=np.float64)
    last = normalised(call.turns[-1].text).split()[-1:]
    return {
        "words": float(turns.sum()),
        "turns": float(len(turns)),
        "words a turn": float(turns.mean()),
        "spread of words a turn": float(turns.std()),
        "longest turn": float(turns.max()),
        "first turn": float(turns[0]),
        "last turn": float(turns[-1]),
        "last turn against the mean": float(turns[-1] / max(turns.mean(), 1.0)),
        "very short turns": float((turns <= 3).mean()),
        "ends mid-sentence": float(ends_open(call)),
        "ends on a function word": float(bool(last) and last[0] in FUNCTION_WORDS),
    }


def _table(rows: Sequence[dict[str, float]]) -> Table:
    names = tuple(rows[0]) if rows else ()
    return np.array([list(row.values()) for row in rows], dtype=np.float64).reshape(len(rows), len(names)), names
