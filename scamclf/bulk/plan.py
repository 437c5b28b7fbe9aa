"""What a job is to do: its inputs as they were found, and the units of rows that they are cut into."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from scamclf.bulk.durable import durable_file
from scamclf.bulk.inputs import JOB_FOLDER, STDIN, Source
from scamclf.errors import ConfigError, JobError

__all__ = ["Piece", "Plan", "Unit", "check_same", "read_plan", "units", "write_plan"]

VERSION = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """A job.

    Args:
        config: settings and versions that its scores depend on.
        sources: inputs, by generation and then in the order in which they are read.
    """

    config: Mapping[str, Any]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows `start` to `stop` (not included) of an input, the first of which is row `place` of the job."""

    source: Source
    start: int
    stop: int
    place: int


@dataclass(frozen=True, slots=True)
class Unit:
    """The rows of one output file: of one input, of a part of one, or of many small ones.

    Args:
        name: of the output file: follows from the path of the first input and the row that it begins at.
        pieces: at least one.
    """

    name: str
    pieces: tuple[Piece, ...]

    @property
    def rows(self) -> int:
        """Rows of the output file."""
        return sum(piece.stop - piece.start for piece in self.pieces)


def units(plan: Plan) -> Iterator[Unit]:
    """Cut the rows of each generation into units: what was added later moves none of the earlier."""
    size, suffix = plan.config["unit_rows"], plan.config["output_format"]
    place = 0
    for _, sources in groupby(plan.sources, key=lambda source: source.generation):
        pieces: list[Piece] = []
        free = size
        for source in sources:
            start = 0
            while start < source.rows:
                stop = min(source.rows, start + free)
                pieces.append(Piece(source, start, stop, place))
                free, place, start = free - (stop - start), place + stop - start, stop
                if not free:
                    yield _unit(pieces, suffix)
                    pieces, free = [], size
        if pieces:
            yield _unit(pieces, suffix)


def write_plan(out: Path, plan: Plan) -> None:
    """Write `job.jsonl`: the configuration, then an input a line."""
    with durable_file(out / JOB_FOLDER / "job.jsonl") as file:
        for line in ({"version": VERSION, "config": plan.config}, *map(dataclasses.asdict, plan.sources)):
            file.write(f"{json.dumps(line)}\n".encode())


def read_plan(out: Path) -> Plan | None:
    """Read `job.jsonl`; None where the folder holds no job.

    Raises:
        JobError: it is damaged, or of another version.
    """
    path = out / JOB_FOLDER / "job.jsonl"
    if not path.exists():
        return None
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(next(file))
            if head["version"] != VERSION:
                raise JobError(f"{path}: version {head['version']!r}; this scamclf reads {VERSION}")
            return Plan(head["config"], tuple(Source(**json.loads(line)) for line in file))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise JobError(f"{path}: damaged ({type(error).__name__}: {error}); wanted what scamclf wrote") from error


def check_same(out: Path, plan: Plan, config: Mapping[str, Any], inputs: Mapping[str, tuple[int, str]]) -> None:
    """Refuse to go on with another configuration, bundle or input.

    Args:
        out: output folder.
        plan: what was begun there.
        config: what is wanted now.
        inputs: size and sha256 of the inputs that are there now, by path.

    Raises:
        ConfigError: something changed; it is named.
    """
    advice = "a changed job needs a new --out"
    for key in sorted(plan.config.keys() | config.keys()):
        before, now = plan.config.get(key), config.get(key)
        if before != now:
            raise ConfigError(f"{out}: begun with {key.replace('_', ' ')} {before!r}, now {now!r}; {advice}")
    for source in plan.sources:
        name = "standard input" if source.path == STDIN else source.path
        if source.path not in inputs:
            raise ConfigError(f"{out}: begun with {name}, which is not among the inputs now; {advice}")
        size, sha256 = inputs[source.path]
        if sha256 != source.sha256:
            was, is_now = f"{source.size:,} bytes, sha256 {source.sha256[:12]}", f"{size:,} bytes, {sha256[:12]}"
            raise ConfigError(f"{name}: changed since the job in {out} began ({was}; now {is_now}); {advice}")


def _unit(pieces: list[Piece], suffix: str) -> Unit:
    first = pieces[0]
    # An underscore or a dot in front would hide the file from Spark and pyarrow.
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", first.source.label)[-60:].strip("._-") or "calls"
    digest = hashlib.sha256(first.source.path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Unit(f"{slug}-{digest}-{first.start:09}.{suffix}", tuple(pieces))
