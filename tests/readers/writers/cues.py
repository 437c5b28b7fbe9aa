"""Subtitles."""

from tests.readers.writers.talk import NAMES, Talk


def clock(hundredths: int, mark: str) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:02}0"


def vtt(talk: Talk) -> bytes:
    cues = [f"{clock(t.start, '.')} --> {clock(t.end, '.')}\n<v {NAMES[t.speaker]}>{t.text}</v>\n" for t in talk]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def srt(talk: Talk) -> bytes:
    cues = [
        f"{k}\n{clock(t.start, ',')} --> {clock(t.end, ',')}\n[SPEAKER_0{t.speaker}]: {t.text}\n"
        for k, t in enumerate(talk, start=1)
    ]
    return "\n".join(cues).encode()
