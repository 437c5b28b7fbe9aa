"""Fetching, against a real HTTP server on this machine that breaks off, lies and refuses as told."""

import hashlib
import io
import json
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from scamclf.corpora import Source, SourceFile, SourceTree, archives
from scamclf.corpora import fetch as fetch_module
from scamclf.corpora.fetch import Fetched, Hosts, Patience, fetch, verify
from scamclf.errors import DataError

COMMIT = "c" * 40
CONTENT = bytes(range(256)) * 2000
PATIENT = Patience(attempts=3, wait_s=0.0, timeout_s=5.0)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `files` by path; the other fields say how badly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.statuses: list[int] = []
        self.cut_at: list[int] = []
        self.ranges = True
        self.say_length = True
        self.asked: list[tuple[str, str | None]] = []

    @property
    def hosts(self) -> Hosts:
        base = f"http://127.0.0.1:{self.server_port}"
        return Hosts(github_files=f"{base}/files", github_tarballs=f"{base}/tarballs", hub=f"{base}/hub")


class Handler(BaseHTTPRequestHandler):
    server: Server
    quiet: ClassVar[bool] = True

    def do_GET(self) -> None:
        asked_range = self.headers.get("Range")
        self.server.asked.append((self.path, asked_range))
        if self.server.statuses:
            return self.send_error(self.server.statuses.pop(0))
        if self.path not in self.server.files:
            return self.send_error(404)
        content, start = self.server.files[self.path], 0
        if asked_range and self.server.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked_range)[1])
            if start >= len(content):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if self.server.say_length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + self.server.cut_at.pop(0) if self.server.cut_at else len(content)
        return self.wfile.write(content[start:end])

    def log_message(self, format: str, *args: object) -> None:
        pass


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


SOURCE = Source(
    name="toy",
    repository="owner/toy corpus",
    commit=COMMIT,
    licence="MIT",
    licence_note="invented",
    redistributable=True,
    weights_release=True,
    role="train",
    kind="llm",
    description="invented",
    label_map="All legitimate.",
    files=(SourceFile("data/a b.csv", digest(CONTENT)),),
)
ADDRESS = f"/files/owner/toy%20corpus/{COMMIT}/data/a%20b.csv"
TARBALL = f"/tarballs/owner/toy%20corpus/tar.gz/{COMMIT}"


def get(server, raw, source=SOURCE, **options) -> Fetched:
    options = {"hosts": server.hosts, "patience": PATIENT} | options
    return fetch(source.name, raw, sources={source.name: source}, **options)


def state(raw, source=SOURCE) -> str:
    return verify(source.name, raw, sources={source.name: source}).state


# Single files


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


# Trees

FILES = {"calls/1.txt": b"one", "calls/2.txt": b"two"}
LISTING = digest("".join(f"{digest(FILES[path])}  {path}\n" for path in sorted(FILES)).encode())
TREE = SourceTree(include=("calls/*.txt",), n_files=2, sha256=LISTING, complete=True)
TREE_SOURCE = replace(SOURCE, files=(), tree=TREE)
OTHERS = {"README.md": b"read me", "calls/deep/3.txt": b"three", "notcalls/4.txt": b"four", "calls/5.wav": b"five"}


def tarball(files, *, commit=COMMIT, links=(), top=f"toy-{COMMIT}/") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", pax_headers={"comment": commit}) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(f"{top}{path}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for path in links:
            info = tarfile.TarInfo(f"{top}{path}")
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return buffer.getvalue()


def zipped(files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def lying(raw, name="toy") -> dict[str, bytes]:
    folder = raw / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_of_a_tarball_the_wanted_files_are_unpacked_and_nothing_else(server, tmp_path):
    server.files[TARBALL] = tarball(OTHERS | FILES)
    first, second = get(server, tmp_path, TREE_SOURCE), get(server, tmp_path, TREE_SOURCE)
    assert lying(tmp_path) == FILES
    assert (first.n_files, first.n_new, first.checked) == (2, 2, True)
    assert (second.n_new, len(server.asked)) == (0, 1)
    assert state(tmp_path, TREE_SOURCE) == "whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy", "toy.fetched.json"]


def test_a_tree_goes_on_from_the_files_that_are_there(server, tmp_path, write_text):
    write_text("toy/calls/1.txt", "one")
    server.files[TARBALL] = tarball(FILES)
    assert state(tmp_path, TREE_SOURCE) == "part"
    assert get(server, tmp_path, TREE_SOURCE).n_new == 1
    assert lying(tmp_path) == FILES


@pytest.mark.parametrize(("path", "wanted"), [("calls/1.txt", digest(b"one")), ("calls/9.txt", "no such file")])
def test_a_wrong_file_of_a_tree_is_named_and_nothing_is_moved(server, tmp_path, write_text, path, wanted):
    write_text(f"toy/{path}", "mine")
    server.files[TARBALL] = tarball(FILES)
    with pytest.raises(DataError, match=rf"{path}: found sha256 {digest(b'mine')}, wanted {wanted}; move it away"):
        get(server, tmp_path, TREE_SOURCE)
    assert lying(tmp_path) == {path: b"mine"}


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (FILES | {"calls/1.txt": b"uno"}, f"the listing of what arrived has sha256 [0-9a-f]{{64}}, wanted {LISTING}"),
        (FILES | {"calls/3.txt": b"three"}, "found 3 files, wanted 2"),
        (OTHERS, r"holds no file that matches calls/\*\.txt"),
    ],
)
def test_a_tree_that_is_not_the_pinned_one_is_refused(server, tmp_path, files, wanted):
    server.files[TARBALL] = tarball(files)
    with pytest.raises(DataError, match=wanted):
        get(server, tmp_path, TREE_SOURCE)
    assert list(tmp_path.iterdir()) == []


