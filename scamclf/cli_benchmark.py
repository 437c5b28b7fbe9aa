"""`scamclf benchmark`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scamclf.terminal import Overrides, Raw, needs_train, tell

__all__ = ["benchmark"]


def _seeds(text: str) -> list[int]:
    try:
        return [int(seed) for seed in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r}: wanted whole numbers with commas between them, for example 0,1,2"
        ) from error


def benchmark(
    config: Annotated[
        Path | None, typer.Option("--config", help="Leave sources out of this recipe, e.g. configs/release.yaml.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Or: look closely at this bundle. Nothing is trained.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="With --bundle: its prepared data set, e.g. runs/NAME/data.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="With --bundle: one of those that it ships, bf16 for example; fp32 unless given.")
    ] = None,
    run: Annotated[Path, typer.Option(help="Folder of the folds; goes on where it was stopped.")] = Path(
        "runs/benchmark"
    ),
    folds: Annotated[str, typer.Option(help="Sources to leave out, with commas between them. Unless given, all.")] = "",
    seeds: Annotated[str, typer.Option(help="Seeds of the training, with commas: each trains every fold anew.")] = "0",
    proxy: Annotated[bool, typer.Option("--proxy", help="Three folds, few windows, one crop a call.")] = False,
    overrides: Overrides = [],  # noqa: B006 (typer wants a list and copies it)
    raw: Raw = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
) -> None:
    """Find out how a model does on calls of a kind it never saw, and what it bears.

    --config RECIPE trains without each source in turn and judges the model on that source, beside TF-IDF. Within a
    source every model is right; only across sources does it show what was learnt. Expect one whole training for every
    source and seed. Killed, the same command goes on with the fold it was in; a folder takes one recipe. --proxy is for
    choosing between recipes, in a folder of its own: report only what ran without it.

    --bundle BUNDLE --data DATA looks closely at one model: how many words pass until a live call alarms; what word
    errors, fillers, redaction, swapped names, small talk and the like do to it; whom its false alarms fall on. Every
    fold leaves a bundle and its data that can be looked at so.
    """
    needs_train("the benchmark")
    if (config is None) == (bundle is None):
        raise typer.BadParameter("give --config RECIPE to leave sources out, or --bundle BUNDLE with --data DATA")
    if config is not None and not (data is None and precision is None):
        raise typer.BadParameter("--data and --precision go with --bundle; --config makes its own data and bundles")
    if bundle is not None:
        if folds or proxy or overrides or raw is not None:
            raise typer.BadParameter("--folds, --proxy, --set and --raw go with --config; a bundle is taken as it is")
        if data is None:
            raise typer.BadParameter(f"--bundle {bundle} needs --data, the data set it was trained on: runs/NAME/data")
        from scamclf.evaluation.benchmark import benchmark_bundle

        _keep(benchmark_bundle(bundle, data, precision=precision or "fp32", tell=tell), out)
    elif config is not None:
        from scamclf.evaluation.leave_one_out import leave_one_out

        names = [name.strip() for name in folds.split(",") if name.strip()]
        found = leave_one_out(
            config,
            run=run,
            overrides=overrides,
            raw=raw,
            folds=names,
            seeds=_seeds(seeds),
            proxy=proxy,
            tell=tell,
        )
        _keep(found, out)


def _keep(result: dict[str, Any], out: Path | None) -> None:
    from scamclf.training.run import write_json

    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, result)
    typer.echo(result["markdown"])
