"""ml-ci's own code, as it goes to a cluster: machines there need Ray, and no ml-ci of their own."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from functools import lru_cache
from pathlib import Path

import ml_ci

# What no job needs: it is never imported over there, since what does jobs knows nothing of it.
_LEFT_OUT = {
    *("demo", "setup", "templates", "cli", "steps", "review", "reports", "registry", "bisect"),
    *("explain", "records", "gates", "plan", "suspicion", "behaviours", "live", "evaluation"),
}


@lru_cache(maxsize=1)
def pack_engine() -> tuple[str, bytes]:
    """Give the digest of ml-ci's modules, and an archive of them."""
    top = Path(ml_ci.__file__).parent
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path in sorted(top.rglob("*.py")):
            within = path.relative_to(top)
            if within.parts[0] not in _LEFT_OUT:
                member = tarfile.TarInfo(f"ml_ci/{within.as_posix()}")
                content = path.read_bytes()
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    content = stream.getvalue()
    return hashlib.sha256(content).hexdigest(), gzip.compress(content, compresslevel=1, mtime=0)
