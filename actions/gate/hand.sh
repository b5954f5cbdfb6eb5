#!/usr/bin/env bash
# Pack the records of what passed, for the action promote: it trains nothing, and the legs of a matrix share no cache.
set -euo pipefail

folder="$RUNNER_TEMP/ml-ci-records"
rm -rf "$folder"
job="$(command -v python || command -v python3 || true)"
"$ML_CI" -I -m ml_ci records pack "$folder" ${STORE:+--store "$STORE"} ${job:+--python "$job"}
echo "folder=$folder" >>"$GITHUB_OUTPUT"
