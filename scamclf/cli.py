"""The command `scamclf`. Every import of weight is inside its command, so that --help answers at once."""

from pathlib import Path
from typing import Annotated

import typer

from scamclf.cli_benchmark import benchmark
from scamclf.cli_data import data
from scamclf.cli_score import EXIT_FAILED, score, verify
from scamclf.errors import ScamclfError
from scamclf.terminal import Bundle, Config, Overrides, Raw, needs_train, tell

__all__ = ["app", "main"]

app = typer.Typer(
    help="Recognise scam phone calls, above all technical-support impersonation, from their transcripts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(data, name="data")

app.command()(score)
app.command()(verify)
app.command()(benchmark)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="File of calls, in any format of docs/formats.md.", dir_okay=False)],
    input_format: Annotated[str | None, typer.Option(help="Its format; else the file is looked into.")] = None,
) -> None:
    """Show what a file of calls holds and lacks, with digits masked, before a long job is started."""
    from scamclf.readers.inspect import inspect_file, render_inspection

    typer.echo(render_inspection(inspect_file(file, format=input_format)))


@app.command()
def train(
    config: Config,
    overrides: Overrides = [],  # noqa: B006 (typer wants a list and copies it)
    raw: Raw = None,
    run: Annotated[Path | None, typer.Option(help="Folder to write; runs/<name> unless given.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the newest checkpoint.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Start afresh in a folder that holds a run.")] = False,
) -> None:
    """Fine-tune and calibrate. On several processes: accelerate launch train/train.py."""
    needs_train("training")
    from scamclf.training.train import train as train_recipe

    done = train_recipe(config, overrides=overrides, raw=raw, run=run, resume=resume, overwrite=overwrite)
    typer.echo(f"trained: {done}; next: scamclf export {done} BUNDLE")


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder that training wrote.")],
    bundle: Annotated[Path, typer.Argument(help="Folder to write.")],
    overwrite: Annotated[bool, typer.Option(help="Replace a bundle that is there.")] = False,
    precisions: Annotated[
        list[str],
        typer.Option("--precision", help="Make this precision beside fp32 as well: bf16 or int8; repeatable."),
    ] = [],  # noqa: B006 (typer wants a list and copies it)
) -> None:
    """Write a bundle. Refused when the exported network does not agree with the trained one."""
    needs_train("export")
    from scamclf.export import export as export_run

    export_run(run, bundle, overwrite=overwrite, precisions=precisions, tell=tell)
    typer.echo(f"exported: {bundle}; try: scamclf score CALLS --bundle {bundle} --out scores")


@app.command()
def evaluate(
    bundle: Bundle,
    prepared: Annotated[Path, typer.Option("--data", help="Prepared data set, for example runs/NAME/data.")],
    out: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
) -> None:
    """Judge a bundle on the test split, per source, beside a TF-IDF baseline. Records it in the bundle's card."""
    needs_train("evaluation")
    from scamclf.evaluation.record import record_evaluation

    typer.echo(record_evaluation(bundle, prepared, out, tell=tell)["markdown"])


@app.command()
def report(
    evaluation: Annotated[Path, typer.Argument(help="JSON file that `scamclf evaluate --out` wrote.", dir_okay=False)],
    page: Annotated[
        Path, typer.Argument(help="File to write: .html, one page that needs no network; .svg, its first curve alone.")
    ],
) -> None:
    """Make a page with plots of an evaluation."""
    import json

    needs_train("the report")
    from scamclf.evaluation.figures import curve_file
    from scamclf.evaluation.html import write_html

    found = json.loads(evaluation.read_text(encoding="utf-8"))
    if page.suffix == ".svg":
        page.write_text(curve_file(found), encoding="utf-8")
    else:
        write_html(found, page)
    typer.echo(f"written: {page}")


@app.command()
def calibrate(
    bundle: Bundle,
    legitimate: Annotated[Path, typer.Option(help="File or folder of legitimate calls of your own network.")],
    out: Annotated[Path, typer.Option(help="Folder to write the bundle with the new thresholds into.")],
    precisions: Annotated[
        list[str], typer.Option("--precision", help="Keep this precision; repeatable. Unless given, all are kept.")
    ] = [],  # noqa: B006 (typer wants a list and copies it)
) -> None:
    """Set the thresholds on legitimate calls of your own: they do not transfer between networks."""
    from scamclf.readers import read_calls
    from scamclf.thresholds import reset_thresholds

    rows = list(read_calls(legitimate))
    errors = [row for row in rows if isinstance(row, ScamclfError)]
    if errors:
        raise errors[0]
    calls = [row for row in rows if not isinstance(row, ScamclfError)]
    points = reset_thresholds(bundle, calls, out, precisions=precisions or None)
    for name, point in points.items():
        typer.echo(f"{name}: {point.n_false_alarms} of {point.n_legitimate} legitimate calls alarm")


def main() -> None:
    """Run the command; a deliberate error is one line on standard error and exit code 1."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        app()
    except ScamclfError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(EXIT_FAILED) from error


if __name__ == "__main__":
    main()
