"""The bundle: one folder that is at once ours and everybody's: transformers, ONNX Runtime, transformers.js."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scamclf.errors import BundleError

__all__ = [
    "LAYOUT",
    "SCHEMA_VERSION",
    "Gate",
    "Layout",
    "Manifest",
    "OperatingPoint",
    "Precision",
    "Statistic",
    "read_manifest",
    "statistic_from_dict",
    "verify_bundle",
    "write_checksums",
    "write_manifest",
]

_CHECKSUM = re.compile(r"([0-9a-f]{64})  (.+)")
_MAX_CHECKSUMS_CHARS = 2**20

SCHEMA_VERSION = 1
"""A scorer reads its own version and the one before."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the files in a bundle."""

    card: str = "README.md"
    config: str = "config.json"
    weights: str = "model.safetensors"
    tokenizer: str = "tokenizer.json"
    tokenizer_config: str = "tokenizer_config.json"
    onnx: str = "onnx/model.onnx"
    linear: str = "linear.npz"
    int8: str = "openvino/model_int8.xml"
    int8_weights: str = "openvino/model_int8.bin"
    manifest: str = "scamclf.json"
    evaluation: str = "eval"
    checksums: str = "SHA256SUMS"


LAYOUT = Layout()


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold and what it was set on.

    Args:
        threshold: calibrated log-odds at and above which a call alarms.
        target_fpr: false-positive rate that it was set for, in (0, 1).
        n_legitimate: legitimate calls that it was set on.
        n_false_alarms: how many of those alarm.
    """

    threshold: float
    target_fpr: float
    n_legitimate: int
    n_false_alarms: int


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic of a call with its mapping and operating points.

    Args:
        slope, intercept: calibrated log-odds = slope * statistic + intercept.
        scam, tech_support: operating points by name, for `p_scam` and for `p_tech_support`.
    """

    slope: float = 1.0
    intercept: float = 0.0
    scam: Mapping[str, OperatingPoint] = field(default_factory=dict)
    tech_support: Mapping[str, OperatingPoint] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Precision:
    """One precision of the model: its file and everything that was set on its own scores.

    Args:
        file: path in the bundle.
        call: statistic of a finished call.
        monitor: statistic of a live call, the maximum over the prefixes that a monitor scores.
        parity: differences found when it was exported, in log-odds.
        left_out: kinds of products that are not in this precision, for their sensitivity.
    """

    file: str
    call: Statistic
    monitor: Statistic
    parity: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """How low the second opinion's log-odds are, at the least, of calls that the whole model is suspicious of.

    Args:
        slope, intercept: calibrated log-odds of the second opinion alone = slope * statistic + intercept.
        steps: (threshold, lowest) in log-odds, thresholds falling: of the calibration calls, labelled and of both
            classes, that the whole model gave `threshold` or more, the second opinion gave none less than `lowest`.
            The first threshold is the highest that enough calls support.
        n_calls: how many the whole model gave 0 or more.
    """

    slope: float
    intercept: float
    steps: tuple[tuple[float, float], ...]
    n_calls: int

    def pass_below(self, threshold: float) -> float:
        """Log-odds of the second opinion below which a call would not alarm.

        Args:
            threshold: log-odds, 0 or more, from which the whole model alarms; one above all steps is as the first.

        Returns:
            0 at most: what the second opinion itself holds for a scam is not surely legitimate.
        """
        reached = [lowest for at, lowest in self.steps if at >= threshold]
        return min(0.0, (reached or [self.steps[0][1]])[-1])


@dataclass(frozen=True, slots=True)
class Manifest:
    """`scamclf.json`.

    Args:
        labels: label names in the order of the logits.
        windows: sizes of the windows (`WindowSpec`'s fields).
        precisions: by name; "fp32" is always there.
        operating_point: name of the point that `alert` means unless another is asked for; None where the
            calls supported none.
        intended_use: "production" or "demonstration".
        provenance: versions, data fingerprint, configuration: how the model was made.
        gate: what may decide calls without the network, where that is asked for; None: nothing may.
    """

    labels: tuple[str, ...]
    windows: Mapping[str, int]
    precisions: Mapping[str, Precision]
    operating_point: str | None = None
    intended_use: str = "production"
    provenance: Mapping[str, Any] = field(default_factory=dict)
    gate: Gate | None = None
    schema_version: int = SCHEMA_VERSION


def write_manifest(bundle: Path, manifest: Manifest) -> None:
    """Write `scamclf.json`."""
    text = json.dumps(dataclasses.asdict(manifest), indent=2, allow_nan=False)
    (bundle / LAYOUT.manifest).write_text(text + "\n", encoding="utf-8")


