"""The first minute of real scam-baiting calls on YouTube: automatic captions, no speaker marks."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from scamclf.calls import Call, Label, Turn
from scamclf.corpora.judgements import Judgement, load_judgements
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import read_table

__all__ = ["TRAIN_CHANNELS", "channel_group", "judge_by_rule", "read"]

FILE = "data/youtube_scams.csv"
TRAIN_CHANNELS = frozenset(
    {"MoreKitboga", "scambaittv", "ToniMosh", "Unlisted", "ScammerAllergy", "FunGuyMediaScambaits"}
)
"""Test selector: every other channel is test data for good."""

_SUPPORT_WORDS = re.compile(
    r"\b(microsoft|windows|computers?|laptop|apple|amazon|paypal|norton|mcafee|malwarebytes|geek squad|"
    r"anti ?-?virus|firewall|virus|hackers?|internet|router|broadband|wi-?fi|support|technical|technician|"
    r"subscription|renew\w*|cancellation|refund|order|any ?desk|team ?viewer|server|screen|pop-?up)\b"
)
_OTHER_WORDS = re.compile(
    r"\b(hmrc|irs|tax(?:es)?|customs|social security|national insurance|officer|warrant|arrest|crime|police|"
    r"fraud prevention|bank|sort code|debt|loan|grant|ppi|compensation|prize|lottery|sweepstakes?|won|winner|"
    r"publishers?|clearing house|medicare|inheritance|grandson|bail)\b"
)


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read the openings; labels are from `data/labels/youtube_openings.csv`.

    A row that is not in that file (test channels, which nobody reads) is judged by `judge_by_rule`.
    Rows of channels outside `TRAIN_CHANNELS` get the role "report". A row without a word is no call.

    Raises:
        DataError: the file or a column is missing.
    """
    judgements = load_judgements("youtube_openings", "id")
    for _, row in read_table(folder / FILE, ("ID", "Source", "Content")):
        text = row["Content"].strip()
        if not text:
            yield LeftOut("youtube_openings", "no words")
            continue
        channel = _channel(row["Source"].strip())
        call_id = f"youtube_openings/{row['ID'].strip()}"
        judgement = judgements.get(row["ID"].strip()) or judge_by_rule(text)
        yield Call(
            call_id=call_id,
            turns=(Turn(text=text),),
            language="en",
            source="youtube_openings",
            label=judgement.label,
            family=judgement.family,
            group=channel_group(channel) if channel else call_id,
            meta={"judged_by": judgement.judged_by} | ({} if channel in TRAIN_CHANNELS else {"role": "report"}),
        )


def judge_by_rule(text: str) -> Judgement:
    """Label a scam opening without a reader: do words of support or words of other scams prevail?

    A tie, or no such word, is support: most baited calls are.
    """
    support = {match[0] for match in _SUPPORT_WORDS.finditer(text.lower())}
    other = {match[0] for match in _OTHER_WORDS.finditer(text.lower())}
    label: Label = "other_scam" if len(other) > len(support) else "tech_support_scam"
    return Judgement(label=label, family=label, judged_by="rule")


def channel_group(channel: str) -> str:
    """Name the group of a channel, the same in every corpus however the name is spaced."""
    return f"channel:{re.sub(r'[^a-z0-9]', '', channel.lower())}"


def _channel(source: str) -> str | None:
    """The channel in a video's address, or what stands in place of an address; None where unknown."""
    if "://" not in source:
        return source or None
    return parse_qs(urlsplit(source).query).get("ab_channel", [None])[0]
