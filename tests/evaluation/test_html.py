import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from scamclf.calls import Call, Turn
from scamclf.evaluation.figures import SCORERS, count, curve_file, length_name, percent
from scamclf.evaluation.html import write_html
from scamclf.evaluation.judge import judge

VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = '<script>alert("1")</script>'


class Page(HTMLParser):
    """The tags of a page, every one of them closed in order, and its ids."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def judged(seed, *, legitimate=60):
    generator = np.random.default_rng(seed)
    calls = [
        Call(f"{label}{i}", (Turn("word " * (20 + 40 * i)),), source=source, label=label, group=f"g{i % 7}")
        for source in ("one", HOSTILE)
        for label, n in (("legitimate", legitimate // 2), ("tech_support_scam", 12))
        for i in range(n)
    ]
    scam = np.array([call.label != "legitimate" for call in calls])
    scores = np.where(scam, 2.0, -2.0) + generator.normal(0, 2, len(calls))
    return judge(scores, calls, threshold=1.0, resamples=30)


@pytest.fixture(scope="module")
def report():
    scorers = {name: judged(seed) for seed, name in enumerate(("model", "baseline", "style_probe"))}
    row = {"call_id": HOSTILE, "source": HOSTILE, "kind": HOSTILE, "words": 9, "log_odds": -1.5}
    return {
        "name": HOSTILE,
        "intended_use": "production",
        "operating_point": "fpr_1pct",
        "target_fpr": 0.01,
        "data_fingerprint": "0123456789abcdef",
        "counts": {HOSTILE: {"train": {"legitimate": 5, "other_scam": 2}, "test": {"legitimate": 1}}},
        "hold_out": [HOSTILE],
        **scorers,
        "differences": {"baseline": {"difference": 0.1, "low": -0.1, "high": 0.3}},
        "tech_support": {**scorers, "target_fpr": 0.01, "other_scams": {"n": 9, "alarms": 4}},
        "worst": {"misses": [row], "false_alarms": [], "left_out": {"misses": 3, "false_alarms": 0}},
        "environment": {"date": "2026-11-22", "python": HOSTILE, "versions": {"torch": "2.13.0"}},
    }


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "new" / "report.html"
    write_html(report, path)
    return path.read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_its_ids_are_unique(page):
    ids = [value for _, name, value in Page(page).attributes if name == "id"]

    assert len(ids) == len(set(ids)) == 12


def test_the_page_needs_nothing_from_outside(page):
    found = Page(page)

    assert not {"script", "img", "iframe", "object"} & set(found.tags)
    links = [value for _, name, value in found.attributes if name in ("src", "href", "xlink:href", "action")]
    assert links == ["data:,"]
    assert not re.search(r"https?://|@import|url\(", page)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]


def test_names_and_ids_are_escaped(page):
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 10


def test_every_plot_says_what_it_shows(page):
    found = Page(page)

    assert found.tags.count("figure") == found.tags.count("figcaption") == 12
    labelled = [value for tag, name, value in found.attributes if (tag, name) == ("svg", "aria-labelledby")]
    assert len(labelled) == 12
    assert "scamclf at its threshold:" in page


def test_the_curve_is_drawn_as_a_file_of_its_own_with_the_name_of_each_scorer_beside_its_threshold(report):
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(curve_file(report))

    assert root.tag == f"{svg}svg"
    assert len(root.findall(f"{svg}polyline")) == 3
    assert [note.text for note in root.iter(f"{svg}text") if note.get("class") == "note"] == [*SCORERS.values()][::-1]
    style = root.find(f"{svg}style").text
    assert all(f".{name} {{ stroke: #" in style for name in SCORERS)


def test_the_headline_is_the_pooled_figure_with_its_interval(page, report):
    headline = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1]

    for figure in ("recall", "false_positive_rate"):
        assert percent(report["model"]["pooled"][figure]["share"]) in headline
    assert headline.count("95 %") == 2


def test_a_rate_that_the_calls_do_not_support_is_marked(page):
    assert "Only 60 legitimate calls stand behind this rate; it takes at least 300" in page
    assert "so no clear difference" in page


def test_limits_name_what_the_numbers_rest_on(page):
    assert "Thresholds do not transfer between networks" in page
    assert "Fewer than 30 calls" in page
    assert "3 misses and 0 false alarms among calls that nobody reads" in page


def test_a_demonstration_says_so_first(report, tmp_path):
    write_html({**report, "intended_use": "demonstration"}, tmp_path / "r.html")

    assert "A demonstration, not for use." in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_report_without_shipped_point_rivals_or_second_target_has_a_page(report, tmp_path):
    lean = {key: value for key, value in report.items() if key not in ("baseline", "style_probe", "environment")}

    write_html({**lean, "operating_point": None, "target_fpr": None, "tech_support": None}, tmp_path / "r.html")

    assert "It ships no threshold" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_coordinates_are_finite_and_within_the_plot(page):
    numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|cx|cy)="([^"]+)"', page)

    assert numbers
    assert all(-1 <= float(number) <= 2000 for number in numbers)
    assert "nan" not in re.findall(r'points="([^"]+)"', page)[0]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1e-7, "< 0.001 %"),
        (0.0005, "0.05 %"),
        (0.043, "4.3 %"),
        (0.9996, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_never_reads_as_none_or_all_when_it_is_not(share, text):
    assert percent(share) == text.replace(" %", "\u00a0%")


def test_counts_and_lengths_read_as_words():
    assert [count(value) for value in (0, 6.08, 10, 4353.4)] == ["0", "6.1", "10", "4,353"]
    buckets = ["0+", "100+", "800+"]
    assert [length_name(bucket, buckets) for bucket in buckets] == [
        "under 100 words",
        "100 to 799 words",
        "800 words or more",
    ]
