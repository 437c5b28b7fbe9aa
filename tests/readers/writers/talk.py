"""An invented call as the writers get it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("AGENT", "CUSTOMER")


@dataclass(frozen=True)
class Word:
    text: str
    start: int
    end: int
    """Times in hundredths of a second: every format can write those exactly."""


@dataclass(frozen=True)
class Spoken:
    speaker: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


Talk = Sequence[Spoken]


def seconds(hundredths: int) -> float:
    return hundredths / 100


def to_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def by_speaker(talk: Talk) -> list[Spoken]:
    """One channel behind the other, as Azure and Google write them."""
    return sorted(talk, key=lambda t: t.speaker)
