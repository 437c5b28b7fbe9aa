import hashlib
import json
import os
import shutil

import pytest

from scamclf.bundle import (
    LAYOUT,
    SCHEMA_VERSION,
    Gate,
    Manifest,
    OperatingPoint,
    Precision,
    Statistic,
    read_manifest,
    verify_bundle,
    write_checksums,
    write_manifest,
)
from scamclf.calls import LABELS
from scamclf.errors import BundleError
from scamclf.predict import load

POINT = OperatingPoint(threshold=1.25, target_fpr=0.01, n_legitimate=300, n_false_alarms=2)
MANIFEST = Manifest(
    labels=LABELS,
    windows={"max_tokens": 64, "stride": 48, "monitor_step": 32},
    precisions={
        "fp32": Precision(
            file=LAYOUT.onnx,
            call=Statistic(1.5, -0.25, {"fpr_1pct": POINT}, {"fpr_1pct": POINT}),
            monitor=Statistic(),
            parity={"windows": 1e-6},
        )
    },
    operating_point="fpr_1pct",
    provenance={"date": "2026-01-01"},
    gate=Gate(slope=0.5, intercept=-0.25, steps=((4.0, 0.5), (2.0, -1.5)), n_calls=40),
)
FILES = (
    "README.md", "SHA256SUMS", "config.json", "eval/training.json", "linear.npz", "model.safetensors",
    "onnx/model.onnx", "scamclf.json", "tokenizer.json", "tokenizer_config.json",
)  # fmt: skip


@pytest.fixture
def bundle(tiny_bundle, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(tiny_bundle, tmp_path / "bundle")


def test_a_manifest_comes_back_as_it_was_written(tmp_path):
    write_manifest(tmp_path, MANIFEST)

    assert read_manifest(tmp_path) == MANIFEST


def test_the_exported_bundle_holds_these_files_and_no_others(tiny_bundle):
    assert sorted(p.relative_to(tiny_bundle).as_posix() for p in tiny_bundle.rglob("*") if p.is_file()) == list(FILES)


def test_checksums_are_lines_that_sha256sum_reads(tmp_path):
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx/model.onnx").write_bytes(b"abc")
    (tmp_path / "README.md").write_bytes(b"")

    write_checksums(tmp_path)

    expected = [(hashlib.sha256(b"").hexdigest(), "README.md"), (hashlib.sha256(b"abc").hexdigest(), "onnx/model.onnx")]
    assert (tmp_path / "SHA256SUMS").read_text() == "".join(f"{digest}  {name}\n" for digest, name in expected)


def test_an_unchanged_bundle_is_verified(bundle):
    verify_bundle(bundle)


@pytest.mark.parametrize("where", [0, 0.5, 1])
@pytest.mark.parametrize("file", FILES)
def test_one_flipped_byte_in_any_file_is_found(bundle, file, where):
    content = bytearray((bundle / file).read_bytes())
    content[int(where * (len(content) - 2))] ^= 0xA5
    (bundle / file).write_bytes(content)

    with pytest.raises(BundleError, match=r"changed since it was written|missing, though|not listed in") as caught:
        load(bundle)

    assert str(bundle) in str(caught.value)


@pytest.mark.parametrize("extra", ["pickle.bin", "onnx/other.onnx", "eval/SHA256SUMS", ".hidden"])
def test_a_file_that_is_not_listed_is_refused(bundle, extra):
    (bundle / extra).write_bytes(b"")

    with pytest.raises(BundleError, match=f"{extra}: not listed in SHA256SUMS: take it out"):
        load(bundle)


@pytest.mark.parametrize("file", [file for file in FILES if file != "SHA256SUMS"])
def test_a_missing_file_is_named(bundle, file):
    (bundle / file).unlink()

    with pytest.raises(BundleError, match=f"{file}: missing, though SHA256SUMS lists it: copy it again"):
        load(bundle)


def test_a_link_is_refused_even_to_the_same_content(bundle, tmp_path):
    (bundle / LAYOUT.onnx).rename(tmp_path / "model.onnx")
    (bundle / LAYOUT.onnx).symlink_to(tmp_path / "model.onnx")

    with pytest.raises(BundleError, match=r"onnx/model.onnx: a link; a bundle holds plain files only"):
        load(bundle)


def test_a_linked_folder_is_refused(bundle, tmp_path):
    (bundle / "onnx").rename(tmp_path / "onnx")
    (bundle / "onnx").symlink_to(tmp_path / "onnx")

    with pytest.raises(BundleError, match=r"onnx: a link"):
        load(bundle)


def test_a_linked_list_of_checksums_is_refused(bundle, tmp_path):
    (bundle / LAYOUT.checksums).rename(tmp_path / "sums")
    (bundle / LAYOUT.checksums).symlink_to(tmp_path / "sums")

    with pytest.raises(BundleError, match=r"SHA256SUMS: a link"):
        load(bundle)


def test_a_pipe_is_refused(bundle):
    os.mkfifo(bundle / "onnx/extra.onnx")

    with pytest.raises(BundleError, match=r"onnx/extra.onnx: a pipe, socket or device"):
        load(bundle)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.json",
        "/etc/hostname",
        "onnx/../../outside.json",
        "./README.md",
        "onnx//model.onnx",
        "C:\\a.json",
        "",
    ],
)
def test_a_checksum_of_a_file_outside_is_refused(bundle, name):
    (bundle.parent / "outside.json").write_bytes(b"")
    with (bundle / LAYOUT.checksums).open("a") as file:
        file.write(f"{hashlib.sha256(b'').hexdigest()}  {name}\n")

    with pytest.raises(
        BundleError, match=r"SHA256SUMS:\d+: changed .*not a digest and the name of a file in the bundle"
    ):
        load(bundle)


