"""A corpus of one file on a real HTTP server on this machine, which breaks off, lies and refuses as told."""

import hashlib
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from scamclf.corpora import Source, SourceFile
from scamclf.corpora.fetch import Fetched, Hosts, Patience, fetch, verify

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
