"""What the documents say is what the program does."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from scamclf.cli import app
from scamclf.evaluation.figures import curve_file

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "train", ROOT / "data", ROOT / "results")
    for path in folder.glob("*.md")
)


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands(program: str) -> list[list[str]]:
    return [
        shlex.split(line, comments=True)[1:]
        for path in DOCUMENTS
        for block in blocks(path, "bash")
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith(f"{program} ")
    ]


@pytest.mark.parametrize("code", blocks(ROOT / "README.md", "python"))
def test_every_python_block_of_the_readme_runs(code, tiny_bundle, tmp_path):
    shutil.copytree(tiny_bundle, tmp_path / "demo" / "bundle")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("arguments", commands("scamclf"), ids=" ".join)
def test_every_scamclf_command_in_the_documents_is_one(arguments):
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    command.make_context("scamclf", list(arguments))


@pytest.mark.parametrize("arguments", commands("make"), ids=" ".join)
def test_every_make_target_in_the_documents_is_one(arguments):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE)


def test_every_launch_in_the_documents_names_a_recipe_that_is_there():
    launches = commands("accelerate")
    assert launches
    for arguments in launches:
        for flag in ("--config", "--config_file"):
            if flag in arguments:
                assert (ROOT / arguments[arguments.index(flag) + 1]).is_file()


def test_every_link_between_the_documents_leads_somewhere():
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_curve_in_the_readme_is_that_of_the_results():
    (drawn,) = re.findall(r"!\[.*\]\((results/.*\.svg)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    report = json.loads((ROOT / drawn).with_suffix(".json").read_text(encoding="utf-8"))
    assert (ROOT / drawn).read_text(encoding="utf-8") == curve_file(report)


def test_the_tables_in_the_documents_are_made_from_the_results():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "readme_tables.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
