"""Files of every format, changed at random, through the readers: only calls and ReaderErrors may come out.

Part of `scripts/soak.py`. An input is made anew from its number:

python scripts/fuzz_readers.py SEED NUMBER
"""

import argparse
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

from scamclf.errors import ReaderError
from scamclf.readers import FORMATS, read_calls
from scamclf.render import render

ROOT = Path(__file__).resolve().parent.parent
MEMORY_BYTES = 8 * 2**30
"""Address space of a process: more is a crash."""

MOST_CRASHES = 100
"""Beyond these there is no use in going on."""


def fuzz_seeds() -> list[tuple[str, bytes]]:
    """Files of every format, as (suffix, bytes): what the tests' writers write, and the tests' fixtures."""
    sys.path.insert(0, str(ROOT / "tests" / "readers"))
    from writers import WRITERS, Spoken, Word, jsonl

    talk = [Spoken(0, (Word("hello,", 10, 50), Word("there", 60, 90))), Spoken(1, (Word("yes", 110, 150),))]
    files = [(suffix, writer(talk)) for suffix, writer in WRITERS.values()] + [(".jsonl", jsonl(talk))]
    fixtures = sorted(path for path in (ROOT / "tests/readers/fixtures").iterdir() if path.is_file())
    return files + [(path.suffix, path.read_bytes()) for path in fixtures if path.stat().st_size < 50_000]


VALUES: list[Any] = [
    None, True, -1, 0, 10**400, 1e308, "", "nan", "1e999", "PT1S", "2s", "\ud800", "\u0000", [], {}, [[]], [{}], [None],
    {"a": 1}, "x" * 5000, float("nan"), float("inf"), float("-inf"), -0.5,
]  # fmt: skip
FRAGMENTS = [
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"NaN", b"Infinity", b"-1e999", b"\\ud800", b'"', b"{",
    b"[" * 3000, b'{"a":' * 2000, b"]", b",", b"\n", b"\r", b"-->", b"99:99:99,999", b"null", b"9" * 5000,
    b'"call_id":1,', b"\xef\xbb\xbf",
]  # fmt: skip


def mutate(draw: random.Random, suffix: str, data: bytes) -> bytes:
    """Change a file: values and keys of JSON, or its bytes."""
    if draw.random() < 0.5 and suffix in (".json", ".vcon"):
        document = json.loads(data)
        for _ in range(draw.randint(1, 4)):
            _change_value(draw, document)
        data = json.dumps(document, ensure_ascii=draw.random() < 0.8).encode("utf-8", "surrogatepass")
        if draw.random() < 0.7:
            return data
    found = bytearray(data)
    for _ in range(draw.randint(1, 5)):
        at = draw.randrange(len(found) + 1)
        kind = draw.randrange(5)
        if kind == 0:
            found[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            del found[at : at + draw.randint(1, 40)]
        elif kind == 2:
            found[at:at] = draw.choice(FRAGMENTS)
        elif kind == 3:
            other = draw.randrange(len(found) + 1)
            found[at:at] = found[other : other + draw.randint(1, 200)]
        else:
            del found[at:]
    return bytes(found)


def _change_value(draw: random.Random, document: Any) -> None:
    """Change one value or name somewhere in a document."""
    at = document
    while isinstance(at, dict | list) and at:
        key = draw.choice(list(at)) if isinstance(at, dict) else draw.randrange(len(at))
        inner = at[key]
        if isinstance(inner, dict | list) and inner and draw.random() < 0.85:
            at = inner
            continue
        kind = draw.randrange(3)
        if kind == 0:
            at[key] = deepcopy(draw.choice(VALUES))
        elif kind == 1:
            del at[key]
        elif isinstance(at, dict):
            at[draw.choice(["words", "results", "segments", "text", "x"])] = at.pop(key)
        else:
            at.append(deepcopy(inner))
        return


def read_input(folder: Path, seeds: list[tuple[str, bytes]], seed: int, number: int) -> str:
    """Read a fuzzed input. Returns what came out: "calls", "errors" or "refused".

    Raises:
        Exception: whatever a reader raises that is no ReaderError.
    """
    draw = random.Random(f"{seed}-{number}")
    suffix, data = draw.choice(seeds)
    path = folder / f"1{draw.choice([suffix, suffix, suffix, '.json', '.txt'])}"
    path.write_bytes(mutate(draw, suffix, data))
    format = draw.choice(list(FORMATS)) if draw.random() < 0.2 else None
    outcome = "refused"
    try:
        for row in read_calls(path, format=format):
            outcome = "errors" if isinstance(row, ReaderError) else "calls"
            if not isinstance(row, ReaderError):
                render(row).encode()
                row.call_id.encode()
    except ReaderError:
        pass
    finally:
        path.unlink()
    return outcome


def soak_fuzz(options: argparse.Namespace) -> dict[str, Any]:
    """Read all inputs in several processes; one that dies or hangs is counted and begun again behind its input."""
    begin = time.monotonic()
    seeds = fuzz_seeds()
    counts, crashes, hangs = Counter[str](), [], []
    context = multiprocessing.get_context("fork")
    queue: Any = context.SimpleQueue()
    places = [context.Value("q", n) for n in range(options.processes)]
    workers: dict[int, Any] = {}
    seen = [(-1, 0.0)] * options.processes

    def start(worker: int) -> None:
        arguments = (places[worker], options, seeds, queue)
        workers[worker] = context.Process(target=fuzz_worker, args=arguments)
        workers[worker].start()
        seen[worker] = (-1, time.monotonic())

    for worker in range(options.processes):
        start(worker)
    while workers:
        time.sleep(0.05)
        while not queue.empty():
            kind, value = queue.get()
            counts.update(value) if kind == "counts" else crashes.append(value)
        for worker, process in list(workers.items()):
            place, now = places[worker].value, time.monotonic()
            if place != seen[worker][0]:
                seen[worker] = (place, now)
            if process.is_alive() and now - seen[worker][1] > options.input_seconds:
                hangs.append(place)
                process.kill()
                process.join()
            elif process.is_alive():
                continue
            elif process.exitcode == 0:
                del workers[worker]
                continue
            else:
                crashes.append({"input": place, "error": f"the process ended with {process.exitcode}"})
            places[worker].value = place + options.processes
            if len(crashes) + len(hangs) > MOST_CRASHES:
                raise SystemExit(f"over {MOST_CRASHES} crashes and hangs; the last: {[*crashes, *hangs][-1]}")
            start(worker)
    while not queue.empty():
        kind, value = queue.get()
        counts.update(value) if kind == "counts" else crashes.append(value)
    return {
        "inputs": options.inputs,
        "seeds": len(seeds),
        "crashes": len(crashes),
        "hangs": len(hangs),
        "examples": [*crashes[:10], *hangs[:10]],
        "outcomes": dict(counts),
        "seconds": round(time.monotonic() - begin),
    }


def fuzz_worker(place: Any, options: argparse.Namespace, seeds: list[tuple[str, bytes]], queue: Any) -> None:
    """Read every input from the number `place` on that is this process's."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108 (made new)
        while place.value < options.inputs:
            try:
                counts[read_input(Path(folder), seeds, options.seed, place.value)] += 1
            except Exception as error:  # what it looks for
                queue.put(("crash", {"input": place.value, "error": f"{type(error).__name__}: {error}"[:300]}))
            place.value += options.processes
            if sum(counts.values()) >= 1000:
                queue.put(("counts", dict(counts)))
                counts.clear()
    queue.put(("counts", dict(counts)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(read_input(Path(folder), fuzz_seeds(), int(sys.argv[1]), int(sys.argv[2])))
