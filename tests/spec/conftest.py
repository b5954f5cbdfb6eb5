"""A design's worth of ml-ci.yaml."""

from __future__ import annotations

import pytest

DESIGN = """\
version: 1
models:
  churn:
    train: churn.train:train            # a Python function; or `run:` any command in any language
    data:
      train: data/train.csv
      holdout: data/holdout.csv         # or {of: train, share: 0.2, by: customer_id}: see below
    label: churned
    positive: 1                         # a value, a list of values, or a comparison such as ">= 30"
    params: params.yaml#churn           # optional
    slices: [region, {age: [18, 30, 50]}]
    baseline: merge-base                # merge-base | champion | any git ref | none
    seed: 0
    budget: {time: 5m, memory: 4GB, rows: 50000}
    confidence: 0.95                    # omit it, and gates compare the measured numbers
    gates:
      - fpr <= 0.05
      - fnr <= baseline.fnr + 0.01
      - each(fnr, by=region) <= 0.20
      - gap(fpr, by=region) <= 0.05
"""

EVERY_KEY = """\
version: 1
store: s3://bucket/ml-ci
registry: https://mlflow.example.org
models:
  embedder:
    run: [python3.8, embed.py, --out, '{out}']
    outputs: {model: '{out}/embedder.bin'}
    data: {holdout: {path: 's3://bucket/holdout/*.parquet'}}
    label: spam
    positive: [spam, true, 3]
    load: {factory: scoring:embed, trusted: [own.Type]}
  spam.v2:
    run: |
      awk '{print $1}' {data.train} > ${HOME}/x
      Rscript train.R {data.train} {data.holdout} {needs.embedder} {params} {seed} {out} {other} ${out}
    outputs: {predictions: '{out}/predictions.csv', model: model.rds}
    data:
      train: {path: big/train.tsv, columns: [text, label, n]}
      validation: data/validation/
      holdout: {of: train, share: 0.2, by: text, seed: 3}
    label: label
    positive: '>= 30'
    predict: scoring:score
    id: text
    params: {rate: 0.1, layers: [3, null], 7: seven}
    slices: [[sex, race], {n: [0, 1.5]}]
    min_rows: 50
    baseline: origin/main~2
    seed: 7
    seeds: 5
    repeats: 1
    threshold: fpr=0.01
    budget: {time: 1h30m, memory: 2GiB, rows: {train: 10, validation: 5}}
    resources: {cpus: 2, gpus: 0, memory: 8GB}
    confidence: 0.9
    cluster: {by: text, known: [acme, 7]}
    weight: n
    method: anytime
    gates:
      - lift >= 1
      - worst(fnr, by=[a, b]) <= 0.3 and cost <= baseline.cost @ 0.99
      - each(fnr, by=class) <= 0.3
      - spelling <= baseline.spelling + 0.01 and each(blind, by=[a, b]) <= 0.02 @ 0.9
    metrics: {lift: own.metrics:lift}
    behaviours:
      blind: {vary: [text, n], rows: 1000, variants: 4, time: 10s, hunt: fails}
      richer: {raise: n, score: never falls, tolerance: 0.01}
      poorer: {lower: [n], score: never rises}
      spelling: {disturb: [text], by: [case, typo, space, missing, unseen, extreme, text], or: refused}
      together: {same: alone, tolerance: 0}
      served: {same: served, run: [python, ask.py, '{rows}', '{out}/scores.csv']}
      known: {cases: tests/cases.csv}
    counterexamples: full
    price: {per_row: 0.002, currency: EUR}
    cost: {fp: 5, fn: 120.5, currency: USD}
    card:
      owner: Risk
      intended_use: Rank mails
      limitations: None known
      audit: {sex: sex, race: ethnicity, unknown: [Other], selected: negative}
      answers: {data-period: 'May 2026'}
    reuse: {looks: 8, promotions: 1}
    code: [sql/**/*.sql]
    ignore: [docs/**]
    needs: [embedder]
    cwd: src
    python: /usr/bin/python3.8
    env: [HF_HOME, {MODE: fast, RATE: '0.1'}]
    fetch: {run: 'dvc pull {path}', env: [AWS_PROFILE]}
    stages: [{name: staging, gates: [fpr <= 0.02], approval: required}, champion]
    approval: required
    live:
      predictions: logs/*.parquet
      labels: {sql: select * from outcomes, dsn: LIVE_DSN, time: decided_at}
      id: request_id
      time: predicted_at
      version: model_version
      delay: 30d
      window: 7d
      rows: independent
      unit: customer_id
      weight: stands_for
      gates: [fpr <= 0.05, fnr <= holdout.fnr + 0.05]
      drift: 0.1
      false_alarms: one in 5y
      features: {path: computed.parquet, within: 0.001}
      on_alarm: {issue: true, dispatch: retrain.yml}
"""


@pytest.fixture
def design() -> str:
    """Give the example of the design."""
    return DESIGN


@pytest.fixture
def every_key() -> str:
    """Give a file in which every key stands."""
    return EVERY_KEY
