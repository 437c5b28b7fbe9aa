"""What a model is trained on: its number format, its speed, and how many windows it holds at once."""

import gc
import time
from collections.abc import Callable
from typing import Any

import torch

from scamclf.errors import ConfigError

__all__ = ["check_attention", "device_name", "has_bf16", "largest_micro_batch", "largest_that_fits", "matrix_peak"]

_PEAK_SECONDS = 0.5
_CPU_TOKENS = 4096
"""Of a micro-batch on a CPU: with twice as many, MiniLM and ModernBERT train a tenth to four tenths slower."""


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies matrices of bfloat16 in hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return device.type == "cpu" and bool(found.get("amx_bf16") or found.get("avx512_bf16"))


def device_name(device: torch.device) -> str:
    """The kind of device, as a person knows it."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    found = torch.cpu.get_capabilities()
    features = [name for name in ("amx_bf16", "avx512_bf16", "avx512_f", "avx2") if found.get(name)]
    return f"{device.type}, {torch.get_num_threads()} threads{', ' + features[0] if features else ''}"


def matrix_peak(device: torch.device, *, bf16: bool) -> float:
    """Measure the highest speed of a matrix product in half a second, FLOP/s: what utilisation is a share of."""
    size = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16 if bf16 else torch.float32) for _ in range(2))
    fastest, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < _PEAK_SECONDS or fastest == float("inf"):
        start = time.perf_counter()
        torch.mm(a, b)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        fastest = min(fastest, time.perf_counter() - start)
    return 2.0 * size**3 / fastest


def check_attention(wanted: str | None, device: torch.device) -> None:
    """Refuse flash attention where it cannot run.

    Raises:
        ConfigError: it is wanted without a GPU.
    """
    if wanted is not None and wanted.startswith("flash") and device.type != "cuda":
        raise ConfigError(f"model.attention is {wanted!r}, which needs a GPU; found {device.type}: leave it out")


def largest_micro_batch(model: Any, *, batch_size: int, max_tokens: int, bf16: bool, device: torch.device) -> int:
    """Find how many of a step's windows to take at once: as many as a GPU holds, by trying with the longest windows.

    Returns:
        A divisor of `batch_size`; on other devices, whose memory can grow, one that stays within the cache.
    """
    if device.type != "cuda":
        cached = max(1, _CPU_TOKENS // max_tokens)
        return max(n for n in range(1, batch_size + 1) if batch_size % n == 0 and n <= cached)
    model.to(device).train()
    # The optimiser will keep two numbers for each weight, and several processes a copy of the gradients.
    n_weights = sum(weights.numel() for weights in model.parameters())
    reserve = torch.empty(3 * n_weights, device=device)

    def run(windows: int) -> None:
        ids = torch.randint(model.config.vocab_size, (windows, max_tokens), device=device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.float().sum().backward()
        torch.cuda.synchronize(device)

    try:
        return _least_of_all(largest_that_fits(run, batch_size), device)
    finally:
        model.zero_grad(set_to_none=True)
        del reserve
        gc.collect()
        torch.cuda.empty_cache()


def largest_that_fits(run: Callable[[int], None], batch_size: int) -> int:
    """The largest divisor of `batch_size` for which `run` does not run out of memory.

    Raises:
        ConfigError: not even one window fits.
    """
    for windows in (n for n in range(batch_size, 0, -1) if batch_size % n == 0):
        try:
            run(windows)
        except torch.OutOfMemoryError:
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            continue
        return windows
    raise ConfigError(
        "not even one window fits into the memory of the GPU: set training.gradient_checkpointing=true, a smaller "
        "windows.max_tokens, or take a smaller model.encoder"
    )


def _least_of_all(windows: int, device: torch.device) -> int:
    """All processes go on with the same number."""
    if not torch.distributed.is_initialized():
        return windows
    least = torch.tensor(windows, device=device)
    torch.distributed.all_reduce(least, op=torch.distributed.ReduceOp.MIN)
    return int(least)
