#!/usr/bin/env bash
# Read all reports as one, held to the base's configuration, and write the verdict as an output.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)" # the promote action calls this too

mkdir -p .ml-ci-reports
expect=""
if [ -f ".ml-ci-base/$FOLDER/ml-ci.yaml" ]; then expect="$PWD/.ml-ci-base/$FOLDER/ml-ci.yaml"; fi
echo "expect=$expect" >>"$GITHUB_OUTPUT"
verdict="$("$ML_CI" -I "$here/verdict.py" .ml-ci-reports ${expect:+"$expect"})"
echo "verdict=$verdict" >>"$GITHUB_OUTPUT"
