"""Scoring opens no connection, starts no process, unpickles nothing and runs nothing that it reads."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scamclf.readers import FORMATS

ROOT = Path(__file__).resolve().parent.parent
READERS = ROOT / "tests/readers"

SCORE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.readers.writers import WRITERS
from tests.readers.writers.plain import jsonl
from tests.readers.writers.talk import Spoken, Word

FORBIDDEN = ("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "subprocess.", "os.system", "os.exec",
             "os.posix_spawn", "os.spawn", "os.fork", "pickle.find_class", "cpython.run_")
seen = []

def refuse(event, arguments):
    if event.startswith(FORBIDDEN):
        seen.append(event)
        raise RuntimeError("forbidden: " + event)

folder = Path(sys.argv[2])
talk = [Spoken(0, (Word("hello", 10, 50),)), Spoken(1, (Word("yes", 60, 90),))]
for name, (suffix, write) in WRITERS.items():
    (folder / (name + suffix)).write_bytes(write(talk))
(folder / "canonical.jsonl").write_bytes(jsonl(talk))
sys.addaudithook(refuse)

from scamclf.predict import load
from scamclf.readers import read_calls, sniff

rows = list(load(sys.argv[1], threads=1).score_rows(read_calls(folder)))
formats = sorted({sniff(path) for path in folder.iterdir()})
assert seen == [], seen
import socket
try:
    socket.socket()
except RuntimeError:
    pass
print(json.dumps({"status": sorted({row.status for row in rows}), "rows": len(rows), "formats": formats, "seen": seen}))
"""


def test_a_call_of_every_format_is_scored_without_network_processes_or_pickles(
    tiny_bundle: Path, tmp_path: Path
) -> None:
    arguments = [str(tiny_bundle), str(tmp_path), str(READERS)]
    done = subprocess.run([sys.executable, "-c", SCORE, *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["status"] == ["ok"]
    assert set(found["formats"]) == set(FORMATS)
    assert found["rows"] == len(list(tmp_path.iterdir()))
    # The guard was awake.
    assert found["seen"] == ["socket.__new__"]


MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"eval", "exec", "compile", "__import__"}


def dangers(source: str) -> list[str]:
    """What of a module could run what it reads."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or ""] if (node.module or "").split(".")[0] in MODULES else []
        elif isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            keys = {key.arg: ast.unparse(key.value) for key in node.keywords}
            found += [call] if call in CALLS else []
            found += [f"{call}(allow_pickle)"] if keys.get("allow_pickle", "False") != "False" else []
            found += [f"{call}(trust_remote_code)"] if keys.get("trust_remote_code", "False") != "False" else []
            found += [call] if call == "torch.load" and keys.get("weights_only") != "True" else []
            found += [call] if call in ("yaml.load", "yaml.unsafe_load", "yaml.full_load") else []
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "scamclf").rglob("*.py")), ids=lambda path: path.stem)
def test_no_module_unpickles_or_runs_what_it_reads(path: Path) -> None:
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "def run():\n    import cloudpickle",
        "eval(text)",
        "torch.load(path)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text)",
        "from_pretrained(name, trust_remote_code=True)",
    ],
)
def test_what_would_do_so_is_found(line: str) -> None:
    assert len(dangers(line)) == 1
