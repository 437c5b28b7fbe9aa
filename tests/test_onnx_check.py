"""A model with operators or weights from elsewhere is refused before any runtime parses it."""

import contextlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import scamclf.runtimes.onnx as onnx_runtime
from scamclf.bundle import LAYOUT, write_checksums
from scamclf.errors import BundleError
from scamclf.predict import load
from scamclf.runtimes.onnx_check import DOMAINS, check_onnx

FOREIGN = "com.example"


def graph(*nodes: onnx.NodeProto, weights: tuple[onnx.TensorProto, ...] = ()) -> onnx.GraphProto:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    return helper.make_graph(list(nodes) or [node()], "g", [x], [y], initializer=list(weights))


def node(domain: str = "") -> onnx.NodeProto:
    return helper.make_node("Relu", ["x"], ["y"], domain=domain)


def weight(*, external: bool) -> onnx.TensorProto:
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    if external:
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def model(graph: onnx.GraphProto, **keys: object) -> onnx.ModelProto:
    return helper.make_model(graph, **keys)


def within(inner: onnx.GraphProto) -> onnx.ModelProto:
    """A graph in a branch of a branch."""
    branch = graph(helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=graph()))
    return model(graph(helper.make_node("If", ["x"], ["y"], then_branch=graph(), else_branch=branch)))


def function(domain: str, *nodes: onnx.NodeProto, imports: str = "") -> onnx.ModelProto:
    made = helper.make_function(domain, "F", ["x"], ["y"], list(nodes) or [node()], [helper.make_opsetid(imports, 17)])
    return model(graph(), functions=[made])


def sparse(**fields: onnx.TensorProto) -> onnx.ModelProto:
    found = graph()
    found.sparse_initializer.add(dims=[1], **fields)
    return model(found)


def training(found: onnx.GraphProto) -> onnx.ModelProto:
    made = model(graph())
    made.training_info.add(algorithm=found)
    return made


REFUSED: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "a node": (lambda: model(graph(node(), node(FOREIGN))), FOREIGN),
    "an import": (lambda: model(graph(), opset_imports=[helper.make_opsetid(FOREIGN, 1)]), FOREIGN),
    "a node of a branch": (lambda: within(graph(node(FOREIGN))), FOREIGN),
    "a node of a function": (lambda: function("", node(FOREIGN)), FOREIGN),
    "an import of a function": (lambda: function("", imports=FOREIGN), FOREIGN),
    "a function": (lambda: function(FOREIGN), FOREIGN),
    "a node of training": (lambda: training(graph(node(FOREIGN))), FOREIGN),
    "a domain that looks alike": (lambda: model(graph(node("com.microsoft "))), "com.microsoft "),
    "weights": (lambda: model(graph(weights=(weight(external=True),))), "external data"),
    "weights of a branch": (lambda: within(graph(weights=(weight(external=True),))), "external data"),
    "a constant": (
        lambda: model(graph(helper.make_node("Constant", [], ["y"], value=weight(external=True)))),
        "external data",
    ),
    "sparse values": (lambda: sparse(values=weight(external=True)), "external data"),
    "sparse indices": (lambda: sparse(indices=weight(external=True)), "external data"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_comes_from_elsewhere_is_refused_wherever_it_hides(name: str, tmp_path: Path) -> None:
    make, found = REFUSED[name]
    path = tmp_path / "model.onnx"
    path.write_bytes(make().SerializeToString())

    with pytest.raises(BundleError, match=found) as caught:
        check_onnx(path)

    assert str(path) in str(caught.value)


@pytest.mark.parametrize("domain", DOMAINS)
def test_operators_that_onnx_runtime_brings_are_allowed(domain: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    imports = [helper.make_opsetid(domain, 1)]
    made = model(graph(node(domain), weights=(weight(external=False),)), opset_imports=imports)
    path.write_bytes(made.SerializeToString())

    check_onnx(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\x3a\xff\xff\xff\xff\x0f", b"hello", b"\x0b\x0c", b"\x3a\x02" * 999]
)
def test_what_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(content)

    with pytest.raises(BundleError, match=r"model.onnx: not an ONNX model"):
        check_onnx(tmp_path / "model.onnx")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    inner = graph()
    for _ in range(25):
        inner = graph(helper.make_node("If", ["x"], ["y"], then_branch=inner))
    (tmp_path / "model.onnx").write_bytes(model(inner).SerializeToString())

    with pytest.raises(BundleError, match="nested too deeply"):
        check_onnx(tmp_path / "model.onnx")


def test_changed_bytes_are_checked_or_refused_and_never_crash(tmp_path: Path) -> None:
    whole = within(graph(node("com.microsoft"), weights=(weight(external=False),))).SerializeToString()
    path, rng = tmp_path / "model.onnx", random.Random(0)
    for _ in range(500):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content[: rng.randint(1, len(content))])
        with contextlib.suppress(BundleError):
            check_onnx(path)


@pytest.mark.parametrize("verify", [True, False])
def test_a_bundle_with_such_a_model_is_refused_before_a_runtime_sees_it(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: bool
) -> None:
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    changed = onnx.load(bundle / LAYOUT.onnx)
    changed.graph.node[0].domain = FOREIGN
    onnx.save(changed, bundle / LAYOUT.onnx)
    write_checksums(bundle)
    monkeypatch.setattr(onnx_runtime.onnxruntime, "InferenceSession", lambda *_, **__: pytest.fail("it was parsed"))

    with pytest.raises(BundleError, match=f"{LAYOUT.onnx}: an operator of the domain '{FOREIGN}'"):
        load(bundle, verify=verify)


def test_a_bundle_whose_weights_were_moved_to_another_file_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    onnx.save(
        onnx.load(bundle / LAYOUT.onnx),
        bundle / LAYOUT.onnx,
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    write_checksums(bundle)

    with pytest.raises(BundleError, match="weights in another file"):
        load(bundle)
