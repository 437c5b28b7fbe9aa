"""A small training run of labelled calls of one's own, made once a session, and what it was made from."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scamclf.calls import Call, call_to_dict
from scamclf.config import Recipe
from scamclf.corpora import pairs
from scamclf.preparation.prepare import Prepared
from scamclf.resources import resource


@pytest.fixture(scope="session")
def paired_calls() -> list[Call]:
    """Two authored pairs of every scenario."""
    groups: dict[str, list[str]] = {}
    calls = list(pairs.read(resource("data/pairs")))
    for call in calls:
        of_scenario = groups.setdefault(call.meta["scenario"], [])
        if call.group not in of_scenario:
            of_scenario.append(str(call.group))
    found = [call for call in calls if call.group in groups[call.meta["scenario"]][:2]]
    assert len(found) == 4 * len(groups)
    return found


@pytest.fixture(scope="session")
def overrides(paired_calls: list[Call], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `--set` gets: the calls as a labelled file of one's own, and few windows."""
    path = tmp_path_factory.mktemp("own") / "calls.jsonl"
    path.write_text("".join(json.dumps(call_to_dict(call)) + "\n" for call in paired_calls), encoding="utf-8")
    return [
        "data.pairs=false", f"data.labelled=[{path}]",
        "training.epochs=4", "training.windows_per_epoch=44", "training.patience=9",
        "training.keep_checkpoints=9", "training.lr=3e-3",
    ]  # fmt: skip


@pytest.fixture(scope="session")
def prepare_smoke(overrides: list[str]) -> Callable[..., tuple[Recipe, Prepared]]:
    """The smoke recipe on the calls of one's own, and its data set; more overrides may be given."""
    from scamclf.training.train import prepare_recipe

    return lambda *more: prepare_recipe(resource("configs/smoke.yaml"), overrides=[*overrides, *more])


@pytest.fixture(scope="session")
def own_run(overrides: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never interrupted, with all its checkpoints. Copy it before you change it."""
    from scamclf.training.train import train

    return train(resource("configs/smoke.yaml"), overrides=overrides, run=tmp_path_factory.mktemp("run") / "whole")
