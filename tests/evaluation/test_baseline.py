"""The TF-IDF baseline: good enough to be a rival, and blind to what the transformer does not see either."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scamclf.calls import Call, Turn
from scamclf.config import DataConfig
from scamclf.evaluation.baseline import baseline_scores, train_baseline
from scamclf.preparation.prepare import Prepared, prepare
from scamclf.render import render


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(DataConfig(shares=(0.6, 0.1, 0.1, 0.2)))


@pytest.fixture(scope="module")
def scores(prepared):
    return baseline_scores(train_baseline(prepared.splits["train"]), prepared.splits["test"])


def truth(calls: list[Call]) -> np.ndarray:
    return np.array([call.label != "legitimate" for call in calls])


def test_words_tell_scams_where_length_and_the_commoner_class_do_not(prepared, scores):
    calls = prepared.splits["test"]
    scam, words = truth(calls), np.array([len(render(call).split()) for call in calls])
    assert scam.mean() == 0.5
    # Either end of the length may be the suspicious one.
    by_length = max(roc_auc_score(scam, words), roc_auc_score(scam, -words))
    assert by_length < 0.6
    assert roc_auc_score(scam, scores) > max(0.75, by_length + 0.2)


def test_the_scam_of_a_pair_scores_above_its_twin(prepared, scores):
    pairs: dict[str, dict[bool, float]] = {}
    for call, score in zip(prepared.splits["test"], scores, strict=True):
        if call.source == "pairs":
            pairs.setdefault(str(call.group), {})[call.label != "legitimate"] = score
    assert len(pairs) > 50
    assert np.mean([pair[True] > pair[False] for pair in pairs.values()]) > 0.75


def test_labels_at_random_teach_nothing(prepared):
    drawn = np.random.default_rng(0).permutation([call.label for call in prepared.splits["train"]])
    shuffled = [replace(call, label=label) for call, label in zip(prepared.splits["train"], drawn, strict=True)]
    calls = prepared.splits["test"]
    assert 0.3 < roc_auc_score(truth(calls), baseline_scores(train_baseline(shuffled), calls)) < 0.7


def test_case_marks_and_figures_change_no_score(prepared):
    model = train_baseline(prepared.splits["train"])
    one = Call("a", (Turn("please read me the 9 digits, ma'am"), Turn("it is 123 456 789")))
    other = Call("b", (Turn("PLEASE read me the 4,000 digits ma'am!"), Turn("it is 7")))
    first, second = baseline_scores(model, [one, other])
    assert first == second


def test_a_large_source_does_not_outvote_a_small_one():
    # "sir" is said by the scammers of the large source and by the honest agents of the small one.
    said = {("large", True): "sir money", ("large", False): "hello", ("small", True): "code", ("small", False): "sir"}
    calls = [
        Call(f"{source}{scam}{i}", (Turn(words),), source=source, label="other_scam" if scam else "legitimate")
        for (source, scam), words in said.items()
        for i in range(40 if source == "large" else 4)
    ]
    model = train_baseline(calls)
    sir, code = baseline_scores(model, [Call("q", (Turn("sir"),)), Call("q", (Turn("code"),))])
    assert sir < 0 < code
