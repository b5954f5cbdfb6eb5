#!/usr/bin/env bash
# Look at live rows. The exit code becomes an output, not this step's end: what was found has to be kept first.
set -ufo pipefail # an option is no pattern of files

arguments=()
words="$RUNNER_TEMP/ml-ci-arguments"
"$ML_CI" -I "$GITHUB_ACTION_PATH/../gate/words.py" "$ARGUMENTS" >"$words" || exit 2
while IFS= read -r -d '' word; do arguments+=("$word"); done <"$words"
[ -z "$STORE" ] || export ML_CI_STORE="$STORE"
[ -z "$REGISTRY" ] || export MLFLOW_TRACKING_URI="$REGISTRY"
rm -f .ml_ci/watch.json

# What is printed has names out of live rows: it is data and no workflow command.
token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$token"
code=0
"$ML_CI" -I -m ml_ci watch ${arguments[@]+"${arguments[@]}"} || code=$?
echo
echo "::$token::"

echo "exit-code=$code" >>"$GITHUB_OUTPUT"
[ ! -f .ml_ci/watch.json ] || echo "report=$PWD/.ml_ci/watch.json" >>"$GITHUB_OUTPUT"
