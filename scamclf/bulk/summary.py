"""What a job did, from the record of its units."""

import dataclasses
import heapq
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scamclf.batching import Padding
from scamclf.bulk.durable import durable_file
from scamclf.bulk.formats import part_rows
from scamclf.bulk.ids import Numbers
from scamclf.bulk.inputs import JOB_FOLDER
from scamclf.bulk.manifest import Counts
from scamclf.bulk.plan import Plan, units
from scamclf.bulk.score import Stages, unit_rows
from scamclf.bulk.settings import Settings
from scamclf.calls import Call
from scamclf.predict import Prediction, Scorer

__all__ = ["Summary", "top_calls", "write_summary"]


@dataclass(slots=True)
class Summary:
    """What a job did.

    Args:
        out: output folder.
        files: output files.
        counts: what stands in them: every input row is one output row.
        operating_point: what `alert` means.
        rows_now: rows that this run scored; the others were there.
        seconds: that it took for them, the first pass not counted.
        stages: seconds by stage.
        padding: tokens that the network ran, and those of them that were padding.
        runtime: what ran it, and why.
        top: the most suspicious calls with their predictions, highest first.
    """

    out: Path
    files: int
    counts: Counts
    operating_point: str | None
    rows_now: int
    seconds: float
    stages: Stages
    padding: Padding
    runtime: str
    top: list[tuple[Prediction, Call]] = field(default_factory=list)

    @property
    def slowest_stage(self) -> str:
        """Name of the stage that was at work longest."""
        return max(dataclasses.asdict(self.stages).items(), key=lambda item: item[1])[0]


def write_summary(summary: Summary) -> None:
    """Write `_scamclf/summary.json`."""
    with durable_file(summary.out / JOB_FOLDER / "summary.json") as file:
        file.write(f"{json.dumps(_plain(summary), indent=2)}\n".encode())


def top_calls(
    scorer: Scorer, plan: Plan, out: Path, settings: Settings, numbers: Numbers, top: int
) -> list[tuple[Prediction, Call]]:
    """The calls with the highest scores of the whole output, read again from the inputs."""
    rows = (
        (float(row["logit_scam"]), name, at)
        for name in sorted(unit.name for unit in units(plan))
        for at, row in enumerate(part_rows(out / name, ["logit_scam"]))
        if row["logit_scam"] is not None
    )
    places = [(name, at) for _, name, at in heapq.nlargest(top, rows, key=lambda item: item[0])]
    calls: dict[tuple[str, int], Call] = {}
    for unit in units(plan):
        wanted = {at for name, at in places if name == unit.name}
        if wanted:
            for at, (row, _) in enumerate(unit_rows([unit], out, settings, numbers)):
                if at in wanted and isinstance(row, Call):
                    calls[unit.name, at] = row
    found = [calls[place] for place in places]
    return list(zip(scorer.score(found), found, strict=True))


def _plain(summary: Summary) -> dict[str, Any]:
    return {
        "rows": summary.counts.rows,
        "files": summary.files,
        "operating_point": summary.operating_point,
        "alerts": dict(summary.counts.alerts),
        "errors": dict(summary.counts.errors),
        "not_english": summary.counts.not_english,
        "gated": summary.counts.gated,
        "last_run": {
            "rows": summary.rows_now,
            "seconds": round(summary.seconds, 3),
            "runtime": summary.runtime,
            "padded_share": round(summary.padding.share, 4),
            "stages": {name: round(seconds, 3) for name, seconds in dataclasses.asdict(summary.stages).items()},
        },
    }
