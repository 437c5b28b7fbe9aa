"""One file over HTTP: continued where it broke off, tried again, and moved into place only when whole and right."""

import hashlib
import http.client
import logging
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scamclf.errors import DataError

__all__ = ["Patience", "Progress", "download", "sha256_of"]

logger = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]
"""Called with the bytes of the file that are here, and with those of the whole, None where the server does not say."""

_CHUNK = 1 << 16
_AGENT = {"User-Agent": "scamclf (data fetch)"}
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""HTTP statuses after which another try may do better."""

_BROKEN = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Args:
        attempts: requests before giving up.
        wait_s: seconds before the second; each later wait is twice the one before.
        timeout_s: seconds without a byte after which a request has failed.
    """

    attempts: int = 4
    wait_s: float = 1.0
    timeout_s: float = 60.0


class _BrokeOffError(Exception):
    """The connection ended before the file did."""


def download(
    address: str,
    target: Path,
    *,
    sha256: str | None,
    max_bytes: int,
    patience: Patience,
    advice: str,
    progress: Progress | None = None,
) -> None:
    """Download one file to `target`, by way of `target` + ".part".

    What an earlier run left in the part is continued only where a checksum will tell whether the halves fit.

    Args:
        address: what to ask for.
        target: file to write; its folder is made.
        sha256: of the whole file; None where not known.
        max_bytes: largest file to accept.
        patience: attempts and waits.
        advice: what to do without a network, for the error message.
        progress: called as bytes arrive.

    Raises:
        DataError: there is no network, the server has no such file, it went on breaking off, or what arrived
            is too large or has another checksum (it is deleted then).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    if sha256 is None:
        part.unlink(missing_ok=True)
    ask = partial(
        _download_part, address, part, max_bytes=max_bytes, patience=patience, advice=advice, progress=progress
    )
    if part.exists() and sha256_of(part) != sha256:
        ask()
        if sha256_of(part) != sha256:  # the halves do not fit
            part.unlink()
    if not part.exists():
        ask()
        found = sha256_of(part)
        if sha256 not in (None, found):
            part.unlink()
            raise DataError(f"{address}: what arrived has sha256 {found}, wanted {sha256}; it was deleted")
    part.replace(target)


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download_part(
    address: str, part: Path, *, max_bytes: int, patience: Patience, advice: str, progress: Progress | None
) -> None:
    reached = False
    reason: Exception | None = None
    for attempt in range(patience.attempts):
        if attempt:
            time.sleep(patience.wait_s * 2 ** (attempt - 1))
        try:
            _request(address, part, max_bytes=max_bytes, timeout_s=patience.timeout_s, progress=progress)
            return
        except urllib.error.HTTPError as error:
            reached, reason = True, error
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)
            elif error.code not in _PASSING:
                raise DataError(
                    f"{address}: the server answered {error.code} {error.reason}; wanted the file"
                ) from error
        except _BrokeOffError as error:
            reached, reason = True, error
        except _BROKEN as error:
            reason = error
        logger.info("%s: attempt %d of %d failed: %s", address, attempt + 1, patience.attempts, reason)
    if not reached:
        raise DataError(f"{address}: no network ({getattr(reason, 'reason', reason)}); {advice}") from reason
    raise DataError(
        f"{address}: gave up after {patience.attempts} attempts ({reason}); run it again to go on"
    ) from reason


def _request(address: str, part: Path, *, max_bytes: int, timeout_s: float, progress: Progress | None) -> None:
    start = part.stat().st_size if part.exists() else 0
    headers = _AGENT | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 (built from `Hosts`, never from data)
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 (as above)
        total = _length(answer)
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT or _range_start(answer) != start:
            start = 0
        total = None if total is None else start + total
        if (total or 0) > max_bytes:
            raise DataError(f"{address}: {total:,} bytes; wanted at most {max_bytes:,}")
        with part.open("ab" if start else "wb") as file:
            done = _copy(answer, file.write, start=start, total=total, max_bytes=max_bytes, progress=progress)
    if done > max_bytes:
        part.unlink()
        raise DataError(f"{address}: more than {max_bytes:,} bytes; wanted at most that")
    if total is not None and done != total:
        raise _BrokeOffError(f"broke off at {done:,} of {total:,} bytes")


def _copy(
    answer: http.client.HTTPResponse,
    write: Callable[[bytes], int],
    *,
    start: int,
    total: int | None,
    max_bytes: int,
    progress: Progress | None,
) -> int:
    done = start
    try:
        while done <= max_bytes and (chunk := answer.read(_CHUNK)):
            write(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        raise _BrokeOffError(f"broke off at {done:,} bytes: {error}") from error
    return done


def _length(answer: http.client.HTTPResponse) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _range_start(answer: http.client.HTTPResponse) -> int | None:
    match = re.fullmatch(r"bytes (\d+)-\d+/(?:\d+|\*)", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else None
