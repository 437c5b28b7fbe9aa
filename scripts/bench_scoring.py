"""Calls a second of every way to score the same calls with the same weights, taken in turns in one run.

python scripts/bench_scoring.py --bundle BUNDLE --calls 1000 --out results/scoring.json
python scripts/bench_scoring.py --bundle BUNDLE --calls 1000 --legitimate MY_CALLS --out results/scoring.json

Legitimate traffic with 0.5 % scams. Without --legitimate both are the authored pairs of the checkout, joined until they
are as long as calls are; the pairs trained the model, so only the times mean something, never the scores.
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from scamclf.batching import pad_batch
from scamclf.bundle import LAYOUT, read_manifest
from scamclf.calls import LABELS, Call, Turn
from scamclf.corpora import pairs
from scamclf.encode import Encoder
from scamclf.predict import Scorer, load
from scamclf.readers import read_calls
from scamclf.render import render
from scamclf.resources import resource as package_file
from scamclf.training.run import environment
from scamclf.windows import WindowSpec

SCAM_SHARE = 0.005
WORDS = (5.6, 0.9)
"""Mean and deviation of the logarithm of a call's words: median 270, one in ten over 850."""
PIPELINE_BATCHES = (1, 4, 16)


class Way(NamedTuple):
    """A way to score.

    Args:
        score: what is timed.
        prepare: makes of the calls what `score` takes; not timed.
        scorer: ours.
    """

    score: Callable[[Any], object]
    prepare: Callable[[list[Call]], Any] = list
    scorer: Scorer | None = None


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--legitimate", type=Path, help="file or folder of legitimate calls: real lengths")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of every way; every core unless given")
    parser.add_argument("--ways", nargs="*", help="names of those to measure; all unless given")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    calls = traffic(options.legitimate, options.calls, seed=options.seed)
    names = options.ways or list(ways(options.bundle))
    size = sizes(options.bundle, calls)
    found = measure(options.bundle, calls, names, rounds=options.rounds, threads=options.threads)
    result = {
        "calls": len(calls), **size, "environment": environment(), "matrix_peak_flops": found.pop("peak"), "ways": found
    }  # fmt: skip
    finish(result)
    print(table(result))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def traffic(legitimate: Path | None, n: int, *, seed: int) -> list[Call]:
    """Draw n calls, 0.5 % of them scams."""
    rng = np.random.default_rng(seed)
    authored = list(pairs.read(package_file("data/pairs")))
    honest = [call for call in authored if call.label == LABELS[0]]
    scams = [call for call in authored if call.label != LABELS[0]]
    if legitimate is not None:
        rows = [row for row in read_calls(legitimate) if isinstance(row, Call)]
        honest = [row for row in rows if row.label in (None, LABELS[0])]
        scams = [row for row in rows if row not in honest] or scams
    calls = []
    for i in range(n):
        pool = scams if rng.random() < SCAM_SHARE else honest
        turns = pool[rng.integers(len(pool))].turns if legitimate is not None else joined(pool, rng)
        calls.append(Call(str(i), turns))
    return calls


def joined(pool: list[Call], rng: np.random.Generator) -> tuple[Turn, ...]:
    """Turns of calls drawn one after the other, until they are as long as a call is."""
    wanted = int(rng.lognormal(*WORDS))
    turns: list[Turn] = []
    words = 0
    while words < wanted:
        for turn in pool[rng.integers(len(pool))].turns:
            turns.append(turn)
            words += len(turn.text.split())
            if words >= wanted:
                break
    return tuple(turns)


def ways(bundle: Path) -> dict[str, Callable[[int | None], Way]]:
    """Ways to score with what is installed, by name: each takes the number of threads."""
    found: dict[str, Callable[[int | None], Way]] = {}
    for dtype in ("fp32", "bf16"):
        for batch in PIPELINE_BATCHES:
            found[f"pipeline-{dtype}-batch{batch}"] = lambda threads, d=dtype, b=batch: pipeline(bundle, d, b, threads)
    found["onnxruntime-loop"] = lambda threads: plain_loop(bundle, threads)
    installed = [name for name in ("onnxruntime", "openvino") if find_spec(name)]
    for precision in read_manifest(bundle).precisions:
        for runtime in installed if precision == "fp32" else installed[1:]:
            found[f"scamclf-{runtime}-{precision}"] = lambda threads, p=precision, r=runtime: ours(
                bundle, p, r, threads
            )
    return found


def pipeline(bundle: Path, dtype: str, batch: int, threads: int | None) -> Way:
    """What one would write first. It gets the text of each of our windows, so that the work is the same."""
    import torch
    import transformers

    if threads:
        torch.set_num_threads(threads)
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16}
    classify = transformers.pipeline(
        "text-classification", model=str(bundle), device="cpu", dtype=dtypes[dtype], top_k=None
    )
    encoder = encoder_of(bundle)

    def score(texts: list[str]) -> None:
        classify(texts, batch_size=batch, truncation=True, max_length=encoder.spec.max_tokens)

    return Way(score, prepare=lambda calls: window_texts(encoder, calls))


def plain_loop(bundle: Path, threads: int | None) -> Way:
    """ONNX Runtime over one window after the other."""
    from scamclf.runtimes.onnx import OnnxRuntime

    encoder, runtime = encoder_of(bundle), OnnxRuntime(bundle / LAYOUT.onnx, threads=threads)

    def score(calls: list[Call]) -> None:
        for encoded in encoder.encode(calls):
            for window in encoder.window_ids(encoded, encoder.call_spans(encoded)):
                runtime.run(*pad_batch([window], pad_id=encoder.pad_id))

    return Way(score)


