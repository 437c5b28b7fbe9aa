"""Calls a second of every way to score the same calls with the same weights, taken in turns in one run.

    python scripts/bench_scoring.py --bundle BUNDLE --out results/scoring.json
    python scripts/bench_scoring.py --bundle BUNDLE --legitimate MY_CALLS --files 1000 10000 100000
    python scripts/bench_scoring.py --bundle BUNDLE --data runs/release/data runs/research/data --million

Traffic: legitimate calls with 0.5 % scams, drawn again and again until there are enough. Legitimate calls are those of
--legitimate, or of the sources in prepared data sets (--data) that neither model nor gate was made from; with neither,
the authored pairs, joined until they are as long as calls are. Scams are authored: times mean something, scores do not.

Slow ways (all but ours in bf16 and int8) score a sample of the calls that is as long: every k-th by length. Their calls
a second are their tokens a second by the tokens of a call of the whole traffic. Batch sizes of other people's ways are
the best of those tried. --files runs `scamclf score` over files of so many calls, --million over a million short ones:
seconds and peak memory of the whole command.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scoring_files import measure_files, short_calls
from scoring_table import finish, is_slow, plot, table
from scoring_ways import encoder_of, flop, skipped, ways, work

from scamclf.bundle import LAYOUT, read_manifest
from scamclf.calls import LABELS, Call, Turn
from scamclf.corpora import pairs
from scamclf.evaluation.left_out import left_out_calls
from scamclf.readers import read_calls
from scamclf.resources import resource as package_file
from scamclf.training.run import environment

SCAM_SHARE = 0.005
WORDS = (5.6, 0.9)
"""Mean and deviation of the logarithm of a call's words: median 270, one in ten over 850."""
STARTING_CALLS = 16


