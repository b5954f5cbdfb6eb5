"""What a forge answers when it does not do what it is asked."""

from __future__ import annotations

from ml_ci.errors import UserError


class RefusedError(UserError):
    """Say that a forge answered with a refusal (4xx): `status` is its number."""

    def __init__(self, status: int, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class UnavailableError(UserError):
    """Say that a forge gave no answer after all patience: it is nobody's mistake, and what was asked did not happen."""


class UnclearError(UnavailableError):
    """Say that a request that must not be sent twice got no answer: it may have happened."""
