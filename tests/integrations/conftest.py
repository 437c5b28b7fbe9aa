"""Calls for engines, and what a single machine says of them."""

import re
from pathlib import Path

import pytest
from engines import Rows, in_order, rows_of, write_calls

from scamclf.bulk import Settings, score_files


@pytest.fixture(scope="session")
def calls_folder(tmp_path_factory) -> Path:
    """Parquet files of 240 calls, and of rows that are none."""
    return write_calls(tmp_path_factory.mktemp("engines") / "calls", 240, bad=True)


@pytest.fixture(scope="session")
def many_calls(tmp_path_factory) -> Path:
    """Parquet files of 6,000 calls: enough to be killed in the midst of."""
    return write_calls(tmp_path_factory.mktemp("engines") / "many", 6000, bad=False)


@pytest.fixture(scope="session")
def expected(scorer, tiny_bundle, calls_folder, tmp_path_factory) -> Rows:
    """What `scamclf score` writes, without the places in files that stand in front of its errors."""
    return on_one_machine(scorer, tiny_bundle, calls_folder, tmp_path_factory.mktemp("expected"))


@pytest.fixture(scope="session")
def many_expected(scorer, tiny_bundle, many_calls, tmp_path_factory) -> Rows:
    return on_one_machine(scorer, tiny_bundle, many_calls, tmp_path_factory.mktemp("expected"))


def on_one_machine(scorer, bundle, folder, out) -> Rows:
    score_files(scorer, [folder], out, bundle=bundle, settings=Settings(on_duplicate="suffix"))
    rows = rows_of(out)
    for row in rows:
        row["error"] = row["error"] and re.sub(r"^\S+\.parquet row \d+: ", "", row["error"])
    return in_order(rows)
