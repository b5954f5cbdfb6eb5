#!/usr/bin/env bash
# Plan, and write the plan as outputs.
set -euo pipefail

arguments=()
[ -z "$BASELINE" ] || arguments+=(--baseline "$BASELINE")
[ -z "$STORE" ] || arguments+=(--store "$STORE")
[ -z "$REGISTRY" ] || export MLFLOW_TRACKING_URI="$REGISTRY" # it is asked without MLflow's client
job="$(command -v python || command -v python3 || true)"
[ -z "$job" ] || arguments=(--python "$job" ${arguments[@]+"${arguments[@]}"})

plan="$RUNNER_TEMP/ml-ci-plan.json"
"$ML_CI" -I -m ml_ci plan --json ${arguments[@]+"${arguments[@]}"} >"$plan"
"$ML_CI" -I "$GITHUB_ACTION_PATH/matrix.py" "$plan" >>"$GITHUB_OUTPUT"
