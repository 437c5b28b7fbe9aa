"""The one way from a recipe's path to a run, behind `train/train.py` and `scamclf train`."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from scamclf.config import Recipe, load_recipe
from scamclf.preparation.prepare import Prepared, prepare
from scamclf.resources import repository_path
from scamclf.training.fit import fit

__all__ = ["prepare_recipe", "train"]


def train(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    raw: Path | None = None,
    run: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> Path:
    """Prepare the data that a recipe names and train on them.

    Args:
        config: the recipe.
        overrides: `key=value`.
        raw: folder with the public corpora, in place of the recipe's.
        run: folder to write; None is runs/<name of the recipe>, in a checkout from its root.
        resume, overwrite: what to do with a folder that holds a run.

    Returns:
        The run folder.
    """
    recipe, prepared = prepare_recipe(config, overrides=overrides, raw=raw)
    return fit(recipe, prepared, run or repository_path(Path("runs") / recipe.name), resume=resume, overwrite=overwrite)


def prepare_recipe(config: Path, *, overrides: Sequence[str] = (), raw: Path | None = None) -> tuple[Recipe, Prepared]:
    """Read a recipe and prepare its data; arguments as `train`."""
    recipe = load_recipe(config, overrides)
    # Where the corpora lie is no part of the recipe: a run may be resumed with them elsewhere.
    folder = raw or repository_path(Path(recipe.data.raw or "data/raw"))
    labelled = tuple(str(repository_path(Path(path))) for path in recipe.data.labelled)
    return recipe, prepare(dataclasses.replace(recipe.data, raw=str(folder), labelled=labelled))
