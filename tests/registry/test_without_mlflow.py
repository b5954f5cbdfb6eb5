"""Where MLflow is not installed, or not whole, the registry says what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.registry.mlflow_registry import _client_class


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)


def test_mlflow_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UserError) as refused:
        _client_class()
    assert refused.value.message == "the registry needs MLflow, which is not installed"
    assert refused.value.hint == "Install it: pip install 'ml-ci[mlflow]'"


def test_what_mlflow_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "__init__.py").touch()
    (tmp_path / "mlflow" / "tracking.py").write_text("import a_library_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="which cannot be imported without a_library_that_nobody_has"):
        _client_class()
