#!/usr/bin/env bash
# End as the verdict says, and never well when a job before did not end well.
set -euo pipefail

echo "ml-ci: ${VERDICT:-error}"
[ "$VERDICT" = pass ]
for result in $RESULTS; do
  if [ "$result" != success ]; then
    echo "::error title=ml-ci::A job before this one ended as: $result"
    exit 1
  fi
done
