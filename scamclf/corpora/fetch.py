"""Downloading a corpus at its pinned commit, only when asked to, and telling whether what lies here is right."""

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from scamclf.corpora import SOURCES_PATH, Source, SourceTree, find_source, load_sources
from scamclf.corpora.archives import unpack_tarball
from scamclf.corpora.download import Patience, Progress, download, sha256_of
from scamclf.corpora.verify import Verified, listing_sha256, read_record, tree_digests, verify, write_record
from scamclf.errors import DataError
from scamclf.resources import resource

__all__ = ["Fetched", "Hosts", "Patience", "Progress", "Verified", "fetch", "verify"]

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 1 << 30
MAX_TARBALL_BYTES = 1 << 32
_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Hosts:
    """Base addresses of the repository hosts: a mirror may stand in.

    Args:
        github_files: single files of a GitHub repository.
        github_tarballs: tarballs of one.
        hub: the Hugging Face hub.
    """

    github_files: str = "https://raw.githubusercontent.com"
    github_tarballs: str = "https://codeload.github.com"
    hub: str = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What `fetch` did.

    Args:
        name: of the corpus.
        folder: where it lies.
        n_files: files of the corpus there.
        n_new: of these, the ones that were not there, or only in part.
        checked: whether all of them agree with checksums known in advance. False: only the commit vouches.
    """

    name: str
    folder: Path
    n_files: int
    n_new: int
    checked: bool


def fetch(
    name: str,
    raw: Path,
    *,
    progress: Progress | None = None,
    allow_unpinned: bool = False,
    hosts: Hosts | None = None,
    patience: Patience | None = None,
    sources: Mapping[str, Source] | None = None,
) -> Fetched:
    """Download a corpus to `raw/name`, laid out as its repository.

    Files that are there and right are kept, those that are there and wrong are an error and stay as they are.
    The checksums of what arrived are written to `raw/name.fetched.json`, for `verify`.

    Args:
        name: a name in `data/sources.json`.
        raw: folder that holds one folder a corpus.
        progress: called with the bytes of the file under way that are here, and with all of its bytes or None.
        allow_unpinned: go on where the commit or a checksum is not known.
        hosts: where to ask.
        patience: attempts and waits.
        sources: in place of `data/sources.json`.

    Returns:
        What is there now.

    Raises:
        DataError: there is no such corpus, it is not pinned and `allow_unpinned` is not set, there is no
            network, or a file is not what it should be.
    """
    source = find_source(name, load_sources(resource(SOURCES_PATH)) if sources is None else sources)
    unknown = source.unpinned()
    if unknown and not allow_unpinned:
        raise DataError(
            f"{name}: not known: {'; '.join(unknown)}. Nothing could tell whether what arrives is what was meant; "
            "use --allow-unpinned to fetch it all the same"
        )
    visit = _Visit(source, raw, hosts or Hosts(), patience or Patience(), progress)
    digests, n_new = visit.fetch_tree(source.tree) if source.tree else visit.fetch_files()
    checked = not unknown and (source.tree is None or source.tree.complete)
    if not checked:
        logger.warning("%s: fetched, but no checksum of the whole is known: only its commit vouches for it", name)
    return Fetched(name=name, folder=raw / name, n_files=len(digests), n_new=n_new, checked=checked)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One source, where it goes to and where it is asked for."""

    source: Source
    raw: Path
    hosts: Hosts
    patience: Patience
    progress: Progress | None

    def fetch_files(self) -> tuple[dict[str, str], int]:
        recorded = read_record(self.source, self.raw)
        digests: dict[str, str] = {}
        n_new = 0
        for file in self.source.files:
            path = self.raw / self.source.name / file.path
            wanted = file.sha256 or recorded.get(file.path)
            found = sha256_of(path) if path.exists() else None
            if found is None or (found == file.part_sha256 != wanted):
                self._download(self._file_address(file.path), path, sha256=file.sha256, max_bytes=MAX_FILE_BYTES)
                n_new += 1
                # At once: were the next file to fail, nothing else would know this one.
                recorded[file.path] = sha256_of(path)
                write_record(self.source, self.raw, recorded)
            elif found != wanted:
                raise DataError(f"{path}: found sha256 {found}, wanted {wanted or 'one not known'}; move it away first")
            digests[file.path] = sha256_of(path)
        return digests, n_new

    def fetch_tree(self, tree: SourceTree) -> tuple[dict[str, str], int]:
        folder = self.raw / self.source.name
        if verify(self.source.name, self.raw, sources={self.source.name: self.source}).state == "whole":
            return tree_digests(folder, tree), 0
        self.raw.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.raw, prefix=f".{self.source.name}-") as temporary:
            tarball, unpacked = Path(temporary) / "repository.tar.gz", Path(temporary) / "unpacked"
            address = (
                f"{self.hosts.github_tarballs}/{quote(self.source.repository)}/tar.gz/{self.source.commit or 'HEAD'}"
            )
            self._download(address, tarball, sha256=None, max_bytes=MAX_TARBALL_BYTES)
            unpack_tarball(tarball, unpacked, include=tree.include, archives=tree.archives, commit=self.source.commit)
            digests = tree_digests(unpacked, tree)
            _check_tree(tree, digests, address)
            new = _compare(tree_digests(folder, tree), digests, folder)
            for path in new:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (unpacked / path).replace(folder / path)
        write_record(self.source, self.raw, digests)
        return digests, len(new)

    def _file_address(self, path: str) -> str:
        repository, where = quote(self.source.repository), quote(path)
        if self.source.host == "huggingface":
            return f"{self.hosts.hub}/datasets/{repository}/resolve/{self.source.commit or 'main'}/{where}"
        return f"{self.hosts.github_files}/{repository}/{self.source.commit or 'HEAD'}/{where}"

    def _download(self, address: str, path: Path, *, sha256: str | None, max_bytes: int) -> None:
        at = f"commit {self.source.commit}" if self.source.commit else "its newest commit"
        download(
            address,
            path,
            sha256=sha256,
            max_bytes=max_bytes,
            patience=self.patience,
            advice=f"fetch {self.source.repository} at {at} elsewhere and use --raw DIR",
            progress=self.progress,
        )
        with path.open("rb") as file:
            if sha256 is None and file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                path.unlink()
                raise DataError(f"{address}: is a Git LFS pointer; wanted the file that it points to")


def _check_tree(tree: SourceTree, digests: Mapping[str, str], where: str) -> None:
    if not tree.complete:
        return
    if tree.n_files not in (None, len(digests)):
        raise DataError(f"{where}: found {len(digests)} files, wanted {tree.n_files}")
    if tree.sha256 not in (None, found := listing_sha256(digests)):
        raise DataError(f"{where}: the listing of what arrived has sha256 {found}, wanted {tree.sha256}")


def _compare(here: Mapping[str, str], arrived: Mapping[str, str], folder: Path) -> list[str]:
    """Paths that arrived and are not here."""
    for path, found in here.items():
        if arrived.get(path) != found:
            wanted = arrived.get(path, "no such file")
            raise DataError(f"{folder / path}: found sha256 {found}, wanted {wanted}; move it away first")
    return [path for path in arrived if path not in here]
