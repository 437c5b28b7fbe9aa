from pathlib import Path

import pytest

from scamclf.errors import DataError
from scamclf.resources import repository_path, resource


@pytest.mark.parametrize(
    "relative",
    ["configs/smoke.yaml", "data/sources.json", "data/labels", "data/pairs", "data/moves", "data/authored_test.jsonl"],
)
def test_what_ships_with_the_package_is_found(relative):
    assert resource(relative).is_absolute()
    assert resource(relative).exists()


def test_what_does_not_ship_is_said_with_the_places_looked_at():
    with pytest.raises(DataError, match=r"configs/none.yaml is not shipped .*_resources/configs/none.yaml"):
        resource("configs/none.yaml")


def test_an_absolute_path_is_left_alone(tmp_path):
    assert repository_path(tmp_path / "nowhere") == tmp_path / "nowhere"


def test_a_path_that_exists_where_one_is_goes_before_the_checkouts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()

    assert repository_path(Path("configs")) == Path("configs")


def test_a_path_from_the_root_of_the_checkout_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert repository_path(Path("configs/smoke.yaml")) == resource("configs/smoke.yaml")
