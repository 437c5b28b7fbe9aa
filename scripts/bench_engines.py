"""Calls a second on one and two workers of this machine: `scamclf score`, Ray Data and Spark on the same Parquet files.

    python scripts/bench_engines.py --bundle BUNDLE --out results/engines_speed.json

A worker is a core: `scamclf score` runs with as many threads, an engine with as many workers of one thread each. Each
measurement is a process of its own. The cluster is started before the clock is; then a job of a few calls is timed
twice, which is what takes time whatever there is to do (the second time, Spark has the bundle loaded), and a job of all
calls. Calls are authored pairs, joined until they are as long as calls are. Takes about eight minutes on two cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from bench_scoring import traffic

from scamclf.calls import call_to_dict
from scamclf.training.run import environment

FILES = 8
FEW = 16
ROWS_PER_TASK = 128
CORES = (16, 128, 1024)

Score = Callable[[Path, Path], None]


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1000, help="for two workers; for one, half of them")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--engines", nargs="*", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS, metavar=("ENGINE", "WORKERS", "FOLDER"))
    options = parser.parse_args()
    if options.one:
        measure(options.one[0], int(options.one[1]), Path(options.one[2]), options.bundle, options.precision)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write_calls(folder / "few", FEW)
        for workers in (1, 2):
            write_calls(folder / str(workers), options.rows * workers // 2)
        found = [run(engine, workers, folder, options) for workers in (1, 2) for engine in options.engines]
    result = {
        "command": f"python scripts/bench_engines.py {' '.join(sys.argv[1:])}",
        "precision": options.precision, "rows_per_task": ROWS_PER_TASK, "measured": found,
    }  # fmt: skip
    result["markdown"] = "\n\n".join([markdown(found), *sizing(found)])
    print(result["markdown"])
    if options.out:
        options.out.write_text(json.dumps(result | {"environment": environment()}, indent=2) + "\n", encoding="utf-8")


def write_calls(folder: Path, rows: int) -> None:
    """Write calls as Parquet files, short and long ones in each."""
    folder.mkdir()
    calls = [call_to_dict(call) for call in traffic({}, rows, seed=0)]
    turn = pa.struct([("speaker", pa.string()), ("text", pa.string())])
    schema = pa.schema([("call_id", pa.string()), ("turns", pa.list_(turn))])
    for i in range(FILES):
        pq.write_table(pa.Table.from_pylist(calls[i::FILES], schema=schema), folder / f"{i}.parquet")


def run(engine: str, workers: int, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--bundle", str(options.bundle), "--precision", options.precision]
    cores = str(workers)
    settings = {"RAYON_NUM_THREADS": cores, "PYSPARK_PYTHON": sys.executable, "RAY_USAGE_STATS_ENABLED": "0"}
    command += ["--one", engine, cores, str(folder)]
    done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(found), file=sys.stderr)
    return found


def measure(engine: str, workers: int, folder: Path, bundle: Path, precision: str) -> None:
    """Time a job of few calls and one of all, and print what was found."""
    score = ENGINES[engine](workers, bundle, precision)
    seconds = []
    for n, name in enumerate(("few", "few", str(workers))):
        begin = time.perf_counter()
        score(folder / name, folder / f"{engine}-{workers}-{n}")
        seconds.append(time.perf_counter() - begin)
    calls, scores = folder / str(workers), folder / f"{engine}-{workers}-2"
    wanted, rows = (sum(pq.read_metadata(path).num_rows for path in of.glob("*.parquet")) for of in (calls, scores))
    if rows != wanted:
        raise SystemExit(f"{engine}: {wanted:,} calls went in, {rows:,} rows came out")
    starting, few, whole = seconds
    found = {"starting_s": starting, "few_s": few, "seconds": whole}
    found |= {"calls_per_s": rows / whole, "running_calls_per_s": (rows - FEW) / (whole - few)}
    found |= {name: folder_bytes(of) / rows for name, of in (("bytes_a_call", calls), ("bytes_a_score", scores))}
    rounded = {name: round(value, 2) for name, value in found.items()}
    print(json.dumps({"engine": engine, "workers": workers, "rows": rows, **rounded}))


def folder_bytes(folder: Path) -> int:
    """Size of its Parquet files."""
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))


def with_files(workers: int, bundle: Path, precision: str) -> Score:
    """`scamclf score`."""
    from scamclf.bulk import score_files
    from scamclf.predict import load

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:workers])

    def score(calls: Path, out: Path) -> None:
        score_files(load(bundle, precision=precision, threads=workers), [calls], out, bundle=bundle)

    return score


def with_ray(workers: int, bundle: Path, precision: str) -> Score:
    """Ray Data: so many actors, and one CPU by name for all else."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    from scamclf.integrations import ray as adapter

    ray.init(num_cpus=workers + 1, include_dashboard=False, log_to_driver=False, object_store_memory=2**30)
    DataContext.get_current().enable_progress_bars = False

    def score(calls: Path, out: Path) -> None:
        pool = ActorPoolStrategy(size=workers)
        options: dict[str, Any] = {"rows_per_task": ROWS_PER_TASK, "precision": precision, "compute": pool}
        adapter.score(ray.data.read_parquet(str(calls)), bundle, **options).write_parquet(str(out))

    return score


