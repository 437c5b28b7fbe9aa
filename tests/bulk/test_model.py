"""Any order of adding inputs, killing, rerunning and changing the settings, against a plain dictionary."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from counting import counting_scorer
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from jobs import in_child, parts, rows_of

from scamclf.bulk import Settings, score_files, verify_job
from scamclf.bulk.durable import FAILPOINTS
from scamclf.errors import ConfigError

SCORER = counting_scorer()


class Jobs(RuleBasedStateMachine):
    """The dictionary says of each id how often its call says "virus"."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.calls, self.out, self.bundle = (self.folder / name for name in ("calls", "out", "bundle"))
        self.calls.mkdir()
        self.bundle.mkdir()
        (self.bundle / "SHA256SUMS").write_text("stands for a bundle")
        self.wanted: dict[str, int] = {}
        self.bad = 0
        self.files = 0
        self.planned = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def score(self, **changes: object) -> None:
        values = {"unit_rows": 3, "output_format": "jsonl"} | changes
        score_files(SCORER, [self.calls], self.out, bundle=self.bundle, settings=Settings(**values))

    @rule(said=st.lists(st.integers(0, 3) | st.none(), max_size=7), early=st.booleans())
    def add_input(self, said: list[int | None], early: bool) -> None:
        lines = []
        for virus in said:
            if virus is None:
                self.bad += 1
                lines.append("nonsense")
                continue
            call_id = f"call-{len(self.wanted)}"
            self.wanted[call_id] = virus
            lines.append(f'{{"call_id": "{call_id}", "text": "hello {"virus " * virus}"}}')
        name = f"{'a' if early else 'z'}{self.files}.jsonl"
        (self.calls / name).write_text("".join(f"{line}\n" for line in lines))
        self.files += 1

    @precondition(lambda self: self.files)
    @rule(point=st.sampled_from(FAILPOINTS), nth=st.integers(1, 6))
    def kill(self, point: str, nth: int) -> None:
        def job() -> None:
            os.environ["SCAMCLF_FAILPOINT"] = f"{point}:{nth}"
            self.score()

        status = in_child(job)
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
        self.planned = (self.out / "_scamclf/job.jsonl").exists()

    @precondition(lambda self: self.files)
    @rule()
    def run(self) -> None:
        self.score()
        self.planned = True
        rows = rows_of(self.out)
        found = {row["call_id"]: row["n_tokens"] for row in rows if row["status"] == "ok"}
        assert found == {call_id: 1 + virus for call_id, virus in self.wanted.items()}
        assert len(rows) == len(self.wanted) + self.bad
        assert verify_job(self.out).problems == ()

    @precondition(lambda self: self.planned)
    @rule()
    def change_config(self) -> None:
        before = [(path, path.stat().st_mtime_ns) for path in parts(self.out)]
        with pytest.raises(ConfigError, match="begun with unit rows 3, now 4"):
            self.score(unit_rows=4)
        assert [(path, path.stat().st_mtime_ns) for path in parts(self.out)] == before

    @invariant()
    def what_is_seen_is_whole_and_stands_once(self) -> None:
        if self.out.exists():
            ids = [row["call_id"] for row in rows_of(self.out) if row["status"] == "ok"]
            assert len(set(ids)) == len(ids)
            if (self.out / "_SUCCESS").exists():
                assert verify_job(self.out).problems == ()


TestJobs = Jobs.TestCase
TestJobs.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
