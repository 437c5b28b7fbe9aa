"""Files of calls in, a folder of scores out: one output row for every input row, whatever happens in between.

job        what is called: plan, score, mark as whole
inputs     which files; rows: what is in them, under which ids; ids: which ids stand twice; firstpass: both
plan       what is to do, on the disk, in units of rows; manifest: what is done
score      read ahead, score, write; formats: Parquet, JSONL, CSV
durable    files that are whole or not there
verify     checks a finished folder from its files alone; estimate: what a job would take
"""

from scamclf.bulk.estimate import Estimate, estimate
from scamclf.bulk.job import score_files
from scamclf.bulk.progress import Progress
from scamclf.bulk.settings import ON_DUPLICATE, OUTPUT_FORMATS, Settings
from scamclf.bulk.summary import Summary
from scamclf.bulk.verify import Verification, verify_job

__all__ = [
    "ON_DUPLICATE",
    "OUTPUT_FORMATS",
    "Estimate",
    "Progress",
    "Settings",
    "Summary",
    "Verification",
    "estimate",
    "score_files",
    "verify_job",
]