def with_spark(workers: int, bundle: Path, precision: str) -> Score:
    """Spark in one process: so many Python workers."""
    from pyspark.sql import SparkSession

    from scamclf.integrations import spark as adapter

    session = (
        SparkSession.builder.master(f"local[{workers}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", str(workers))
        .getOrCreate()
    )

    def score(calls: Path, out: Path) -> None:
        df = session.read.parquet(str(calls))
        adapter.write(df, bundle, str(out), rows_per_task=ROWS_PER_TASK, precision=precision)

    return score


ENGINES = {"scamclf score": with_files, "ray": with_ray, "spark": with_spark}


def markdown(found: list[dict[str, Any]]) -> str:
    """The table."""
    lines = [
        "| | workers | calls | calls a second | of `scamclf score` | once it runs | of `scamclf score` | starts in |"
    ]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in found:
        alone = next((other for other in found if other["workers"] == row["workers"]), row)
        whole, running = (row[key] / alone[key] for key in ("calls_per_s", "running_calls_per_s"))
        lines.append(
            f"| {row['engine']} | {row['workers']} | {row['rows']:,} | {row['calls_per_s']} | {whole:.0%} | "
            f"{row['running_calls_per_s']} | {running:.0%} | {row['starting_s']} s |"
        )
    return "\n".join(lines)


def sizing(found: list[dict[str, Any]]) -> list[str]:
    """Core hours and hours of jobs of many sizes, by the slower engine on two workers; none where none was measured."""
    engines = [row for row in found if row["engine"] != "scamclf score" and row["workers"] == 2]
    if not engines:
        return []
    slowest = min(engines, key=lambda row: row["running_calls_per_s"])
    a_core = slowest["running_calls_per_s"] / 2
    lines = [
        f"| calls | Parquet in, out | core hours | {' | '.join(f'{cores:,} cores' for cores in CORES)} |",
        f"|---:|---:|---:|{'---:|' * len(CORES)}",
    ]
    for calls in (10**5, 10**6, 10**7, 10**8, 10**9):
        hours = calls / a_core / 3600
        sizes = ", ".join(f"{calls * slowest[key] / 1e9:,.1f} GB" for key in ("bytes_a_call", "bytes_a_score"))
        lines.append(f"| {calls:,} | {sizes} | {hours:,.0f} | {' | '.join(f'{hours / n:,.1f} h' for n in CORES)} |")
    said = (
        f"{a_core:.1f} calls a second and core, as {slowest['engine']} scored once it ran on two; more were not tried."
    )
    return ["\n".join(lines), said]


if __name__ == "__main__":
    main()
