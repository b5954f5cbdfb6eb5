from __future__ import annotations

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