def test_of_a_tree_known_in_part_the_rest_is_kept_by_its_record(server, tmp_path, write_text):
    source = replace(TREE_SOURCE, tree=replace(TREE, complete=False))
    everything = FILES | {"calls/3.txt": b"three"}
    server.files[TARBALL] = tarball(everything)
    for path, content in FILES.items():
        write_text(f"toy/{path}", content.decode())
    assert state(tmp_path, source) == "part"
    fetched = get(server, tmp_path, source)
    assert (fetched.n_files, fetched.n_new, fetched.checked) == (3, 1, False)
    assert state(tmp_path, source) == "whole"
    (tmp_path / "toy/calls/3.txt").unlink()
    write_text("toy/calls/2.txt", "changed")
    found = verify("toy", tmp_path, sources={"toy": source})
    assert found.state == "wrong"
    assert [detail.partition(": ")[2].split()[0] for detail in found.details] == ["found", "missing"]


def test_a_tree_without_a_checksum_needs_leave(server, tmp_path, write_text):
    source = replace(TREE_SOURCE, tree=replace(TREE, sha256=None, n_files=None))
    write_text("toy/calls/1.txt", "one")
    assert state(tmp_path, source) == "unchecked"
    server.files[TARBALL] = tarball(FILES)
    with pytest.raises(DataError, match=r"not known: the sha256 of calls/\*\.txt"):
        get(server, tmp_path, source)
    assert get(server, tmp_path, source, allow_unpinned=True).n_new == 1


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (tarball(FILES, links=["calls/3.txt"]), r"calls/3\.txt is a link or no file; wanted plain files only"),
        (tarball(FILES | {"../../evil.txt": b"x"}), r"holds the path .*\.\./\.\./evil\.txt'; wanted paths inside"),
        (tarball(FILES, top="/toy/"), "holds the path '/toy/calls"),
        (tarball(FILES, commit="d" * 40), f"made from commit {'d' * 40}; wanted {COMMIT}"),
        (tarball(FILES)[:-20], "damaged .*; wanted a whole gzipped tarball"),
        (b"<html>not found</html>", "damaged"),
    ],
)
def test_unsafe_and_damaged_tarballs_are_refused_whole(server, tmp_path, content, wanted):
    server.files[TARBALL] = content
    with pytest.raises(DataError, match=wanted):
        get(server, tmp_path, TREE_SOURCE)
    assert list(tmp_path.iterdir()) == []


def test_links_that_are_not_wanted_do_no_harm(server, tmp_path):
    server.files[TARBALL] = tarball(FILES, links=["docs/latest"])
    assert get(server, tmp_path, TREE_SOURCE).n_new == 2


@pytest.mark.parametrize("limit", ["MAX_FILE_BYTES", "MAX_TOTAL_BYTES"])
def test_a_tarball_that_unpacks_to_too_much_is_refused(server, tmp_path, monkeypatch, limit):
    monkeypatch.setattr(archives, limit, {"MAX_FILE_BYTES": 2, "MAX_TOTAL_BYTES": 5}[limit])
    server.files[TARBALL] = tarball(FILES)
    with pytest.raises(DataError, match="unpacks to more than"):
        get(server, tmp_path, TREE_SOURCE)
    assert list(tmp_path.iterdir()) == []


def test_archives_in_the_repository_are_unpacked_flat_with_clean_names(server, tmp_path):
    inside = {"x/a 1%3A2.json": b"{}", "__MACOSX/x/._a 1.json": b"", "x/": b"", "x/b.txt": b"b"}
    tree = SourceTree(
        include=("calls/*.json",), n_files=None, sha256=None, complete=True, archives=(("*/in*.zip", "calls"),)
    )
    server.files[TARBALL] = tarball(
        {"data/inside.zip": zipped(inside), "data/other.zip": b"none", "calls/c.json": b"{}"}
    )
    get(server, tmp_path, replace(TREE_SOURCE, tree=tree), allow_unpinned=True)
    assert lying(tmp_path) == {"calls/a_1-2.json": b"{}"}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (zipped({"../a.json": b"{}"}), r"holds the path '\.\./a\.json'"),
        (zipped({"x/a.json": b"{}", "y/a.json": b"{}"}), r"calls/a\.json is there twice"),
        (b"no archive", "damaged"),
    ],
)
def test_unsafe_archives_in_the_repository_are_refused(server, tmp_path, content, wanted):
    tree = SourceTree(
        include=("calls/*.json",), n_files=None, sha256=None, complete=True, archives=(("*.zip", "calls"),)
    )
    server.files[TARBALL] = tarball({"inside.zip": content})
    with pytest.raises(DataError, match=wanted):
        get(server, tmp_path, replace(TREE_SOURCE, tree=tree), allow_unpinned=True)


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
