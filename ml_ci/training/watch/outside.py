"""Tell the data that a job read outside of the repository from what belongs to the machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

# What is below these belongs to the system, or is gone tomorrow.
_SYSTEM = ("/usr", "/etc", "/proc", "/sys", "/dev", "/run", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/System")
_PASSING = ("/tmp", "/var/tmp", "/var/cache", "/private/tmp", "/private/var/tmp", "/private/var/folders")  # noqa: S108
_TEMPORARY = ("TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "PYTHONPYCACHEPREFIX")
_AT_HOME = (".cache", ".config", ".local", ".matplotlib", ".ipython", ".jupyter", ".pyenv", ".conda", ".netrc")
_AT_HOME_OF_MACS = ("Library/Caches", "Library/Preferences")
_OURS = str(Path(__file__).resolve().parents[2])  # the children's own files, wherever ml-ci is installed
# Where libraries lie, whatever environment they were found in: their versions are the part `environment`.
_LIBRARIES = frozenset({"site-packages", "dist-packages", "__pycache__"})
_CODE = (".py", ".pyc", ".pyi", ".so", ".dylib", ".pyd", ".pth", ".egg-link")


def outside(paths: Collection[str], declared: Iterable[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Give the files and folders that hold data, sorted; a folder (with a slash at its end) stands for its files."""
    folders = {path.rstrip("/") for path in paths if path.endswith("/")}
    kept = {path for path in paths if not path.endswith("/") and path.rpartition("/")[0] not in folders} | folders
    left_out = [*_SYSTEM, _OURS, *_passing(environment), *declared]
    return tuple(
        sorted(
            path
            for path in kept
            if not path.endswith(_CODE) and _LIBRARIES.isdisjoint(path.split("/")) and not _is_below(path, left_out)
        )
    )


def _passing(environment: Mapping[str, str]) -> Iterable[str]:
    yield from _PASSING
    yield from (environment[name] for name in _TEMPORARY if environment.get(name))
    if home := environment.get("HOME"):
        yield from (f"{home}/{name}" for name in (*_AT_HOME, *_AT_HOME_OF_MACS))


def _is_below(path: str, folders: Iterable[str]) -> bool:
    for folder in folders:
        plain = folder.rstrip("/")
        if path == plain or path.startswith(f"{plain}/"):
            return True
    return False
