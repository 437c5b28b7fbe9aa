"""Training speed: a stock Trainer script against ours. Same model, data, epochs, batch, limit and learning rate.

    python scripts/bench_training.py --rounds 3
    python scripts/bench_training.py --steps 4 --model modernbert-base
    python scripts/bench_training.py --set data.sources=[bothbosu] data.raw=data/raw data.pairs=false

The stock script is what transformers' own text-classification example does: whole calls, cut off at the limit, in
random batches, each padded to its longest; in float32 and in bfloat16. Ours is `training.fit` as it is shipped. Each
runs in a process of its own, one after the other, in turns. Half of the calls are whole, half are beginnings. Ours
draws windows of all lengths, so many an epoch that both are shown as many real tokens.
"""

import argparse
import dataclasses
import json
import resource as limits
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("stock fp32", "stock bf16", "ours")
COLUMNS = {
    "tokens_per_second": "real tokens/s", "tokens_per_cpu_second": "per CPU second", "seconds": "seconds in steps",
    "seconds_to_score": "seconds to score", "log_loss": "best log loss", "padded_share": "padded",
    "utilisation": "of peak", "peak_memory_mib": "peak MiB",
}  # fmt: skip


def main() -> None:
    """Run each way in turns, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="minilm", choices=["minilm", "modernbert-base", "tiny"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--rounds", type=int, default=1, help="times that each way is run; medians are shown")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steps", type=int, help="stop after so many steps of the first epoch; no score then")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--compile", action="store_true", help="ours with torch.compile")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="of the recipe: configs/demo.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "training_speed.json")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        print(json.dumps(run_way(args)))
        return
    rows: list[dict[str, Any]] = []
    for round_ in range(args.rounds):
        # Each round begins with another way: the first run of a machine is often its fastest.
        for way in [*args.ways[round_ % len(args.ways) :], *args.ways[: round_ % len(args.ways)]]:
            done = subprocess.run(
                [sys.executable, *sys.argv, "--way", way], stdout=subprocess.PIPE, check=True, text=True
            )
            rows.append({"way": way, **json.loads(done.stdout.splitlines()[-1])})
            print(f"{way}: {rows[-1]['tokens_per_second']:,.0f} real tokens/s", file=sys.stderr)
    write(args, rows)


def write(args: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Medians of each way, as a table and beside those of other models in the file."""
    from scamclf.training.run import environment

    # The fixed score is the worst of the bests: every way reaches it.
    looks = [row["looks"] for row in rows]
    fixed = max((min(look["log_loss"] for look in of_run) for of_run in looks if of_run), default=None)
    for row in rows:
        row["log_loss"] = min((look["log_loss"] for look in row["looks"]), default=None)
        row["seconds_to_score"] = next((x["seconds"] for x in row["looks"] if fixed and x["log_loss"] <= fixed), None)
    table = {way: _medians([row for row in rows if row["way"] == way]) for way in args.ways}
    name = args.model if args.steps is None else f"{args.model}, {args.steps} steps"
    lines = [f"| {name} | {' | '.join(COLUMNS.values())} |", f"|---|{'---:|' * len(COLUMNS)}"]
    lines += [f"| {way} | {' | '.join(_shown(row[key]) for key in COLUMNS)} |" for way, row in table.items()]
    print("\n".join(lines))
    models = json.loads(args.out.read_text(encoding="utf-8"))["models"] if args.out.is_file() else {}
    models[name] = {
        **environment(), "device": rows[0]["device"], "command": " ".join(["python", *sys.argv]),
        "fixed_log_loss": fixed, "markdown": "\n".join(lines), "medians": table, "runs": rows,
    }  # fmt: skip
    written = {"markdown": "\n\n".join(model["markdown"] for model in models.values()), "models": models}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def _medians(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    found = {key: [row[key] for row in rows if row[key] is not None] for key in COLUMNS}
    return {key: statistics.median(values) if values else None for key, values in found.items()}


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def run_way(args: argparse.Namespace) -> dict[str, Any]:
    """One way, in this process."""
    import torch

    from scamclf.config import load_recipe
    from scamclf.preparation.prepare import Prepared, prepare
    from scamclf.training.device import device_name, matrix_peak

    with tempfile.TemporaryDirectory() as folder:
        recipe = load_recipe(ROOT / "configs" / "demo.yaml", overrides(args, Path(folder)))
        prepared = prepare(recipe.data)
        splits = {name: beginnings(calls) for name, calls in prepared.splits.items()}
        prepared = Prepared(splits, {})
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        peak = matrix_peak(device, bf16=args.way != "stock fp32")
        cpu = time.process_time()
        run = ours if args.way == "ours" else stock
        found = run(recipe, prepared, Path(folder) / "run", args)
    memory = torch.cuda.max_memory_allocated() if device.type == "cuda" else 1024 * limits.getrusage(0).ru_maxrss
    return {
        **found,
        "device": device_name(device),
        "cpu_seconds": time.process_time() - cpu,
        "utilisation": 6 * found.pop("n_weights") * found["tokens_per_second"] / peak,
        "peak_memory_mib": memory / 2**20,
    }


def overrides(args: argparse.Namespace, folder: Path) -> list[str]:
    """The recipe of both ways."""
    limit = args.max_tokens
    sets = [
        "augment=null", "data.shares=[0.6,0.2,0.1,0.1]",
        f"windows.max_tokens={limit}", f"windows.stride={limit * 3 // 4}",
        f"training.batch_size={args.batch_size}", f"training.epochs={args.epochs}", f"training.lr={args.lr}",
        "training.patience=99", "training.windows_per_epoch=null",
        f"training.torch_compile={str(args.compile).lower()}",
    ]  # fmt: skip
    if args.steps:
        sets += ["training.epochs=1", f"training.windows_per_epoch={args.steps * args.batch_size}"]
    if args.model == "tiny":
        sets.append("model.init=random-tiny")
    if args.model == "modernbert-base":
        sets.append(f"model.encoder={random_modernbert(folder / 'encoder')}")
    return [*sets, *args.set]


def random_modernbert(folder: Path) -> Path:
    """A ModernBERT of the base size with random weights, and the offline encoder's tokenizer."""
    import transformers

    from scamclf.config import ModelConfig
    from scamclf.training.encoders import load_encoder, save_model
    from scamclf.windows import WindowSpec

    spec = WindowSpec()
    _, tokenizer = load_encoder(ModelConfig(), spec, texts=(), seed=0)
    special = {name: tokenizer.token_to_id(f"[{token}]") for name, token in
               (("pad_token_id", "PAD"), ("cls_token_id", "CLS"), ("sep_token_id", "SEP"))}  # fmt: skip
    config = transformers.ModernBertConfig(**special, bos_token_id=None, eos_token_id=None)
    save_model(transformers.ModernBertForSequenceClassification(config), tokenizer, spec, folder)
    return folder


def beginnings(calls: list[Any]) -> list[Any]:
    """Every second call breaks off after a third of its turns, though never before what tells a scam; no move does."""
    short = [
        dataclasses.replace(call, turns=call.turns[: max(len(call.turns) // 3, call.meta.get("onset_turn", 0) + 1, 2)])
        if "whole" not in call.meta else call
        for call in calls[1::2]
    ]  # fmt: skip
    return [call for pair in zip(calls[::2], short, strict=False) for call in pair] + calls[len(short) * 2 :]


def ours(recipe: Any, prepared: Any, run: Path, args: argparse.Namespace) -> dict[str, Any]:
    """`training.fit`, as `train/train.py` calls it."""
    import transformers

    from scamclf.training.fit import fit
    from scamclf.training.run import RUN
    from scamclf.training.watch import matrix_weights

    if not args.steps:
        recipe = dataclasses.replace(
            recipe, training=dataclasses.replace(recipe.training, windows_per_epoch=as_many_tokens(recipe, prepared))
        )
    cpu = time.process_time()
    fit(recipe, prepared, run)
    speed = json.loads((run / RUN.metrics).read_text(encoding="utf-8"))["speed"]
    model = transformers.AutoModelForSequenceClassification.from_pretrained(run / RUN.model)
    return {
        **speed, "n_weights": matrix_weights(model), "looks": [] if args.steps else speed["looks"],
        "tokens_per_cpu_second": speed["tokens"] / speed["cpu_seconds"], "all_cpu_seconds": time.process_time() - cpu,
    }  # fmt: skip


def as_many_tokens(recipe: Any, prepared: Any) -> int:
    """Windows that hold as many tokens as the calls do, each cut off at the limit."""
    from scamclf.encode import Encoder
    from scamclf.render import render
    from scamclf.training.encoders import load_encoder
    from scamclf.training.windows import DrawnWindows

    train, settings = prepared.splits["train"], recipe.training
    _, tokenizer = load_encoder(recipe.model, recipe.windows, texts=map(render, train), seed=0)
    encoder = Encoder(tokenizer, recipe.windows)
    wanted = sum(min(len(call.ids), encoder.body) for call in encoder.encode(train))
    drawn = DrawnWindows(
        train, encoder, n_windows=None, batch_size=settings.batch_size, prefix_share=settings.prefix_share, seed=0
    )
    shown = sum(drawn.count_tokens(step, micro_batch=1)[0] for step in range(len(drawn) // settings.batch_size))
    return len(drawn) * wanted // shown


def stock(recipe: Any, prepared: Any, run: Path, args: argparse.Namespace) -> dict[str, Any]:
    """What one writes with transformers alone."""
    import numpy as np
    import torch
    import transformers
    from sklearn.metrics import log_loss

    from scamclf.calls import LABELS
    from scamclf.metrics import class_balanced_weights, sigmoid
    from scamclf.pooling import scam_logit
    from scamclf.render import render
    from scamclf.training.encoders import load_encoder, save_model
    from scamclf.training.watch import matrix_weights

    published = dataclasses.replace(recipe.model, encoder_dropout=None)
    texts = [render(call) for call in prepared.splits["train"]]
    model, fast = load_encoder(published, recipe.windows, texts=texts, seed=0)
    save_model(model, fast, recipe.windows, run)
    tokenizer = transformers.AutoTokenizer.from_pretrained(run)

    def rows(split: str) -> list[dict[str, Any]]:
        calls = prepared.splits[split]
        ids = tokenizer([render(call) for call in calls], truncation=True, max_length=args.max_tokens)["input_ids"]
        return [{"input_ids": i, "labels": LABELS.index(call.label)} for i, call in zip(ids, calls, strict=True)]

    calls = prepared.splits["validation"]
    scam = np.array([call.label != LABELS[0] for call in calls])
    weights = class_balanced_weights(scam, [call.source for call in calls])

    def metrics(prediction: Any) -> dict[str, float]:
        scores = sigmoid(scam_logit(prediction.predictions))
        return {"log_loss": float(log_loss(scam, scores, sample_weight=weights, labels=[False, True]))}

    pad = transformers.DataCollatorWithPadding(tokenizer)
    clock = _clock()

    def collate(items: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = pad(items)
        clock.count(batch["attention_mask"])
        return dict(batch)

    settings = transformers.TrainingArguments(
        output_dir=str(run / "out"), use_cpu=not torch.cuda.is_available(), bf16=args.way == "stock bf16",
        per_device_train_batch_size=args.batch_size, per_device_eval_batch_size=args.batch_size,
        num_train_epochs=args.epochs, max_steps=args.steps or -1, learning_rate=args.lr, warmup_steps=0.1,
        weight_decay=recipe.training.weight_decay, eval_strategy="no" if args.steps else "epoch", save_strategy="no",
        report_to="none", seed=0, disable_tqdm=True,
    )  # fmt: skip
    trainer = transformers.Trainer(
        model=model, args=settings, train_dataset=rows("train"), eval_dataset=rows("validation"),
        data_collator=collate, compute_metrics=metrics, callbacks=[clock],
    )  # fmt: skip
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    return {**clock.found(), "n_weights": matrix_weights(model)}


def _clock() -> Any:
    import transformers

    class Clock(transformers.TrainerCallback):
        """Seconds from the beginning of a step's data to its end; looks at the validation calls are left out."""

        def __init__(self) -> None:
            self.seconds = self.cpu = 0.0
            self.tokens = self.padded = 0
            self.training = False
            self.looks: list[dict[str, float]] = []
            self._pending: list[tuple[int, int]] = []

        def count(self, mask: Any) -> None:
            if self.training:
                self._pending.append((int(mask.sum()), mask.numel()))

        def _start(self) -> None:
            self._last, self._last_cpu, self.training = time.perf_counter(), time.process_time(), True

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._start()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            import torch

            if torch.cuda.is_available() and (control.should_evaluate or control.should_training_stop):
                torch.cuda.synchronize()
            now, cpu = time.perf_counter(), time.process_time()
            self.seconds += now - self._last
            self.cpu += cpu - self._last_cpu
            real, padded = self._pending.pop(0)
            self.tokens += real
            self.padded += padded
            self._last, self._last_cpu = now, cpu

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.training = False

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
            if "eval_log_loss" in logs:
                look = {"seconds": self.seconds, "step": state.global_step, "log_loss": logs["eval_log_loss"]}
                self.looks.append(look)

        def found(self) -> dict[str, Any]:
            return {
                "tokens": self.tokens, "seconds": self.seconds, "tokens_per_second": self.tokens / self.seconds,
                "tokens_per_cpu_second": self.tokens / self.cpu, "padded_share": 1 - self.tokens / self.padded,
                "looks": self.looks,
            }  # fmt: skip

    return Clock()


if __name__ == "__main__":
    main()
