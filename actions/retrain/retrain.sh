#!/usr/bin/env bash
# Run the command that brings new data, and write what it changed as a patch: files that git ignores are none of it.
set -euo pipefail

if [ -z "$RUN" ]; then
  echo "::error title=ml-ci::Nobody says what brings new data: name a command by the input run"
  exit 2
fi

# What the command prints is data and no workflow command, and what this step talks to its workflow by is none of its
# business.
token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$token"
code=0
(
  cd -- "$FOLDER"
  exec env -u GITHUB_OUTPUT -u GITHUB_ENV -u GITHUB_PATH -u GITHUB_STATE -u GITHUB_STEP_SUMMARY -u RUN -u FOLDER \
    bash -euo pipefail -c "$RUN"
) || code=$?
echo
echo "::$token::"
if [ "$code" != 0 ]; then
  echo "::error title=ml-ci::The command that brings new data ended with exit code $code: it is the input run"
  exit "$code"
fi

patch="$RUNNER_TEMP/ml-ci-retrain/change.patch"
mkdir -p "${patch%/*}"
git add --all
git diff --cached --binary --no-renames --no-ext-diff --no-textconv HEAD >"$patch"
if [ ! -s "$patch" ]; then
  echo "::error title=ml-ci::The command changed no file that git tracks: there is nothing to train anew on"
  exit 1
fi
git diff --cached --stat HEAD
echo "patch=$patch" >>"$GITHUB_OUTPUT"
