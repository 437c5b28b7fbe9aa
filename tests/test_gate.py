"""The gate: what it passes, what it sends on, that it is asked for, and that its price is as it was set."""

import dataclasses
import json
import math

import numpy as np
import pytest
from counting import VOCABULARY, counting_scorer, points
from hypothesis import given, settings
from hypothesis import strategies as st

from scamclf.bundle import Gate, Statistic
from scamclf.calls import Call, Turn
from scamclf.errors import ConfigError
from scamclf.explain import telling_turns
from scamclf.export.gate import set_gate
from scamclf.linear import LinearModel
from scamclf.monitor import Monitor
from scamclf.predict import Scorer, load

VIRUS, LOAN = (VOCABULARY.index(word) for word in ("virus", "loan"))
OPINION = LinearModel(
    features=np.array([VIRUS, LOAN]),
    idf=np.ones(2, np.float32),
    weights=np.array([[0, 3, -3], [0, -3, 3]], np.float32),
    bias=np.array([2, 0, 0], np.float32),
)
"""Without a known word: 2 against each kind of scam. Of "virus" or "loan" however often: 3 more for its kind."""
AT_HALF = Statistic(scam=points(p=0.5))
WORDS = st.lists(st.sampled_from(["hello", "virus", "loan"]), min_size=1, max_size=30)


def gated(call: Statistic = AT_HALF, *, lowest: float = -0.5) -> Scorer:
    """The counting network behind a gate."""
    scorer = counting_scorer(call, operating_point="p")
    manifest = dataclasses.replace(scorer.manifest, gate=Gate(1.0, 0.0, ((0.0, lowest),), 10))
    return Scorer(manifest, scorer.encoder, scorer.runtime, linear=OPINION, operating_point="p", gate=True)


def a_call(text: str, call_id: str = "1") -> Call:
    return Call(call_id, (Turn(text),))


def test_a_call_that_the_second_opinion_passes_gets_its_score_and_no_alarm():
    # Log-odds of "hello": the network 0 and the opinion -2 for each kind, together log 2 more.
    (passed,) = gated().score([a_call("hello hello")])

    assert passed.decided_by == "gate"
    assert passed.logit_scam == pytest.approx(math.log(2) - 2)
    assert (passed.label, passed.alert, passed.status) == ("legitimate", False, "ok")
    assert (passed.n_tokens, passed.n_windows, passed.peak_window, passed.peak_turn) == (2, 1, 0, 0)


def test_a_call_that_is_sent_on_gets_the_score_that_it_gets_without_a_gate():
    scorer = gated()

    (sent,) = scorer.score([a_call("virus hello")])

    assert sent.decided_by == "exact"
    assert sent == scorer.exact().score([a_call("virus hello")])[0]


def test_the_network_sees_only_what_is_sent_on():
    scorer = gated()
    seen = []
    scorer.runtime.run = lambda ids, mask, run=scorer.runtime.run: seen.append(len(ids)) or run(ids, mask)

    scorer.score([a_call("hello"), a_call("virus"), a_call("hello hello")])

    assert sum(seen) == 1


@settings(deadline=None)
@given(calls=st.lists(WORDS, max_size=8))
def test_behind_a_gate_every_call_is_decided_as_it_is_alone_and_by_what_it_says(calls):
    scorer = gated()
    found = scorer.score([a_call(" ".join(words), str(i)) for i, words in enumerate(calls)])

    for words, prediction in zip(calls, found, strict=True):
        call = a_call(" ".join(words))
        (alone,), (exact,) = scorer.score([call]), scorer.exact().score([call])
        assert dataclasses.replace(prediction, call_id="1") == alone
        if prediction.decided_by == "exact":
            assert alone == exact
        else:
            assert prediction.logit_scam < scorer.pass_below
            assert prediction.alert is False


def test_without_being_asked_for_there_is_no_gate(tiny_bundle, calls):
    scorer = load(tiny_bundle, threads=1)

    assert scorer.manifest.gate is not None
    assert scorer.pass_below is None
    assert {prediction.decided_by for prediction in scorer.score(calls)} == {"exact"}


@pytest.mark.parametrize(
    ("threshold", "below"), [(0.0, -3.0), (0.5, -3.0), (0.6, -1.0), (2.0, -1.0), (2.1, 0.0), (4.0, 0.0), (9.0, 0.0)]
)
def test_a_call_passes_below_all_that_were_seen_to_alarm_and_never_what_is_held_for_a_scam(threshold, below):
    assert Gate(1.0, 0.0, ((4.0, 0.7), (2.0, -1.0), (0.5, -3.0)), 300).pass_below(threshold) == below


def test_a_threshold_that_few_calls_reach_is_as_the_first_that_enough_reach():
    assert Gate(1.0, 0.0, ((4.0, -0.2), (2.0, -1.0)), 300).pass_below(9.0) == -0.2


def test_what_a_gate_needs_and_has_not_is_an_error():
    scorer = gated()
    with pytest.raises(ConfigError, match="this bundle has no gate: it was exported without a second opinion"):
        Scorer(scorer.manifest, scorer.encoder, scorer.runtime, gate=True)
    no_gate = dataclasses.replace(scorer.manifest, gate=None)
    with pytest.raises(ConfigError, match="this bundle has no gate"):
        Scorer(no_gate, scorer.encoder, scorer.runtime, linear=OPINION, gate=True)
    no_point = counting_scorer().manifest
    with pytest.raises(ConfigError, match="this bundle has no operating point"):
        Scorer(
            dataclasses.replace(no_point, gate=scorer.manifest.gate), scorer.encoder, scorer.runtime,
            linear=OPINION, gate=True,
        )  # fmt: skip
    with pytest.raises(ConfigError, match=r"p alarms from -0\.50 log-odds.*score without a gate"):
        gated(Statistic(scam=points(p=-0.5)))


