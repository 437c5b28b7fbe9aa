"""Calls a second through files beside calls a second of the in-memory scorer, taken in turns on the same calls.

python scripts/bench_bulk.py --bundle BUNDLE --calls data/samples.jsonl --rows 1000 --out results/bulk_speed.json
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from scamclf.bulk import score_files
from scamclf.calls import Call, call_to_dict
from scamclf.predict import load
from scamclf.readers import read_calls
from scamclf.training.run import environment


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--calls", type=Path, default=Path("data/samples.jsonl"), help="repeated under new ids")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    scorer = load(options.bundle)
    found = [row for row in read_calls(options.calls) if isinstance(row, Call)]
    calls = [dataclasses.replace(call, call_id=str(i)) for i, call in enumerate(islice(cycle(found), options.rows))]
    scorer.score(calls[:64])
    memory, files = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.jsonl"
        path.write_text("".join(json.dumps(call_to_dict(call)) + "\n" for call in calls), encoding="utf-8")
        for n in range(options.rounds):
            begin = time.perf_counter()
            scorer.score(calls)
            middle = time.perf_counter()
            score_files(scorer, [path], Path(folder) / f"out{n}", bundle=options.bundle)
            memory.append(options.rows / (middle - begin))
            files.append(options.rows / (time.perf_counter() - middle))
    result = {
        "command": f"python scripts/bench_bulk.py {' '.join(sys.argv[1:])}",
        "rows": options.rows,
        "in_memory_per_second": [round(rate, 1) for rate in memory],
        "files_per_second": [round(rate, 1) for rate in files],
        "median_ratio": round(median(b / a for a, b in zip(memory, files, strict=True)), 3),
    }
    result["markdown"] = markdown(result)
    print(result["markdown"])
    if options.out:
        options.out.write_text(json.dumps(result | {"environment": environment()}, indent=2) + "\n", encoding="utf-8")


def markdown(result: dict[str, Any]) -> str:
    """The table."""
    rows = zip(result["in_memory_per_second"], result["files_per_second"], strict=True)
    return "\n".join([
        "| calls a second in memory | through files |",
        "|---:|---:|",
        *(f"| {memory} | {files} |" for memory, files in rows),
        "",
        f"{result['rows']:,} calls a round; median ratio {result['median_ratio']}.",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
