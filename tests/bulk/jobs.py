"""Inputs for jobs, and what they wrote."""

import csv
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Rows = list[dict[str, Any]]


def write_calls(path: Path, ids: Iterable[object]) -> Path:
    """Canonical JSONL; each call has a few words of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"call_id": str(i), "text": f"hello this is call number {i} about your computer"}) for i in ids)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def parts(out: Path) -> list[Path]:
    """Output files that a reader would see."""
    return sorted(path for path in out.iterdir() if not path.name.startswith(("_", ".")))


def rows_of(out: Path) -> Rows:
    """Every row of the output."""
    found: Rows = []
    for path in parts(out):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        elif path.suffix == ".jsonl":
            found += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            with path.open(encoding="utf-8", newline="") as file:
                found += list(csv.DictReader(file))
    return found


def ids_of(out: Path) -> list[str]:
    return sorted(row["call_id"] for row in rows_of(out))


def in_child(job: Callable[[], object]) -> int:
    """Run a job in a process of its own, and return what it ended with, as of `os.waitpid`."""
    child = os.fork()
    if not child:
        try:
            job()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]
