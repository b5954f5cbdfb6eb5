"""Where a version comes from: as text, as JSON, and as Mermaid, which GitHub and editors draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.records.codec import pack
from ml_ci.registry.values import Lineage
from ml_ci.reports import deployments
from ml_ci.reports.lineage_boxes import Picture, picture, place
from ml_ci.reports.text import label, plural

FORMAT = 1


def text(lineage: Lineage) -> Iterator[str]:
    """Say line by line what a version was made of, judged by, and used for."""
    version, made = lineage.version, lineage.made
    names = f"  ({', '.join(lineage.aliases)})" if lineage.aliases else ""
    yield f"{label(version.model)} v{version.version}{names}"
    if not made:
        yield "  ml-ci did not make this version: only its files are known"
        yield f"  files        {label(version.source, 300)}"
        return
    yield f"  commit       {made['commit']}{', with changes that are in no commit' if made['dirty'] else ''}"
    for part, known in sorted(made["parts"].items()):
        yield f"  {part:<12} {known[:16]}{_told(part, made['details'].get(part, {}))}"
    yield f"  training     {made['training'][:16]}"
    yield f"  model        {made['artifact'][:16] or 'predictions only'}"
    yield f"  baseline     {label(str(made['baseline']['source']))}"
    yield f"  verdict      {made['verdict']}"
    for gate in made["gates"]:
        where = f" ({label(gate['slice'])})" if gate["slice"] else ""
        yield f"    {gate['verdict']:<12} {label(gate['condition'])}{where}"
    for event in lineage.moves:
        reason = f": {label(event.reason)}" if event.reason else ""
        yield f"  {event.kind:<12} {event.time[:16].replace('T', ' ')} UTC by {label(event.by)}{reason}"
    for one in deployments.list_told(lineage.tries):
        yield f"  {'deployment':<12} {label(one.job, 60)} {deployments.say(one)}"
    yield f"  make it again: ml-ci reproduce {label(version.model)}@{version.version}"


def as_json(lineage: Lineage) -> dict[str, Any]:
    """Give it as builtin types, format 1."""
    version = lineage.version
    return {
        "format": FORMAT,
        "model": version.model,
        "version": version.version,
        "aliases": list(lineage.aliases),
        "source": version.source,
        "made": dict(lineage.made),
        "moves": [pack(event) for event in lineage.moves],
        "deployments": deployments.as_json(lineage.tries),
    }


def mermaid(lineage: Lineage) -> Iterator[str]:
    """Draw it as Mermaid: what went in, the training, the version, its verdict, its use."""
    return flowchart(picture(lineage))


def flowchart(shown: Picture) -> Iterator[str]:
    """Draw a picture as Mermaid."""
    yield "flowchart LR"
    for box in shown.boxes:
        yield f"  {box.name}[{_quoted(box.title, *(line.text for line in box.lines))}]"
    for start, end in shown.arrows:
        yield f"  {start} --> {end}"


def _told(part: str, detail: Mapping[str, Any]) -> str:
    if part.startswith("data."):
        made = f", content {label(str(detail['content']), 16)}" if detail.get("job") and detail.get("content") else ""
        return f"  {label(place(detail))}{made}"
    if part == "code":
        return f"  {plural(len(detail), 'file')}"
    if part == "environment" and detail:
        return f"  Python {label(str(detail.get('python')), 20)}, {plural(len(detail) - 1, 'distribution')}"
    if part == "seed":
        return f"  {label(str(detail.get('seed')), 20)}"
    return ""


def _quoted(*lines: str) -> str:
    """Quote a node's text: Mermaid reads entities by `#`, and everything else between quotes as text."""
    safe = (re.sub(r"[\"#&<>`]", lambda found: f"#{ord(found.group())};", label(line, 80)) for line in lines if line)
    return '"' + "<br/>".join(safe) + '"'
