"""Jobs as one starts them: in this process, or as a command that may be killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from scamclf.bulk import Settings, durable, score_files


@pytest.fixture
def score(scorer, tiny_bundle) -> Callable[..., Any]:
    """Score in this process; settings and options by name."""

    def run(inputs, out, *, max_errors=None, top=0, progress=lambda progress: None, **settings):
        inputs = inputs if isinstance(inputs, list) else [inputs]
        return score_files(
            scorer, inputs, out, bundle=tiny_bundle, settings=Settings(**settings), max_errors=max_errors, top=top,
            progress=progress,
        )  # fmt: skip

    return run


@pytest.fixture
def command(tiny_bundle) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """`scamclf score` as a process of its own."""

    def run(*arguments, stdin: bytes | None = None, **environment):
        line = [sys.executable, "-m", "scamclf.cli", "score", *map(str, arguments), "--bundle", str(tiny_bundle)]
        done = subprocess.run(
            line, capture_output=True, input=stdin, check=False, env={**os.environ, **environment}, timeout=120
        )
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    return run


@pytest.fixture
def failpoint(monkeypatch):
    """Sets where the next job dies or fails; `failpoint(None)` lets it live."""

    def set_to(value: str | None) -> None:
        durable._passed.clear()
        if value is None:
            monkeypatch.delenv("SCAMCLF_FAILPOINT")
        else:
            monkeypatch.setenv("SCAMCLF_FAILPOINT", value)

    return set_to
