"""Small invented files in the shape of every corpus, and the real ones where they lie on this machine."""

import csv
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fetch_server import Server

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def raw() -> Path:
    folder = Path(os.environ.get("SCAMCLF_RAW") or REPOSITORY.parent / "shared" / "data" / "raw")
    if not folder.is_dir():
        pytest.skip("the public corpora are not here; set SCAMCLF_RAW")
    return folder


@pytest.fixture
def write_text(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(relative: str, text: str) -> Path:
        path = tmp_path / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_json(write_text: Callable[[str, str], Path]) -> Callable[[str, Any], Path]:
    return lambda relative, document: write_text(relative, json.dumps(document))


@pytest.fixture
def write_table(tmp_path: Path) -> Callable[[str, Sequence[str], Sequence[Sequence[str]]], Path]:
    def write(relative: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
        path = tmp_path / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()
