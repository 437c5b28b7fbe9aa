"""A program of Spark: scores a folder into another, whatever is there already."""

import sys

from pyspark.sql import SparkSession

from scamclf.integrations.spark import write

if __name__ == "__main__":
    calls, bundle, out = sys.argv[1:]
    spark = (
        # Two executors, processes of their own, with a core each.
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "512m")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    write(spark.read.parquet(calls), bundle, out, resume=True, rows_per_task=100)
    spark.stop()
