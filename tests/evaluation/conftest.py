"""Authored pairs as calls of three sources of one's own: one of each kind that a benchmark leaves out."""

import dataclasses
import json
from pathlib import Path

import pytest

from scamclf.calls import Call, call_to_dict
from scamclf.corpora import pairs
from scamclf.resources import resource


@pytest.fixture(scope="session")
def three_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`both` has both classes; `scams` and `honest` have one, of other pairs, so that no pair is in two sources."""
    by_pair: dict[str, list[Call]] = {}
    for call in pairs.read(resource("data/pairs")):
        by_pair.setdefault(str(call.group), []).append(call)
    chosen: list[Call] = []
    for number, twins in enumerate(list(by_pair.values())[::9]):
        source = ("both", "both", "scams", "honest")[number % 4]
        chosen += [
            dataclasses.replace(call, source=source)
            for call in twins
            if source == "both" or (call.label == "legitimate") == (source == "honest")
        ]
    path = tmp_path_factory.mktemp("three") / "calls.jsonl"
    path.write_text("".join(json.dumps(call_to_dict(call)) + "\n" for call in chosen), encoding="utf-8")
    return path
