"""Bring live rows that lie behind a URL: by fsspec, whole, since each look reads all of them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from ml_ci.errors import UserError


class NothingThereError(UserError):
    """Say that a path leads to no file, which may come yet."""


_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs", "http": "aiohttp"}
_PACKAGES["https"] = "aiohttp"


def bring(url: str, work: Path) -> list[Path]:
    """Copy the files of a URL, or of a glob of URLs, below a folder; UserError when there are none, or no answer."""
    scheme = urlsplit(url).scheme
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        system, root = url_to_fs(url)
        names = sorted(system.glob(root)) if any(sign in root for sign in "*?[") else _list(system, root)
        if not names:
            hint = "Check `path:` under `live:` in ml-ci.yaml."
            raise NothingThereError(f"no live rows at {url}: there is no such file", hint=hint)
        return [_copy(system, name, work, number) for number, name in enumerate(names)]
    except ImportError:
        package = _PACKAGES.get(scheme, "fsspec")
        message = f"{scheme}:// needs the package {package}, which is not installed"
        raise UserError(message, hint=f"Run: pip install 'ml-ci[remote]' {package}") from None
    except UserError:
        raise
    except Exception as error:  # each system raises errors of its own
        text = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"{url} cannot be read: {text}", hint="Check the URL and its credentials.") from None


def _list(system: object, root: str) -> list[str]:
    """Give a file, or the files below a folder, but none that is hidden."""
    found: list[str] = system.find(root)  # type: ignore[attr-defined]
    if found == [root]:
        return found
    return sorted(one for one in found if not one.rpartition("/")[2].startswith((".", "_")))


def _copy(system: object, name: str, work: Path, number: int) -> Path:
    target = work / f"{number:06}-{name.rpartition('/')[2]}"
    system.get_file(name, str(target))  # type: ignore[attr-defined]
    return target
