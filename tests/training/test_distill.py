"""Distillation: a student learns what its teacher says, whatever the two tokenizers; and the bundle comes out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from scamclf.calls import Call, Turn
from scamclf.config import DistillConfig
from scamclf.encode import Encoder
from scamclf.errors import ConfigError
from scamclf.export import export
from scamclf.resources import resource
from scamclf.training.distill import load_teacher
from scamclf.training.encoders import tiny_tokenizer
from scamclf.training.loss import window_loss
from scamclf.training.run import RUN
from scamclf.training.train import train
from scamclf.training.views import Views
from scamclf.windows import WindowSpec

SMOKE = resource("configs/smoke.yaml")
CPU = torch.device("cpu")
SPEC = WindowSpec(max_tokens=64, stride=48, monitor_step=32)


@pytest.fixture(scope="module")
def student(paired_calls) -> Encoder:
    # Words of other calls than the teacher's: its tokens are others.
    texts = [turn.text.upper() + " zebra" for call in paired_calls[:5] for turn in call.turns]
    return Encoder(tiny_tokenizer(texts), SPEC)


def test_the_teacher_reads_the_words_of_the_students_window(own_run, student, paired_calls):
    teacher = load_teacher(own_run, student, device=CPU, bf16=False)
    views = Views(paired_calls[:6], student, augment=None, seed=0).of(range(6), 0)
    # From the start of a turn to the start of another.
    spans = [(int(view.encoded.boundaries[1]), int(view.encoded.boundaries[3])) for view in views]
    found = teacher.logits(views, spans)
    own = Encoder.from_file(own_run / RUN.model / "tokenizer.json", SPEC)
    for call, logits in zip(paired_calls[:6], found, strict=True):
        encoded = own.encode([Call("", call.turns[1:3])])[0]
        windows = own.window_ids(encoded, [(0, len(encoded.ids))])
        if len(windows[0]) > SPEC.max_tokens:
            continue
        expected = teacher._runtime.run(np.stack(windows), np.ones((1, len(windows[0])), dtype=np.int64))[0]
        assert logits == pytest.approx(expected, abs=1e-5)
    assert np.ptp(found, axis=0).min() > 0


def test_windows_longer_than_the_teachers_are_averaged_and_empty_ones_are_legal(own_run, student):
    teacher = load_teacher(own_run, student, device=CPU, bf16=False)
    calls = [Call("a", (Turn("computer " * 200),)), Call("b", (Turn("hello"),))]
    views = Views(calls, student, augment=None, seed=0).of([0, 1], 0)
    found = teacher.logits(views, [(0, len(views[0].encoded.ids)), (0, 0)])
    own = Encoder.from_file(own_run / RUN.model / "tokenizer.json", SPEC)
    encoded = own.encode(calls[:1])[0]
    windows = own.window_ids(encoded, own.call_spans(encoded))
    assert len(windows) > 2
    each = [teacher._runtime.run(window[None], np.ones((1, len(window)), dtype=np.int64))[0] for window in windows]
    assert found[0] == pytest.approx(np.mean(each, axis=0), abs=1e-5)
    assert np.isfinite(found[1]).all()


def test_the_loss_mixes_labels_and_teacher():
    logits, teacher = (
        torch.tensor([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]]),
        torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    )
    labels = torch.tensor([0, 1])
    both = torch.cat([labels[:, None].float(), torch.full((2, 1), -1.0), teacher], dim=1)
    hard = torch.nn.functional.cross_entropy(logits, labels)
    ours, theirs = (torch.log_softmax(x / 2.0, dim=1) for x in (logits, teacher))
    soft = 4.0 * (theirs.exp() * (theirs - ours)).sum(dim=1).mean()
    loss = window_loss(label_smoothing=0.0, distill=DistillConfig("t", temperature=2.0, hard_share=0.25))
    assert loss({"logits": logits}, both) == pytest.approx(float(0.25 * hard + 0.75 * soft))
    # Trainer counts labels, of which each window now has five, over all micro-batches and processes.
    assert loss({"logits": logits}, both, torch.tensor(20)) == pytest.approx(float(0.25 * hard + 0.75 * soft) / 2)
    # Looks at the validation calls have no teacher.
    assert loss({"logits": logits}, labels) == pytest.approx(float(hard))
    agreed = window_loss(label_smoothing=0.0, distill=DistillConfig("t", hard_share=0.0))
    assert agreed({"logits": teacher}, both) == pytest.approx(0.0, abs=1e-6)


def losses(run: Path) -> list[float]:
    history = json.loads((run / RUN.metrics).read_text(encoding="utf-8"))["history"]
    return [row["loss"] for row in history if "loss" in row]


def test_a_student_of_another_kind_comes_to_agree_with_its_teacher(own_run, overrides, tmp_path):
    shutil.copytree(own_run / RUN.model, tmp_path / "teacher" / RUN.model)
    shutil.copy(own_run / RUN.recipe, tmp_path / "teacher")
    more = [
        f"distill.teacher={tmp_path / 'teacher'}", "distill.hard_share=0", "model.architecture=modernbert",
        "training.epochs=8", "windows.max_tokens=48", "windows.stride=40",
    ]  # fmt: skip
    run = train(SMOKE, overrides=[*overrides, *more], run=tmp_path / "student")
    assert np.mean(losses(run)[-2:]) < 0.6 * losses(run)[0]
    assert (export(run, tmp_path / "bundle") / "onnx" / "model.onnx").is_file()
    # The bundle may teach in turn.
    assert load_teacher(tmp_path / "bundle", Encoder(tiny_tokenizer(["a"]), SPEC), device=CPU, bf16=False)


def test_a_teacher_that_is_none_is_refused(own_run, student, tmp_path):
    with pytest.raises(ConfigError, match=r"distill\.teacher is .*; wanted a bundle or the folder of a finished run"):
        load_teacher(tmp_path / "none", student, device=CPU, bf16=False)
    broken = tmp_path / "broken"
    shutil.copytree(own_run / RUN.model, broken / RUN.model)
    shutil.copy(own_run / RUN.recipe, broken)
    config = broken / RUN.model / "config.json"
    config.write_text(config.read_text(encoding="utf-8").replace("legitimate", "ham"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"knows ham, .*; wanted legitimate, tech_support_scam, other_scam"):
        load_teacher(broken, student, device=CPU, bf16=False)
