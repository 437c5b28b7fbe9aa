"""Teach a small model what a large one knows: `accelerate launch train/distill.py --teacher BUNDLE --config STUDENT`.

Any two encoders. `--set distill.temperature=...` and `--set distill.hard_share=...` say how.
"""

from train import main

if __name__ == "__main__":
    main(distil=True, description=__doc__)
