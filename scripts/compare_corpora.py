"""What is each corpus worth on real calls? Trains one model on the authored pairs alone, one on BothBosu alone and one
on INF2008 alone, each with the same steps, and scores real calls that none of them has seen:

    python scripts/compare_corpora.py --raw data/raw --out results/pairs_vs_corpora.json

Positives: `youtube_openings` without its sealed channel, and the technical-support campaigns of `ftc_robocall`.
Negatives: `bt_oasis`, `hpr` and `star`, weighed equally. Models that are already in --runs are not trained again.
"""

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import transformers

from scamclf.bundle import LAYOUT
from scamclf.calibration import uncalibrated_scorer
from scamclf.config import load_recipe
from scamclf.corpora import read_corpus
from scamclf.encode import Encoder
from scamclf.linear import read_linear
from scamclf.metrics import balanced_weights, recall_at_fpr
from scamclf.preparation.redaction import fill_redactions
from scamclf.resources import resource
from scamclf.runtimes.torch import TorchRuntime
from scamclf.training.run import RUN, environment
from scamclf.training.train import train

MODELS = {"pairs": [], "bothbosu": ["bothbosu"], "inf2008": ["inf2008"]}
NEGATIVES = ("bt_oasis", "hpr", "star")
SEALED_GROUP = "channel:morekitboga"
FPR = 0.01
RESAMPLES = 2000
STEPS = [
    "training.epochs=3", "training.windows_per_epoch=3200", "training.batch_size=16", "training.lr=6e-5",
    "training.patience=3", "data.hold_out=[]",
]  # fmt: skip


def main() -> None:
    """Train what is missing, score, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, default=Path("data/raw"), help="folder with the public corpora")
    parser.add_argument("--runs", type=Path, default=Path("runs/compare"), help="folder for the three runs")
    parser.add_argument("--out", type=Path, default=Path("results/pairs_vs_corpora.json"))
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    calls = evaluation_calls(args.raw)
    scores = {name: score(model(name, args.raw, args.runs), calls) for name in MODELS}
    report = compare(scores, calls) | {"environment": environment()}
    report["markdown"] = markdown(report)
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(report["markdown"])


def evaluation_calls(raw: Path) -> dict[str, list]:
    """Calls by stratum: the two kinds of real scams, and the legitimate sources."""
    found = {name: [fill_redactions(call, seed=0) for call in read_corpus(name, raw)] for name in NEGATIVES}
    openings = [call for call in read_corpus("youtube_openings", raw) if call.group != SEALED_GROUP]
    robocalls = [call for call in read_corpus("ftc_robocall", raw) if call.label == "tech_support_scam"]
    return {"youtube_openings": openings, "ftc_robocall": robocalls, **found}


def model(name: str, raw: Path, runs: Path) -> Path:
    """Train one model, unless it is there; the run's folder."""
    run = runs / name
    if not (run / RUN.calibration).is_file():
        only = [f"data.sources={MODELS[name]}", f"data.pairs={str(name == 'pairs').lower()}", f"name={name}"]
        overrides = [*STEPS, *only, "calibration.demonstration=true"]
        train(resource("configs/minilm.yaml"), overrides=overrides, raw=raw, run=run, overwrite=run.exists())
    return run


def score(run: Path, calls: dict[str, list]) -> dict[str, np.ndarray]:
    """Uncalibrated log-odds of every call; ranking needs no more."""
    windows = load_recipe(resource("configs/minilm.yaml")).windows
    encoder = Encoder.from_file(run / RUN.model / "tokenizer.json", windows)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(run / RUN.model)
    linear = read_linear(run / RUN.model / LAYOUT.linear)
    scorer = uncalibrated_scorer(encoder, TorchRuntime(network), linear)
    return {name: scorer.pool(encoder.encode(rows))[0].scam for name, rows in calls.items()}


def compare(scores: dict[str, dict[str, np.ndarray]], calls: dict[str, list]) -> dict:
    """Recall at 1 % pooled false positives, and the pairs' lead with a paired bootstrap over calls."""
    rng = np.random.default_rng(0)
    sizes = {name: len(rows) for name, rows in calls.items()}
    draws = [{name: rng.integers(0, n, n) for name, n in sizes.items()} for _ in range(RESAMPLES)]
    whole = {name: np.arange(n) for name, n in sizes.items()}
    report: dict = {"fpr": FPR, "calls": sizes, "recall": {}, "false_alarms": {}, "lead_of_pairs": {}}
    resampled = {}
    for name, found in scores.items():
        report["recall"][name], report["false_alarms"][name] = recalls(found, whole)
        resampled[name] = [recalls(found, draw)[0] for draw in draws]
    for name in scores:
        if name != "pairs":
            report["lead_of_pairs"][name] = {
                stratum: lead(report, resampled, name, stratum) for stratum in report["recall"]["pairs"]
            }
    return report


def recalls(scores: dict[str, np.ndarray], draw: dict[str, np.ndarray]) -> tuple[dict[str, float], dict[str, float]]:
    """Recall of each kind of scam, and the false-alarm rate of each legitimate source at the pooled threshold."""
    negatives = np.concatenate([scores[name][draw[name]] for name in NEGATIVES])
    weights = balanced_weights(np.concatenate([[name] * len(draw[name]) for name in NEGATIVES]))
    found, threshold = {}, 0.0
    for name in ("youtube_openings", "ftc_robocall"):
        at = recall_at_fpr(scores[name][draw[name]], negatives, FPR, negative_weights=weights)
        found[name], threshold = at.recall, at.threshold
    return found, {name: float((scores[name][draw[name]] >= threshold).mean()) for name in NEGATIVES}


def lead(report: dict, resampled: dict, name: str, stratum: str) -> dict[str, float]:
    """Difference in recall between the pairs and another corpus, with its 95 % interval."""
    differences = [a[stratum] - b[stratum] for a, b in zip(resampled["pairs"], resampled[name], strict=True)]
    low, high = np.quantile(differences, [0.025, 0.975])
    return {
        "difference": report["recall"]["pairs"][stratum] - report["recall"][name][stratum],
        "low": float(low),
        "high": float(high),
    }


def markdown(report: dict) -> str:
    """The table."""
    n = report["calls"]
    lines = [
        f"Recall at {100 * FPR:g} % false positives, {n['bt_oasis']} + {n['hpr']} + {n['star']} legitimate calls.",
        "",
        f"| trained on | real openings ({n['youtube_openings']}) | tech-support robocalls ({n['ftc_robocall']}) "
        "| bt_oasis alarms | hpr alarms | star alarms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in report["recall"].items():
        alarms = " | ".join(f"{100 * report['false_alarms'][name][source]:.1f} %" for source in NEGATIVES)
        lines.append(f"| {name} | {found['youtube_openings']:.2f} | {found['ftc_robocall']:.2f} | {alarms} |")
    lines += ["", "| lead of the pairs over | real openings | tech-support robocalls |", "|---|---|---|"]
    for name, strata in report["lead_of_pairs"].items():
        cells = [f"{s['difference']:+.2f} ({s['low']:+.2f} to {s['high']:+.2f})" for s in strata.values()]
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