def ours(bundle: Path, precision: str, runtime: str, threads: int | None) -> Way:
    """`scamclf score` without files."""
    scorer = load(bundle, precision=precision, runtime=runtime, threads=threads)
    return Way(scorer.score, scorer=scorer)


def encoder_of(bundle: Path) -> Encoder:
    """The bundle's tokenizer and windows."""
    return Encoder.from_file(bundle / LAYOUT.tokenizer, WindowSpec(**read_manifest(bundle).windows))


def window_texts(encoder: Encoder, calls: list[Call]) -> list[str]:
    """The text of each window, cut where ours is cut."""
    texts = []
    for call in calls:
        text = render(call)
        offsets = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
        for start, end in encoder.call_spans(encoder.encode([call])[0]):
            texts.append(text[offsets[start][0] : offsets[end - 1][1]] if end > start else "")
    return texts


def measure(bundle: Path, calls: list[Call], names: list[str], *, rounds: int, threads: int | None) -> dict[str, Any]:
    """Take the ways in turns, each in a process of its own that stays: start-up and memory are its own."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    found: dict[str, Any] = {}
    for name in names:
        pipes[name], theirs = context.Pipe()
        processes.append(context.Process(target=work, args=(theirs, bundle, name, threads), daemon=True))
        processes[-1].start()
        pipes[name].send(calls[:16])
        found[name] = {"startup_s": pipes[name].recv(), "seconds": []}
    for _ in range(rounds):
        for name in names:
            pipes[name].send(calls)
            found[name]["seconds"].append(pipes[name].recv())
    for name in names:
        pipes[name].send(None)
        found[name].update(pipes[name].recv())
    for process in processes:
        process.join()
    return {**found, "peak": peaks()}


def work(pipe: Any, bundle: Path, name: str, threads: int | None) -> None:
    """One way, in its process: scores what it is sent and answers with the seconds."""
    begin = time.perf_counter()
    way = ways(bundle)[name](threads)
    way.score(way.prepare(pipe.recv()))
    pipe.send(time.perf_counter() - begin)
    while (calls := pipe.recv()) is not None:
        given = way.prepare(calls)
        begin = time.perf_counter()
        way.score(given)
        pipe.send(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send({"peak_mib": peak, "padded_share": None if way.scorer is None else way.scorer.padding.share})


def peaks() -> dict[str, float]:
    """Highest speed of a matrix product here, FLOP/s."""
    import torch

    from scamclf.training.device import matrix_peak

    return {name: matrix_peak(torch.device("cpu"), bf16=name == "bf16") for name in ("fp32", "bf16")}


def sizes(bundle: Path, calls: list[Call]) -> dict[str, float]:
    """Windows, tokens and the work that they are, whatever scores them."""
    encoder = encoder_of(bundle)
    config = json.loads((bundle / LAYOUT.config).read_text(encoding="utf-8"))
    hidden, layers, inner = (config[key] for key in ("hidden_size", "num_hidden_layers", "intermediate_size"))
    lengths = np.array(
        [end - start + 2 for encoded in encoder.encode(calls) for start, end in encoder.call_spans(encoded)]
    )
    # Multiplications and additions of the products: projections and feed-forward by token, attention by its square.
    flop = layers * (2 * (4 * hidden**2 + 2 * hidden * inner) * lengths + 4 * hidden * lengths**2)
    return {"windows": len(lengths), "tokens": int(lengths.sum()), "flop": float(flop.sum())}


def finish(result: dict[str, Any]) -> None:
    """Rates and ratios from the seconds."""
    slow = [median(way["seconds"]) for name, way in result["ways"].items() if name.startswith("pipeline-fp32")]
    for name, way in result["ways"].items():
        seconds = median(way["seconds"])
        for unit in ("calls", "windows", "tokens"):
            way[f"{unit}_per_s"] = result[unit] / seconds
        way["times_pipeline_fp32"] = min(slow) / seconds if slow else None
        # int8 is compared with the peak of bf16, the next faster that was measured.
        peak = result["matrix_peak_flops"]["bf16" if "bf16" in name or "int8" in name else "fp32"]
        way["share_of_peak"] = result["flop"] / seconds / peak


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    rows = [
        "| way | calls/s | windows/s | tokens/s | times fp32 pipeline | of matrix peak | padded | start-up s | MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, way in result["ways"].items():
        ratio, padded = way["times_pipeline_fp32"], way["padded_share"]
        rows.append(
            f"| {name} | {way['calls_per_s']:.1f} | {way['windows_per_s']:.1f} | {way['tokens_per_s']:,.0f} "
            f"| {'' if ratio is None else f'{ratio:.2f}'} | {way['share_of_peak']:.0%} "
            f"| {'' if padded is None else f'{padded:.1%}'} | {way['startup_s']:.1f} | {way['peak_mib']:,.0f} |"
        )
    peaks_found = ", ".join(f"{name} {value / 1e9:.0f}" for name, value in result["matrix_peak_flops"].items())
    head = f"{result['calls']:,} calls, {result['windows']:,} windows, {result['tokens']:,} tokens"
    return "\n".join([f"{head}; matrix peak in GFLOP/s: {peaks_found}", "", *rows])


if __name__ == "__main__":
    main()
