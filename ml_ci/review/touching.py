"""Whether a change touches what judges it: pipelines, or the file of gates. A reviewer is told first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ml_ci.forges.errors import RefusedError
from ml_ci.frozen import dataclass
from ml_ci.reports.text import label
from ml_ci.spec.find import NAME

_SHOWN = 3


@dataclass(frozen=True)
class Words:
    """What a forge calls a change (`pull request`) and what judges it (`workflow`); `most` files are listed of one."""

    title: str
    change: str
    pipeline: str
    most: int


def touching(
    files: Callable[[], Iterable[tuple[str, ...]]], judges: Callable[[str], bool], words: Words, base: str
) -> tuple[str, ...]:
    """Give a sentence for each thing that judges, and that a change into the branch `base` touches.

    `files` lists the changed files, each with the paths that it has and had. A change that may not be looked at says
    so: it is not taken for one that changes nothing.
    """
    try:
        listed = list(files())
    except RefusedError as error:
        return (
            f"Whether this {words.change} changes {words.pipeline}s or gates was not seen: "
            f"{error.message}. {error.hint}".strip(),
        )
    paths = list(dict.fromkeys(path for one in listed for path in one if path))
    return tuple(_said(paths, len(listed), judges, words, base))


def _said(paths: list[str], files: int, judges: Callable[[str], bool], words: Words, base: str) -> Iterator[str]:
    pipelines = [path for path in paths if judges(path)]
    if pipelines:
        yield (
            f"This {words.change} changes {_named(pipelines)}, and so maybe the {words.pipeline} that judged it: look "
            "at that before the verdict."
        )
    gates = [path for path in paths if path.rpartition("/")[2] == NAME]
    if gates:
        of = f"the gates of `{label(base, 80)}`" if base else "its base's gates"
        yield f"This {words.change} changes {_named(gates)}: it was judged by {of}, and its own hold after the merge."
    if files >= words.most:
        yield (
            f"This {words.change} changes {files:,} files or more, and {words.title} lists no more: look for "
            f"{words.pipeline}s."
        )


def _named(paths: list[str]) -> str:
    shown = ", ".join(f"`{label(path, 120)}`" for path in paths[:_SHOWN])
    return shown if len(paths) <= _SHOWN else f"{shown} and {len(paths) - _SHOWN:,} more"
