#!/usr/bin/env bash
# Write one thing: to GitHub `status` or `comment`, or `page`, a file for whoever would rather look than read.
set -euo pipefail

arguments=(--report .ml-ci-reports)
[ -z "${EXPECT:-}" ] || arguments+=(--expect "$EXPECT")
if [ "$1" = page ]; then
  # The file's name is the artifact's: of several projects and workflows each has its own.
  file="$(printf %s "ml-ci-page-${GITHUB_WORKFLOW:-}-${KEY:-}-$FOLDER" | tr -cs 'A-Za-z0-9' - | cut -c1-120)"
  file="${RUNNER_TEMP:?}/ml-ci-page/${file%-}.html"
  mkdir -p "${file%/*}"
  "$ML_CI" -I -m ml_ci github page "${arguments[@]}" --html "$file"
  echo "file=$file" >>"$GITHUB_OUTPUT"
  exit
fi
[ -z "${FOLDER:-}" ] || arguments+=(--project "$FOLDER")
[ -z "${KEY:-}" ] || arguments+=(--key "$KEY")
if [ "$1" = comment ] && [ -n "${PAGE:-}" ]; then
  arguments+=(--page "$PAGE")
  echo "[The report as a page]($PAGE)" >>"$GITHUB_STEP_SUMMARY"
fi
"$ML_CI" -I -m ml_ci github "$1" "${arguments[@]}"