def main() -> None:
    """Measure, print a table, write JSON and a plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--student", type=Path, help="bundle of a smaller model, measured in the same ways of ours")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--slow-calls", type=int, default=150, help="so many for the slow ways")
    traffic_from = parser.add_mutually_exclusive_group()
    traffic_from.add_argument("--legitimate", type=Path, help="file or folder of legitimate calls")
    traffic_from.add_argument("--data", type=Path, nargs="+", help="prepared data sets: their left-out sources")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of every way; every core unless given")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--ways", nargs="*", help="names of those to measure; all unless given, none if empty")
    parser.add_argument("--files", type=int, nargs="*", default=[], help="also `scamclf score` over so many calls")
    parser.add_argument("--precision", default="fp32", help="of --files and --million")
    parser.add_argument("--million", action="store_true", help="also a million short calls")
    parser.add_argument("--out", type=Path, help="JSON file to write; the plot goes beside it")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pools = legitimate_pools(options)
    calls = traffic(pools, options.calls, seed=options.seed)
    result: dict[str, Any] = {
        "command": f"python scripts/bench_scoring.py {' '.join(sys.argv[1:])}",
        "traffic": {name: len(pool) for name, pool in pools.items()} or "authored pairs, joined",
        **sizes(options.bundle, calls), "environment": environment(), **measure(options, calls),
    }  # fmt: skip
    finish(result)
    has_gate = read_manifest(options.bundle).gate is not None
    result["files"] = [
        measure_files(options.bundle, traffic(pools, n, seed=options.seed), precision=options.precision, gate=gate)
        for n in options.files
        # Without a gate the fewest alone: the others would take hours.
        for gate in ([True] if has_gate else []) + ([False] if n == min(options.files) else [])
    ]
    result["short_calls"] = [
        measure_files(options.bundle, short_calls(n), precision=options.precision, gate=has_gate)
        for n in ((10_000, 1_000_000) if options.million else ())
    ]
    result["markdown"] = table(result)
    print(result["markdown"])
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        if result["ways"]:
            options.out.with_suffix(".svg").write_text(plot(result), encoding="utf-8")


def legitimate_pools(options: argparse.Namespace) -> dict[str, list[Call]]:
    """Legitimate calls by source; none where they are to be made of the pairs."""
    if options.legitimate is not None:
        calls = [row for row in read_calls(options.legitimate) if isinstance(row, Call)]
    elif options.data is not None:
        calls = left_out_calls(read_manifest(options.bundle), options.data)
    else:
        return {}
    pools: dict[str, list[Call]] = {}
    for call in calls:
        if call.label in (None, LABELS[0]):
            pools.setdefault(str(call.source), []).append(call)
    return pools


def traffic(pools: dict[str, list[Call]], n: int, *, seed: int) -> list[Call]:
    """Draw n calls, 0.5 % of them scams; sources are drawn equally often."""
    rng = np.random.default_rng(seed)
    authored = list(pairs.read(package_file("data/pairs")))
    scams, honest = ([call for call in authored if (call.label != LABELS[0]) is scam] for scam in (True, False))
    names = list(pools)
    calls = []
    for i in range(n):
        if rng.random() < SCAM_SHARE:
            turns = joined(scams, rng)
        elif names:
            pool = pools[names[rng.integers(len(names))]]
            turns = pool[rng.integers(len(pool))].turns
        else:
            turns = joined(honest, rng)
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


def sample(calls: Sequence[Call], n: int) -> list[int]:
    """Places of about n calls that are together as long as all: every k-th by length, in order."""
    by_length = sorted(range(len(calls)), key=lambda i: sum(len(turn.text) for turn in calls[i].turns))
    step = max(1, len(calls) // n)
    return sorted(by_length[step // 2 :: step])


def measure(options: argparse.Namespace, calls: list[Call]) -> dict[str, Any]:
    """Take the ways in turns, each in a process of its own that stays: start-up and memory are its own."""
    device, bundle = options.device, options.bundle
    makes = dict.fromkeys(ways(bundle, device), (bundle, device, "scamclf", True))
    if options.student:
        student = (options.student, device, "student", False)
        makes |= dict.fromkeys(ways(options.student, device, prefix="student", others=False), student)
    names = [name for name in makes if options.ways is None or name in options.ways]
    if device == "cpu" and (reason := skipped()) and options.ways is None:
        print(f"skipped: sentence-transformers-onnx: {reason}", file=sys.stderr)
    few = sample(calls, options.slow_calls)
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    found: dict[str, Any] = {}
    for name in names:
        pipes[name], theirs = context.Pipe()
        processes.append(context.Process(target=work, args=(theirs, makes[name], name, options.threads), daemon=True))
        processes[-1].start()
        pipes[name].send([calls[i] for i in few[:STARTING_CALLS]])
        places = few if is_slow(name) else list(range(len(calls)))
        found[name] = {**pipes[name].recv(), "rounds": [], **sizes(makes[name][0], [calls[i] for i in places])}
        print(f"{name}: started", file=sys.stderr)
    peak_rounds = []
    for _ in range(options.rounds):
        peak_rounds.append(peaks(device, options.threads))
        for name in names:
            pipes[name].send([calls[i] for i in few] if is_slow(name) else calls)
            found[name]["rounds"].append(pipes[name].recv())
            print(f"{name}: {found[name]['rounds'][-1]['seconds']:.1f} s", file=sys.stderr)
    for name in names:
        pipes[name].send(None)
        found[name].update(pipes[name].recv())
    for process in processes:
        process.join()
    peak = {name: median(one[name] for one in peak_rounds) for name in ("fp32", "bf16")} if peak_rounds else {}
    return {"matrix_peak_flops": peak, "matrix_peak_rounds": peak_rounds, "sample": few, "ways": found}


def peaks(device: str, threads: int | None) -> dict[str, float]:
    """Highest speed of a matrix product here, FLOP/s."""
    import torch

    from scamclf.training.device import matrix_peak

    if threads:
        torch.set_num_threads(threads)
    return {name: matrix_peak(torch.device(device), bf16=name == "bf16") for name in ("fp32", "bf16")}


def sizes(bundle: Path, calls: list[Call]) -> dict[str, float]:
    """Windows, tokens and the work that they are, whatever scores them."""
    encoder = encoder_of(bundle)
    lengths = np.array(
        [end - start + 2 for encoded in encoder.encode(calls) for start, end in encoder.call_spans(encoded)]
    )
    work_of = flop(bundle / LAYOUT.config, lengths)
    return {"calls": len(calls), "windows": len(lengths), "tokens": int(lengths.sum()), "flop": work_of}


if __name__ == "__main__":
    main()
