"""Fetching whole trees and archives: what is unpacked, and what is refused."""

import io
import tarfile
import zipfile
from dataclasses import replace

import pytest
from fetch_server import COMMIT, SOURCE, TARBALL, digest, get, state

from scamclf.corpora import SourceTree, archives
from scamclf.corpora.fetch import verify
from scamclf.errors import DataError

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
