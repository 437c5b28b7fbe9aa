"""The commands under `scamclf data`."""

from pathlib import Path
from typing import Annotated

import typer

from scamclf.terminal import Config, Overrides, Raw, needs_train, print_table

__all__ = ["data"]

EXIT_AUDIT = 1

data = typer.Typer(help="Corpora and prepared data sets.", no_args_is_help=True)


@data.command()
def sources() -> None:
    """List the public corpora: role, licence, and whether weights trained on them may be given away."""
    from scamclf.corpora import SOURCES_PATH, load_sources
    from scamclf.resources import resource

    print_table(
        ["source", "role", "kind", "licence", "weights", "repository"],
        [
            [s.name, s.role, s.kind, s.licence, "yes" if s.weights_release else "no", s.repository]
            for s in load_sources(resource(SOURCES_PATH)).values()
        ],
    )


@data.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="Sources, as `scamclf data sources` lists them.")],
    raw: Annotated[Path, typer.Option(help="Folder to fetch into, one folder a source.")] = Path("data/raw"),
    allow_unpinned: Annotated[bool, typer.Option(help="Fetch what no checksum is known for.")] = False,
) -> None:
    """Download corpora at their pinned commits and verify their checksums. A broken download is gone on with."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from scamclf.corpora.fetch import fetch as fetch_source

    with Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()) as progress:
        for name in names:
            task = progress.add_task(name, total=None)

            def show(done: int, total: int | None, task: "object" = task) -> None:
                progress.update(task, completed=done, total=total)  # type: ignore[arg-type]

            found = fetch_source(name, raw, progress=show, allow_unpinned=allow_unpinned)
            checked = "verified" if found.checked else "no checksum is known for it"
            progress.console.print(f"{name}: {found.n_files} files, {found.n_new} new, {checked}: {found.folder}")


@data.command()
def prepare(
    config: Config,
    out: Annotated[Path, typer.Option(help="Folder to write the Parquet files into.")] = Path("data/processed"),
    overrides: Overrides = [],  # noqa: B006 (typer wants a list and copies it)
    raw: Raw = None,
) -> None:
    """Read the corpora of a recipe, drop duplicates, split by group, write Parquet and a table of counts."""
    needs_train("preparation")
    from scamclf.preparation.prepare import write_prepared
    from scamclf.training.train import prepare_recipe

    _, prepared = prepare_recipe(config, overrides=overrides, raw=raw)
    write_prepared(prepared, out)
    print_table(
        ["source", "label", "train", "validation", "calibration", "test"],
        [
            [source, label, *(str(splits.get(split, {}).get(label, 0)) for split in prepared.splits)]
            for source, splits in prepared.counts().items()
            for label in sorted({label for found in splits.values() for label in found})
        ],
    )
    typer.echo(f"{len(prepared.dropped)} duplicates dropped; fingerprint {prepared.fingerprint}; written: {out}")
