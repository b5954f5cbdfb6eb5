#!/usr/bin/env bash
# Install what training needs into the job's Python.
set -euo pipefail

# What is installed may be the change's own code: what a step talks to its workflow by is none of its business. A command
# that the workflow names may need it, for example to put a folder on PATH.
if [ "$INSTALL" = auto ] && [ -n "${GITHUB_ENV:-}" ]; then
  exec env -u GITHUB_OUTPUT -u GITHUB_ENV -u GITHUB_PATH -u GITHUB_STATE -u GITHUB_STEP_SUMMARY "$0"
fi

if [ "$INSTALL" != auto ]; then
  bash -euo pipefail -c "$INSTALL"
elif [ -f requirements.txt ]; then
  python -m pip install --disable-pip-version-check --requirement requirements.txt
elif [ -f pyproject.toml ] && grep -q '^\[project\]' pyproject.toml; then
  python -m pip install --disable-pip-version-check .
elif [ -f setup.py ]; then
  python -m pip install --disable-pip-version-check .
else
  echo "::notice title=ml-ci::No requirements.txt, pyproject.toml or setup.py: nothing was installed for training. Name a command by the input install."
fi
