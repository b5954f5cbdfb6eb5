#!/usr/bin/env bash
# Write one thing to GitHub: `status` or `comment`.
set -euo pipefail

arguments=(--report .ml-ci-reports)
[ -z "${EXPECT:-}" ] || arguments+=(--expect "$EXPECT")
[ -z "${FOLDER:-}" ] || arguments+=(--project "$FOLDER")
[ -z "${KEY:-}" ] || arguments+=(--key "$KEY")
"$ML_CI" -I -m ml_ci github "$1" "${arguments[@]}"
