#!/usr/bin/env bash
# Find out what the steps that follow have to set up, and write it as outputs.
set -euo pipefail

checkout=true
git -C "$GITHUB_WORKSPACE" rev-parse --verify --quiet HEAD >/dev/null 2>&1 && checkout=false

version="$WANTED"
if [ -z "$version" ] && [ -z "${pythonLocation:-}" ]; then version="3.12"; fi

install="$INSTALL"
# An environment that the workflow has made is complete: it is used as it is.
if [ "$install" = auto ] && [ -n "${pythonLocation:-}" ] && [ -z "$WANTED" ]; then install=none; fi

# The legs of a matrix keep their records apart; each begins with those that a run of all models left.
word() { printf '%s' "$1" | tr -c 'A-Za-z0-9._' '_'; }
keys="ml-ci-records-v1-$RUNNER_OS-$RUNNER_ARCH-$(word "$FOLDER")"

{
  echo "checkout=$checkout"
  echo "python-version=$version"
  if [ "$install" = none ]; then echo "install=none"; else echo "install=some"; fi
  echo "store-keys=$keys-ml_ci_report-"
  echo "store-key=$keys-$(word "$ARTIFACT")-"
} >>"$GITHUB_OUTPUT"
