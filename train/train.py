"""Fine-tune a scam-call classifier: `accelerate launch train/train.py --config configs/minilm.yaml`."""

import argparse
import logging
from pathlib import Path


def main(*, distil: bool = False, description: str | None = __doc__) -> None:
    """Parse arguments, resolve the recipe, train; with `distil` from a teacher."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    if distil:
        parser.add_argument("--teacher", type=Path, required=True, help="a bundle, or the folder of a finished run")
    parser.add_argument("--config", type=Path, help="a recipe; shipped ones are in configs/ (default: demo)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one key of the recipe")
    parser.add_argument("--raw", type=Path, help="folder with the public corpora, one folder a source")
    parser.add_argument("--run", type=Path, help="folder to write (default: runs/<name of the recipe>)")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in the run folder")
    parser.add_argument("--overwrite", action="store_true", help="start afresh in a folder that holds a run")
    args = parser.parse_args()

    # Heavy imports come late, so that --help answers at once.
    from scamclf.errors import ScamclfError
    from scamclf.resources import repository_path, resource
    from scamclf.training.train import train

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        train(
            resource("configs/demo.yaml") if args.config is None else repository_path(args.config),
            overrides=[*args.set, *([f"distill.teacher={args.teacher}"] if distil else [])],
            raw=args.raw,
            run=args.run,
            resume=args.resume,
            overwrite=args.overwrite,
        )
    except ScamclfError as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
