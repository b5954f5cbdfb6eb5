#!/usr/bin/env bash
# Gather the options of `ml-ci run`, and let run.py run it.
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

# What ml-ci is told by the workflow is no business of the job, nor what a step talks to its workflow by: the job is the
# change's own code, and finds this shell's environment if the shell is still there. So it makes room for run.py.
engine="$ML_CI"
unset ML_CI MODELS BASELINE GATES_FROM STORE REGISTRY PUSH FULL ARGUMENTS
exec 3< <(printf %s "$GITHUB_OUTPUT")
unset GITHUB_OUTPUT GITHUB_ENV GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY
unset GITHUB_TOKEN GH_TOKEN ACTIONS_RUNTIME_TOKEN ACTIONS_RUNTIME_URL ACTIONS_RESULTS_URL ACTIONS_CACHE_URL
unset ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL
exec "$engine" -I "$GITHUB_ACTION_PATH/run.py" ${arguments[@]+"${arguments[@]}"}
