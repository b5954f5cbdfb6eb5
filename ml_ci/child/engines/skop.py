"""Models that skops stored: loaded without a class that nobody trusts."""

from __future__ import annotations

import os

from ..failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..exchange import Request


def load_skops(path: str, request: Request) -> Any:
    """Load a model of which every type is skops' own, or named under `load: {trusted: […]}`."""
    import skops.io

    named = list((request.get("load") or {}).get("trusted") or ())
    strange = [name for name in skops.io.get_untrusted_types(file=path) if name not in named]
    if strange:
        raise JobFailed(
            "model-load",
            "%s holds types that nobody trusts: %s" % (os.path.basename(path), ", ".join(strange)),
            "If their code is yours or you know it, name them: `load: {trusted: [%s]}`." % ", ".join(strange),
        )
    return skops.io.load(path, trusted=named)
