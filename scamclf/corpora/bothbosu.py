"""BothBosu: two LLM-written sets of 1,600 dialogues, half of them scams, and 20 real YouTube calls, tidied."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scamclf.calls import Call, Label
from scamclf.corpora.dialogue import at_least_one, split_at_tags
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import look_up, read_table
from scamclf.corpora.youtube_openings import channel_group

__all__ = ["read"]

SYNTHETIC = {
    "multi_agent_train": "data/multi_agent_conversation_train.csv",
    "multi_agent_test": "data/multi_agent_conversation_test.csv",
    "single_agent_train": "data/single-agent-scam-dialogue_train.csv",
    "single_agent_test": "data/single-agent-scam-dialogue_test.csv",
}
YOUTUBE = "data/youtube_scam_conversations.csv"
YOUTUBE_SOURCE = "bothbosu_youtube"
YOUTUBE_LEFT_OUT = {2: "tidied twin of a training call", 11: "of a channel trained on"}
"""Rows counted from 0; twin and channel are of `youtube_openings`."""

_SPEAKERS = ("Suspect", "Innocent")
_SCAM_TYPES: dict[str, Label] = {
    "support": "tech_support_scam",
    "refund": "tech_support_scam",
    "reward": "other_scam",
    "ssn": "other_scam",
}
_LEGITIMATE_TYPES: dict[str, Label] = dict.fromkeys(("appointment", "delivery", "insurance", "wrong"), "legitimate")
_TYPES_BY_LABEL = {"0": _LEGITIMATE_TYPES, "1": _SCAM_TYPES}


def read(folder: Path) -> Iterator[Call | LeftOut]:
    """Read the synthetic dialogues, then the YouTube calls, which are for reports only.

    Args:
        folder: the repository's files.

    Yields:
        Calls; YouTube rows 2 and 11 are never among them.

    Raises:
        DataError: a file, a column or a dialogue is missing, or a label or type is unknown.
    """
    for part, path in SYNTHETIC.items():
        for number, row in read_table(folder / path, ("dialogue", "type", "labels")):
            call_id = f"bothbosu/{part}/{number:05d}"
            yield _call(call_id, row, f"{folder / path}, row {number}", group=call_id)
    for number, row in read_table(folder / YOUTUBE, ("dialogue", "type", "labels", "channel")):
        if number in YOUTUBE_LEFT_OUT:
            yield LeftOut(YOUTUBE_SOURCE, YOUTUBE_LEFT_OUT[number])
        else:
            call_id = f"bothbosu/youtube/{number:05d}"
            where = f"{folder / YOUTUBE}, row {number}"
            call = _call(call_id, row, where, group=channel_group(row["channel"]))
            # A source of its own: real calls must not be judged together with synthetic ones.
            yield replace(call, source=YOUTUBE_SOURCE, meta={"role": "report"})


def _call(call_id: str, row: dict[str, str], where: str, *, group: str) -> Call:
    types = look_up(_TYPES_BY_LABEL, row["labels"], where, "labels")
    return Call(
        call_id=call_id,
        turns=at_least_one(split_at_tags(row["dialogue"], _SPEAKERS), where),
        language="en",
        source="bothbosu",
        label=look_up(types, row["type"], where, "type"),
        family=row["type"],
        group=group,
    )
