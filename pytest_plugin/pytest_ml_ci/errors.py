"""What an item raises that does not pass."""

from __future__ import annotations


class NotPassedError(Exception):
    """Carry the few lines that say why a test does not pass; pytest shows them without a traceback."""