def read_manifest(bundle: Path) -> Manifest:
    """Read `scamclf.json`.

    Raises:
        BundleError: it is missing, not ours, or of a version that this scamclf does not read.
    """
    path = bundle / LAYOUT.manifest
    if not path.is_file():
        raise BundleError(f"{bundle}: no {LAYOUT.manifest}; wanted a folder made by `scamclf export`")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        version = raw["schema_version"]
        if version not in (SCHEMA_VERSION - 1, SCHEMA_VERSION):
            raise BundleError(
                f"{path}: schema version {version!r}; this scamclf reads {SCHEMA_VERSION - 1} and "
                f"{SCHEMA_VERSION}: install the scamclf that wrote it, or export again"
            )
        precisions = {name: _precision(item, path) for name, item in raw.pop("precisions").items()}
        labels = tuple(raw.pop("labels"))
        gate = raw.pop("gate", None)
        return Manifest(labels=labels, precisions=precisions, gate=gate and _gate(**gate), **raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{path}: not a manifest of scamclf ({type(error).__name__}: {error})") from error


def write_checksums(bundle: Path) -> None:
    """Write `SHA256SUMS` over every other file; `sha256sum -c SHA256SUMS` checks it too."""
    lines = [f"{_sha256(path)}  {path.relative_to(bundle).as_posix()}" for path in _files(bundle)]
    (bundle / LAYOUT.checksums).write_text("\n".join(lines) + "\n", encoding="utf-8")


def verify_bundle(bundle: Path) -> None:
    """Check every file against `SHA256SUMS`: a guard against damage and mix-ups.

    Whoever may change a file may change `SHA256SUMS` too; against a hostile model stands `scamclf.runtimes.onnx_check`.

    Raises:
        BundleError: the folder is not there, a file is missing, changed, added, a link or no file at all.
    """
    if not bundle.is_dir():
        raise BundleError(f"{bundle}: no such folder; wanted a bundle made by `scamclf export`")
    for path in bundle.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            what = "a link" if path.is_symlink() else "a pipe, socket or device"
            raise BundleError(f"{path}: {what}; a bundle holds plain files only: copy it with its contents")
    wanted = _read_checksums(bundle / LAYOUT.checksums)
    found = {path.relative_to(bundle).as_posix(): path for path in _files(bundle)}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise BundleError(f"{bundle / name}: missing, though {LAYOUT.checksums} lists it: copy it again")
        if name not in wanted:
            raise BundleError(f"{bundle / name}: not listed in {LAYOUT.checksums}: take it out")
        if _sha256(found[name]) != wanted[name]:
            raise BundleError(f"{bundle / name}: changed since it was written (sha256 differs): copy it again")


def _read_checksums(listing: Path) -> dict[str, str]:
    """Digests by the names of the files.

    Raises:
        BundleError: there is no such file, or a line of it is none that `write_checksums` writes.
    """
    if not listing.is_file():
        raise BundleError(f"{listing.parent}: no {LAYOUT.checksums}; wanted a bundle made by `scamclf export`")
    wanted: dict[str, str] = {}
    try:
        with listing.open(encoding="utf-8", newline="\n") as file:
            lines = file.read(_MAX_CHECKSUMS_CHARS).split("\n")
    except UnicodeDecodeError as error:
        raise BundleError(f"{listing}: changed since it was written (not UTF-8): copy it again") from error
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        match = _CHECKSUM.fullmatch(line)
        if match is None or not _is_inside(match[2]) or match[2] in wanted:
            message = "not a digest and the name of a file in the bundle, each once"
            raise BundleError(f"{listing}:{number}: changed since it was written ({message}): copy it again")
        wanted[match[2]] = match[1]
    return wanted


def _files(bundle: Path) -> list[Path]:
    return sorted(path for path in bundle.rglob("*") if path.is_file() and path != bundle / LAYOUT.checksums)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _gate(*, steps: list[list[float]], **rest: Any) -> Gate:
    if not steps:
        raise ValueError("a gate without steps")
    return Gate(steps=tuple((threshold, lowest) for threshold, lowest in steps), **rest)


def _precision(raw: dict[str, Any], where: Path) -> Precision:
    if not _is_inside(raw["file"]):
        raise BundleError(
            f"{where}: a model at {raw['file']!r:.80}; wanted a path within the bundle, such as {LAYOUT.onnx}"
        )
    return Precision(
        file=raw["file"],
        call=statistic_from_dict(raw["call"]),
        monitor=statistic_from_dict(raw["monitor"]),
        parity=raw.get("parity", {}),
        left_out=tuple(raw.get("left_out", ())),
    )


def _is_inside(name: str) -> bool:
    """Whether it names a file below the bundle: no root, no drive, no way up."""
    return bool(name) and all(part not in ("", ".", "..") and not set(part) & set("\\:\0") for part in name.split("/"))


def statistic_from_dict(raw: Mapping[str, Any]) -> Statistic:
    """A statistic from its JSON."""
    points = {
        target: {name: OperatingPoint(**point) for name, point in raw[target].items()}
        for target in ("scam", "tech_support")
    }
    return Statistic(slope=raw["slope"], intercept=raw["intercept"], **points)
