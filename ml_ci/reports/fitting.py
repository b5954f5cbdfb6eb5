"""Make a text of parts fit a limit by leaving parts out in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.frozen import dataclass

LIMIT = 60_000


@dataclass(frozen=True)
class Part:
    """A block of text. Parts with the highest `shed` are left out first, the later before the earlier; 0 is kept.

    `name` is what a note calls it once it is left out. A part with `shed` 0 holds no open fence or element across
    lines, so that it may be cut between any two of them.
    """

    text: str
    shed: int = 0
    name: str = ""


def fit(parts: Sequence[Part], limit: int = LIMIT) -> str:
    """Join the parts by empty lines in at most `limit` characters, and say what was left out."""
    kept = [part for part in parts if part.text]
    order = sorted(range(len(kept)), key=lambda at: (-kept[at].shed, -at))
    size = sum(len(part.text) + 2 for part in kept)
    left_out: dict[int, Part] = {}
    for at in order:
        if size + len(_note(left_out)) <= limit or not kept[at].shed:
            break
        left_out[at] = kept[at]
        size -= len(kept[at].text) + 2
    body = "\n\n".join(part.text for at, part in enumerate(kept) if at not in left_out)
    note = _note(left_out)
    if len(body) + len(note) + 1 <= limit:
        return body + note + "\n"
    return _cut(body, limit)


def _note(left_out: dict[int, Part]) -> str:
    names = list(dict.fromkeys(part.name for part in left_out.values() if part.name))
    return f"\n\n_Left out to fit: {', '.join(names)}. All of it is in `.ml_ci/report.json`._" if names else ""


def _cut(body: str, limit: int) -> str:
    """Cut between two lines, as the last resort."""
    note = "\n\n_Cut to fit. All of it is in `.ml_ci/report.json`._\n"
    if limit <= len(note):
        return ""
    room = body[: limit - len(note)]
    return (room.rpartition("\n")[0].rstrip() or "") + note
