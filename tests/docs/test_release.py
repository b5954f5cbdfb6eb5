"""What a tag releases: built and checked where tag, version and changelog agree, and not built where they do not."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from ml_ci import __version__

ROOT = Path(__file__).parents[2]
TAG = f"v{__version__}"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    subprocess.run(("git", "clone", "-q", str(ROOT), str(folder)), check=True)
    (folder / ".github" / "release.sh").write_bytes((ROOT / ".github" / "release.sh").read_bytes())
    return folder


def release(clone: Path, tag: str) -> subprocess.CompletedProcess[str]:
    command = (str(clone / ".github" / "release.sh"), tag, str(clone / "dist"))
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def test_another_tag_than_the_versions_is_refused(clone: Path) -> None:
    done = release(clone, "v99.0.0")
    assert done.returncode == 1 and "the tag is v99.0.0" in done.stderr


@pytest.mark.parametrize("heading", ["## Unreleased", f"## {__version__}\n\n## 0.0.0"])
def test_a_version_without_words_in_the_changelog_is_refused(clone: Path, heading: str) -> None:
    (clone / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- words\n", encoding="utf-8")
    done = release(clone, TAG)
    assert done.returncode == 1 and "has no section" in done.stderr


@pytest.mark.slow
def test_a_release_is_built_checked_and_told(clone: Path) -> None:
    text = (clone / "CHANGELOG.md").read_text(encoding="utf-8").replace("## Unreleased", f"## {__version__}")
    (clone / "CHANGELOG.md").write_text(text, encoding="utf-8")
    done = release(clone, TAG)
    assert done.returncode == 0, done.stdout + done.stderr
    dist = clone / "dist"
    assert sorted(one.suffix for one in dist.iterdir()) == [".gz", ".md", ".whl"]
    assert "PASSED" in done.stdout
    [wheel] = dist.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {"ml_ci/py.typed", "ml_ci/templates/recipes/gitlab-ci.yml", "pytest_ml_ci/plugin.py"} <= inside
    assert not [name for name in inside if re.match(r"(tests|docs|examples)/", name)]
    notes = (dist / "NOTES.md").read_text(encoding="utf-8")
    assert "The first version." in notes and "\n## " not in notes
