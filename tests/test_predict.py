import dataclasses
import math
import os
import random
import subprocess
import sys
import threading

import numpy as np
import pyarrow as pa
import pytest
from counting import counting_scorer, points
from hypothesis import given, settings
from hypothesis import strategies as st

import scamclf.predict
from scamclf.bundle import LAYOUT, Statistic, read_manifest, write_checksums, write_manifest
from scamclf.calls import LABELS, Call, Turn, call_to_dict
from scamclf.errors import BundleError, ConfigError, ReaderError
from scamclf.pooling import TEMPERATURE
from scamclf.predict import PREDICTION_SCHEMA, Prediction, load

TOLERANCE = 1e-4
"""In log-odds: sums in another order, padded by another length."""


def a_call(*texts, call_id="1"):
    return Call(call_id, tuple(map(Turn, texts)))


@pytest.fixture(scope="module")
def alone(scorer, calls):
    """Log-odds of each call scored by itself."""
    return {call.call_id: scorer.score([call])[0].logit_scam for call in calls}


def test_calls_differ_in_their_scores(alone):
    # Otherwise the tests of invariance below would show nothing.
    assert np.std(list(alone.values())) > 100 * TOLERANCE


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_score_depends_on_nothing_that_a_call_is_batched_with(scorer, calls, alone, data):
    batch = data.draw(st.lists(st.sampled_from(calls), min_size=1, max_size=12))

    for call, prediction in zip(batch, scorer.score(batch), strict=True):
        assert prediction.call_id == call.call_id
        assert prediction.logit_scam == pytest.approx(alone[call.call_id], abs=TOLERANCE)


@pytest.mark.parametrize(("calls_at_a_time", "tokens"), [(1, 64), (3, 100), (512, 1), (512, 100_000)])
def test_a_score_depends_neither_on_chunks_nor_on_batches(scorer, calls, alone, monkeypatch, calls_at_a_time, tokens):
    monkeypatch.setattr(scamclf.predict, "CALLS_AT_A_TIME", calls_at_a_time)
    monkeypatch.setattr(scorer.runtime, "batch_tokens", tokens)
    shuffled = random.Random(0).sample(calls, len(calls))

    predictions = scorer.score(shuffled)

    assert [p.call_id for p in predictions] == [call.call_id for call in shuffled]
    assert [p.logit_scam for p in predictions] == pytest.approx([alone[c.call_id] for c in shuffled], abs=TOLERANCE)


def test_batches_run_side_by_side_as_many_as_the_runtime_says_and_their_scores_go_back_to_their_calls(monkeypatch):
    scorer = counting_scorer()
    together = threading.Barrier(3, timeout=30)
    run = scorer.runtime.run
    monkeypatch.setattr(scorer.runtime, "at_once", 3)
    monkeypatch.setattr(scorer.runtime, "batch_tokens", 1)
    # Passed by three that are at it at the same time, and by nobody else.
    monkeypatch.setattr(scorer.runtime, "run", lambda ids, mask: (together.wait(), run(ids, mask))[1])
    texts = ["virus " * n for n in (1, 5, 0, 3, 2, 4)]

    found = scorer.score([a_call(text, call_id=str(i)) for i, text in enumerate(texts)])

    assert found == counting_scorer().score([a_call(text, call_id=str(i)) for i, text in enumerate(texts)])


def test_a_batch_that_fails_beside_others_fails_the_job(monkeypatch):
    scorer = counting_scorer()

    def fail(ids, mask):
        raise MemoryError("no more")

    monkeypatch.setattr(scorer.runtime, "at_once", 2)
    monkeypatch.setattr(scorer.runtime, "run", fail)

    with pytest.raises(MemoryError, match="no more"):
        scorer.score([a_call("hello"), a_call("virus")])


def test_a_dictionary_scores_as_its_call_and_speakers_and_times_do_not_count(scorer, calls, alone):
    rows = [{**call_to_dict(c), "turns": [{"text": t.text, "speaker": "scammer"} for t in c.turns]} for c in calls]

    assert [p.logit_scam for p in scorer.score(rows)] == pytest.approx([alone[c.call_id] for c in calls], abs=TOLERANCE)


def test_case_punctuation_marks_and_the_form_of_numbers_do_not_count(scorer):
    plain, written = scorer.score(
        [
            a_call("your id is 123 456 sir", "okay thank you"),
            a_call("Your ID is: 7, Sir!", "[sighs] Okay -- thank you."),
        ]
    )

    assert plain.logit_scam == pytest.approx(written.logit_scam, abs=TOLERANCE)


def test_the_fields_of_a_prediction_agree_with_each_other(scorer, calls):
    threshold = scorer.statistics.call.scam[scorer.operating_point].threshold

    for call, p in zip(calls, scorer.score(calls), strict=True):
        assert p.status == "ok"
        assert p.p_scam == pytest.approx(1 / (1 + math.exp(-p.logit_scam)))
        assert 0 < p.p_tech_support <= p.p_scam < 1
        assert p.alert is (p.logit_scam >= threshold)
        assert p.n_turns == len(call.turns)
        assert 0 <= p.peak_window < p.n_windows
        assert 0 <= p.peak_turn < p.n_turns
        assert p.language_ok
        assert (p.decided_by, p.error_code, p.error) == ("exact", None, None)


