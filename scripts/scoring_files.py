"""`scamclf score` over files of many calls, as a process of its own: seconds, peak memory, and that nothing is lost."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scamclf.bulk import verify_job
from scamclf.calls import Call, Turn, call_to_dict

__all__ = ["measure_files", "short_calls"]


def measure_files(bundle: Path, calls: Iterable[Call], *, precision: str, gate: bool) -> dict[str, Any]:
    """Write the calls into a file, score that by the command, and check its output.

    Raises:
        SystemExit: the command failed, or rows are missing.
    """
    with tempfile.TemporaryDirectory() as name:
        path, out = Path(name) / "calls.jsonl", Path(name) / "out"
        with path.open("w", encoding="utf-8") as file:
            n = sum(1 for call in calls if file.write(json.dumps(call_to_dict(call)) + "\n"))
        command = [sys.executable, "-m", "scamclf.cli", "score", str(path), "--bundle", str(bundle), "--out", str(out)]
        begin = time.perf_counter()
        peak_mib = run([*command, "--precision", precision, *(["--gate"] if gate else [])])
        seconds = time.perf_counter() - begin
        found = verify_job(out)
        if found.problems or found.rows != n:
            raise SystemExit(f"{n:,} calls went in, {found.rows:,} rows came out: {'; '.join(found.problems)}")
        summary = json.loads((out / "_scamclf" / "summary.json").read_text(encoding="utf-8"))
    print(f"{n:,} calls through files: {seconds:,.1f} s", file=sys.stderr)
    return {
        "calls": n, "rows": found.rows, "precision": precision, "gate": gate, "seconds": seconds,
        "calls_per_s": n / seconds, "peak_mib": peak_mib, "sent_on": 1 - summary["gated"] / n,
        "stages": summary["last_run"]["stages"], "padded_share": summary["last_run"]["padded_share"],
    }  # fmt: skip


def run(command: list[str]) -> float:
    """Run a command to its end, and return its peak memory in MiB.

    Looked at while it runs: what `wait` says of a child counts the memory of the process that it was forked from.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        with contextlib.suppress(OSError):  # it may end meanwhile
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            peak = max([peak, *(int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line)])
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"scamclf score ended with {process.returncode}; see above")
    return peak


def short_calls(n: int) -> Iterator[Call]:
    """Calls of one short turn, no two alike."""
    for i in range(n):
        yield Call(str(i), (Turn(f"hello this is call number {i} i wanted to ask about my order from thursday"),))
