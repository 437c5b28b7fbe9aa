"""The layers of docs/architecture.md: what a module may import when it is itself imported."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = [
    ["scamclf", "errors", "calls", "render", "language", "bundle", "resources"],
    ["windows", "batching", "metrics", "pooling", "linear", "prediction", "readers"],
    ["normalise", "encode", "runtimes", "predict", "monitor", "explain", "bulk", "thresholds", "card"],
    ["config", "corpora", "preparation", "training", "evaluation", "calibration", "export"],
    ["cli", "cli_benchmark", "cli_data", "cli_score", "terminal", "integrations"],
]
PACKAGES: list[set[str]] = [
    set(),
    {"numpy", "pyarrow"},
    {"tokenizers"},
    {
        "accelerate", "datasets", "evaluate", "onnx", "onnxscript", "rich", "safetensors", "scipy", "sklearn", "torch",
        "transformers", "yaml",
    },
    {"typer"},
]  # fmt: skip
RUNTIME_PACKAGES = {"scamclf.runtimes.onnx": {"onnxruntime"}, "scamclf.runtimes.openvino": {"openvino"}}
"""A runtime is imported by its own module alone."""
HEAVY = [
    "accelerate", "datasets", "evaluate", "onnx", "openvino", "pyspark", "ray", "safetensors", "scipy", "sklearn",
    "torch", "transformers", "yaml",
]  # fmt: skip


def layer_violations(root: Path) -> list[str]:
    """Say of every module below `root/scamclf` which of its imports the layers do not allow."""
    found = []
    for path in sorted((root / "scamclf").rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        layer = layer_of(module)
        if layer is None:
            found.append(f"{module} has no layer")
            continue
        allowed = set().union(*PACKAGES[: layer + 1], RUNTIME_PACKAGES.get(module, set()))
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            found.append(f"{module} is no Python {sys.version_info.major}.{sys.version_info.minor}: {error}")
            continue
        for name in module_level_imports(tree):
            package = name.split(".")[0]
            if package == "scamclf":
                other = layer_of(name)
                if other is None or other > layer:
                    found.append(f"{module} (L{layer}) imports {name} (L{other})")
            elif package not in sys.stdlib_module_names and package not in allowed:
                found.append(f"{module} (L{layer}) imports {name}")
    return found


def layer_of(module: str) -> int | None:
    parts = module.split(".")
    room = parts[1] if len(parts) > 1 else parts[0]
    return next((i for i, rooms in enumerate(LAYERS) if room in rooms), None)


def module_level_imports(node: ast.AST) -> Iterator[str]:
    """Names that are imported when the module is, those within functions and under TYPE_CHECKING left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from module_level_imports(ast.Module([other], []))
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            # `from scamclf import bulk` imports scamclf.bulk; `__version__` is no module.
            whole = child.module == "scamclf"
            yield from (
                f"scamclf.{alias.name}" if whole and not alias.name.startswith("__") else str(child.module)
                for alias in child.names
            )
        else:
            yield from module_level_imports(child)


