"""What a string that is no condition gets instead."""

from __future__ import annotations


class ConditionError(ValueError):
    """Refuse a string that is no condition.

    `message` says why, `column` where (1-based, in characters), `suggestion` what to write instead ("" when unknown).
    """

    def __init__(self, message: str, column: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.suggestion = suggestion

    def __str__(self) -> str:
        hint = f"; {self.suggestion}" if self.suggestion else ""
        return f"column {self.column}: {self.message}{hint}"
