"""Recipes: what is accepted, what is refused and how it is said, and that no key is there for show."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest
import yaml

import scamclf
from scamclf.config import DistillConfig, Recipe, load_recipe, recipe_to_dict
from scamclf.errors import ConfigError
from scamclf.resources import resource

RECIPES = sorted(resource("configs").glob("*.yaml"))
SECTIONS = [field.name for field in dataclasses.fields(Recipe) if field.name != "name"]
KINDS = [type(value) for section in SECTIONS if (value := getattr(Recipe(), section)) is not None] + [DistillConfig]
SELF_EXPLANATORY = {"name", "epochs", "batch_size", "weight_decay", "label_smoothing", "seed"}
PACKAGE = Path(scamclf.__file__).parent


@pytest.fixture
def write_recipe(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def empty(write_recipe):
    return write_recipe("")


def test_an_empty_file_is_the_defaults(empty):
    assert load_recipe(empty) == Recipe()


def test_yaml_goes_before_defaults_and_set_before_yaml(write_recipe):
    path = write_recipe("training: {epochs: 7, batch_size: 3}\n")
    recipe = load_recipe(path, ["training.batch_size=5"])
    assert (recipe.training.epochs, recipe.training.batch_size, recipe.training.patience) == (7, 5, 3)


def test_a_resolved_recipe_reads_back_as_itself(write_recipe):
    sets = ["training.lr=3e-5", "data.hold_out=[a, b]", "training.bf16=false", "name=other", "windows.stride=7"]
    recipe = load_recipe(write_recipe("data: {shares: [0.25, 0.25, 0.25, 0.25]}"), sets)
    again = load_recipe(write_recipe(yaml.safe_dump(recipe_to_dict(recipe))))
    assert again == recipe
    assert recipe_to_dict(again) == recipe_to_dict(recipe)


@pytest.mark.parametrize("written", ["3e-5", "0.00003", "3.0e-5", "'3e-5'"])
def test_a_number_is_the_same_however_it_is_written(empty, write_recipe, written):
    assert load_recipe(empty, [f"training.lr={written}"]).training.lr == 3e-5
    assert load_recipe(write_recipe(f"training:\n  lr: {written}\n")).training.lr == 3e-5


def test_a_whole_number_is_taken_for_a_share(empty):
    near = load_recipe(empty, ["data.near_duplicate=1"]).data.near_duplicate
    assert near == 1.0
    assert isinstance(near, float)


def test_lists_become_tuples_of_the_right_type(empty):
    recipe = load_recipe(empty, ["data.sources=[star, hpr]", "data.shares=[1, 0, 0, 0]", "data.labelled=[]"])
    assert recipe.data.sources == ("star", "hpr")
    assert recipe.data.shares == (1.0, 0.0, 0.0, 0.0)
    assert recipe.data.labelled == ()


def test_null_is_taken_where_a_key_allows_it(empty):
    recipe = load_recipe(empty, ["training.bf16=null", "data.max_calls_per_group=null"])
    assert recipe.training.bf16 is None
    assert recipe.data.max_calls_per_group is None


def test_a_value_may_hold_an_equals_sign(empty):
    assert load_recipe(empty, ["model.encoder=org/name=2"]).model.encoder == "org/name=2"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epoch=3", r"unknown key 'training\.epoch'; did you mean 'epochs'\?"),
        ("trianing.epochs=3", r"unknown key 'trianing'; did you mean 'training'\?"),
        ("training.zzz=3", r"unknown key 'training\.zzz'; known: epochs, "),
        ("windows.max_token=3", r"did you mean 'max_tokens'\?"),
        ("training.epochs", r"--set training\.epochs: wanted key=value, for example training\.lr=3e-5"),
        ("name.epochs=3", r"name is \{'epochs': 3\}; wanted str"),
        ("training=3", r"training is 3; wanted keys and values"),
        ("training.epochs=3.5", r"training\.epochs is 3\.5; wanted int"),
        ("training.epochs=many", r"training\.epochs is 'many'; wanted int"),
        ("training.epochs=true", r"training\.epochs is True; wanted int"),
        ("training.lr=fast", r"training\.lr is 'fast'; wanted float"),
        ("training.lr=true", r"training\.lr is True; wanted float"),
        ("training.lr=null", r"training\.lr is None; wanted float"),
        ("data.pairs=1", r"data\.pairs is 1; wanted bool"),
        ("training.bf16=maybe", r"training\.bf16 is 'maybe'; wanted bool"),
        ("name=3", r"name is 3; wanted str"),
        ("data.sources=star", r"data\.sources is 'star'; wanted a list"),
        ("data.sources=[1]", r"data\.sources\[0\] is 1; wanted str"),
        ("data.shares=[0.5, x, 0.2, 0.3]", r"data\.shares\[1\] is 'x'; wanted float"),
        ("data.shares=[0.5, 0.5]", r"data\.shares is \(0\.5, 0\.5\); wanted four shares that sum to 1"),
        ("data.shares=[0.5, 0.5, 0.5, 0.5]", "wanted four shares that sum to 1"),
        ("data.shares=[1.5, -0.5, 0, 0]", "wanted four shares that sum to 1"),
        ("data.train_whole=[hpr]", r"data\.train_whole is \('hpr',\); wanted names among data\.sources"),
        ("data.near_duplicate=0", r"data\.near_duplicate is 0\.0; wanted a share in \(0, 1\]"),
        ("model.init=scratch", r"model\.init is 'scratch'; wanted pretrained or random-tiny"),
        ("model.architecture=gpt", r"model\.architecture is 'gpt'; wanted bert, modernbert or deberta-v2"),
        ("training.epochs=0", r"training\.epochs is 0; wanted at least 1"),
        ("training.batch_size=0", r"training\.batch_size is 0; wanted at least 1"),
        ("training.lr=0", r"training\.lr is 0\.0; wanted a number above 0"),
        ("training.lr=.inf", r"training\.lr is inf; wanted a number above 0"),
        ("training.lr=nan", r"training\.lr is nan; wanted a number above 0"),
        ("training.warmup=1", r"training\.warmup is 1\.0; wanted a share in \[0, 1\)"),
        ("training.evaluate_every=0", r"training\.evaluate_every is 0; wanted at least 1"),
        ("training.windows_per_epoch=0", r"training\.windows_per_epoch is 0; wanted at least 1"),
        ("training={twin_weight: 1, micro_batch: 1}", r"training\.twin_weight is 1\.0; wanted 0 where .* is odd"),
        ("training={twin_weight: 1, batch_size: 7}", r"training\.twin_weight is 1\.0; wanted 0 where .* is odd"),
        ("training.twin_weight=-1", r"training\.twin_weight is -1\.0; wanted 0 or more"),
        ("training.source_weights.pairs=0", r"training\.source_weights is \{'pairs': 0\.0\}; wanted numbers above 0"),
        ("training.source_weights.pairs=often", r"training\.source_weights\.pairs is 'often'; wanted float"),
        ("training.source_weights=8", r"training\.source_weights is 8; wanted keys and values"),
        ("training.chatter_share=-1", r"training\.chatter_share is -1\.0; wanted a share in \[0, 1\]"),
        ("training.prefix_share=2", r"training\.prefix_share is 2\.0; wanted a share in \[0, 1\]"),
        ("training.label_smoothing=1", r"training\.label_smoothing is 1\.0; wanted a share in \[0, 1\)"),
        ("training.weight_decay=-1", r"training\.weight_decay is -1\.0; wanted 0 or more"),
        ("training.patience=0", r"training\.patience is 0; wanted at least 1, or null"),
        ("training.keep_checkpoints=0", r"training\.keep_checkpoints is 0; wanted at least 1"),
        ("training.seed=-1", r"training\.seed is -1; wanted 0 to 2\*\*32 - 1"),
        ("data.max_calls_per_group=0", r"data\.max_calls_per_group is 0; wanted at least 1"),
        ("model.dropout=1", r"model\.dropout is 1\.0; wanted a share in \[0, 1\)"),
        ("calibration.target_fprs=[0.01, 1]", r"calibration\.target_fprs is \(0\.01, 1\.0\); wanted rates between"),
        ("windows.max_tokens=4", r"windows\.max_tokens is 4; wanted 8 to 8192"),
        ("windows.stride=500", r"windows\.stride is 500; wanted 1 to max_tokens \(256\)"),
        ("windows.monitor_step=0", r"windows\.monitor_step is 0; wanted 1 to 256"),
        (
            "training.micro_batch=5",
            r"training\.micro_batch is 5; wanted a divisor of training\.batch_size \(32\), or null",
        ),
        ("training.data_workers=-1", r"training\.data_workers is -1; wanted 0 or more, or null"),
        ("model.encoder_dropout=1", r"model\.encoder_dropout is 1\.0; wanted a share in \[0, 1\), or null"),
        ("distill.hard_share=0.5", r"distill\.teacher is ''; wanted a bundle or the folder of a run"),
        ("distill={teacher: a, temperature: 0}", r"distill\.temperature is 0\.0; wanted a number above 0"),
        ("distill={teacher: a, hard_share: 2}", r"distill\.hard_share is 2\.0; wanted a share in \[0, 1\]"),
        ("training.lr=[1", r"--set training\.lr=\[1: not YAML"),
    ],
)
def test_a_bad_override_is_refused(empty, override, message):
    with pytest.raises(ConfigError, match=message):
        load_recipe(empty, [override])


def test_a_section_that_is_a_value_cannot_be_set_into(write_recipe):
    with pytest.raises(ConfigError, match=r"--set training\.lr=1: training is a value, not a section"):
        load_recipe(write_recipe("training: 3\n"), ["training.lr=1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {epochs: 2", r"recipe\.yaml: not YAML"),
        ("- training", r"recipe\.yaml: holds list; wanted keys and values"),
        ("training: [1]", r"training is \[1\]; wanted keys and values"),
        ("trainig: {}", r"unknown key 'trainig'; did you mean 'training'\?"),
        ("1: 2", r"unknown key '1'; known: name, data"),
    ],
)
def test_a_bad_file_is_refused(write_recipe, text, message):
    with pytest.raises(ConfigError, match=message):
        load_recipe(write_recipe(text))


def test_a_missing_file_is_refused_and_the_shipped_ones_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file; the shipped recipes are in configs/"):
        load_recipe(tmp_path / "none.yaml")


def test_overrides_do_not_leak_into_the_next_recipe(empty):
    load_recipe(empty, ["training.epochs=9"])
    assert load_recipe(empty).training.epochs == Recipe().training.epochs


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_loads_under_its_own_name(path):
    assert load_recipe(path).name == path.stem


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_key_of_a_shipped_recipe_is_commented_or_says_it_all(path):
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0].startswith("# ")
    bare = [line.partition(":")[0] for line in lines if re.match(r"\w+:", line) and "#" not in line]
    assert set(bare) - set(SECTIONS) <= SELF_EXPLANATORY


def test_every_field_of_a_recipe_is_described():
    for cls in (Recipe, *KINDS):
        for field in dataclasses.fields(cls):
            assert re.search(rf"^ +(\w+, )*{field.name}(, \w+)*: ", cls.__doc__, re.MULTILINE), field.name


def test_every_field_of_a_recipe_is_read_somewhere():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py") if path.name != "config.py"]
    read = {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    fields = {field.name for cls in KINDS for field in dataclasses.fields(cls)}
    assert fields - read == set()