@pytest.fixture
def tree(tmp_path):
    """A copy of the package with its settings, in which a test may plant what is forbidden."""
    ignore = shutil.ignore_patterns("__pycache__", "_resources")
    shutil.copytree(ROOT / "scamclf", tmp_path / "scamclf", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run_python(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_every_module_imports_only_what_its_layer_may():
    assert layer_violations(ROOT) == []


@pytest.mark.parametrize(
    ("module", "line", "violation"),
    [
        ("calls", "import numpy as np", "scamclf.calls (L0) imports numpy"),
        ("calls", "from scamclf.windows import Spans", "scamclf.calls (L0) imports scamclf.windows (L1)"),
        ("readers/jsonl", "from tokenizers import Tokenizer", "scamclf.readers.jsonl (L1) imports tokenizers"),
        ("readers/jsonl", "from scamclf import predict", "scamclf.readers.jsonl (L1) imports scamclf.predict (L2)"),
        ("predict", "import torch", "scamclf.predict (L2) imports torch"),
        ("predict", "import onnxruntime", "scamclf.predict (L2) imports onnxruntime"),
        ("bulk/job", "from scamclf.config import Recipe", "scamclf.bulk.job (L2) imports scamclf.config (L3)"),
        ("monitor", "if True:\n    import sklearn.metrics", "scamclf.monitor (L2) imports sklearn.metrics"),
        ("monitor", "try:\n    import yaml\nexcept ImportError:\n    pass", "scamclf.monitor (L2) imports yaml"),
        ("explain", "class A:\n    import datasets", "scamclf.explain (L2) imports datasets"),
        ("training/fit", "from scamclf.cli import app", "scamclf.training.fit (L3) imports scamclf.cli (L4)"),
        ("training/fit", "import typer", "scamclf.training.fit (L3) imports typer"),
        ("helpers", "import json", "scamclf.helpers has no layer"),
        ("helpers/deep", "", "scamclf.helpers.deep has no layer"),
        ("calls", "from scamclf.helpers import help", "scamclf.calls (L0) imports scamclf.helpers (LNone)"),
    ],
)
def test_a_planted_violation_is_found(tree, module, line, violation):
    before = layer_violations(tree)
    path = tree / "scamclf" / f"{module}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")

    assert set(layer_violations(tree)) - set(before) == {violation}


@pytest.mark.parametrize(
    "lines",
    [
        "def run():\n    import torch",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
        "import typing\nif typing.TYPE_CHECKING:\n    import torch",
        "class A:\n    def run(self):\n        import torch",
    ],
)
def test_imports_that_happen_late_or_never_are_allowed(tree, lines):
    before = layer_violations(tree)
    with (tree / "scamclf/predict.py").open("a") as file:
        file.write(f"\n{lines}\n")

    assert layer_violations(tree) == before


def test_ruff_refuses_a_heavy_import_in_a_scoring_module(tree):
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "."]
    clean = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    (tree / "scamclf/explain.py").write_text('"""Planted."""\n\nimport torch\n\n__all__ = ["torch"]\n')
    planted = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)

    assert "TID253" not in clean.stdout
    assert planted.returncode == 1
    assert "scamclf/explain.py:3:8: TID253 `torch` is banned at the module level" in planted.stdout


def test_ruff_lets_the_learning_modules_import_torch(tree):
    (tree / "scamclf/training/planted.py").write_text('"""Planted."""\n\nimport torch\n\n__all__ = ["torch"]\n')
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "."]

    assert "TID253" not in subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stdout


def test_ruff_bans_the_packages_that_scoring_must_not_load():
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["flake8-tidy-imports"]

    # Those of the learning layer; openvino is kept to its runtime by the test of the layers alone, rich is light.
    assert PACKAGES[3] - {"rich"} <= set(settings["banned-module-level-imports"])


def test_scoring_loads_no_package_of_the_learning_layer(tiny_bundle):
    code = (
        "import json, sys\n"
        "from scamclf import bulk, explain, monitor, predict, readers, thresholds\n"
        "scorer = predict.load(sys.argv[1], threads=1)\n"
        "(prediction,) = scorer.score([{'call_id': '1', 'text': 'hello there'}])\n"
        "print(json.dumps([prediction.status, sorted(sys.modules)]))\n"
    )
    done = run_python(code, str(tiny_bundle))

    assert done.stderr == ""
    status, modules = json.loads(done.stdout)
    assert status == "ok"
    assert [name for name in HEAVY if name in modules] == []


def test_the_command_loads_nothing_heavy_before_it_knows_what_to_do():
    done = run_python("import json, sys\nimport scamclf.cli\nprint(json.dumps(sorted(sys.modules)))")

    heavy = [*HEAVY, "numpy", "onnxruntime", "pyarrow", "tokenizers"]
    assert [name for name in heavy if name in json.loads(done.stdout)] == []
