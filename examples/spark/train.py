"""A logistic regression of Spark's on a local session: python train.py TRAIN HOLDOUT SCORES

The same job runs on a cluster where `spark.master` says so: what it reads and leaves are tables by their paths.
"""

from __future__ import annotations

import os
import sys

from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

INPUTS = ["months", "calls", "price"]
TYPES = "customer STRING, months DOUBLE, calls DOUBLE, price DOUBLE, region STRING, left STRING"
LOCAL = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # of small data starting is the cost
}


def main(train: str, holdout: str, scores: str) -> None:
    """Fit on one table, and write a score for each customer of the other."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("leaving")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        rows = spark.read.csv(train, schema=TYPES, header=True)
        fitted = Pipeline(
            stages=[
                VectorAssembler(inputCols=INPUTS, outputCol="inputs"),
                LogisticRegression(featuresCol="inputs", labelCol="leaves", maxIter=100, tol=1e-9),
            ]
        ).fit(rows.withColumn("leaves", (f.col("left") == "yes").cast("double")))
        scored = fitted.transform(spark.read.parquet(holdout))
        leaves = vector_to_array("probability")[1].alias("score")
        scored.select("customer", leaves).repartition(3).write.parquet(scores)
    finally:
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
