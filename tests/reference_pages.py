"""Write docs/reference anew, from commands, actions and schema: `python tests/reference_pages.py [FOLDER]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from ml_ci.cli.commands import SECTIONS, Commands
from ml_ci.cli.main import command as ml_ci
from ml_ci.spec.schema import json_schema

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
_WIDTH = 100
_NOTE = "<!-- Written by tests/reference_pages.py -->\n"


def pages() -> dict[str, str]:
    """Give every page by the name of its file."""
    return {"commands.md": _commands(), "actions.md": _actions(), "keys.md": _keys()}


def _commands() -> str:
    lines = [_NOTE, "# Every command\n", "What each is for is told in [Commands and exit codes](../commands.md).\n"]
    assert isinstance(ml_ci, Commands)
    context = click.Context(ml_ci, info_name="ml-ci", max_content_width=_WIDTH, terminal_width=_WIDTH)
    for title, section in SECTIONS.items():
        lines.append(f"## {title}\n")
        for name in section:
            found = ml_ci.get_command(context, name)
            assert found is not None
            lines += _helps(found, context, name, 3)
    return "\n".join(lines)


def _helps(found: click.Command, parent: click.Context, name: str, level: int) -> Iterator[str]:
    """Give the help of a command, and of the commands below it."""
    context = found.make_context(name, ["--help"], parent, resilient_parsing=True)
    context.terminal_width = _WIDTH
    yield f"{'#' * level} {context.command_path}\n"
    yield f"```text\n{context.get_help().strip()}\n```\n"
    if isinstance(context.command, click.Group):
        for below in context.command.list_commands(context):
            inner = context.command.get_command(context, below)
            assert inner is not None
            yield from _helps(inner, context, below, level + 1)


def _actions() -> str:
    lines = [_NOTE, "# Every action\n", "For GitHub Actions; `uses: OWNER/ml-ci/actions/NAME@SHA`.\n"]
    for file in sorted((ROOT / "actions").glob("*/action.yml")):
        action = yaml.safe_load(file.read_text(encoding="utf-8"))
        lines += [f"## {file.parent.name}\n", f"{action['description']}\n"]
        inputs, outputs = action.get("inputs") or {}, action.get("outputs") or {}
        if inputs:
            rows = [(f"`{name}`", _cell(one["description"]), _code(one["default"])) for name, one in inputs.items()]
            lines.append(_table(("input", "means", "by default"), rows))
        if outputs:
            rows = [(f"`{name}`", _cell(one["description"])) for name, one in outputs.items()]
            lines.append(_table(("output", "means"), rows))
    return "\n".join(lines)


def _keys() -> str:
    schema = json_schema()
    lines = [
        _NOTE,
        "# Every key of ml-ci.yaml\n",
        "How they work together is told in [ml-ci.yaml](../configuration.md).\n",
    ]
    lines += ["## At the top\n", _properties(schema)]
    for name, shape in _named(schema["$defs"]).items():
        lines += [f"## {name}\n", *([f"{shape['description'].strip()}\n"] if "description" in shape else [])]
        lines.append(_properties(shape))
    return "\n".join(lines)


def _named(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the shapes with keys, by what they are called in ml-ci.yaml: a model first, what it is made of after it."""
    order = sorted(shapes, key=lambda name: (name != "ModelShape", name != "JobShape", name))
    return {name.removesuffix("Shape").lower(): shapes[name] for name in order if shapes[name].get("properties")}


def _properties(shape: Mapping[str, Any]) -> str:
    required = set(shape.get("required", ()))
    rows = [
        (f"`{key}`" + (" (required)" if key in required else ""), _cell(one.get("description", "")), _examples(one))
        for key, one in shape["properties"].items()
    ]
    return _table(("key", "means", "for example"), rows)


def _examples(one: Mapping[str, Any]) -> str:
    return "<br>".join(_code(_flow(example)) for example in one.get("examples", ()))


def _flow(example: object) -> str:
    """Write an example as it stands in YAML."""
    if isinstance(example, str):
        return example
    return yaml.safe_dump(example, default_flow_style=True, sort_keys=False, width=10_000).strip().removesuffix("\n...")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: object) -> str:
    said = text if isinstance(text, str) else json.dumps(text)
    return f"`{_cell(said)}`" if said else ""


def _table(headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
