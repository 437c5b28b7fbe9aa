"""The ways of scoring that `bench_scoring.py` compares, each in a process of its own that stays."""

import json
import os
import resource
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scamclf.batching import pad_batch
from scamclf.bundle import LAYOUT, read_manifest
from scamclf.calls import Call
from scamclf.encode import Encoder
from scamclf.predict import Scorer, load
from scamclf.render import render
from scamclf.windows import WindowSpec

__all__ = ["Way", "encoder_of", "skipped", "ways", "work"]

BATCHES = {"cpu": (1, 4, 16, 32), "cuda": (16, 64, 256)}
"""Batch sizes that other people's ways may choose from."""


class Way(NamedTuple):
    """A way to score.

    Args:
        score: what is timed.
        prepare: makes of the calls what `score` takes; not timed.
        choose: makes it score in batches of so many; None: there is nothing to choose.
        scorer: ours.
    """

    score: Callable[[Any], object]
    prepare: Callable[[Sequence[Call]], Any] = list
    choose: Callable[[int], None] | None = None
    scorer: Scorer | None = None


Make = Callable[[int | None], Way]


def ways(bundle: Path, device: str, *, prefix: str = "scamclf", others: bool = True) -> dict[str, Make]:
    """Ways to score with what is installed, by name: each takes the number of threads."""
    found: dict[str, Make] = {}
    if others:
        for dtype in ("fp32", "bf16"):
            found[f"pipeline-{dtype}"] = lambda threads, dtype=dtype: pipeline(bundle, dtype, device, threads)
        if device == "cpu":
            if not skipped():
                found["sentence-transformers-onnx"] = lambda threads: sentence_transformers(bundle, threads)
            found["onnxruntime-loop"] = lambda threads: plain_loop(bundle, threads)
    manifest = read_manifest(bundle)
    for precision in manifest.precisions:
        for runtime in runtimes(precision, device):
            name = f"{prefix}-{runtime}-{precision}"
            found[name] = lambda threads, p=precision, r=runtime: ours(bundle, p, r, threads)
            if manifest.gate is not None:
                found[f"{name}-gate"] = lambda threads, p=precision, r=runtime: ours(bundle, p, r, threads, gate=True)
    return found


def runtimes(precision: str, device: str) -> list[str]:
    """Ours that run a precision here."""
    if device == "cuda":
        return ["torch"] if precision != "int8" else []
    return [name for name in (["onnxruntime"] if precision == "fp32" else []) + ["openvino"] if find_spec(name)]


def skipped() -> str | None:
    """Why sentence-transformers' ONNX backend is not measured; None where it is."""
    missing = [name for name in ("sentence_transformers", "optimum") if not find_spec(name)]
    return f"needs sentence-transformers[onnx]; not installed: {', '.join(missing)}" if missing else None


def pipeline(bundle: Path, dtype: str, device: str, threads: int | None) -> Way:
    """What one would write first. It gets the text of each of our windows, so that the work is the same."""
    import torch
    import transformers

    if threads:
        torch.set_num_threads(threads)
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16}
    classify = transformers.pipeline(
        "text-classification", model=str(bundle), device=device, dtype=dtypes[dtype], top_k=None
    )
    encoder, batch = encoder_of(bundle), [1]

    def score(texts: list[str]) -> None:
        classify(texts, batch_size=batch[0], truncation=True, max_length=encoder.spec.max_tokens)

    return Way(score, lambda calls: window_texts(encoder, calls), lambda size: batch.__setitem__(0, size))


def sentence_transformers(bundle: Path, threads: int | None) -> Way:
    """The ONNX backend of sentence-transformers, on the same file and the same windows."""
    import onnxruntime
    from sentence_transformers import CrossEncoder

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    model = CrossEncoder(
        str(bundle), backend="onnx", device="cpu",
        model_kwargs={"file_name": LAYOUT.onnx, "provider": "CPUExecutionProvider", "session_options": options},
    )  # fmt: skip
    encoder, batch = encoder_of(bundle), [1]
    return Way(
        lambda texts: model.predict(texts, batch_size=batch[0], show_progress_bar=False),
        lambda calls: window_texts(encoder, calls),
        lambda size: batch.__setitem__(0, size),
    )