def test_no_calls_give_no_predictions(scorer):
    assert scorer.score([]) == []


@pytest.mark.parametrize("single", ["hello", b"hello", {"call_id": "1", "text": "hello"}, Call("1", (Turn("hello"),))])
def test_a_single_call_or_text_is_a_type_error_that_says_to_wrap_it(scorer, single):
    with pytest.raises(TypeError, match=r"score\(\) takes a list of calls, not \w+: wrap it in \[ \]"):
        scorer.score(single)


def test_a_bad_row_is_an_error_row_and_drops_no_other(scorer, calls, alone):
    rows = [calls[0], {"call_id": "bad"}, "hello", calls[1], {"call_id": "worse", "text": "\udc00"}]

    first, bad, text, second, worse = scorer.score(rows)

    assert (first.logit_scam, second.logit_scam) == pytest.approx((alone["call-0"], alone["call-1"]), abs=TOLERANCE)
    assert (bad.call_id, bad.status, bad.error_code) == ("bad", "error", "no_text")
    assert bad.error == "call 'bad': neither turns nor text; wanted one of them"
    assert (text.call_id, text.error_code) == (None, "bad_row")
    assert (worse.call_id, worse.error_code) == ("worse", "bad_text")
    assert {bad.p_scam, bad.logit_scam, bad.label, bad.alert, bad.n_turns, bad.language_ok} == {None}


def test_rows_without_a_single_call_are_all_error_rows(scorer):
    assert [p.status for p in scorer.score([{}, {}])] == ["error", "error"]


def test_an_error_that_names_a_file_in_another_encoding_can_be_written(scorer):
    (prediction,) = scorer.score_rows([ReaderError("bad_json", "caf\udce9.jsonl:1: not JSON", call_id="caf\udce9")])

    assert (prediction.error, prediction.call_id) == ("caf\\udce9.jsonl:1: not JSON", "caf\\udce9")


def test_a_call_without_words_is_scored_as_an_empty_window(scorer):
    (prediction,) = scorer.score([a_call("[music]", "... !")])

    assert (prediction.status, prediction.n_tokens, prediction.n_windows) == ("ok", 0, 1)
    assert math.isfinite(prediction.logit_scam)


def test_a_call_of_a_hundred_thousand_words_is_scored_whole(scorer):
    (prediction,) = scorer.score([{"call_id": "long", "text": "thank you very much " * 5_000}])

    assert prediction.n_tokens >= 20_000
    assert prediction.n_windows >= prediction.n_tokens // scorer.encoder.spec.stride


def test_another_language_is_scored_and_flagged(scorer):
    (prediction,) = scorer.score([a_call("guten tag hier ist der technische dienst ihr rechner hat einen virus " * 3)])

    assert prediction.status == "ok"
    assert prediction.language_ok is False


def test_the_exact_values_of_a_call():
    call = Statistic(slope=2.0, intercept=-1.0, scam=points(strict=5.0))
    scorer = counting_scorer(call, operating_point="strict")

    # Ten words a window: the second begins with the second turn, and in it "virus" is said twice, "loan" once.
    (p,) = scorer.score([a_call("hello " * 6, "hello " * 3, "virus loan virus", "hello " * 4)])

    # In the first window each of the odds is 1.
    tech, other = (((1 + math.exp(log_odds / TEMPERATURE)) / 2) ** TEMPERATURE for log_odds in (2, 1))
    scam = 2 * math.log(tech + other) - 1
    p_scam, share = 1 / (1 + math.exp(-scam)), tech / (tech + other)
    assert p == Prediction(
        call_id="1",
        status="ok",
        label="tech_support_scam",
        p_scam=pytest.approx(p_scam),
        p_tech_support=pytest.approx(p_scam * share),
        logit_scam=pytest.approx(scam),
        alert=False,
        decided_by="exact",
        n_turns=4,
        n_tokens=16,
        n_windows=2,
        peak_window=1,
        peak_turn=1,
        language_ok=True,
    )


@pytest.mark.parametrize(
    ("text", "label"),
    [("hello", "legitimate"), ("virus " * 5, "tech_support_scam"), ("loan " * 5, "other_scam")],
)
def test_the_label_is_the_likeliest(text, label):
    call = Statistic(slope=1.0, intercept=-2.0)

    assert counting_scorer(call).score([a_call(text)])[0].label == label


def test_a_call_at_the_threshold_alarms_and_one_below_does_not():
    at = math.log(math.e + 1)
    (scored,) = counting_scorer(operating_point=None).score([a_call("virus")])
    assert scored.logit_scam == pytest.approx(at)

    for threshold, alert in [(scored.logit_scam, True), (np.nextafter(scored.logit_scam, 9), False)]:
        scorer = counting_scorer(Statistic(scam=points(p=threshold)), operating_point="p")
        assert scorer.score([a_call("virus")])[0].alert is alert


def test_without_an_operating_point_nothing_is_said_of_an_alert():
    assert counting_scorer().score([a_call("virus")])[0].alert is None


