#!/usr/bin/env bash
# Build what a tag releases: release.sh v1.2.3 FOLDER. Ends with an error where tag, version and changelog do not agree.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$1 to=$2
version="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' ml_ci/__init__.py)"
[ "$tag" = "v$version" ] || { echo "the tag is $tag, and ml_ci/__init__.py says $version" >&2; exit 1; }
notes="$(awk -v heading="## $version" 'index($0, heading) == 1 { on = 1; next } /^## / { on = 0 } on' CHANGELOG.md)"
[ -n "${notes//[[:space:]]/}" ] || { echo "CHANGELOG.md has no section '## $version' with a word in it" >&2; exit 1; }
mkdir -p "$to"
python3 -m venv "$to/.venv"
"$to/.venv/bin/python" -m pip install -q build twine
"$to/.venv/bin/python" -m build --outdir "$to" .
"$to/.venv/bin/python" -m twine check --strict "$to"/*.whl "$to"/*.tar.gz
rm -rf "$to/.venv"
printf '%s\n' "$notes" >"$to/NOTES.md"
