#!/usr/bin/env bash
# Record the verdict of this commit: as its statuses, in the job summary, and as a file that is kept.
set -euo pipefail

"$GITHUB_ACTION_PATH/../report/write.sh" status
arguments=(--report .ml-ci-reports)
[ -z "$EXPECT" ] || arguments+=(--expect "$EXPECT")
"$ML_CI" -I -m ml_ci github summary "${arguments[@]}"
"$ML_CI" -I "$GITHUB_ACTION_PATH/record.py" .ml-ci-reports .ml-ci-verdict.json ${EXPECT:+"$EXPECT"}
