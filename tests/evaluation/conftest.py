from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.tables.table import Table

Make = Callable[..., Table]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a text table and open it under the name `data/holdout.csv`."""

    def made(content: str, name: str = "holdout.csv", shown: str = "data/holdout.csv") -> Table:
        path = tmp_path / name
        path.write_text(content)
        return Table.open(path, shown=shown)

    return made


@pytest.fixture
def shared_data() -> Path:
    """Give the folder of the real data sets; skip by name where it is absent."""
    folder = Path(os.environ.get("ML_CI_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of the real data sets is absent: set ML_CI_SHARED_DATA")
    return folder