def plain_loop(bundle: Path, threads: int | None) -> Way:
    """ONNX Runtime over one window after the other."""
    from scamclf.runtimes.onnx import OnnxRuntime

    encoder, runtime = encoder_of(bundle), OnnxRuntime(bundle / LAYOUT.onnx, threads=threads)

    def score(calls: list[Call]) -> None:
        for encoded in encoder.encode(calls):
            for window in encoder.window_ids(encoded, encoder.call_spans(encoded)):
                runtime.run(*pad_batch([window], pad_id=encoder.pad_id))

    return Way(score)


def ours(bundle: Path, precision: str, runtime: str, threads: int | None, *, gate: bool = False) -> Way:
    """`scamclf score` without files."""
    scorer = load(bundle, precision=precision, runtime=runtime, threads=threads, gate=gate)
    return Way(scorer.score, scorer=scorer)


def encoder_of(bundle: Path) -> Encoder:
    """The bundle's tokenizer and windows."""
    return Encoder.from_file(bundle / LAYOUT.tokenizer, WindowSpec(**read_manifest(bundle).windows))


def window_texts(encoder: Encoder, calls: Sequence[Call]) -> list[str]:
    """The text of each window, cut where ours is cut."""
    texts = []
    for call in calls:
        text = render(call)
        offsets = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
        for start, end in encoder.call_spans(encoder.encode([call])[0]):
            texts.append(text[offsets[start][0] : offsets[end - 1][1]] if end > start else "")
    return texts


class Network:
    """A scorer's `network_logits`, whose seconds are counted: those of the network alone."""

    def __init__(self, scorer: Scorer) -> None:
        self.logits, self.seconds = scorer.network_logits, 0.0

    def __call__(self, windows: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
        """Run it."""
        begin = time.perf_counter()
        logits = self.logits(windows)
        self.seconds += time.perf_counter() - begin
        return logits


def work(pipe: Any, make: tuple[Path, str, str, bool], name: str, threads: int | None) -> None:
    """One way, in its process: answers what it is sent until that is None.

    It is sent calls, first a few to start with and to choose a batch size by; it answers with what they took.
    """
    begin = time.perf_counter()
    bundle, device, prefix, others = make
    way = ways(bundle, device, prefix=prefix, others=others)[name](threads)
    calls = pipe.recv()
    given = way.prepare(calls)
    way.score(given)
    started = {"startup_s": time.perf_counter() - begin}
    if way.choose is not None:
        seconds = {}
        for size in BATCHES[device]:
            way.choose(size)
            begin = time.perf_counter()
            way.score(given)
            seconds[size] = time.perf_counter() - begin
        best = min(seconds, key=lambda size: seconds[size])
        way.choose(best)
        started |= {"batch": best, "batches_s": {str(size): took for size, took in seconds.items()}}
    network = None
    if way.scorer is not None:
        network = way.scorer.network_logits = Network(way.scorer)
    pipe.send(started)
    while (calls := pipe.recv()) is not None:
        given = way.prepare(calls)
        padding = None if way.scorer is None else way.scorer.padding.since(type(way.scorer.padding)())
        before = 0.0 if network is None else network.seconds
        begin = time.perf_counter()
        found = way.score(given)
        answer = {"seconds": time.perf_counter() - begin}
        if way.scorer is not None and network is not None and padding is not None:
            answer |= {
                "network_s": network.seconds - before,
                "tokens_run": way.scorer.padding.since(padding).tokens,
                "padded_share": way.scorer.padding.since(padding).share,
                "alerts": [prediction.alert for prediction in found],
                "gated": sum(prediction.decided_by == "gate" for prediction in found),
            }
        pipe.send(answer)
    pipe.send({"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def flop(config: Path, lengths: npt.NDArray[np.int64]) -> float:
    """Multiplications and additions of the products: projections and feed-forward by token, attention by its square."""
    values = json.loads(config.read_text(encoding="utf-8"))
    hidden, layers, inner = (values[key] for key in ("hidden_size", "num_hidden_layers", "intermediate_size"))
    return float((layers * (2 * (4 * hidden**2 + 2 * hidden * inner) * lengths + 4 * hidden * lengths**2)).sum())
