"""The commands under `scamclf data`."""

import json
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from scamclf.terminal import Overrides, Raw, needs_train, print_table

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
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    from scamclf.corpora.fetch import fetch as fetch_source

    with Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()) as progress:
        for name in names:
            task = progress.add_task(name, total=None)

            def show(done: int, total: int | None, task: TaskID = task) -> None:
                progress.update(task, completed=done, total=total)

            found = fetch_source(name, raw, progress=show, allow_unpinned=allow_unpinned)
            checked = "verified" if found.checked else "no checksum is known for it"
            progress.console.print(f"{name}: {found.n_files} files, {found.n_new} new, {checked}: {found.folder}")


@data.command()
def audit(
    folder: Annotated[Path, typer.Argument(help="Folder made by `scamclf data prepare`, or runs/NAME/data.")],
    bounds: Annotated[
        Path | None,
        typer.Option(help="YAML file with bounds of your own, keys as scamclf.preparation.findings.Bounds."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write as well.")] = None,
) -> None:
    """Look for what tells the label although it should not. Exits with 1 where something is past its bound."""
    needs_train("the audit")
    from scamclf.config import read_section
    from scamclf.preparation.audit import Bounds, answers, audit_prepared, render_text, to_dict

    found = audit_prepared(folder, read_section(Bounds, bounds) if bounds else None)
    typer.echo(render_text(found))
    if not found.ok:
        typer.echo(
            "Public corpora are like this, as collected: no score on them alone means anything. Past the bounds,"
        )
        typer.echo("and what of a recipe answers it:")
        typer.echo("\n".join(f"- {line}" for line in answers(found)))
    if out is not None:
        out.write_text(json.dumps(to_dict(found), indent=2) + "\n", encoding="utf-8")
    if not found.ok:
        raise typer.Exit(EXIT_AUDIT)


@data.command()
def pairs(
    details: Annotated[
        bool, typer.Option(help="Words that probes go by, and the pairs that words tell apart.")
    ] = False,
) -> None:
    """Count the authored pairs and hold them to their bounds. Exits with 1 where one is past its bound."""
    needs_train("the audit")
    from scamclf.corpora import pairs as corpus
    from scamclf.preparation.findings import render_text
    from scamclf.preparation.pairs_audit import audit_pairs, pairs_details, pairs_table
    from scamclf.resources import resource

    calls = list(corpus.read(resource("data/pairs")))
    labels = ("legitimate", "tech_support_scam", "other_scam")
    print_table(
        ["", "", *labels],
        [
            [column, value, *(str(counts.get(label, 0)) for label in labels)]
            for column, rows in pairs_table(calls).items()
            for value, counts in rows.items()
        ],
    )
    found = audit_pairs(calls)
    typer.echo(render_text(found))
    if details:
        typer.echo(pairs_details(calls))
    if not found.ok:
        raise typer.Exit(EXIT_AUDIT)


@data.command()
def prepare(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Recipe; configs/research.yaml, which names all corpora, unless given."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write the Parquet files into.")] = Path("data/processed"),
    overrides: Overrides = [],  # noqa: B006 (typer wants a list and copies it)
    raw: Raw = None,
) -> None:
    """Read the corpora of a recipe, drop duplicates, split by group; write Parquet, print what became of every row."""
    needs_train("preparation")
    from scamclf.corpora import SOURCES_PATH, load_sources
    from scamclf.preparation.prepare import write_prepared
    from scamclf.preparation.table import CALL_COLUMNS, ROW_COLUMNS, call_table, row_table, rule_lines
    from scamclf.resources import resource
    from scamclf.training.train import prepare_recipe

    start = perf_counter()
    _, prepared = prepare_recipe(config or resource("configs/research.yaml"), overrides=overrides, raw=raw)
    write_prepared(prepared, out)
    seconds = perf_counter() - start
    rows = row_table(prepared)
    print_table(list(ROW_COLUMNS), rows)
    typer.echo("\n".join(rule_lines(prepared)))
    print_table(list(CALL_COLUMNS), call_table(prepared, load_sources(resource(SOURCES_PATH))))
    n = sum(int(row[1]) for row in rows)
    typer.echo(f"{n} rows in {seconds:.1f} s, {n / seconds:,.0f} a second")
    typer.echo(f"fingerprint {prepared.fingerprint}; written: {out}")
