"""A repository with two commits, and what an attack would leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.repository.repository import Repository


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Give the file that an attack which came through would make."""
    return tmp_path / "attacked"


@pytest.fixture
def ours(repository: Any) -> Repository:
    repository.commit({"a": "1", "b c": "x", "sub/ä": "y"})
    repository.commit({"a": "2"})
    return Repository.find(repository.path)
