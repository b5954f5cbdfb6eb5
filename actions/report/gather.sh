#!/usr/bin/env bash
# Read all reports as one, held to the base's configuration, and write the verdict as an output.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)" # the promote action calls this too

mkdir -p .ml-ci-reports
expect=""
# Where the default branch has one and the base has not, the base's is expected all the same: its absence is an error.
for at in .ml-ci-base .ml-ci-default; do
  if [ -f "$at/$FOLDER/ml-ci.yaml" ]; then expect="$PWD/.ml-ci-base/$FOLDER/ml-ci.yaml"; fi
done
echo "expect=$expect" >>"$GITHUB_OUTPUT"
verdict="$("$ML_CI" -I "$here/verdict.py" .ml-ci-reports ${expect:+"$expect"})"
echo "verdict=$verdict" >>"$GITHUB_OUTPUT"
