"""Refuse an ONNX file that could do more than compute: before any runtime parses it, and without the `onnx` package.

Walks the protobuf message (onnx.proto) as far as operators and tensors stand in it, and nothing else.
"""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path

from scamclf.errors import BundleError

__all__ = ["DOMAINS", "check_onnx"]

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
"""Domains of operators that ONNX Runtime itself brings; those of any other come from a library that must be loaded."""

_MAX_DEPTH = 64
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5

# Message types of onnx.proto, each with those of its fields that lead on, by the field's number.
_MESSAGES: Mapping[str, Mapping[int, str]] = {
    "Model": {7: "Graph", 8: "OperatorSet", 20: "Training", 25: "Function"},
    "Training": {1: "Graph", 2: "Graph"},
    "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
    "Function": {7: "Node", 9: "OperatorSet", 10: "domain", 11: "Attribute"},
    "OperatorSet": {1: "domain"},
    "Node": {5: "Attribute", 7: "domain"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "SparseTensor", 23: "SparseTensor"},
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
    "Tensor": {13: "external", 14: "external"},
}


def check_onnx(path: Path) -> None:
    """Check a model's operators and where its weights are.

    Args:
        path: a `.onnx` file.

    Raises:
        BundleError: it is no ONNX model, an operator is of a domain not in `DOMAINS`, or weights lie in another file.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _check_message(data, 0, len(data), "Model", 0)
    except (ValueError, IndexError) as error:
        raise BundleError(f"{path}: not an ONNX model ({error})") from error
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror})") from error
    except BundleError as error:
        raise BundleError(f"{path}: {error}; a bundle's model computes from its own weights alone") from error


def _check_message(data: mmap.mmap, start: int, end: int, kind: str, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    leads = _MESSAGES[kind]
    for number, begin, stop in _fields(data, start, end):
        found = leads.get(number, "")
        if found == "domain":
            _check_domain(data[begin:stop])
        elif found == "external" and data[begin:stop] != b"\0":
            raise BundleError("weights in another file (external data)")
        elif found in _MESSAGES:
            _check_message(data, begin, stop, found, depth + 1)


def _check_domain(name: bytes) -> None:
    domain = name.decode("utf-8", "replace")
    if domain not in DOMAINS:
        raise BundleError(f"an operator of the domain {domain[:80]!r}; wanted one of {', '.join(DOMAINS[1:])}")


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Each field of the message between two places: its number, and where its value begins and ends.

    Raises:
        ValueError, IndexError: it is no message.
    """
    while at < end:
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        begin = at
        if kind == _VARINT:
            _, at = _varint(data, at)
        elif kind == _BYTES:
            length, begin = _varint(data, at)
            at = begin + length
        elif kind in (_FIXED_64, _FIXED_32):
            at += 8 if kind == _FIXED_64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if at > end or not 0 < number < 2**29:
            raise ValueError("cut off")
        yield number, begin, at


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
