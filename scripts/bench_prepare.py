"""How many rows a second go through the whole of `scamclf data prepare`, reading and writing included:

    python scripts/bench_prepare.py --raw data/raw --out results/prepare_speed.json

CPU seconds stand beside the wall clock: on a machine that does other work only they tell.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from scamclf.preparation.prepare import write_prepared
from scamclf.preparation.table import row_table
from scamclf.resources import resource
from scamclf.training.run import environment
from scamclf.training.train import prepare_recipe


def main() -> None:
    """Prepare the research recipe a few times; the fastest counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, default=Path("data/raw"), help="folder with the public corpora")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("results/prepare_speed.json"))
    args = parser.parse_args()
    measured = [measure(args.raw) for _ in range(args.runs)]
    report = {
        "wall": max((run["rows_per_second"], run) for run in measured)[1],
        "cpu": max((run["rows_per_cpu_second"], run) for run in measured)[1],
        "environment": environment(),
    }
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def measure(raw: Path) -> dict[str, float]:
    """Read, prepare and write once."""
    wall, cpu = time.perf_counter(), time.process_time()
    _, prepared = prepare_recipe(resource("configs/research.yaml"), raw=raw)
    with tempfile.TemporaryDirectory() as folder:
        write_prepared(prepared, Path(folder))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = sum(int(row[1]) for row in row_table(prepared))
    return {
        "rows": rows,
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_second": round(rows / wall, 1),
        "rows_per_cpu_second": round(rows / cpu, 1),
    }


if __name__ == "__main__":
    main()
