"""The public corpora: where each is from (`data/sources.json`), and one module each that reads it as calls."""

import difflib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scamclf.calls import Call
from scamclf.corpora.left_out import LeftOut
from scamclf.corpora.tables import look_up, need, read_json
from scamclf.errors import DataError

__all__ = [
    "AUTHORED",
    "HOSTS",
    "ROLES",
    "SOURCES_PATH",
    "Source",
    "SourceFile",
    "SourceTree",
    "find_source",
    "load_sources",
    "read_corpus",
    "read_rows",
]

SOURCES_PATH = "data/sources.json"

AUTHORED = ("pairs", "moves", "authored_test")
"""Sources that were written for this project; they ship with it."""

ROLES = ("train", "calibrate", "report")
"""What a source is for. A row whose role differs from its source's says so in `meta["role"]`."""

HOSTS = ("github", "huggingface")
"""Where a source's repository is: on GitHub, or among the data sets of the Hugging Face hub."""

_KINDS = ("real", "llm", "typed")
_MODULES = (
    "abcd",
    "adwaith",
    "bothbosu",
    "bt_oasis",
    "dstc10",
    "ftc_robocall",
    "harper_valley",
    "hpr",
    "inf2008",
    "insurance_synth",
    "isp_synth",
    "ms_telecom",
    "ms_travel",
    "natcs",
    "persuasion_for_good",
    "scam_dialogue",
    "shakeleoatmeal",
    "star",
    "taskmaster",
    "youtube_openings",
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source.

    Args:
        path: path in the source's repository, and below the source's folder on disk.
        sha256: of the whole file as the repository holds it; None where nobody has told us.
        part_sha256: of the part of it that the project was developed with, where that is not the whole.
    """

    path: str
    sha256: str | None
    part_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The many files of a source, too many to list.

    Args:
        include: glob patterns below the source's folder.
        n_files: files that the project was developed with, or that are known to be there; None where not known.
        sha256: of the lines `sha256  path` of those files, in UTF-8, sorted by path, each ended by a newline;
            None where not known.
        complete: whether those files are all that the repository has.
        archives: ZIP files that hold all of them: a glob pattern, and the folder that its files go to.
    """

    include: tuple[str, ...]
    n_files: int | None
    sha256: str | None
    complete: bool
    archives: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One public corpus, as `data/sources.json` describes it.

    Args:
        name: name of the corpus, of its module here and of its folder under the raw data.
        repository: `owner/name`.
        commit: pinned commit; None where none is known.
        licence: SPDX identifier, or what was found in its place.
        licence_note: where the licence was found and what follows from it.
        redistributable: whether the files themselves may be passed on.
        weights_release: whether weights trained on it may be given away.
        role: one of `ROLES`.
        kind: "real" speech, "llm"-written or "typed" by people.
        description: what it is, in a sentence.
        label_map: how the authors' labels become ours.
        files: its files, where they are few.
        tree: its files, where they are many.
        host: one of `HOSTS`.
        test_selector: which rows are test data for good, in words; None where none are.
    """

    name: str
    repository: str
    commit: str | None
    licence: str
    licence_note: str
    redistributable: bool
    weights_release: bool
    role: str
    kind: str
    description: str
    label_map: str
    files: tuple[SourceFile, ...] = ()
    tree: SourceTree | None = None
    host: str = "github"
    test_selector: str | None = None

    def unpinned(self) -> list[str]:
        """Name what is not known in advance, so that a download of it cannot be held against anything."""
        found = [] if self.commit else ["the commit"]
        found += [f"the sha256 of {file.path}" for file in self.files if file.sha256 is None]
        if self.tree and self.tree.sha256 is None:
            found.append(f"the sha256 of {', '.join(self.tree.include)}")
        return found


def load_sources(path: Path) -> dict[str, Source]:
    """Read `data/sources.json`.

    Args:
        path: usually `scamclf.resources.resource(SOURCES_PATH)`.

    Returns:
        Sources by name, in the order of the file.

    Raises:
        DataError: the file is missing or no JSON, or a field is missing, unknown or of the wrong type.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise DataError(f"{path}: found {type(document).__name__}; wanted an object of sources by name")
    return {name: _source(name, row, f"{path}, {name}") for name, row in document.items()}


def read_corpus(name: str, raw: Path) -> Iterator[Call]:
    """Read one corpus.

    Args:
        name: a name in `data/sources.json`.
        raw: folder that holds one folder a corpus, each laid out as the corpus' repository.

    Yields:
        Its calls.

    Raises:
        DataError: there is no such corpus, its folder is missing, or its files are not what they should be.
    """
    return (row for row in read_rows(name, raw) if isinstance(row, Call))


def read_rows(name: str, raw: Path) -> Iterator[Call | LeftOut]:
    """Read one corpus as `read_corpus` does, with an account of every row that is left out."""
    if name not in _MODULES:
        raise DataError(_no_such_corpus(name, _MODULES))
    folder = raw / name
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; fetch the corpus with `scamclf data fetch {name}`, "
            "or say with `--raw DIR` where the corpora lie"
        )
    rows: Iterator[Call | LeftOut] = importlib.import_module(f"{__name__}.{name}").read(folder)
    return rows


