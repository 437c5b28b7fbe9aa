"""A tiny bundle, made once a session by the same code that makes a real one."""

import os
from pathlib import Path

# Before transformers and torch are imported: nothing is downloaded, and threads would only wait for each other
# on models this small.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from scamclf.calls import Call, Turn
from scamclf.predict import Scorer, load
from scamclf.resources import resource


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training run of a random-tiny model. Copy it before you change it."""
    from scamclf.training.train import train

    run = tmp_path_factory.mktemp("run") / "smoke"
    overrides = ["training.epochs=1", "training.windows_per_epoch=32"]
    return train(resource("configs/smoke.yaml"), overrides=overrides, run=run)


@pytest.fixture(scope="session")
def tiny_bundle(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle that is exported from `tiny_run`. Copy it before you change it."""
    from scamclf.export import export

    return export(tiny_run, tmp_path_factory.mktemp("exported") / "bundle")


@pytest.fixture(scope="session")
def scorer(tiny_bundle: Path) -> Scorer:
    return load(tiny_bundle, threads=1)


@pytest.fixture(scope="session")
def calls() -> list[Call]:
    """Eight calls of one to forty turns."""
    lines = [
        "hello this is kevin from windows technical support how are you today",
        "i'm fine thank you what is this about",
        "your computer is sending errors to our server and hackers have taken your bank details",
        "oh no what should i do",
        "please go to the website and download any desk so that i can connect to your computer",
        "okay it says allow this app to make changes",
        "yes press allow and read me the nine digits",
        "can we meet on thursday to look at the new kitchen",
    ]
    return [
        Call(
            f"call-{n}",
            tuple(
                Turn(lines[(n + i) % len(lines)], speaker="Agent" if i % 2 else "Customer", start_s=2.5 * i)
                for i in range(length)
            ),
        )
        for n, length in enumerate((1, 2, 3, 5, 8, 13, 24, 40))
    ]
