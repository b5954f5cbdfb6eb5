"""The model card: what a model-risk reviewer or an auditor asks for, as sections of paragraphs and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.registry.history import History
from ml_ci.registry.values import CHAMPION, Event, Lineage
from ml_ci.reports.card_ai_act import tell_ai_act
from ml_ci.reports.card_audit import tell_audit
from ml_ci.reports.card_facts import Facts as Facts
from ml_ci.reports.card_rates import rates
from ml_ci.reports.card_review import tell_review
from ml_ci.reports.card_values import Card, Classes, Grid, Importance, Section
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.history import cells, head, lost, staged
from ml_ci.reports.lineage_boxes import picture, place
from ml_ci.reports.numbers import count, duration, percent, points, signed
from ml_ci.reports.values import ModelReport
from ml_ci.suspicion.overlap import plainly


def card(facts: Facts) -> Card:
    """Put the card of one version together."""
    version, made = facts.lineage.version, facts.lineage.made
    sections = [
        _purpose(facts),
        Section("Where it comes from", picture=picture(facts.lineage)),
        _data(facts),
        *rates(facts.model, facts.impact),
        _relied(facts.relied),
        _gates(facts.model),
        _training(made),
        _history(facts.history),
        _back(facts),
        _again(facts.lineage),
        tell_audit(facts),
        tell_review(facts),
        tell_ai_act(facts),
    ]
    return Card(f"{version.model} v{version.version}", tuple(_gather_lacking(sections)))


def _gather_lacking(sections: list[Section]) -> Iterator[Section]:
    """Give the sections that tell something, and one at the end that says of the others why they are not there."""
    yield from (one for one in sections if not one.lacks)
    why: dict[str, list[str]] = {}
    for one in sections:
        if one.lacks:
            why.setdefault(one.paragraphs[0], []).append(one.title)
    if why:
        said = (f"{'; '.join(titles)}: {text[:1].lower()}{text[1:]}" for text, titles in why.items())
        yield Section("What this card does not tell", tuple(said))


def _purpose(facts: Facts) -> Section:
    lineage, said = facts.lineage, facts.said
    names = f" ({', '.join(lineage.aliases)})" if lineage.aliases else ""
    rows = [
        ("Intended use", said.intended_use or "not stated (`card: {intended_use: ...}` in ml-ci.yaml)"),
        ("Owner", said.owner or "not stated (`card: {owner: ...}` in ml-ci.yaml)"),
        ("Limitations", said.limitations or "not stated (`card: {limitations: ...}` in ml-ci.yaml)"),
        *_predicts(lineage.made["details"].get("metrics") or {}),
        ("Version", f"v{lineage.version.version}{names}"),
        *_let_in(facts),
        ("Verdict", str(lineage.made["verdict"])),
        ("Commit", str(lineage.made["commit"]) + (", with changes in no commit" if lineage.made["dirty"] else "")),
    ]
    return Section("The model", (), (Grid(("", ""), tuple(rows)),))


def _predicts(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "label" in metrics:
        label, positive = metrics["label"], metrics.get("positive")
        shown = positive if str(positive).startswith(("<", ">")) else f"= {_listed(positive)}"
        yield "Predicts", f"`{label}` {shown} (positive)"
    if metrics.get("threshold") is not None:
        yield "Decides", f"positive from a score of {metrics['threshold']} on"


def _listed(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _let_in(facts: Facts) -> Iterator[tuple[str, str]]:
    """Say who let it in, and on what grounds where those are not its verdict."""
    events = [event for event in facts.lineage.moves if event.stage == CHAMPION]
    if not events:
        yield "Let in by", "nobody: it was never champion"
        return
    event = events[-1]
    yield "Let in by", f"{event.by}, {event.time[:16].replace('T', ' ')} UTC"
    yield "Approved by", event.approved_by or "nobody was asked"
    if event.overrides:
        yield "Allowed by hand", ", ".join(event.overrides)
    if event.reason:
        yield "Reason", event.reason
    stays = [stay for stay in facts.history.stays if stay.event.version == facts.lineage.version.version]
    if stays:
        used = _used(sum(stay.seconds for stay in stays), any(stay.current for stay in stays))
        yield "In use", f"{'at most ' * any(stay.at_most for stay in stays)}{used}"


def _used(seconds: float, current: bool) -> str:
    days = int(seconds // 86400)
    return f"{f'{days:,} days' if days > 1 else duration(seconds)}{' until now' if current else ', not now'}"


def _data(facts: Facts) -> Section:
    made, model = facts.lineage.made, facts.model
    rows = []
    for part, digest in sorted(made["parts"].items()):
        if part.startswith("data."):
            name, detail = part.removeprefix("data."), made["details"].get(part) or {}
            counted = facts.classes.get(name)
            if name == "holdout" and model.candidate is not None:
                counted = Classes(model.candidate.confusion.negatives, model.candidate.confusion.positives)
            where, known = place(detail), str(detail.get("content") or digest)
            rows.append((name, where, *_counted(counted), known))
    said = ["The holdout is what the model was judged on.", *_overlaps(model)]
    cut = made["details"].get("data.holdout") or {}
    if cut.get("folds"):
        said.append(
            f"It is every row of {cut['of']}, in {cut['folds']} folds: each row was scored by a model that was trained "
            "without its fold, and the model itself was trained on all of them."
        )
    elif cut.get("of"):
        said.append(
            f"It was cut out of {cut['of']} by the rows' content: its rows are counted among those of {cut['of']}."
        )
    return Section(
        "Data", (" ".join(said),), (Grid(("entry", "where", "rows", "positives", "digest"), tuple(rows), "llrrc"),)
    )


def _overlaps(model: ModelReport) -> Iterator[str]:
    """Say for each table that it was trained on how many rows of the holdout stand there."""
    found = [one for one in model.overlaps or () if one.side == "candidate"]
    yield from (plainly(one) for one in found)
    if not found:
        yield "Whether rows of it stand in what the model was trained on was not looked for, or could not be."


def _counted(classes: Classes | None) -> tuple[str, str]:
    if classes is None or classes.why:
        return (classes.why if classes is not None else "") or "not counted", ""
    rows = classes.negatives + classes.positives
    return count(rows), f"{count(classes.positives)} ({percent(classes.positives / rows)})" if rows else "none"


def _relied(relied: Importance) -> Section:
    title = "What the model relies on"
    if relied.why or not relied.moved:
        return Section(title, (f"Not measured: {relied.why or 'it has no features'}.",))
    left = f" {count(relied.left)} further features were not shuffled." if relied.left else ""
    said = (
        f"Permutation importance: each feature was shuffled over {count(relied.rows)} rows of the holdout (the seed is "
        f"fixed), and the model scored them again: by how much the rates moved.{left} Features that go together hide "
        "each other, and what a model relies on is no cause."
    )
    rows = tuple((one.feature, points(one.fpr), points(one.fnr), _change(one.auc)) for one in relied.moved)
    return Section(title, (said,), (Grid(("feature", "FPR", "FNR", "AUC"), rows, "lrrr"),))


def _change(value: float | None) -> str:
    return signed(None if value is None else round(value, 3))


def _gates(model: ModelReport) -> Section:
    if not model.gates:
        return Section("Gates", ("No gate judged it.",))
    rows = tuple(
        (f"{MARKS[gate.verdict]} {gate.verdict}", gate.condition, gate.slice or "", gate.reason) for gate in model.gates
    )
    grid = Grid(("verdict", "gate", "slice", "why"), rows, "lcll")
    return Section("Gates", (*model.cautions, *model.notes), (grid if any(row[2] for row in rows) else _narrow(grid),))


def _narrow(grid: Grid) -> Grid:
    """Leave the third column out: no gate is of a slice."""
    return Grid((*grid.head[:2], grid.head[3]), tuple((*row[:2], row[3]) for row in grid.rows), "lcl")


def _training(made: Mapping[str, Any]) -> Section:
    details = made["details"]
    job = details.get("job") or {}
    command = job.get("train") or job.get("run")
    rows = [("job", " ".join(command) if isinstance(command, list) else str(command))] if command else []
    rows += [(f"params: {key}", str(value)) for key, value in (details.get("params") or {}).items()]
    rows += [("seed", str(made["seed"]))]
    rows += [("time", duration(made["seconds"]))] if made.get("seconds") is not None else []
    rows += [("memory", f"{made['megabytes']:,.0f} MB at most")] if made.get("megabytes") is not None else []
    known = {name: version for name, version in made["environment"].items() if version}
    listed = ", ".join(f"{name} {version}" for name, version in sorted(known.items()) if name != "python")
    rows += [("environment", f"Python {known.get('python', 'unknown')}" + (f"; {listed}" if listed else ""))]
    rows += [("code", ", ".join(sorted(details.get("code") or {})) or "none")]
    digests = (("training", str(made["training"])), ("model", str(made["artifact"]) or "predictions only"))
    return Section("Training", (), (Grid(("", ""), tuple(rows)), Grid(("", ""), digests, "lc")))


def _history(history: History) -> Section:
    rows = tuple(("now" if mark else "", *rest) for mark, *rest in (cells(stay, 1000) for stay in history.stays))
    said = [_foreign(history)] if history.foreign else [lost(history)] if history.lost else []
    said += [staged(event) for event in history.staged]
    return Section(
        "History",
        tuple(said) or (() if rows else ("It was never promoted.",)),
        (Grid(head(), rows, "nnnnnnlll"),) if rows else (),
    )


def _foreign(history: History) -> str:
    champion = history.champion
    assert champion is not None  # noqa: S101
    return f"v{champion.version} is champion, and ml-ci did not put it there."


def _back(facts: Facts) -> Section:
    model, history = facts.lineage.version.model, facts.history
    replaced = _replaced(facts)
    if CHAMPION not in facts.lineage.aliases:
        now = f"v{history.champion.version} is in use" if history.champion is not None else "nothing is in use"
        return Section("How to take it back", (f"It is not in use: {now}.",))
    if replaced is None or replaced.replaced is None:
        return Section("How to take it back", ("No version was in use before it: there is nothing to go back to.",))
    said = f"This makes v{replaced.replaced} champion again, which was in use before; who, when and why are kept."
    return Section("How to take it back", (said,), code=(f"ml-ci rollback {model} --reason 'why'",))


def _replaced(facts: Facts) -> Event | None:
    found = [event for event in facts.lineage.moves if event.stage == CHAMPION and event.kind == "promotion"]
    return found[-1] if found else None


def _again(lineage: Lineage) -> Section:
    name = f"{lineage.version.model}@{lineage.version.version}"
    said = "This trains it again from its commit, its data and its environment, and says whether it predicts the same."
    return Section("How to make it again", (said,), code=(f"ml-ci reproduce {name}",))
