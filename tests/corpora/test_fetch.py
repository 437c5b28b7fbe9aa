"""Fetching single files, from a server that breaks off, lies and refuses as told."""

import json
import re
from dataclasses import replace

import pytest
from fetch_server import ADDRESS, COMMIT, CONTENT, SOURCE, digest, get, state

from scamclf.corpora import SourceFile
from scamclf.corpora import fetch as fetch_module
from scamclf.corpora.fetch import fetch, verify
from scamclf.errors import DataError


def test_a_file_is_fetched_at_its_commit_once_and_then_kept(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    assert state(tmp_path) == "missing"
    first, second = get(server, tmp_path), get(server, tmp_path)
    assert (tmp_path / "toy/data/a b.csv").read_bytes() == CONTENT
    assert (first.n_files, first.n_new, first.checked) == (1, 1, True)
    assert second == replace(first, n_new=0)
    assert server.asked == [(ADDRESS, None)]
    assert state(tmp_path) == "whole"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["a b.csv", "toy.fetched.json"]


def test_the_hub_is_asked_by_its_own_address(server, tmp_path):
    server.files[f"/hub/datasets/owner/toy%20corpus/resolve/{COMMIT}/data/a%20b.csv"] = CONTENT
    assert get(server, tmp_path, replace(SOURCE, host="huggingface")).n_new == 1


def test_progress_counts_up_to_the_whole(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    seen = []
    get(server, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_download_that_breaks_off_goes_on_where_it_stopped(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    server.cut_at = [100_000, 50_000]
    seen = []
    get(server, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert (tmp_path / "toy/data/a b.csv").read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert {total for _, total in seen} == {len(CONTENT)}


def test_the_next_run_goes_on_where_the_last_one_stopped(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    server.cut_at = [1000, 1000, 1000]
    with pytest.raises(
        DataError, match=r"gave up after 3 attempts \(broke off at 3,000 of 512,000 bytes\); run it again"
    ):
        get(server, tmp_path)
    assert not (tmp_path / "toy/data/a b.csv").exists()
    get(server, tmp_path)
    assert server.asked[-1] == (ADDRESS, "bytes=3000-")
    assert state(tmp_path) == "whole"


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    server.ranges, server.cut_at = False, [1000]
    get(server, tmp_path)
    assert state(tmp_path) == "whole"


@pytest.mark.parametrize("left", [b"of another file", CONTENT + b"more", CONTENT])
def test_a_part_that_does_not_fit_or_is_whole_is_no_hindrance(server, tmp_path, left):
    server.files[ADDRESS] = CONTENT
    part = tmp_path / "toy/data/a b.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(left)
    get(server, tmp_path)
    assert state(tmp_path) == "whole"
    assert bool(server.asked) == (left != CONTENT)


def test_a_changed_file_is_refused_and_deleted(server, tmp_path):
    server.files[ADDRESS] = b"something else"
    with pytest.raises(
        DataError, match=f"has sha256 {digest(b'something else')}, wanted {digest(CONTENT)}; it was del"
    ):
        get(server, tmp_path)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_wrong_file_that_is_there_is_named_and_left_alone(server, tmp_path, write_text):
    server.files[ADDRESS] = CONTENT
    path = write_text("toy/data/a b.csv", "mine")
    with pytest.raises(DataError, match=rf"a b\.csv: found sha256 {digest(b'mine')}, wanted {digest(CONTENT)}; move"):
        get(server, tmp_path)
    assert path.read_text() == "mine"
    assert server.asked == []
    assert state(tmp_path) == "wrong"


def test_the_part_that_the_project_knows_is_replaced_by_the_whole(server, tmp_path, write_text):
    server.files[ADDRESS] = CONTENT
    write_text("toy/data/a b.csv", "part")
    source = replace(SOURCE, files=(replace(SOURCE.files[0], part_sha256=digest(b"part")),))
    assert state(tmp_path, source) == "part"
    assert get(server, tmp_path, source).n_new == 1
    assert state(tmp_path, source) == "whole"


def test_a_missing_file_is_reported_at_once(server, tmp_path):
    with pytest.raises(DataError, match=r"a%20b\.csv: the server answered 404 Not Found; wanted the file"):
        get(server, tmp_path)
    assert len(server.asked) == 1


def test_an_overloaded_server_is_asked_again(server, tmp_path):
    server.files[ADDRESS], server.statuses = CONTENT, [503, 429]
    get(server, tmp_path)
    assert len(server.asked) == 3


def test_without_a_network_the_error_says_what_to_fetch_elsewhere(server, tmp_path):
    hosts = server.hosts
    server.shutdown()
    server.server_close()
    wanted = (
        rf"{re.escape(ADDRESS)}: no network \(.*\); fetch owner/toy corpus at commit {COMMIT} elsewhere and use --raw"
    )
    with pytest.raises(DataError, match=wanted):
        get(server, tmp_path, hosts=hosts)


def test_a_file_over_the_limit_is_refused(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch_module, "MAX_FILE_BYTES", 1000)
    server.files[ADDRESS] = CONTENT
    with pytest.raises(DataError, match="512,000 bytes; wanted at most 1,000"):
        get(server, tmp_path)
    server.say_length = False
    with pytest.raises(DataError, match="more than 1,000 bytes; wanted at most that"):
        get(server, tmp_path)


# What is not pinned

UNPINNED = replace(SOURCE, files=(replace(SOURCE.files[0], sha256=None),))


def test_what_nothing_can_check_needs_leave(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    with pytest.raises(DataError, match=r"toy: not known: the sha256 of data/a b\.csv\..* use --allow-unpinned"):
        get(server, tmp_path, UNPINNED)
    assert server.asked == []
    assert not get(server, tmp_path, UNPINNED, allow_unpinned=True).checked
    assert get(server, tmp_path, UNPINNED, allow_unpinned=True).n_new == 0


def test_without_a_commit_the_newest_is_asked_for(server, tmp_path):
    server.files[ADDRESS.replace(COMMIT, "HEAD")] = CONTENT
    source = replace(SOURCE, commit=None)
    with pytest.raises(DataError, match="not known: the commit"):
        get(server, tmp_path, source)
    assert get(server, tmp_path, source, allow_unpinned=True).n_new == 1


def test_what_was_fetched_unpinned_is_held_against_its_own_record(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    get(server, tmp_path, UNPINNED, allow_unpinned=True)
    assert state(tmp_path, UNPINNED) == "whole"
    (tmp_path / "toy/data/a b.csv").write_bytes(b"changed")
    assert state(tmp_path, UNPINNED) == "wrong"
    assert state(tmp_path, replace(UNPINNED, commit="d" * 40)) == "unchecked"


def test_a_part_is_never_continued_where_nothing_could_tell(server, tmp_path):
    server.files[ADDRESS], server.cut_at = CONTENT, [1000, 1000, 1000]
    with pytest.raises(DataError, match="gave up"):
        get(server, tmp_path, UNPINNED, allow_unpinned=True)
    get(server, tmp_path, UNPINNED, allow_unpinned=True)
    assert server.asked[-1] == (ADDRESS, None)


def test_a_pointer_in_place_of_a_file_is_refused(server, tmp_path):
    server.files[ADDRESS] = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"
    with pytest.raises(DataError, match="is a Git LFS pointer"):
        get(server, tmp_path, UNPINNED, allow_unpinned=True)
    assert state(tmp_path, UNPINNED) == "missing"


def test_files_that_arrived_before_another_failed_are_known_again(server, tmp_path):
    source = replace(UNPINNED, files=(*UNPINNED.files, SourceFile("b.csv", None)))
    server.files[ADDRESS] = CONTENT
    with pytest.raises(DataError, match="404"):
        get(server, tmp_path, source, allow_unpinned=True)
    assert state(tmp_path, source) == "part"
    server.files[f"/files/owner/toy%20corpus/{COMMIT}/b.csv"] = b"b"
    assert get(server, tmp_path, source, allow_unpinned=True).n_new == 1


# What ships


def test_an_unknown_corpus_gets_a_suggestion(tmp_path):
    with pytest.raises(DataError, match="no corpus is called 'harper_valey'; did you mean 'harper_valley'"):
        fetch("harper_valey", tmp_path)
    with pytest.raises(DataError, match="did you mean 'natcs'"):
        verify("natc", tmp_path)


def test_shipped_sources_that_are_not_pinned_are_refused_before_any_request(server, tmp_path):
    for name in ("natcs", "harper_valley"):
        with pytest.raises(DataError, match=f"{name}: not known: the sha256 of"):
            fetch(name, tmp_path, hosts=server.hosts)
    assert server.asked == []


def test_the_corpora_that_lie_here_are_known_to_be_right(raw):
    states = {
        name: verify(name, raw).state
        for name in ("bothbosu", "ms_travel", "insurance_synth", "star", "youtube_openings", "natcs")
    }
    assert states == {
        "bothbosu": "whole",
        "ms_travel": "whole",
        "insurance_synth": "whole",
        "star": "part",
        "youtube_openings": "part",
        "natcs": "missing",
    }


def test_the_record_names_the_commit_and_every_file(server, tmp_path):
    server.files[ADDRESS] = CONTENT
    get(server, tmp_path)
    assert json.loads((tmp_path / "toy.fetched.json").read_text()) == {
        "repository": "owner/toy corpus",
        "commit": COMMIT,
        "files": {"data/a b.csv": digest(CONTENT)},
    }
