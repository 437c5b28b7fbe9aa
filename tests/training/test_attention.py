"""Attention on a CPU: what PyTorch's fused kernel computes, by other means."""

import copy
import json

import pytest
import torch
import transformers

from scamclf.training.attention import CPU_ATTENTION, use_cpu_attention

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
SPECIAL = {"pad_token_id": 0, "cls_token_id": 1, "sep_token_id": 2, "bos_token_id": None, "eos_token_id": None}
CONFIGS = {
    "bert": transformers.BertConfig(**SIZES, vocab_size=100, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0),
    "modernbert": transformers.ModernBertConfig(
        **SIZES, **SPECIAL, vocab_size=100, global_attn_every_n_layers=2, local_attention=16
    ),
}


def pair(name: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """The same weights twice: with fused attention, and with ours."""
    torch.manual_seed(0)
    fused = transformers.AutoModelForSequenceClassification.from_config(CONFIGS[name], attn_implementation="sdpa")
    ours = copy.deepcopy(fused)
    use_cpu_attention(ours)
    assert ours.config._attn_implementation == CPU_ATTENTION
    return fused.train(), ours.train()


def logits_and_gradient(model: torch.nn.Module, *, padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(3, 100, (4, 72), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[0, 72 - padding :] = 0
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=ids, attention_mask=mask).logits.float()
    logits.logsumexp(dim=1).sum().backward()
    gradient = torch.cat([p.grad.flatten() for p in model.base_model.parameters() if p.grad is not None])
    return logits.detach(), gradient


@pytest.mark.parametrize("padding", [0, 40])
@pytest.mark.parametrize("name", CONFIGS)
def test_it_computes_what_the_fused_kernel_does(name, padding):
    (logits, gradient), (ours, our_gradient) = (logits_and_gradient(model, padding=padding) for model in pair(name))
    # bfloat16 has three digits; a mask that was left out or turned round would be far from that.
    torch.testing.assert_close(ours, logits, atol=0.02, rtol=0.02)
    assert torch.isfinite(our_gradient).all()
    assert torch.nn.functional.cosine_similarity(our_gradient, gradient, dim=0) > 0.999


def test_padding_says_nothing():
    _, ours = pair("modernbert")
    ids = torch.randint(3, 100, (1, 72), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(72) < 40).long()[None]
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        one = ours(input_ids=ids, attention_mask=mask).logits
        other = ours(input_ids=torch.where(mask.bool(), ids, 7), attention_mask=mask).logits
    assert torch.equal(one, other)


def test_attention_that_was_chosen_stays():
    model = transformers.AutoModelForSequenceClassification.from_config(CONFIGS["bert"], attn_implementation="eager")
    use_cpu_attention(model)
    assert model.config._attn_implementation == "eager"


def test_it_is_no_part_of_the_model(tmp_path):
    _, ours = pair("bert")
    ours.save_pretrained(tmp_path)
    assert CPU_ATTENTION not in json.dumps(json.loads((tmp_path / "config.json").read_text(encoding="utf-8")))
    again = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert again.config._attn_implementation == "sdpa"
