"""Training calls said and written otherwise, so that style, names and brands do not predict the label.

Every kind of change is made to calls of all classes alike: nothing here reads a label, a family, a source or a
group.
"""

import dataclasses
import random
from dataclasses import dataclass, replace

from scamclf.calls import Call, Turn
from scamclf.errors import ConfigError
from scamclf.preparation.brands import swap_brands
from scamclf.preparation.names import fill_placeholders, swap_names
from scamclf.preparation.noise import caption_lines, change_fillers, change_politeness, mishear
from scamclf.preparation.number_mentions import change_numbers
from scamclf.preparation.words import Words

__all__ = ["AugmentConfig", "augment"]


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """What is changed and how often; each probability is that of one call, 0 switches the kind off.

    Args:
        names: of other names: some stand in one class only ("Sarah", "XYZ").
        brands: of other brands; below 1, so that the model hears real ones too.
        numbers: of other amounts, telephone numbers and ids.
        number_form: of numbers written as words, or words as figures: recognisers differ.
        politeness: of "sir", "ma'am", "please" put in or taken out: else they make an accent detector.
        fillers: of um, uh, like, okay put in or taken out: real calls have them, written ones do not.
        max_filler_rate: fillers put in for each word, at most; a call's rate is drawn from 0 to it.
        asr_errors: of a speech recogniser's errors.
        max_asr_rate: errors for each word, at most; a call's rate is drawn from 0 to it.
        captions: of caption style: lower case, no punctuation, no speakers, lines in place of turns.
        late_start: of a beginning that is cut off: transcripts do not all begin with the greeting.
        early_end: of an end that is cut off: in some corpora only scams break off.

    Raises:
        ConfigError: a value is not in [0, 1].
    """

    names: float = 0.7
    brands: float = 0.4
    numbers: float = 0.5
    number_form: float = 0.3
    politeness: float = 0.4
    fillers: float = 0.5
    max_filler_rate: float = 0.06
    asr_errors: float = 0.5
    max_asr_rate: float = 0.12
    captions: float = 0.3
    late_start: float = 0.2
    early_end: float = 0.2

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 1:
                raise ConfigError(f"augment.{field.name} is {value!r}; wanted a number in [0, 1]")


def augment(call: Call, config: AugmentConfig, *, seed: int, view: int) -> Call:
    """Say the same call otherwise.

    Args:
        call: any; one without turns is returned as it is.
        config: kinds of change and their probabilities.
        seed: of all draws.
        view: number of the variant, for example the epoch.

    Returns:
        A call with the same id, label and other fields. Seed, view, id, words and `meta["onset_turn"]` alone
        decide what it says. `onset_turn` is the turn (in captions: the line) that holds the beginning of the same
        words. The number of turns changes only by `captions`, `late_start` and `early_end`, which never cut
        `onset_turn` off nor touch a call whose `meta["whole"]` is true; turns of captions have no speaker, times or
        confidence.
    """
    if not call.turns:
        return call
    rng = random.Random(f"{seed}:{view}:{call.call_id}")
    onset = call.meta.get("onset_turn")
    first, end = _draw_span(len(call.turns), onset, config, rng)
    if call.meta.get("whole"):
        first, end = 0, len(call.turns)
    turns = call.turns[first:end]
    texts = [turn.text for turn in turns]
    texts = _change_entities(texts, config, rng)
    texts = _change_manner(texts, [turn.speaker for turn in turns], config, rng)
    lines, line_of = caption_lines(texts, rng) if rng.random() < config.captions else ([], [])
    if lines:
        turns = tuple(Turn(line) for line in lines)
    else:
        turns = tuple(
            turn if text == turn.text else Turn(text, turn.speaker, turn.start_s, turn.end_s, turn.confidence)
            for turn, text in zip(turns, texts, strict=True)
        )
    if onset is None:
        return replace(call, turns=turns)
    onset = line_of[onset - first] if lines else onset - first
    return replace(call, turns=turns, meta={**call.meta, "onset_turn": onset})


def _draw_span(n_turns: int, onset: int | None, config: AugmentConfig, rng: random.Random) -> tuple[int, int]:
    """First turn and end of what is kept."""
    # Drawn for every call, so that both kinds of calls go on with the same numbers.
    late, early = rng.random() < config.late_start, rng.random() < config.early_end
    first_share, end_share, kept_share = rng.random(), rng.random(), rng.triangular(0.2, 0.75, 0.47)
    # Where nobody marked a turn, one is kept that lies where they lie in marked calls: else calls without a mark,
    # the legitimate ones first, would be cut more deeply and be known by that.
    kept = min(int(kept_share * n_turns), n_turns - 1) if onset is None else onset
    first = int(first_share * (kept + 1)) if late else 0
    return first, n_turns - int(end_share * (n_turns - kept)) if early else n_turns


def _change_entities(texts: list[str], config: AugmentConfig, rng: random.Random) -> list[str]:
    names, brands = rng.random() < config.names, rng.random() < config.brands
    redraw, rewrite = rng.random() < config.numbers, rng.random() < config.number_form
    if names:
        texts = fill_placeholders(texts, rng)
    if not (names or brands or redraw or rewrite):
        return texts
    words = Words.from_texts(texts)
    before = words.words.copy()
    if names:
        swap_names(words, rng)
    if brands:
        swap_brands(words, rng)
    if redraw or rewrite:
        change_numbers(words, rng, redraw=redraw, to=rng.choice(("words", "figures")) if rewrite else None)
    return words.texts(texts) if words.words != before else texts


def _change_manner(
    texts: list[str], speakers: list[str | None], config: AugmentConfig, rng: random.Random
) -> list[str]:
    polite, fill = rng.random() < config.politeness, rng.random() < config.fillers
    misheard = rng.random() < config.asr_errors
    if not (polite or fill or misheard):
        return texts
    words = Words.from_texts(texts)
    before = words.words.copy()
    if polite:
        insert = rng.random() < 0.5
        turns = _draw_turns(speakers, rng)
        change_politeness(words, rng, insert=insert, rate=rng.uniform(0, 0.5 if insert else 1), polite_turns=turns)
    if fill:
        change_fillers(words, rng, insert=rng.random() < 0.5, rate=rng.uniform(0, config.max_filler_rate))
    if misheard:
        mishear(words, rng, rate=rng.uniform(0, config.max_asr_rate))
    return words.texts(texts) if words.words != before else texts


def _draw_turns(speakers: list[str | None], rng: random.Random) -> list[int]:
    """The turns of one speaker; every second one where nobody says who speaks."""
    names = sorted({speaker for speaker in speakers if speaker is not None})
    if len(names) < 2:
        return list(range(rng.randrange(2), len(speakers), 2))
    chosen = rng.choice(names)
    return [turn for turn, speaker in enumerate(speakers) if speaker == chosen]
