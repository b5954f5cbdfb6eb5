"""What a picture shows, and the one of a lineage: boxes in columns from left to right, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.gates.evidence import NEW_MODEL
from ml_ci.registry.values import CHAMPION, Event, Lineage
from ml_ci.reports.numbers import duration, percent
from ml_ci.reports.text import label, plural

# From left to right: what went in, the training, what was judged and with what, the verdict, the use.
INPUT, TRAINING, JUDGED, VERDICT, USE = range(5)
# With the gaps between them they fill 1,000.
WIDTHS = (170.0, 158.0, 170.0, 226.0, 160.0)
_MOST_GATES, _MOST_USES, _DIGEST = 8, 5, 12
_ELSEWHERE = ("data.holdout", "metrics", "gates", "job", "budget")
_MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "unjudged": "–"}


@dataclass(frozen=True)
class Line:
    """A line of a box: what is shown where there is room, and the whole text where that is more.

    `ends` says that the end matters most where it is cut: a path's.
    """

    text: str
    whole: str = ""
    code: bool = False
    ends: bool = False


@dataclass(frozen=True)
class Box:
    """A box of the picture; `kind` colours it: `input`, `step`, `model`, `pass`, `fail`, `inconclusive`, `use`."""

    name: str
    column: int
    title: str
    lines: tuple[Line, ...] = ()
    kind: str = "input"


@dataclass(frozen=True)
class Picture:
    """Boxes, and arrows from the first named box to the second; `widths` are those of the columns, in user units."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]
    widths: tuple[float, ...] = WIDTHS


def picture(lineage: Lineage) -> Picture:
    """Put the picture of a version together; of one that ml-ci did not make only itself and its use are known."""
    version, made = lineage.version, lineage.made
    uses = tuple(_uses(lineage))
    boxes = [_version(lineage), *uses]
    if not made:
        arrows = [("version", use.name) for use in uses]
    else:
        inputs, verdict = tuple(_inputs(made)), _verdict(made)
        boxes = [*inputs, _training(made), boxes[0], _holdout(made), _baseline(made), verdict, *uses]
        arrows = [(box.name, "training") for box in inputs]
        arrows += [("training", "version"), *((name, "verdict") for name in ("version", "holdout", "baseline"))]
        arrows += [("verdict", use.name) for use in uses]
    return Picture(f"Where {version.model} v{version.version} comes from", tuple(boxes), tuple(arrows))


def _inputs(made: Mapping[str, Any]) -> Iterator[Box]:
    parts = [part for part in made["parts"] if part not in _ELSEWHERE]
    for number, part in enumerate(sorted(parts, key=_rank)):
        known, detail = str(made["parts"][part]), made["details"].get(part) or {}
        lines = tuple(_told(part, detail, made))
        digest = () if part in ("seed", "params") else (_digest(str(detail.get("content") or known)),)
        yield Box(f"part{number}", INPUT, part, (*lines, *digest))


def _rank(part: str) -> tuple[int, str]:
    order = ("code", "params", "seed", "environment")
    return (0 if part.startswith("data.") else 1 + order.index(part) if part in order else len(order) + 1), part


