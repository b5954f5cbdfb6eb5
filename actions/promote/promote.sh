#!/usr/bin/env bash
# Promote every model that passed into the registry.
set -euo pipefail

export MLFLOW_TRACKING_URI="$REGISTRY"
job="$(command -v python || command -v python3)"
mkdir -p .ml-ci-records
"$ML_CI" -I "$GITHUB_ACTION_PATH/promote.py" .ml-ci-reports .ml-ci-records "$FOLDER" "$job" ${EXPECT:+"$EXPECT"}
