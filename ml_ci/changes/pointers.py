"""Files that stand for data kept elsewhere: DVC's pointers and lock file, and Git LFS pointers.

Their formats: https://dvc.org/doc/user-guide/project-structure and https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ml_ci.digests import blob_id
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.values import Tree

_LFS = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n?"
)


@dataclass(frozen=True)
class Pointer:
    """What DVC knows of a file or a folder: its `digest` and, where it says so, the size and the number of files.

    `digest` is `md5:…` (of a folder it ends in `.dir`), or `etag:…`, `checksum:…`, `version:…` of data that stays in
    the cloud. `text` says that line ends were made uniform before hashing, as DVC 2 did. `written` is the
    pointer's own path.
    """

    digest: str
    path: str
    written: str
    size: int | None = None
    files: int | None = None
    text: bool = False

    @property
    def md5(self) -> str | None:
        kind, _, value = self.digest.partition(":")
        return value if kind == "md5" else None


def dvc_pointer(path: str, tree: Tree) -> Pointer | None:
    """Find the pointer for the data at `path`, or for a folder around it; None when DVC does not have it.

    Looked for in `path.dvc`, the `.dvc` files of the folders above, and every `dvc.lock` above. UserError when such a
    file does not parse.
    """
    found = [one for written in _write_near(path, tree) for one in _outs(written, tree) if _covers(one.path, path)]
    return max(found, key=lambda one: (len(one.path), one.written.endswith(".dvc")), default=None)


def pointers_below(folder: str, tree: Tree) -> Mapping[str, Pointer]:
    """Give the pointers whose data lie below a folder, by the path of the data."""
    prefix = f"{folder}/" if folder else ""
    written = [path for path in tree.files() if path.startswith(prefix) and path.endswith(".dvc")]
    found = [one for path in written for one in _outs(path, tree)]
    return {one.path: one for one in found if one.path.startswith(prefix)}


def lfs_pointer(content: bytes) -> tuple[str, int] | None:
    """Give the SHA-256 and the size that a Git LFS pointer names; None when this is the content itself."""
    match = _LFS.fullmatch(content) if len(content) < 1024 else None
    return (match.group(1).decode(), int(match.group(2))) if match else None


def lfs_blob_id(sha256: str, size: int, algorithm: str) -> str:
    """Give the git object id of the pointer that Git LFS would commit for this content."""
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    return blob_id(text.encode(), algorithm)


class LfsPatterns:
    """Know which paths of a tree Git LFS keeps, from the `.gitattributes` files."""

    def __init__(self, tree: Tree) -> None:
        written = [path for path in tree.files() if _is_called(path, ".gitattributes")]
        self._rules = [rule for path in written for rule in _rules(path, tree.read(path))]

    def __contains__(self, path: str) -> bool:
        kept = False
        for folder, pattern, lfs in self._rules:
            if path.startswith(folder) and _fits(path.removeprefix(folder), pattern):
                kept = lfs
        return kept


def _rules(path: str, content: bytes) -> Iterator[tuple[str, str, bool]]:
    folder = posixpath.dirname(path)
    for line in content.decode("utf-8", "replace").splitlines():
        pattern, *attributes = line.split() or [""]
        filters = [one for one in attributes if one.lstrip("-!").partition("=")[0] == "filter"]
        if filters and not pattern.startswith("#"):
            yield (f"{folder}/" if folder else ""), pattern, filters[-1] == "filter=lfs"


def _fits(path: str, pattern: str) -> bool:
    if "/" not in pattern.rstrip("/"):
        return fnmatchcase(posixpath.basename(path), pattern)
    pattern = pattern.removeprefix("/")
    return fnmatchcase(path, pattern) or (pattern.startswith("**/") and fnmatchcase(path, pattern[3:]))


def _write_near(path: str, tree: Tree) -> list[str]:
    folders = {"", *_above(path)}
    written = [name for name in tree.files() if name.endswith(".dvc") or _is_called(name, "dvc.lock")]
    return [name for name in written if posixpath.dirname(name) in folders]


def _is_called(path: str, name: str) -> bool:
    return path.endswith(name) and posixpath.basename(path) == name


def _above(path: str) -> Iterator[str]:
    while (path := posixpath.dirname(path)).strip("/"):  # of an absolute path "/" is the last, and above itself
        yield path


def _covers(out: str, path: str) -> bool:
    return path == out or path.startswith(f"{out}/")


def _outs(written: str, tree: Tree) -> Iterator[Pointer]:
    content = _load(written, tree)
    folder = posixpath.dirname(written)
    stages = content.get("stages")
    if isinstance(stages, dict):
        listed = [
            (out, folder) for stage in stages.values() if isinstance(stage, dict) for out in stage.get("outs") or ()
        ]
    else:
        inside = posixpath.join(folder, str(content.get("wdir", ".")))
        listed = [(out, inside) for out in content.get("outs") or ()]
    for out, base in listed:
        pointer = _pointer(out, base, written) if isinstance(out, dict) and "path" in out else None
        if pointer:
            yield pointer


def _load(written: str, tree: Tree) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.load(tree.read(written), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"{written} is no DVC file: {said}", hint="Run `dvc status`, or write it again.") from None
    return content if isinstance(content, dict) else {}


def _pointer(out: dict[str, Any], base: str, written: str) -> Pointer | None:
    path = posixpath.normpath(posixpath.join(base, str(out["path"])))
    size, files = out.get("size"), out.get("nfiles")
    known = _look_up(out)
    if known is None:
        return None
    return Pointer(
        known,
        path,
        written,
        size if isinstance(size, int) else None,
        files if isinstance(files, int) else None,
        "hash" not in out,
    )


def _look_up(out: dict[str, Any]) -> str | None:
    for kind in ("md5", "version_id", "etag", "checksum"):
        if out.get(kind):
            return f"{kind.removesuffix('_id')}:{out[kind]}"
    listed = out.get("files")
    if isinstance(listed, list):
        # Folders versioned by the cloud list their files and have no digest of their own.
        kept = sorted((str(one.get("relpath")), _look_up(one) or "") for one in listed if isinstance(one, dict))
        return "files:" + blob_id(repr(kept).encode())
    return None
