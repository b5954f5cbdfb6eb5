#!/usr/bin/env bash
# Promote every model that passed into the registry.
set -euo pipefail

export MLFLOW_TRACKING_URI="$REGISTRY"
job="$(command -v python || command -v python3)"
"$ML_CI" -I "$GITHUB_ACTION_PATH/promote.py" .ml-ci-reports "$FOLDER" "$job" ${EXPECT:+"$EXPECT"}