def test_the_peak_turn_is_the_one_that_the_window_begins_in_and_empty_turns_before_it_do_not_count():
    (p,) = counting_scorer().score([a_call("[music]", "(laughs)", "virus")])

    assert p.peak_turn == 2


def test_the_schema_is_the_fields_of_a_prediction_in_order():
    assert PREDICTION_SCHEMA.names == [field.name for field in dataclasses.fields(Prediction)]
    kinds = {"call_id": "string", "p_scam": "double", "logit_scam": "double", "alert": "bool", "language_ok": "bool"}
    kinds |= {"n_tokens": "int64", "peak_turn": "int64", "label": "string", "error": "string"}
    assert {name: str(PREDICTION_SCHEMA.field(name).type) for name in kinds} == kinds


def test_arrow_batches_are_scored_row_for_row(scorer, calls, alone):
    rows = [{"call_id": c.call_id, "turns": [{"text": t.text} for t in c.turns], "other": 1} for c in calls]
    batches = [pa.RecordBatch.from_pylist(part) for part in (rows[:5], rows[5:])]
    batches.append(pa.RecordBatch.from_pylist([{"call_id": None, "text": "hi"}, {"call_id": "x", "text": None}]))
    batches.append(batches[0].slice(0, 0))

    first, second, errors, empty = scorer.score_batches(iter(batches))

    assert {batch.schema for batch in (first, second, errors, empty)} == {PREDICTION_SCHEMA}
    scores = [*first["logit_scam"].to_pylist(), *second["logit_scam"].to_pylist()]
    assert scores == pytest.approx([alone[c.call_id] for c in calls], abs=TOLERANCE)
    assert errors["error_code"].to_pylist() == ["no_call_id", "no_text"]
    assert errors["call_id"].to_pylist() == [None, "x"]
    assert empty.num_rows == 0


def test_a_bundle_is_loaded_from_a_path_given_as_text(tiny_bundle, calls, alone):
    assert load(str(tiny_bundle)).score(calls[:1])[0].logit_scam == pytest.approx(alone["call-0"], abs=TOLERANCE)


def test_an_operating_point_is_chosen_by_name(tiny_bundle, scorer):
    strict = load(tiny_bundle, operating_point="fpr_0.1pct")

    assert (scorer.operating_point, strict.operating_point) == ("fpr_1pct", "fpr_0.1pct")
    assert strict.alert_at.target_fpr == 0.001


def test_an_unknown_operating_point_is_refused_with_those_that_ship(tiny_bundle):
    with pytest.raises(ConfigError, match=r"operating point is 'fpr_2pct'; this bundle ships fpr_1pct, fpr_0.1pct"):
        load(tiny_bundle, operating_point="fpr_2pct")


def test_an_operating_point_of_a_bundle_without_any_is_refused_with_the_reason():
    with pytest.raises(ConfigError, match="this bundle ships none: its calibration calls were too few"):
        counting_scorer(operating_point="fpr_1pct")


def test_an_unknown_precision_is_refused_with_those_that_ship(tiny_bundle):
    with pytest.raises(ConfigError, match=r"precision is 'int4'; .* has fp32"):
        load(tiny_bundle, precision="int4")


def test_a_bundle_with_other_labels_is_refused(tiny_bundle, tmp_path):
    import shutil

    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    write_manifest(bundle, dataclasses.replace(read_manifest(bundle), labels=LABELS[::-1]))
    write_checksums(bundle)

    with pytest.raises(BundleError, match=r"labels are \('other_scam', .*; this scamclf scores \('legitimate', "):
        load(bundle)


def test_a_network_that_is_damaged_is_refused_though_its_checksum_is_right(tiny_bundle, tmp_path):
    import shutil

    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    content = (bundle / LAYOUT.onnx).read_bytes()
    (bundle / LAYOUT.onnx).write_bytes(content[: len(content) // 2])
    write_checksums(bundle)

    with pytest.raises(BundleError, match=r"model.onnx: not an ONNX model \(cut off\)"):
        load(bundle)


def test_threads_are_as_many_as_was_said_however_often_it_scores(tiny_bundle):
    code = (
        "import os, sys, time\n"
        "from scamclf.predict import load\n"
        # Looked at a few times: one that has ended is still there for a moment.
        "count = lambda: min(len(os.listdir('/proc/self/task')) + 0 * bool(time.sleep(0.1)) for _ in range(5))\n"
        "before = count()\n"
        "scorer = load(sys.argv[1], threads=int(sys.argv[2]))\n"
        "calls = [{'call_id': str(i), 'text': 'hello this is a call about windows ' * 20} for i in range(300)]\n"
        "scorer.score(calls)\n"
        "once = count()\n"
        "scorer.score(calls)\n"
        "print(once - before, count() - once)"
    )
    for threads in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tiny_bundle), str(threads)],
            capture_output=True, text=True, check=True, env={**os.environ, "RAYON_NUM_THREADS": str(threads)},
        )  # fmt: skip
        new, more = map(int, done.stdout.split())
        # One pool of the network's and one of the tokenizer's.
        assert new <= 2 * threads
        assert more == 0
