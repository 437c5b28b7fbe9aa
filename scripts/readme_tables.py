"""Write the tables of README.md and data/README.md from results/*.json and the data: `python scripts/readme_tables.py`.

With --check nothing is written; the exit code is 1 where a table is out of date.
"""

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SHORT = (
    "authored_test (scam)", "bothbosu_youtube (scam)", "ftc_robocall (scam)", "pairs (scam)",
    "authored_test (legitimate)", "dstc10 (legitimate)", "ms_telecom (legitimate)", "pairs (legitimate)",
    "persuasion_for_good (legitimate)",
)  # fmt: skip
"""Sources of a short table: those that are in no training set, real scams, and the hardest of our own calls."""
_MARKED = re.compile(r"(<!-- table:(\S+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def main() -> None:
    """Renew or check every marked table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a table is out of date")
    check = parser.parse_args().check
    stale = []
    for name in ("README.md", "data/README.md", "docs/scaling.md", "results/README.md"):
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = _MARKED.sub(lambda found: f"{found[1]}{_table(found[2]).strip()}\n{found[3]}", before)
        if before != after:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(after, encoding="utf-8")
    print("out of date:" if check else "renewed:", ", ".join(map(str, stale)) or "none")
    sys.exit(bool(check and stale))


def _table(name: str) -> str:
    """`results/X.json` gives its markdown, `X:short` less of it; `pairs` and `sources` are counted from the data."""
    if name == "pairs":
        return _pairs()
    if name == "sources":
        return _sources()
    name, _, short = name.partition(":")
    lines = json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))["markdown"].splitlines()
    if short:
        sources = [line for line in lines if re.match(r"\| \S+ \((scam|legitimate)\) ", line)]
        lines = [line for line in lines if line not in sources or line.split("|")[1].strip() in _SHORT]
    return "\n".join(lines)


def _pairs() -> str:
    from scamclf.calls import LABELS
    from scamclf.corpora import pairs
    from scamclf.preparation.pairs_audit import pairs_table
    from scamclf.resources import resource

    rows = [
        f"| {column} | {value} | {' | '.join(str(counts.get(label, 0)) for label in LABELS)} |"
        for column, found in pairs_table(list(pairs.read(resource("data/pairs")))).items()
        for value, counts in found.items()
    ]
    return "\n".join([f"| | | {' | '.join(LABELS)} |", "|---|---|---:|---:|---:|", *rows])


def _sources() -> str:
    from scamclf.corpora import SOURCES_PATH, load_sources
    from scamclf.resources import resource

    rows = [
        f"| {s.name} | {s.kind} | {s.role} | {s.licence} | {'yes' if s.weights_release else 'no'} | {s.repository} |"
        for s in load_sources(resource(SOURCES_PATH)).values()
    ]
    return "\n".join(
        ["| source | text | role | licence | weights may be given away | from |", "|---|---|---|---|---|---|", *rows]
    )


if __name__ == "__main__":
    main()
