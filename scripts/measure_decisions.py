"""Whether the faster ways decide as the exact one: on sources that neither model nor gate was made from.

python scripts/measure_decisions.py --bundle BUNDLE --data runs/release/data runs/research/data --out decisions.json

The exact way is fp32 without a gate. Each precision: the share of calls that it decides alike. The gate: the share of
the exact way's alerts that it keeps, and the share of legitimate calls that it sends on to the network. `--data` names
prepared data sets; sources that the bundle was trained, calibrated or checked on are left out.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scamclf.bundle import read_manifest
from scamclf.calls import LABELS, Call
from scamclf.evaluation.left_out import left_out_calls
from scamclf.metrics import wilson_interval
from scamclf.predict import load
from scamclf.prediction import Prediction
from scamclf.training.run import environment

KEPT, SENT_ON, ALIKE = 0.995, 0.10, 0.999
"""What is promised: least share of alerts kept, most of legitimate calls sent on, least of calls decided alike."""


def main() -> None:
    """Measure, print, write; the exit code is 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="prepared data sets")
    parser.add_argument("--most", type=int, help="at most so many calls of one source and label: for a quick look")
    parser.add_argument("--exact", default="fp32", help="precision of the exact way")
    parser.add_argument("--precisions", nargs="*", help="those to compare with it; all others unless given")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    manifest = read_manifest(options.bundle)
    calls = some(left_out_calls(manifest, options.data), options.most)
    exact = load(options.bundle, precision=options.exact)
    wanted = exact.score(calls)
    result: dict[str, Any] = {
        "command": f"python scripts/measure_decisions.py {' '.join(sys.argv[1:])}",
        "recipe": manifest.provenance.get("recipe", {}).get("name"),
        "operating_point": exact.operating_point,
        "exact": exact.runtime.name,
        "calls": len(calls),
        "precisions": {
            name: agreement(wanted, load(options.bundle, precision=name, verify=False).score(calls))
            for name in (manifest.precisions if options.precisions is None else options.precisions)
            if name != options.exact
        },
        "gate": None,
        "environment": environment(),
    }
    if manifest.gate is not None:
        behind = load(options.bundle, precision=options.exact, gate=True, verify=False)
        result["gate"] = gate_figures(calls, wanted, behind.score(calls))
        result["gate"]["pass_below"] = behind.pass_below
    result["markdown"] = markdown(result)
    print(result["markdown"])
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    sys.exit(not all(promises(result)))


def some(calls: Sequence[Call], most: int | None) -> list[Call]:
    """Every k-th call of each source and label, so that there are no more than asked for."""
    parts: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        parts.setdefault((str(call.source), str(call.label)), []).append(call)
    return [call for part in parts.values() for call in part[:: -(-len(part) // most) if most else 1]]


def share(hits: int, n: int) -> dict[str, Any]:
    """A share with its 95 % Wilson interval; None where nothing was counted."""
    low, high = wilson_interval(hits, n)
    return {"n": n, "hits": hits, "share": hits / n if n else None, "low": low, "high": high}


def agreement(wanted: Sequence[Prediction], found: Sequence[Prediction]) -> dict[str, Any]:
    """Share of calls that alarm in both ways or in neither, each at its own threshold; differences in log-odds."""
    pairs = list(zip(wanted, found, strict=True))
    differences = [abs((a.logit_scam or 0.0) - (b.logit_scam or 0.0)) for a, b in pairs]
    alike = share(sum(a.alert == b.alert for a, b in pairs), len(pairs))
    return {"alike": alike, "largest_difference": max(differences), "mean_difference": sum(differences) / len(pairs)}


def gate_figures(calls: Sequence[Call], wanted: Sequence[Prediction], found: Sequence[Prediction]) -> dict[str, Any]:
    """Alerts kept and legitimate calls sent on, over all and by source."""
    rows = [
        (str(call.source), call.label == LABELS[0], bool(exact.alert), gated.decided_by == "exact")
        for call, exact, gated in zip(calls, wanted, found, strict=True)
    ]

    def figures(part: Sequence[tuple[str, bool, bool, bool]]) -> dict[str, Any]:
        alerts, honest = [row for row in part if row[2]], [row for row in part if row[1]]
        scams = [row for row in alerts if not row[1]]
        return {
            "alerts_kept": share(sum(row[3] for row in alerts), len(alerts)),
            "scam_alerts_kept": share(sum(row[3] for row in scams), len(scams)),
            "legitimate_sent_on": share(sum(row[3] for row in honest), len(honest)),
        }

    sources = sorted({row[0] for row in rows})
    return {**figures(rows), "sources": {name: figures([row for row in rows if row[0] == name]) for name in sources}}


def promises(result: dict[str, Any]) -> list[bool]:
    """Whether each promise holds, by its share; its interval says how sure that is."""
    kept = [precision["alike"]["share"] >= ALIKE for precision in result["precisions"].values()]
    if gate := result["gate"]:
        for name, good in (("alerts_kept", KEPT.__le__), ("legitimate_sent_on", SENT_ON.__ge__)):
            kept.append(gate[name]["share"] is None or good(gate[name]["share"]))
    return kept


def markdown(result: dict[str, Any]) -> str:
    """The tables."""
    lines = [f"{result['calls']:,} calls of sources that were never met; alarms at {result['operating_point']}.", ""]
    if result["precisions"]:
        lines += [
            "| precision | decides as fp32 | 95 % | largest difference, log-odds | mean |",
            "|---|---:|---|---:|---:|",
        ]
        for name, found in result["precisions"].items():
            lines.append(
                f"| {name} | {shown(found['alike'])} | {found['largest_difference']:.3f} | "
                f"{found['mean_difference']:.4f} |"
            )
        lines.append("")
    if gate := result["gate"]:
        lines += [
            "| gate | exact alerts kept | 95 % | of scams alone | 95 % | legitimate calls sent on | 95 % |",
            "|---|---:|---|---:|---|---:|---|",
        ]
        for name, found in {"**all**": gate, **gate["sources"]}.items():
            keys = ("alerts_kept", "scam_alerts_kept", "legitimate_sent_on")
            lines.append(f"| {name} | {' | '.join(shown(found[key]) for key in keys)} |")
    return "\n".join(lines)


def shown(found: dict[str, Any]) -> str:
    """Two cells: counts with share, and the interval."""
    if found["share"] is None:
        return "| "
    interval = f"{100 * found['low']:.1f}-{100 * found['high']:.1f}"
    return f"{found['hits']:,} of {found['n']:,} ({100 * found['share']:.1f} %) | {interval}"


if __name__ == "__main__":
    main()