@pytest.mark.parametrize("line", ["{} *README.md", "{}  README.md", "abc  README.md", "\\{}  README.md"])
def test_a_line_of_checksums_that_is_none_or_stands_twice_is_refused(bundle, line):
    with (bundle / LAYOUT.checksums).open("a") as file:
        file.write(line.format(hashlib.sha256((bundle / "README.md").read_bytes()).hexdigest()) + "\n")

    with pytest.raises(BundleError, match="changed since it was written"):
        load(bundle)


@pytest.mark.parametrize("file", ["../model.onnx", "/tmp/model.onnx", "onnx/../../model.onnx", "", "C:\\model.onnx"])
def test_a_model_outside_of_the_bundle_is_refused(bundle, file):
    shutil.copy(bundle / LAYOUT.onnx, bundle.parent / "model.onnx")
    raw = json.loads((bundle / LAYOUT.manifest).read_text())
    raw["precisions"]["fp32"]["file"] = file
    (bundle / LAYOUT.manifest).write_text(json.dumps(raw))
    write_checksums(bundle)

    with pytest.raises(BundleError, match="wanted a path within the bundle"):
        load(bundle)


@pytest.mark.parametrize("file", [LAYOUT.onnx, LAYOUT.tokenizer, LAYOUT.manifest])
def test_a_file_that_is_missing_from_the_checksums_too_is_refused(bundle, file):
    (bundle / file).unlink()
    write_checksums(bundle)

    with pytest.raises(BundleError, match=file):
        load(bundle)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b'{"version": "1.0"}'])
def test_a_tokenizer_that_is_none_is_refused(bundle, content):
    (bundle / LAYOUT.tokenizer).write_bytes(content)
    write_checksums(bundle)

    with pytest.raises(BundleError, match=r"tokenizer.json: not a readable tokenizer"):
        load(bundle)


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(BundleError, match="no such folder; wanted a bundle made by `scamclf export`"):
        load(tmp_path / "nowhere")


def test_a_folder_without_checksums_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match="no SHA256SUMS; wanted a bundle made by"):
        load(tmp_path)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match=r"no scamclf.json; wanted a folder made by `scamclf export`"):
        load(tmp_path, verify=False)


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 99, "1", None])
def test_an_unknown_schema_version_is_refused_with_those_that_are_read(bundle, version):
    raw = json.loads((bundle / LAYOUT.manifest).read_text())
    (bundle / LAYOUT.manifest).write_text(json.dumps({**raw, "schema_version": version}))
    write_checksums(bundle)

    with pytest.raises(BundleError, match=f"schema version {version!r}; this scamclf reads 0 and 1: install the scam"):
        load(bundle)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"', '{"schema_version": 1}', '{"schema_version": 1, "x": 2}'])
def test_a_manifest_that_is_none_is_refused(tmp_path, text):
    (tmp_path / LAYOUT.manifest).write_text(text)

    with pytest.raises(BundleError, match=r"scamclf.json: not a manifest of scamclf"):
        read_manifest(tmp_path)


def test_a_manifest_with_an_unknown_key_is_refused(tmp_path):
    write_manifest(tmp_path, MANIFEST)
    raw = json.loads((tmp_path / LAYOUT.manifest).read_text())
    (tmp_path / LAYOUT.manifest).write_text(json.dumps({**raw, "colour": "red"}))

    with pytest.raises(BundleError, match="colour"):
        read_manifest(tmp_path)
