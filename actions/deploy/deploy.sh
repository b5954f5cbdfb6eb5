#!/usr/bin/env bash
# Do the jobs after the promotions that are due.
set -euo pipefail

export MLFLOW_TRACKING_URI="$REGISTRY"
job="$(command -v python || command -v python3)"
exec "$ML_CI" -I "$GITHUB_ACTION_PATH/deploy.py" "$FOLDER" "$job"