def _told(part: str, detail: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[Line]:
    if part.startswith("data."):
        yield _place(detail)
    elif part == "code":
        names = ", ".join(sorted(detail))
        yield Line(plural(len(detail), "file"), f"{plural(len(detail), 'file')}: {names}")
        yield Line(f"commit {str(made['commit'])[:7]}", str(made["commit"]))
        if made["dirty"]:
            yield Line("with changes in no commit")
    elif part == "environment" and detail:
        names = ", ".join(f"{name} {known}" for name, known in sorted(detail.items()))
        yield Line(f"Python {detail.get('python')}", names)
        yield Line(plural(len(detail) - 1, "distribution"), names)
    elif part == "seed" and "seed" in detail:
        yield Line(str(detail["seed"]))
    elif part == "params":
        yield Line(", ".join(f"{key} = {value}" for key, value in detail.items()) or "none")


def _place(detail: Mapping[str, Any]) -> Line:
    return Line(place(detail), ends=True) if detail.get("path") else Line(whence(detail))


def place(detail: Mapping[str, Any]) -> str:
    """Say where an entry's data are, or how they are cut: `made/train.csv of the job split`."""
    if not detail.get("path"):
        return whence(detail)
    return f"{detail['path']} of the job {detail['job']}" if detail.get("job") else str(detail["path"])


def whence(detail: Mapping[str, Any]) -> str:
    """Say how a holdout was cut: `40% of train`, `train from date 2026-01-01 on`, `train where split = test`."""
    of = str(detail.get("of"))
    if isinstance(detail.get("share"), int | float):
        by = f", by {detail['by']}" if detail.get("by") else ""
        seed = f", seed {detail['seed']}" if detail.get("seed") else ""
        return f"{percent(detail['share'], 0)} of {of}{by}{seed}"
    if isinstance(detail.get("folds"), int):
        by = f", by {detail['by']}" if detail.get("by") else ""
        seed = f", seed {detail['seed']}" if detail.get("seed") else ""
        return f"{detail['folds']} folds of {of}{by}{seed}"
    for key, said in (("after", "{} from {} {} on"), ("where", "{} where {} = {}")):
        found = detail.get(key)
        if isinstance(found, list | tuple) and len(found) == 2:
            bound = ", ".join(map(str, found[1])) if isinstance(found[1], list | tuple) else found[1]
            return said.format(of, found[0], bound)
    return f"a part of {of}"


def _training(made: Mapping[str, Any]) -> Box:
    job = made["details"].get("job") or {}
    command = job.get("train") or job.get("run")
    said = " ".join(map(str, command)) if isinstance(command, list | tuple) else str(command or "")
    lines = [Line(said, code=True)] if said else []
    lines += [Line(f"took {duration(made['seconds'])}")] if made.get("seconds") is not None else []
    return Box("training", TRAINING, "training", (*lines, _digest(str(made["training"]))), "step")


def _version(lineage: Lineage) -> Box:
    version, made = lineage.version, lineage.made
    lines = [Line(", ".join(lineage.aliases))] if lineage.aliases else []
    if version.created:
        time = datetime.fromtimestamp(version.created, UTC)
        lines.append(Line(f"registered {time:%Y-%m-%d}", f"registered {time:%Y-%m-%d %H:%M} UTC"))
    if made:
        lines.append(_digest(str(made["artifact"])) if made["artifact"] else Line("predictions only"))
    else:
        lines += [Line("not made by ml-ci"), Line(version.source, ends=True)]
    return Box("version", JUDGED, f"{version.model} v{version.version}", tuple(lines), "model")


def _holdout(made: Mapping[str, Any]) -> Box:
    detail = made["details"].get("data.holdout") or {}
    known = str(detail.get("content") or made["parts"].get("data.holdout") or "")
    return Box("holdout", JUDGED, "data.holdout", (_place(detail), _digest(known)))


def _baseline(made: Mapping[str, Any]) -> Box:
    said = made["baseline"]
    source = str(said["source"])
    lines = [Line(source.removeprefix(f"{NEW_MODEL}: "), source)]
    if said.get("training"):
        lines.append(_digest(str(said["training"])))
    return Box("baseline", JUDGED, "baseline", tuple(lines))


def _verdict(made: Mapping[str, Any]) -> Box:
    gates, verdict = made["gates"], str(made["verdict"])
    lines = [_gate(gate) for gate in gates[:_MOST_GATES]]
    if len(gates) > _MOST_GATES:
        rest = "; ".join(_gate(gate).text for gate in gates[_MOST_GATES:])
        lines.append(Line(f"and {plural(len(gates) - _MOST_GATES, 'gate')} more", rest))
    return Box("verdict", VERDICT, f"verdict: {verdict}", tuple(lines), verdict if verdict in _MARKS else "fail")


def _gate(gate: Mapping[str, Any]) -> Line:
    where = f" ({gate['slice']})" if gate.get("slice") else ""
    said = f"{_MARKS.get(gate['verdict'], '✗')} {gate['condition']}{where}"
    return Line(said, f"{said}: {gate.get('reason') or gate['verdict']}", code=True)


def _uses(lineage: Lineage) -> Iterator[Box]:
    latest = {event.stage: event for event in lineage.moves}
    moves = lineage.moves[-_MOST_USES:]
    for number, event in enumerate(moves):
        now = event.stage in lineage.aliases and latest[event.stage] is event
        yield Box(
            f"use{number}",
            USE,
            _use(event, now),
            (*_move(event, now), *_deployed(event, lineage)),
            "use" if now else "input",
        )
    if not moves:
        said = "in use, moved by hand" if CHAMPION in lineage.aliases else "never in use"
        yield Box("use0", USE, said, tuple(Line(alias) for alias in lineage.aliases))


def _deployed(event: Event, lineage: Lineage) -> Iterator[Line]:
    for one in lineage.tries:
        if one.move == event.id and one.state == "done":
            yield Line(f"{one.job} done {(one.ended or '')[:10]}")


def _move(event: Event, now: bool) -> Iterator[Line]:
    when = "since" if now else "from"
    yield Line(f"{when} {event.time[:10]}", f"{when} {event.time[:16].replace('T', ' ')} UTC")
    yield Line(f"by {_name(event.by)}", f"by {event.by}")
    if event.approved_by:
        yield Line(f"approved by {_name(event.approved_by)}", f"approved by {event.approved_by}")
    if event.reason:
        yield Line(f"reason: {event.reason}")


def _name(person: str) -> str:
    """Leave the address out: `Ada <ada@example.org>` is shown as Ada."""
    return person.partition(" <")[0]


def _use(event: Event, now: bool) -> str:
    how = f"{event.stage} again" if event.kind == "rollback" else event.stage
    return f"{how}, now" if now else f"{how}, before"


def _digest(known: str) -> Line:
    kind, mark, digits = known.rpartition(":")
    return Line(label(f"{kind}{mark}{digits[:_DIGEST]}", 60), known, code=True)
