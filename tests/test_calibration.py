"""From statistics to probabilities and thresholds, on a model whose scores are set by hand."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from scamclf.bundle import Manifest, Precision, Statistic
from scamclf.calibration import calibrate, uncalibrated_scorer
from scamclf.calls import LABELS, Call, Turn
from scamclf.config import CalibrationConfig
from scamclf.encode import Encoder
from scamclf.errors import DataError
from scamclf.metrics import sigmoid
from scamclf.predict import Scorer
from scamclf.windows import WindowSpec

N_WORDS = 201
SPEC = WindowSpec(max_tokens=16, stride=8, monitor_step=8)
EVERY_POINT = CalibrationConfig(target_fprs=(0.1,), demonstration=True)


class WordRuntime:
    """Reads the log-odds of a scam off the first word: word n is n / 10 - 10, tech support where n is even."""

    name = "words"
    pad_to = 1
    batch_tokens = 4096
    at_once = 1

    def run(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        first = ids[:, 0]
        scam = first / 10 - 10.0
        kind = np.where(first % 2 == 0, 30.0, -30.0)
        # The larger of the two kinds is the whole of the scam's log-odds.
        return np.stack([np.zeros(len(ids)), scam - np.maximum(-kind, 0), scam - np.maximum(kind, 0)], 1)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    tokenizer = Tokenizer(models.WordLevel({str(n): n for n in range(N_WORDS)}, unk_token="0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return Encoder(tokenizer, SPEC)


@pytest.fixture
def toy(encoder) -> Scorer:
    return uncalibrated_scorer(encoder, WordRuntime())


def make(logit: float, label: str, i: int, source: str = "s") -> Call:
    return Call(f"{source}-{label}-{i}", (Turn(str(round(10 * (logit + 10)))),), source=source, label=label)


def drawn(n: int, *, distance: float = 6.0, spread: float = 1.0, shift: float = 0.0, source: str = "s") -> list[Call]:
    """n legitimate calls and n scams, as far from each other as said."""
    rng = np.random.default_rng(0)
    middles = {"legitimate": shift - distance / 2, "other_scam": shift + distance / 2}
    return [
        make(float(np.clip(rng.normal(middle, spread), -10, 10)), label, i, source)
        for label, middle in middles.items()
        for i in range(n)
    ]


def with_statistic(toy: Scorer, statistic: Statistic) -> Scorer:
    precisions = {"fp32": Precision(file="", call=statistic, monitor=statistic)}
    return Scorer(Manifest(LABELS, toy.manifest.windows, precisions), toy.encoder, toy.runtime)


def test_the_toy_scores_as_it_says(toy):
    one, two = toy.score([make(3.0, "legitimate", 0), make(-2.5, "legitimate", 1)])
    assert one.logit_scam == pytest.approx(3.0)
    assert two.logit_scam == pytest.approx(-2.5)


def test_probabilities_are_the_share_of_scams_among_calls_that_score_alike(toy):
    # Two normals of equal spread: the log-odds of either are linear, 2 d x / s^2 with d half the distance.
    found = calibrate(toy, drawn(2000, distance=2.0), EVERY_POINT)["call"]
    assert found.slope == pytest.approx(2.0, abs=0.15)
    assert found.intercept == pytest.approx(0.0, abs=0.15)
    scored = with_statistic(toy, found).score(drawn(200, distance=2.0))
    p = np.array([prediction.p_scam for prediction in scored])
    assert p[:200].mean() == pytest.approx(1 - p[200:].mean(), abs=0.05)


def test_a_shifted_model_is_put_right(toy):
    found = calibrate(toy, drawn(1000, distance=2.0, shift=4.0), EVERY_POINT)["call"]
    assert -found.intercept / found.slope == pytest.approx(4.0, abs=0.15)


def test_classes_that_separate_perfectly_keep_a_finite_slope(toy):
    found = calibrate(toy, drawn(100, distance=12.0, spread=0.5), EVERY_POINT)["call"]
    assert 0.1 < found.slope < 10
    p = sigmoid(found.slope * np.array([-6.0, 6.0]) + found.intercept)
    assert p[0] < 0.02
    assert p[1] > 0.98


def test_finished_and_live_calls_get_mappings_of_their_own(toy):
    # A scam that begins harmlessly and a legitimate call that begins with a fright and goes on.
    calls = [
        Call(f"{label}-{i}", tuple(Turn(str(word)) for word in words for _ in range(9)), source="s", label=label)
        for i in range(20)
        for label, words in (("legitimate", (20 + i, 60 + i, 40)), ("other_scam", (60 + i, 140 + i, 90)))
    ]
    found = calibrate(toy, calls, EVERY_POINT)
    assert set(found) == {"call", "monitor"}
    assert found["call"] != found["monitor"]
    assert min(found["call"].slope, found["monitor"].slope) > 0


def test_the_mapping_weighs_sources_equally_whatever_their_size(toy):
    small = drawn(20, distance=2.0, shift=3.0, source="small")
    large = drawn(400, distance=2.0, shift=-3.0, source="large")
    together = calibrate(toy, small + large, EVERY_POINT)["call"]
    assert -together.intercept / together.slope == pytest.approx(0.0, abs=0.3)


def test_thresholds_weigh_sources_equally_whatever_their_size(toy):
    config = CalibrationConfig(target_fprs=(0.1,))
    scams = [make(8.0, "other_scam", i) for i in range(50)]
    low = [make(-5.0 + i / 100, "legitimate", i, "large") for i in range(270)]
    high = [make(i / 10, "legitimate", i, "small") for i in range(30)]
    found = calibrate(toy, scams + low + high, config)["call"]
    point = found.scam["fpr_10pct"]
    # By rows all of the small source might alarm; weighed equally a tenth of all is a fifth of it: six calls.
    assert (point.n_legitimate, point.n_false_alarms) == (300, 6)


def test_a_point_ships_only_where_the_legitimate_calls_support_it(toy, caplog):
    calls = drawn(299) + [make(5.0, "other_scam", i, "more") for i in range(400)]
    config = CalibrationConfig(target_fprs=(0.1, 0.01))
    found = calibrate(toy, calls, config)
    for statistic in found.values():
        assert set(statistic.scam) == set(statistic.tech_support) == {"fpr_10pct"}
    assert "needs 300 legitimate calls, there are 299" in caplog.text
    more = calibrate(toy, [*calls, make(-3.0, "legitimate", 999)], config)
    assert set(more["call"].scam) == {"fpr_10pct", "fpr_1pct"}


def test_a_demonstration_ships_every_point(toy):
    config = CalibrationConfig(target_fprs=(0.01, 0.001), demonstration=True)
    assert set(calibrate(toy, drawn(5), config)["call"].scam) == {"fpr_1pct", "fpr_0.1pct"}


def test_a_threshold_holds_its_rate_on_the_calls_it_was_set_on(toy):
    calls = drawn(400, distance=2.0)
    found = calibrate(toy, calls, CalibrationConfig(target_fprs=(0.05,)))["call"]
    point = found.scam["fpr_5pct"]
    scored = with_statistic(toy, found).score(calls[:400])
    alarms = sum(prediction.logit_scam >= point.threshold for prediction in scored)
    assert alarms == point.n_false_alarms <= 20


def test_technical_support_has_thresholds_of_its_own(toy):
    found = calibrate(toy, drawn(100, distance=2.0), EVERY_POINT)["call"]
    # P(tech support) is at most P(scam).
    assert found.tech_support["fpr_10pct"].threshold < found.scam["fpr_10pct"].threshold


@pytest.mark.parametrize(
    ("label", "message"), [("legitimate", "0 scams among 20"), ("other_scam", "20 scams among 20")]
)
def test_one_class_alone_is_refused(toy, label, message):
    calls = [call for call in drawn(20) if call.label == label]
    with pytest.raises(DataError, match=rf"{message}.* calibration calls; wanted both classes"):
        calibrate(toy, calls, EVERY_POINT)


def test_a_model_that_ranks_scams_last_is_refused_and_a_demonstration_of_it_warns(toy, caplog):
    calls = drawn(50, distance=-4.0)
    with pytest.raises(DataError, match="ranks calibration scams below legitimate calls: it has learnt nothing, so no"):
        calibrate(toy, calls, CalibrationConfig())
    found = calibrate(toy, calls, EVERY_POINT)["call"]
    assert (found.slope, found.intercept) == (1.0, 0.0)
    assert "its scores are kept as they are" in caplog.text
