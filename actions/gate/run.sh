#!/usr/bin/env bash
# Run ml-ci; what the job prints is data and no workflow command. The exit code becomes an output, not this step's end:
# the report has to be told and uploaded first.
set -ufo pipefail # a name or an option is no pattern of files

arguments=()
for model in $MODELS; do arguments+=(--model "$model"); done
[ -z "$BASELINE" ] || arguments+=(--baseline "$BASELINE")
[ -z "$GATES_FROM" ] || arguments+=(--gates-from "$GATES_FROM")
[ -z "$STORE" ] || arguments+=(--store "$STORE")
[ "$PUSH" != true ] || arguments+=(--push)
words="$RUNNER_TEMP/ml-ci-arguments"
"$ML_CI" -I "$GITHUB_ACTION_PATH/words.py" "$ARGUMENTS" >"$words" || exit 2
while IFS= read -r -d '' word; do arguments+=("$word"); done <"$words"
[ "$FULL" != true ] || rm -rf .ml_ci/records
rm -f .ml_ci/report.json

job="$(command -v python || command -v python3 || true)"
[ -z "$job" ] || arguments=(--python "$job" ${arguments[@]+"${arguments[@]}"})

[ -z "$REGISTRY" ] || export MLFLOW_TRACKING_URI="$REGISTRY"

# What ml-ci is told by the workflow is no business of the job.
engine="$ML_CI"
unset ML_CI MODELS BASELINE GATES_FROM STORE REGISTRY PUSH FULL ARGUMENTS

token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$token"
# The files by which a step talks to its workflow are ours, not the job's.
env -u GITHUB_OUTPUT -u GITHUB_ENV -u GITHUB_PATH -u GITHUB_STATE -u GITHUB_STEP_SUMMARY \
  "$engine" -I -m ml_ci run ${arguments[@]+"${arguments[@]}"}
code=$?
echo
echo "::$token::"

{
  echo "exit-code=$code"
  [ ! -f .ml_ci/report.json ] || echo "report=$PWD/.ml_ci/report.json"
  if [ -d .ml_ci/records ]; then
    names="$(cd .ml_ci/records && find . -type f | LC_ALL=C sort)"
    echo "store-key=$(printf '%s' "$names" | "$engine" -I -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:32])')"
  fi
} >>"$GITHUB_OUTPUT"
