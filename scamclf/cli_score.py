"""`scamclf score` and `scamclf verify`."""

import ctypes
import os
import sys
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scamclf.terminal import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scamclf.bulk import Estimate, Progress, Summary

__all__ = ["EXIT_ERROR_ROWS", "EXIT_FAILED", "score", "verify"]

EXIT_FAILED, EXIT_ERROR_ROWS = 1, 3


class OutputFormat(StrEnum):
    """Kind of output file."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"


class OnDuplicate(StrEnum):
    """What to do with an id that stands twice."""

    REFUSE = "refuse"
    SUFFIX = "suffix"


class ProgressKind(StrEnum):
    """How progress is told."""

    AUTO = "auto"
    JSON = "json"


def _known_format(name: str | None) -> str | None:
    from scamclf.readers import FORMATS

    if name is not None and name not in FORMATS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(FORMATS)}.")
    return name


def score(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Files, folders, patterns in quotes, or - for standard input."),
    ],
    bundle: Bundle,
    out: Annotated[Path, typer.Option(help="Folder to write into: new, empty, or of the same job.")],
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="Kind of output files.")
    ] = OutputFormat.PARQUET,
    input_format: Annotated[
        str | None,
        typer.Option(
            callback=_known_format, help="Format of all input (docs/formats.md); else each file is looked into."
        ),
    ] = None,
    id_column: Annotated[str, typer.Option(help="Column of a CSV or Parquet file with the id.")] = "call_id",
    text_column: Annotated[str, typer.Option(help="Column of a CSV or Parquet file with the text.")] = "text",
    operating_point: Annotated[str | None, typer.Option(help="What an alert is, for example fpr_1pct.")] = None,
    precision: Annotated[str, typer.Option(help="One of those that the bundle ships: fp32, bf16, int8.")] = "fp32",
    runtime: Annotated[
        str, typer.Option(help="auto, onnxruntime, openvino or torch (a GPU). What was asked for runs, or it fails.")
    ] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of the network and of the tokenizer, each; every core unless given.")
    ] = None,
    gate: Annotated[
        bool,
        typer.Option(
            "--gate", help="Let the second opinion alone decide calls that are surely legitimate: docs/scoring.md."
        ),
    ] = False,
    on_duplicate: Annotated[
        OnDuplicate, typer.Option(help="Ids that stand twice: refuse them, or suffix #2, #3 ...")
    ] = OnDuplicate.REFUSE,
    max_errors: Annotated[
        int | None, typer.Option(min=0, help="Stop before scoring if more rows than this are no calls.")
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="The same as --max-errors 0.")] = False,
    include_text: Annotated[
        bool, typer.Option("--include-text", help="Add the text of each call to the output, in a column `text`.")
    ] = False,
    unit_rows: Annotated[int, typer.Option(min=1, help="Rows of one output file: what a crash can lose.")] = 8192,
    top: Annotated[int, typer.Option(min=0, help="Print the N most suspicious calls with their telling turns.")] = 0,
    progress: Annotated[
        ProgressKind, typer.Option(help="auto: a bar on a terminal, else nothing. json: a line a second on stderr.")
    ] = ProgressKind.AUTO,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Score 200 rows, say what the job would take, and write nothing.")
    ] = False,
) -> None:
    """Score every call: one output row for every input row, in a folder of files.

    Stopped, killed or out of disk: the same command goes on where it was.
    Files that were added to the inputs are scored as well; a changed input, bundle or option is refused.
    `scamclf verify OUT` checks the result.

    Exit code: 0 every row was scored; 3 some rows are in error (columns error_code and error);
    1 the job failed and can be resumed; 2 an option is wrong.

    Example: scamclf score calls/ 'more/*.jsonl' --bundle BUNDLE --out scores --progress json
    """
    from scamclf.bulk import Settings, estimate, score_files
    from scamclf.predict import load

    settings = Settings(
        input_format=input_format, id_column=id_column, text_column=text_column, output_format=output_format.value,
        include_text=include_text, on_duplicate=on_duplicate.value, unit_rows=unit_rows,
    )  # fmt: skip
    _give_memory_back()
    if threads is not None:
        # The tokenizer's pool is made when it is first used, and asks nobody else.
        os.environ["RAYON_NUM_THREADS"] = str(threads)
    scorer = load(
        bundle, precision=precision, runtime=runtime, operating_point=operating_point, gate=gate, threads=threads
    )
    if fail_fast:
        max_errors = 0
    with _shown(progress) as tell:
        if dry_run:
            found = estimate(
                scorer, inputs, out, bundle=bundle, settings=settings, max_errors=max_errors, progress=tell
            )
        else:
            done = score_files(
                scorer, inputs, out,
                bundle=bundle, settings=settings, max_errors=max_errors, top=top, progress=tell,
            )  # fmt: skip
    if dry_run:
        _print_estimate(found, out)
        return
    _print_top(scorer, done.top)
    _print_summary(done)
    if done.counts.errors:
        raise typer.Exit(EXIT_ERROR_ROWS)


def _give_memory_back() -> None:
    """Let what is freed go back to the machine, or a night's job grows by what each thread once needed.

    glibc's `mallopt`: one heap for all threads, cut back when a mebibyte at its end is free.
    """
    arena_max, trim_threshold = -8, -1
    if sys.platform == "linux":
        with suppress(AttributeError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(arena_max, 1)
            mallopt(trim_threshold, 2**20)


def verify(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `scamclf score` wrote.", file_okay=False)],
) -> None:
    """Read all output of a job again: every row is there once, every byte as it was written. Exits with 1 if not."""
    from scamclf.bulk import verify_job

    found = verify_job(out)
    for problem in found.problems:
        typer.echo(problem, err=True)
    if found.problems:
        raise typer.Exit(EXIT_FAILED)
    typer.echo(f"{out} is whole: {found.rows:,} rows in {found.files:,} files, {found.ids:,} with an id, none twice")


@contextmanager
def _shown(kind: ProgressKind) -> "Iterator[Callable[[Progress], None]]":
    """Takes progress and shows it as `kind` says."""
    from rich.console import Console

    console = Console(stderr=True)
    if kind is ProgressKind.JSON:
        yield _json_lines()
    elif not console.is_terminal:
        yield lambda progress: None
    else:
        with _bar(console) as tell:
            yield tell


def _json_lines() -> "Callable[[Progress], None]":
    """One line a second, and one at the end of each phase."""
    import dataclasses
    import json
    import time

    last = [0.0]

    def tell(progress: "Progress") -> None:
        now = time.monotonic()
        if now - last[0] >= 1 or progress.rows == progress.total:
            last[0] = now
            typer.echo(json.dumps(dataclasses.asdict(progress)), err=True)

    return tell


@contextmanager
def _bar(console: Any) -> "Iterator[Callable[[Progress], None]]":
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f} rows/s, {task.fields[errors]:,} in error"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("starting", total=None, rate=0.0, errors=0)
        yield lambda progress: bar.update(
            task, description=progress.phase, completed=progress.rows, total=progress.total,
            rate=progress.rows_per_second, errors=progress.errors,
        )  # fmt: skip


def _print_summary(done: "Summary") -> None:
    counts = done.counts
    point = done.operating_point
    alerts = f"{counts.alerts[point]:,} alerts ({point})" if point else "no operating point"
    typer.echo(f"{counts.rows:,} calls, {alerts}: {done.out}, {done.files:,} files")
    others = [f"{name} {n:,}" for name, n in counts.alerts.items() if name != point]
    if counts.gated:
        typer.echo(f"{counts.gated:,} calls were decided by the gate; alerts of other operating points are not told")
    elif others:
        typer.echo(f"alerts at other operating points: {', '.join(others)}")
    if counts.not_english:
        typer.echo(f"{counts.not_english:,} calls do not look like English; their scores mean little")
    if counts.errors:
        found = ", ".join(f"{code} {n:,}" for code, n in counts.errors.most_common())
        typer.echo(f"{counts.errors.total():,} rows could not be read: {found}; see columns error_code and error")
    if done.rows_now:
        rate = done.rows_now / max(done.seconds, 1e-9)
        rest = f"slowest stage: {done.slowest_stage}; {done.padding.share:.1%} of the tokens were padding"
        typer.echo(f"{done.rows_now:,} rows scored in {done.seconds:,.1f} s ({rate:,.0f} rows/s); {rest}")
        typer.echo(f"by {done.runtime}")
    else:
        typer.echo("nothing was left to score")


def _print_estimate(found: "Estimate", out: Path) -> None:
    typer.echo(
        f"{found.rows:,} rows in {found.inputs:,} files ({_size(found.input_bytes)}), {found.errors:,} in error\n"
        f"to score: {found.rows_to_do:,} rows into {found.files_to_do:,} files in {out}\n"
        f"time: about {_duration(found.seconds)} ({found.rows_per_second:,.0f} rows/s over {found.probed:,} rows)\n"
        f"disk: about {_size(found.disk_bytes)}; {_size(found.disk_free)} are free\n"
        "nothing was written"
    )


def _size(n_bytes: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:,.0f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:,.1f} TiB"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:,.1f} hours"


def _print_top(scorer: Any, top: list[Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    from scamclf.explain import telling_turns

    console = Console()
    for rank, (prediction, call) in enumerate(top, 1):
        alert = "  ALERT" if prediction.alert else ""
        head = f"{rank}. {call.call_id}  {prediction.label}  p_scam {prediction.p_scam:.3f}"
        console.print(Text(f"{head} (log-odds {prediction.logit_scam:+.2f}){alert}", style="bold"))
        for turn in telling_turns(scorer, call):
            console.print(Text(f"   {turn.weight:+.2f}  turn {turn.first}: {_shortened(turn.text)}"))


def _shortened(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
