"""Files by what is in them: two trainings may end in the same model."""

from __future__ import annotations

from pathlib import Path

from ml_ci.digests import digest
from ml_ci.records.record import digest as file_digest


def digest_files(path: Path | None) -> str:
    """Digest a file, or a folder by names and contents; "" for None."""
    if path is None:
        return ""
    if path.is_file():
        return digest([[path.name, file_digest(path)]])
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return digest([[file.relative_to(path).as_posix(), file_digest(file)] for file in files])
