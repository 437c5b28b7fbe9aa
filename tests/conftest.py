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
    """Eight calls of one to forty turns, each with words of its own."""
    lines = [
        "hello this is kevin from windows technical support how are you today",
        "hi it's anna we wanted to ask if thursday works for the new kitchen",
        "your computer is sending errors to our server and hackers have taken your bank details",
        "good morning the dentist has to move your appointment to next week",
        "please go to the website and download any desk so that i can connect to your computer",
        "my order has not come yet can you tell me where the parcel is",
        "we refunded you too much so you must buy gift cards and read me the numbers",
        "thanks for calling the library we close at six on saturdays",
    ]
    answers = ["okay", "yes", "no i don't think so", "who is this", "right", "let me get a pen", "uh huh"]
    return [
        Call(
            f"call-{n}",
            tuple(
                Turn(answers[(n + i) % len(answers)], speaker="Customer", start_s=2.5 * i)
                if i % 2
                else Turn(f"{line} {answers[i % 3]}", speaker="Agent", start_s=2.5 * i)
                for i in range(length)
            ),
        )
        for n, (line, length) in enumerate(zip(lines, (1, 2, 3, 5, 8, 13, 24, 40), strict=True))
    ]
