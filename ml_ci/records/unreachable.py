"""That a shared store does not answer."""

from __future__ import annotations


class StoreUnreachableError(Exception):
    """Say why a shared store could not be read or written, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def said(self, url: str) -> str:
        """Say it of the store at `url`."""
        return f"the store {url} could not be used, and was left out: {self.message}"
