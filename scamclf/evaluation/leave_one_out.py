"""Each training source left out in turn: what a model says of calls whose corpus it has never seen.

Scores within a source mean nothing (a bag of words gets 1.00 inside the public synthetic sets), so this is the figure
to choose recipes and models by.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scamclf.calls import LABELS
from scamclf.config import Recipe, recipe_to_dict
from scamclf.errors import ConfigError, DataError
from scamclf.evaluation.folds import (
    PROXY_OVERRIDES,
    check_folds,
    leave_out,
    pick_folds,
    proxy_folds,
    proxy_prepared,
)
from scamclf.evaluation.judge import TARGET_FPR
from scamclf.evaluation.leave_one_out_table import markdown, summary
from scamclf.evaluation.report import evaluate_scorer
from scamclf.export import export
from scamclf.predict import load
from scamclf.preparation.prepare import Prepared
from scamclf.thresholds import operating_point_name
from scamclf.training.fit import fit
from scamclf.training.run import RUN, environment, write_json
from scamclf.training.train import prepare_recipe

__all__ = ["leave_one_out"]

_SETTINGS = "benchmark.json"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every fold has in common: arguments as `leave_one_out`."""

    config: Path
    overrides: tuple[str, ...]
    raw: Path | None
    folder: Path
    proxy: bool
    hold_out: tuple[str, ...]


def leave_one_out(
    config: Path,
    *,
    run: Path,
    overrides: Sequence[str] = (),
    raw: Path | None = None,
    folds: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    proxy: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train, calibrate and judge a model without each source in turn.

    Args:
        config: the recipe.
        run: folder to write. For every fold and seed `<source>-seed<seed>.json`, which appears once the fold is
            finished, and a folder with its `bundle` and `data`. The same command goes on where it was stopped.
        overrides: `key=value`.
        raw: folder with the public corpora, in place of the recipe's.
        folds: sources to leave out, one at a time; empty: every source that is trained on, with `proxy` three of them.
        seeds: of the training; each makes a model of its own for every fold.
        proxy: few windows, and one crop of each call that is judged: to choose between recipes, not to report.
        tell: takes a line of progress.

    Returns:
        Plain JSON: see `scamclf.evaluation.leave_one_out_table.summary`; the settings; a "markdown" table.

    Raises:
        ConfigError: `run` was begun with another recipe or without `proxy`, a fold is no training source, or the
            recipe has no operating point at 1 %.
        DataError: what is left without a source cannot make or judge a model, or the data are others than the run's.
    """
    overrides = (*overrides, *(PROXY_OVERRIDES if proxy else ()))
    recipe, whole = prepare_recipe(config, overrides=overrides, raw=raw)
    counts = whole.counts()
    chosen = pick_folds(counts, folds or (proxy_folds(counts) if proxy else ()))
    check_folds(recipe, counts, chosen)
    settings = {"recipe": recipe_to_dict(recipe), "proxy": proxy, "data_fingerprint": whole.fingerprint}
    _open(run, settings)
    plan = _Plan(config, overrides, raw, run, proxy, recipe.data.hold_out)
    found = []
    jobs = [(fold, seed) for seed in seeds for fold in chosen]
    for number, (fold, seed) in enumerate(jobs, 1):
        record = run / f"{_name(fold, seed)}.json"
        tell(f"fold {number} of {len(jobs)}: {fold} left out, seed {seed}{': done before' if record.is_file() else ''}")
        if not record.is_file():
            _write_whole(record, _judge_fold(plan, fold, seed))
        _tidy(run / _name(fold, seed))
        found.append(json.loads(record.read_text(encoding="utf-8")))
    result = {
        "name": recipe.name,
        "target_fpr": TARGET_FPR,
        "seeds": list(seeds),
        **settings,
        "environment": environment(),
        **summary(found),
    }
    return {**result, "markdown": markdown(result)}


def _open(run: Path, settings: dict[str, Any]) -> None:
    """Make the folder, or check that the one that is there can go on."""
    path = run / _SETTINGS
    if not path.is_file():
        run.mkdir(parents=True, exist_ok=True)
        _write_whole(path, settings)
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    # As JSON has it: a tuple is a list.
    now = json.loads(json.dumps(settings))
    if before["proxy"] != now["proxy"]:
        raise ConfigError(f"{run} was begun {'with' if before['proxy'] else 'without'} --proxy: give another --run")
    if before["recipe"] != now["recipe"]:
        raise ConfigError(f"{run} was begun with another recipe ({path}): give another --run")
    if before["data_fingerprint"] != now["data_fingerprint"]:
        raise DataError(
            f"the data changed since {run} was begun (fingerprint {before['data_fingerprint']}, now "
            f"{now['data_fingerprint']}): bring the old data back, or give another --run"
        )


def _judge_fold(plan: _Plan, fold: str, seed: int) -> dict[str, Any]:
    work = plan.folder / _name(fold, seed)
    recipe, prepared = _prepare_fold(plan, fold, seed)
    run = work / "run"
    # A finished run is one whose calibration was written, last of all.
    if not (run / RUN.calibration).is_file():
        fit(recipe, prepared, run, resume=True)
    bundle = export(run, work / "bundle", overwrite=True)
    scorer = load(bundle, operating_point=operating_point_name(TARGET_FPR))
    return {
        "fold": fold,
        "seed": seed,
        "data_fingerprint": prepared.fingerprint,
        "counts": prepared.counts(),
        "report": evaluate_scorer(scorer, _judged(prepared, fold)),
    }


def _prepare_fold(plan: _Plan, fold: str, seed: int) -> tuple[Recipe, Prepared]:
    # JSON is YAML, and quotes what a name may hold.
    held_out = f"data.hold_out={json.dumps([*plan.hold_out, fold])}"
    overrides = [*plan.overrides, held_out, f"training.seed={seed}"]
    recipe, prepared = prepare_recipe(plan.config, overrides=overrides, raw=plan.raw)
    prepared = leave_out(prepared, fold)
    if plan.proxy:
        prepared = proxy_prepared(prepared, max_tokens=recipe.windows.max_tokens, seed=recipe.data.seed)
    return recipe, prepared


def _judged(prepared: Prepared, fold: str) -> Prepared:
    """The data set with those test calls that the fold is judged on.

    The source's scams stand against all legitimate test calls, none of which was trained on. A source without scams
    is judged by its false alarms, and the other test calls stay.
    """
    test = prepared.splits["test"]
    if any(call.source == fold and call.label != LABELS[0] for call in test):
        test = [call for call in test if call.source == fold or call.label == LABELS[0]]
    return Prepared({**prepared.splits, "test": test}, prepared.dropped, prepared.not_kept)


def _name(fold: str, seed: int) -> str:
    return f"{quote(fold, safe='')}-seed{seed}"


def _write_whole(path: Path, value: dict[str, Any]) -> None:
    """Write a file that is there whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    write_json(partial, value)
    partial.replace(path)


def _tidy(work: Path) -> None:
    """Keep of a finished fold its bundle and data: the checkpoints of many folds would fill a disk."""
    run = work / "run"
    if (run / RUN.data).is_dir():
        shutil.rmtree(work / "data", ignore_errors=True)
        (run / RUN.data).rename(work / "data")
    shutil.rmtree(run, ignore_errors=True)
