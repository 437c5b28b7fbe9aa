"""Kill jobs a thousand times and feed the readers a million broken files: `make soak`, result in results/soak.json.

Kills: a job of a few thousand rows runs in a process of its own, which gets SIGKILL after a random time; then the same
job is begun again, until it ends. Each ended job is checked: `verify`, and a count of ids against those that went in.
Broken files: `scripts/fuzz_readers.py`.
"""

import argparse
import json
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fuzz_readers import soak_fuzz

from scamclf import __version__
from scamclf.bulk import Settings, score_files, verify_job
from scamclf.bulk.formats import part_rows
from scamclf.predict import load

ROWS_OF_A_JOB = 2_500
SETTINGS = Settings(unit_rows=100)


def main() -> None:
    """Run both parts and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="a small one, of configs/smoke.yaml")
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="fuzzed inputs")
    parser.add_argument("--input-seconds", type=float, default=10.0, help="time that an input may take")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    result = {"command": f"python scripts/soak.py {' '.join(sys.argv[1:])}", **environment()}
    result["kill"] = soak_kills(options) if options.rows else None
    print(json.dumps(result["kill"]), flush=True)
    result["fuzz"] = soak_fuzz(options) if options.inputs else None
    print(json.dumps(result["fuzz"]), flush=True)
    result["markdown"] = markdown(result)
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    bad = [part[key] for part in (result["kill"], result["fuzz"]) if part for key in BAD if part.get(key)]
    sys.exit(1 if bad else 0)


BAD = ("lost", "duplicated", "problems", "crashes", "hangs")
"""What must be nought or empty."""


def environment() -> dict[str, Any]:
    """Date, versions and kind of machine."""
    return {
        "date": date.today().isoformat(),
        "scamclf": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {package: version(package) for package in ("numpy", "onnxruntime", "pyarrow", "tokenizers")},
    }


def markdown(result: dict[str, Any]) -> str:
    """The table."""
    kill, fuzz = result["kill"] or {}, result["fuzz"] or {}
    return "\n".join([
        "| | | | | |",
        "|---|---:|---|---|---|",
        f"| kills | {kill.get('kills', 0):,} | rows {kill.get('rows', 0):,} | lost {kill.get('lost')} "
        f"| duplicated {kill.get('duplicated')} |",
        f"| fuzzed inputs | {fuzz.get('inputs', 0):,} | of {fuzz.get('seeds')} files | crashes {fuzz.get('crashes')} "
        f"| hangs {fuzz.get('hangs')} |",
    ])  # fmt: skip


def soak_kills(options: argparse.Namespace) -> dict[str, Any]:
    """Jobs after jobs until there were enough kills and enough rows."""
    draw = random.Random(options.seed)
    found: Counter[str] = Counter(kills=0, jobs=0, rows=0, lost=0, duplicated=0)
    problems: list[str] = []
    when: Counter[str] = Counter()
    begin = time.monotonic()
    longest = 0.0  # seconds of a job that is left alone: the first one is
    while found["kills"] < options.kills or found["rows"] < options.rows:
        jobs_left = max(1, -(-(options.rows - found["rows"]) // ROWS_OF_A_JOB))
        kills = -(-max(0, options.kills - found["kills"]) // jobs_left) if longest else 0
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            ids = write_inputs(folder / "calls", draw, found["jobs"])
            out = folder / "out"
            found["kills"] += kill_job(folder, options.bundle, kills, longest, draw, when)
            started = time.monotonic()
            if run_job(folder, options.bundle, None) != 0:
                raise SystemExit("a job that was left alone failed; see above")
            longest = longest or time.monotonic() - started
            problems += verify_job(out).problems
            seen = Counter(row["call_id"] for path in out.glob("*.parquet") for row in part_rows(path, ["call_id"]))
            found.update(jobs=1, rows=len(ids), lost=len(ids - seen.keys()))
            found["duplicated"] += sum(n - 1 for n in seen.values()) + len(seen.keys() - ids)
        print(f"{dict(found)} after {time.monotonic() - begin:,.0f} s", file=sys.stderr, flush=True)
    return {**found, "problems": problems[:20], "killed_in": dict(when), "seconds": round(time.monotonic() - begin)}


def write_inputs(folder: Path, draw: random.Random, job: int) -> set[str]:
    """Canonical files of different sizes. Returns the ids."""
    folder.mkdir()
    cuts = sorted(draw.sample(range(1, ROWS_OF_A_JOB), 6))
    ids = [f"job-{job}-call-{i}" for i in range(ROWS_OF_A_JOB)]
    for n, (start, stop) in enumerate(zip([0, *cuts], [*cuts, ROWS_OF_A_JOB], strict=True)):
        lines = (json.dumps({"call_id": i, "text": f"hello this is {i} about your computer"}) for i in ids[start:stop])
        (folder / f"{n}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return set(ids)


def kill_job(folder: Path, bundle: Path, kills: int, longest: float, draw: random.Random, when: Counter[str]) -> int:
    """Kill the job up to `kills` times within `longest` seconds, or until it ended. Returns how often it was killed."""
    done = 0
    for _ in range(kills):
        status = run_job(folder, bundle, draw.uniform(0.0, longest))
        if status == 0:
            break
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            raise SystemExit(f"the job failed by itself: status {status}; see above")
        done += 1
        state = folder / "out" / "_scamclf"
        when["scoring" if (state / "job.jsonl").exists() else "first pass"] += 1
        if list((folder / "out").glob(".*.tmp")):
            when["within a file"] += 1
    return done


def run_job(folder: Path, bundle: Path, kill_after: float | None) -> int:
    """Run the job in a process of its own. Returns what it ended with, as of `os.waitpid`."""
    child = os.fork()
    if not child:
        try:
            score_files(load(bundle, threads=1), [folder / "calls"], folder / "out", bundle=bundle, settings=SETTINGS)
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    main()
