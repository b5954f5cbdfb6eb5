#!/usr/bin/env bash
# Install what training needs into the job's Python.
set -euo pipefail

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
