"""Where `ml-ci.yaml` is, and its text."""

from __future__ import annotations

from pathlib import Path

from ml_ci.errors import UserError

NAME = "ml-ci.yaml"
_MISNAMED = ("ml-ci.yml", "ml_ci.yaml", "ml_ci.yml", ".ml-ci.yaml", ".ml-ci.yml")


def find(start: Path, config: str | None) -> Path:
    """Find the configuration: `config` (a file, or a folder that holds one), or upwards from the folder `start`.

    The way up ends at the top of the git repository. `config` is relative to `start`. UserError when there is none.
    """
    return _give(start, config) if config else _upwards(start)


def read(config: Path) -> str:
    """Read a configuration file as UTF-8; UserError names the byte that is not."""
    try:
        return config.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{config.name}: byte {error.start} is not UTF-8", hint="Save the file as UTF-8.") from None
    except OSError as error:
        raise UserError(f"{config}: {error.strerror}") from None


def _give(start: Path, config: str) -> Path:
    path = start / config
    if path.is_dir():
        path = path / NAME
    if path.is_file():
        return path
    _refuse_misnamed(path.parent)
    raise UserError(
        f"--config {config}: there is no file {path}", hint="Give the path of an ml-ci.yaml or of its folder."
    )


def _upwards(start: Path) -> Path:
    folder = start.absolute()
    for place in (folder, *folder.parents):
        if (place / NAME).is_file():
            return place / NAME
        _refuse_misnamed(place)
        if (place / ".git").exists():
            break
    raise UserError(
        f"there is no {NAME} in {folder} or in the folders above it, up to {place}",
        hint="`ml-ci init` writes one to start from; `--config PATH` names one that lies elsewhere.",
    )


def _refuse_misnamed(folder: Path) -> None:
    for name in _MISNAMED:
        if (folder / name).is_file():
            raise UserError(
                f"{folder / name} is not read: the file has to be called {NAME}", hint=f"git mv {name} {NAME}"
            )
