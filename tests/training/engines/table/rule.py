"""A model of the team's own, as MLflow stores one."""

from __future__ import annotations

from typing import Any

import mlflow.pyfunc


class Rule(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def __init__(self, limit: float) -> None:
        self.limit = limit

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return (model_input["a"] >= self.limit).astype(int)
