"""What the commands share: options that mean the same everywhere, and tables."""

from pathlib import Path
from typing import Annotated

import typer

from scamclf.errors import MissingExtraError

__all__ = ["Bundle", "Config", "Overrides", "Raw", "needs_train", "print_table", "tell"]

Bundle = Annotated[Path, typer.Option("--bundle", help="Folder made by `scamclf export`.")]
Config = Annotated[Path, typer.Option("--config", help="Recipe, for example configs/minilm.yaml.")]
Overrides = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="Change one key of the recipe.")]
Raw = Annotated[Path | None, typer.Option(help="Folder with the public corpora, one folder a source.")]


def needs_train(purpose: str) -> None:
    """Refuse with the install line where the [train] extra is missing.

    Raises:
        MissingExtraError: one of its packages is not installed.
    """
    from importlib.util import find_spec

    for module, package in (("torch", "torch"), ("transformers", "transformers"), ("yaml", "pyyaml")):
        if find_spec(module) is None:
            raise MissingExtraError(package, extra="train", needed_for=purpose)


def tell(line: str) -> None:
    """Print a line of progress, apart from the result."""
    typer.echo(line, err=True)


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a table as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