def labelled(n: int) -> list[Call]:
    """Honest calls, and scams of one to three telling words."""
    said = {"legitimate": "hello " * 3, "tech_support_scam": "virus ", "other_scam": "loan "}
    return [
        Call(f"{label}{i}", (Turn(text * (1 + i % 3)),), source="s", label=label)
        for label, text in said.items()
        for i in range(n)
    ]


@pytest.mark.parametrize("each", [9, 90])  # fewer and more than a step needs
def test_each_step_is_the_least_that_the_second_opinion_gave_calls_of_its_threshold_or_more(each):
    scorer = gated(Statistic(slope=0.5, intercept=0.0, scam=points(p=0.5))).exact()
    calls = labelled(each)

    gate = set_gate(scorer, calls)

    behind = Scorer(dataclasses.replace(scorer.manifest, gate=gate), scorer.encoder, scorer.runtime, linear=OPINION)
    exact = np.array([prediction.logit_scam for prediction in behind.score(calls)])
    behind.pass_below = math.inf
    alone = np.array([prediction.logit_scam for prediction in behind.score(calls)])
    assert gate.n_calls == (exact >= 0).sum() > each
    assert (exact >= gate.steps[0][0]).sum() >= min(200, gate.n_calls)
    assert [step for step in gate.steps[1:] if (exact > step[0]).sum() < min(200, gate.n_calls)] == []
    assert list(gate.steps) == sorted(gate.steps, reverse=True)
    for threshold, lowest in gate.steps:
        assert lowest == pytest.approx(alone[exact >= threshold].min())
    assert min(lowest for _, lowest in gate.steps) == pytest.approx(alone[exact >= 0].min())
    # So no call alarms that the gate would have passed.
    kept = Scorer(behind.manifest, scorer.encoder, scorer.runtime, linear=OPINION, operating_point="p", gate=True)
    for call, without in zip(calls, exact, strict=True):
        assert without < 0.5 or kept.score([call])[0].decided_by == "exact"


def test_there_is_no_gate_without_a_second_opinion_or_behind_one_that_knows_nothing(caplog):
    scorer = gated().exact()
    scorer.linear = None
    assert set_gate(scorer, labelled(9)) is None
    scorer.linear = dataclasses.replace(OPINION, weights=-2 * OPINION.weights.clip(0), bias=OPINION.bias - 9)
    assert set_gate(scorer, labelled(9)) is None
    assert "no gate: the second opinion ranks scams below legitimate calls" in caplog.text


def test_an_exported_gate_keeps_every_alarm_of_the_calls_that_it_was_set_on(tiny_run, tiny_bundle):
    from scamclf.preparation.prepare import load_prepared
    from scamclf.training.run import RUN

    calls = load_prepared(tiny_run / RUN.data).splits["calibration"]
    exact = load(tiny_bundle, threads=1)
    behind = load(tiny_bundle, threads=1, gate=True)
    for without, found in zip(exact.score(calls), behind.score(calls), strict=True):
        assert found.alert == without.alert
        assert (found.decided_by == "gate") == (found.logit_scam < behind.pass_below and found != without)
    assert "## Gate" in (tiny_bundle / "README.md").read_text(encoding="utf-8")


def test_a_live_call_and_its_telling_turns_are_scored_without_the_gate():
    scorer = gated(lowest=9.0)  # passes everything below 0
    monitor = Monitor(scorer)
    monitor.add(Turn("hello " * 8))
    exact = Monitor(scorer.exact())
    exact.add(Turn("hello " * 8))
    assert monitor.finish() == exact.finish()
    call = Call("1", (Turn("hello"), Turn("virus"), Turn("hello")))
    assert telling_turns(scorer, call) == telling_turns(scorer.exact(), call)


def test_a_job_behind_a_gate_says_so_in_rows_and_summary_and_is_not_resumed_without(tmp_path):
    from scamclf.bulk import Settings, score_files, verify_job

    scorer = gated()
    (tmp_path / "SHA256SUMS").write_text("stands for a bundle")
    path = tmp_path / "calls.jsonl"
    said = ["hello", "virus virus virus", "hello hello", "loan"]
    path.write_text("".join(json.dumps({"call_id": str(i), "text": text}) + "\n" for i, text in enumerate(said)))
    settings = Settings(output_format="jsonl")

    summary = score_files(scorer, [path], tmp_path / "out", bundle=tmp_path, settings=settings)

    (part,) = (tmp_path / "out").glob("*.jsonl")
    rows = [json.loads(line) for line in part.read_text().splitlines()]
    assert [row["decided_by"] for row in rows] == ["gate", "exact", "gate", "exact"]
    assert summary.counts.gated == json.loads((tmp_path / "out/_scamclf/summary.json").read_text())["gated"] == 2
    assert summary.counts.alerts["p"] == sum(row["alert"] for row in rows)
    assert verify_job(tmp_path / "out").problems == ()
    assert score_files(scorer, [path], tmp_path / "out", bundle=tmp_path, settings=settings).counts.gated == 2
    with pytest.raises(ConfigError, match="begun with gate True, now False"):
        score_files(scorer.exact(), [path], tmp_path / "out", bundle=tmp_path, settings=settings)
