#!/usr/bin/env bash
# Tell of what the look found, held to the default branch's ml-ci.yaml.
set -uo pipefail

mkdir -p .ml-ci-watch
arguments=(--report .ml-ci-watch --config ".ml-ci-base/$FOLDER/ml-ci.yaml" --state .ml-ci-alerts/alerts.json)
arguments+=(--project "$FOLDER")
[ -z "$AUTHOR" ] || arguments+=(--author "$AUTHOR")
code=0
"$ML_CI" -I -m ml_ci github alert "${arguments[@]}" || code=$?
[ ! -f .ml-ci-alerts/alerts.json ] || echo "state=true" >>"$GITHUB_OUTPUT"
[ "$code" = 0 ] || echo "::error title=ml-ci::Not everything was told: the lines before this one say what, and what to do"
exit "$code"
