"""A live call, turn by turn: the highest score that any prefix has reached so far."""

from dataclasses import dataclass

from scamclf.calls import Call, Turn
from scamclf.metrics import sigmoid
from scamclf.pooling import calibrated, pool_prefixes
from scamclf.predict import Scorer

__all__ = ["Monitor", "Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a monitor knows after a turn.

    Args:
        p_scam: calibrated probability from the highest score so far, in [0, 1]; it never falls.
        logit_scam: its log-odds.
        alert: whether it reaches the operating point; None where the bundle ships none.
        n_scored: prefixes scored so far.
    """

    p_scam: float
    logit_scam: float
    alert: bool | None
    n_scored: int


class Monitor:
    """Follows one live call.

    Its statistic, a maximum over prefixes, has thresholds of its own: it grows with the length of a call.

    Args:
        scorer: a loaded bundle.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._turns: list[Turn] = []
        self._n_scored = 0
        self._best: Reading | None = None

    def add(self, turn: Turn) -> Reading | None:
        """Take the next turn; the reading so far, or None until enough has been said for a first score."""
        self._turns.append(turn)
        return self._update(finished=False)

    def finish(self) -> Reading | None:
        """Score what was said since the last score was due; None where nothing was said at all."""
        return self._update(finished=True) if self._turns else None

    def _update(self, *, finished: bool) -> Reading | None:
        encoder = self._scorer.encoder
        (encoded,) = encoder.encode([Call("live", tuple(self._turns))])
        spans = encoder.monitor_spans(encoded)
        # The newest span counts once it is due: then it stays a span of the call however that goes on.
        newest = spans[-1][1] - (spans[-2][1] if len(spans) > 1 else 0)
        due = spans[self._n_scored : len(spans) if finished or newest >= encoder.monitor_step else len(spans) - 1]
        if len(due):
            pooled = pool_prefixes(self._scorer.window_logits(encoder.window_ids(encoded, due)), [len(due)])
            statistic = self._scorer.statistics.monitor
            scam, _ = calibrated(pooled, slope=statistic.slope, intercept=statistic.intercept)
            self._n_scored += len(due)
            highest = max(float(scam[0]), self._best.logit_scam if self._best else float("-inf"))
            point = statistic.scam.get(self._scorer.operating_point or "")
            alert = None if point is None else highest >= point.threshold
            self._best = Reading(float(sigmoid(highest)), highest, alert, self._n_scored)
        return self._best
