#!/bin/sh
# Any CI system, or none: judge HEAD against the branch that it goes to. Ends with ml-ci's exit code, which is the gate.
set -eu
target="${1:-main}"
if git remote get-url origin >/dev/null 2>&1; then
  git fetch --quiet origin "+refs/heads/$target:refs/remotes/origin/$target"
  target="origin/$target"
fi
code=0
ml-ci run --baseline "$(git merge-base HEAD "$target")" --gates-from "$target" || code=$?
ml-ci report --format junit --out ml-ci-junit.xml
exit "$code"
