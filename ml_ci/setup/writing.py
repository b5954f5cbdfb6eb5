"""The text of the files that `ml-ci init` writes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ml_ci.setup.values import Choice, Found

ORDER = (
    "train", "run", "cwd", "python", "outputs", "predict", "fetch", "data", "label", "positive", "params", "behaviours",
    "gates",
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z_./><=][\w./:%+=<>~ -]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "~"}
UNKNOWN_ACTION = "OWNER/ml-ci@SHA"


def configuration(choice: Choice) -> str:
    """Write ml-ci.yaml. A key that is missing has no value: `ml-ci run` then names its line."""
    lines = ["version: 1", "models:", f"  {choice.name}:"]
    for key in ORDER:
        if key in choice.missing:
            lines.append(f"    {key}:   # fill in: {choice.missing[key]}")
        elif key in choice.keys:
            lines += _entry(key, choice.keys[key], choice.why.get(key, ""), choice.notes)
        if key == "behaviours":
            lines += _suggest(choice)
    return "\n".join(lines) + "\n"


def add_gates(text: str, gates: Mapping[str, str]) -> str | None:
    """Add gates, each with a comment, below those of a configuration that `configuration` wrote; None of another."""
    lines = text.splitlines()
    at = find_line("gates", text)
    if at is None or at == len(lines) or not lines[at].startswith("      - "):
        return None
    while at < len(lines) and lines[at].startswith("      - "):
        at += 1
    lines[at:at] = [f"      - {flow(gate)}   # {why}" for gate, why in gates.items()]
    return "\n".join(lines) + "\n"


def line_of(key: str, text: str) -> int:
    """Give the line of a model's key in a configuration that `configuration` wrote."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(f"    {key}:"))


def find_line(key: str, text: str) -> int | None:
    """Give the line of a model's key; None where it has none, or there are several models to look at."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(f"    {key}:")]
    return lines[0] if len(lines) == 1 else None


def test(name: str) -> str:
    """Write a first test of the model, for pytest."""
    return f'''"""Run with: pytest --ml-ci"""

import pytest


@pytest.mark.ml_model("{name}")
def test_the_model_answers_both_ways(candidate):
    """The gates of ml-ci.yaml are tests already; this is the place for what you know of the model beside them."""
    assert 0 < candidate.positives < candidate.rows
'''


def workflow(name: str, found: Found, action: str | None, folder: str = ".", slug: str = "") -> str:
    """Write a workflow from its template: with the default branch, the job's Python and the actions' address.

    `slug` tells the workflows of a monorepo's projects apart: runs of one must not cancel those of another. Statuses
    are told apart by the folder, which the workflow's comments name.
    """
    text = templates().joinpath("workflows", f"{name}.yml").read_text(encoding="utf-8")
    owner, _, sha = (action or UNKNOWN_ACTION).partition("@")
    text = text.replace("OWNER/ml-ci/", f"{owner}/").replace("@SHA", f"@{sha}")
    if slug:
        text = re.sub(r"^(name: ml-ci)(?=$| )", rf"\1 {slug}", text, flags=re.MULTILINE)
        text = text.replace("group: ml-ci-", f"group: ml-ci-{slug}-").replace("[ml-ci]", f"[ml-ci {slug}]")
        text = text.replace("gate: ml-ci.yml", f"gate: ml-ci-{slug}.yml").replace(
            "ml-ci-retrain.yml", f"ml-ci-{slug}-retrain.yml"
        )
        text = re.sub(r"`ml-ci(/MODEL)?`", lambda found: f"`ml-ci ({folder}){found[1] or ''}`", text)
    if found.branch not in (None, "main"):
        text = text.replace("branches: [main]", f"branches: [{json.dumps(found.branch)}]")
    settings = {"working-directory": folder if folder != "." else None, "python-version": found.python}
    given = {key: value for key, value in settings.items() if value}
    for kind, keys in {
        "gate": given,
        "plan": given,
        "report": {"working-directory"},
        "promote": {"working-directory"},
        "deploy": {"working-directory"},
        "watch": {"working-directory"},
        "alert": {"working-directory"},
        "retrain": given,
        "propose": {"working-directory"},
    }.items():
        text = _with(text, kind, {key: given[key] for key in given if key in keys})
    return text


def is_unfilled(at: Path, text: str) -> bool:
    """Say whether a file is what would be written, but for the actions' address, which is known now."""
    try:
        there = at.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    owner, _, sha = UNKNOWN_ACTION.partition("@")
    found = re.search(r"uses: (\S+?)/actions/\w+@(\S+)", text)
    if there == text or found is None:
        return False
    return there.replace(f"{owner}/actions/", f"{found[1]}/actions/").replace(f"@{sha}", f"@{found[2]}") == text


def templates() -> Traversable:
    """Find the templates: in the package where it is installed, at the top of the repository otherwise."""
    packaged = files("ml_ci") / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "templates"


def names() -> tuple[str, ...]:
    """Name the workflows that there are templates of."""
    return tuple(
        sorted(
            one.name.removesuffix(".yml")
            for one in templates().joinpath("workflows").iterdir()
            if one.name.endswith(".yml")
        )
    )


def _with(text: str, kind: str, given: Mapping[str, str]) -> str:
    """Add inputs to the steps that use an action."""
    if not given:
        return text
    lines = text.splitlines()
    for index in [number for number, line in enumerate(lines) if f"/actions/{kind}@" in line][::-1]:
        indent = " " * lines[index].index("uses:")  # of the step's keys, of which it may not be the first
        inputs = [f"{indent}  {key}: {json.dumps(value)}" for key, value in given.items()]
        at = next((n for n in range(index + 1, min(index + 3, len(lines))) if lines[n] == f"{indent}with:"), None)
        lines[(at or index) + 1 : (at or index) + 1] = inputs if at else [f"{indent}with:", *inputs]
    return "\n".join(lines) + "\n"


def _suggest(choice: Choice) -> list[str]:
    """Write as comments what only a person can vouch for."""
    if not choice.suggested:
        return []
    head = [] if "behaviours" in choice.keys else ["    # behaviours:"]
    said = "      # Which of these has to hold, say you; each wants a gate, such as NAME <= baseline.NAME + 0.01:"
    return [*head, said, *(f"      # {line}" for line in choice.suggested)]


def _entry(key: str, value: object, why: str, notes: Mapping[str, str]) -> list[str]:
    comment = f"   # {why}" if why else ""
    if isinstance(value, dict) and key in ("data", "behaviours"):
        why_each = {name: f"   # {notes[name]}" if name in notes and key == "behaviours" else "" for name in value}
        return [f"    {key}:{comment}", *(f"      {name}: {flow(one)}{why_each[name]}" for name, one in value.items())]
    if isinstance(value, list):
        return [f"    {key}:{comment}", *(f"      - {flow(one)}" for one in value)]
    return [f"    {key}: {flow(value)}{comment}"]


def flow(value: object) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    if isinstance(value, str):
        plain = (
            _PLAIN.fullmatch(value)
            and value.lower() not in _WORDS
            and ": " not in value
            and value[0] not in "><="
            and not value.endswith((":", " "))
        )
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