def find_source(name: str, sources: Mapping[str, Source]) -> Source:
    """Look a source up by its name.

    Raises:
        DataError: there is none of that name; the message suggests one.
    """
    if name not in sources:
        raise DataError(_no_such_corpus(name, tuple(sources)))
    return sources[name]


def _no_such_corpus(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; wanted one of {', '.join(known)}"
    return f"no corpus is called {name!r}{hint}"


def _source(name: str, row: Any, where: str) -> Source:
    wanted = set(Source.__slots__) - {"name"}
    if isinstance(row, dict) and (unknown := sorted(set(row) - wanted)):
        raise DataError(f"{where}: unknown {', '.join(unknown)}; wanted {', '.join(sorted(wanted))}")
    return Source(
        name=name,
        repository=need(row, "repository", str, where),
        commit=_text_or_null(row, "commit", where),
        licence=need(row, "licence", str, where),
        licence_note=need(row, "licence_note", str, where),
        redistributable=need(row, "redistributable", bool, where),
        weights_release=need(row, "weights_release", bool, where),
        role=_one_of(ROLES, row, "role", where),
        kind=_one_of(_KINDS, row, "kind", where),
        description=need(row, "description", str, where),
        label_map=need(row, "label_map", str, where),
        files=tuple(_file(item, f"{where}, file {i}") for i, item in enumerate(row.get("files", ()))),
        tree=_tree(row["tree"], f"{where}, tree") if "tree" in row else None,
        host=_one_of(HOSTS, row, "host", where) if "host" in row else "github",
        test_selector=need(row, "test_selector", str, where) if "test_selector" in row else None,
    )


def _file(row: Any, where: str) -> SourceFile:
    return SourceFile(
        path=need(row, "path", str, where),
        sha256=_text_or_null(row, "sha256", where),
        part_sha256=need(row, "part_sha256", str, where) if "part_sha256" in row else None,
    )


def _tree(row: Any, where: str) -> SourceTree:
    return SourceTree(
        include=tuple(need(row, "include", list, where)),
        n_files=None if need(row, "n_files", object, where) is None else need(row, "n_files", int, where),
        sha256=_text_or_null(row, "sha256", where),
        complete=need(row, "complete", bool, where),
        archives=tuple(need(row, "archives", dict, where).items()) if "archives" in row else (),
    )


def _text_or_null(row: Any, key: str, where: str) -> str | None:
    """Null is written out, never left out: "not known" is a statement too."""
    return None if need(row, key, object, where) is None else need(row, key, str, where)


def _one_of(allowed: tuple[str, ...], row: Any, key: str, where: str) -> str:
    return look_up({value: value for value in allowed}, need(row, key, str, where), where, key)
