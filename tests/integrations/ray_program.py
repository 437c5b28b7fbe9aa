"""A program of Ray Data: scores a folder into another, whatever is there already."""

import sys

import ray

from scamclf.integrations.ray import score

if __name__ == "__main__":
    address, calls, bundle, out = sys.argv[1:]
    ray.init(address, log_to_driver=False)
    ds = ray.data.read_parquet(calls)
    score(ds, bundle, checkpoint=f"{out}-checkpoint", rows_per_task=100).write_parquet(out)
