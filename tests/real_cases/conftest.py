"""What tests of whole runs have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ml_ci.training import stems


@pytest.fixture(scope="module")
def _opened_stems() -> Iterator[None]:
    with stems.open_stems():
        yield


@pytest.fixture
def shared_imports(_opened_stems: None) -> None:
    """Let the runs of a module share what their jobs import, as the jobs of one run do: it is most of their time.

    The older of two stems ends first: a test may import other libraries, and there are two at most.
    """
    with stems._lock:
        ended = stems._stems.pop(next(iter(stems._stems))) if len(stems._stems) >= stems._MOST else None
    if ended is not None:
        ended.close()
