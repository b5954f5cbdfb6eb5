"""The templates of `dvc.yaml`: `${name.key[0]}` filled in as DVC fills it in.

https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#templating
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.spec.problems import show, suggest

_FOUND = re.compile(r"(?<!\\)\$\{(?P<inner>.*?)\}")
_EXPRESSION = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^.\[\]]+\])*")
_MAY_BE_WHOLE = ("foreach", "matrix")


class TemplateError(Exception):
    """A template that cannot be filled in; the text says why."""


@dataclass(frozen=True)
class Writing:
    """How a mapping becomes flags of a command: the section `parsing` of DVC's settings.

    `negates` writes `--no-name` for false, `repeats` the name of a list's flag before each of its values.
    """

    negates: bool = False
    repeats: bool = False


PLAIN = Writing()


def fill(value: Any, known: Mapping[str, Any], key: str, writing: Writing = PLAIN) -> Any:
    """Fill in every text of a value, keys too; `key` is the one of the stage that it stands under.

    A text that is one template and nothing else keeps the kind of what it names. TemplateError where a name is not
    known, is no expression, or is a list or a mapping where only one value can stand.
    """
    if isinstance(value, Mapping):
        return {str(fill(name, known, key, writing)): fill(item, known, key, writing) for name, item in value.items()}
    if isinstance(value, list):
        return [fill(item, known, key, writing) for item in value]
    return _fill_text(value, known, key, writing) if isinstance(value, str) else value


def has_template(value: Any) -> bool:
    """Say whether any text of a value is to be filled in."""
    if isinstance(value, Mapping):
        return any(has_template(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return any(map(has_template, value))
    return isinstance(value, str) and _FOUND.search(value) is not None


def write(value: Any, writing: Writing = PLAIN) -> str:
    """Write a value into a text: true and false as YAML does, a mapping as flags of a command."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return " ".join(flag for name, item in _flatten(value) for flag in _flags(name, item, writing))
    return str(value)


def _fill_text(text: str, known: Mapping[str, Any], key: str, writing: Writing) -> Any:
    found = _FOUND.fullmatch(text)
    if found is not None and len(_FOUND.findall(text)) == 1:
        value = _select(found["inner"], known)
        _refuse_many(found["inner"], value, key)
        return write(value, writing) if isinstance(value, Mapping) and key == "cmd" else value

    def fill_one(one: re.Match[str]) -> str:
        value = _select(one["inner"], known)
        if key in _MAY_BE_WHOLE and isinstance(value, Mapping | list):
            raise TemplateError(f"${{{one['inner']}}} is {show(value)}, which no text can hold")
        _refuse_many(one["inner"], value, key)
        return write(value, writing)

    return _FOUND.sub(fill_one, text).replace(r"\${", "${")


def _refuse_many(inner: str, value: Any, key: str) -> None:
    if key in _MAY_BE_WHOLE or (key == "cmd" and isinstance(value, Mapping)):
        return
    if isinstance(value, Mapping | list):
        raise TemplateError(f"${{{inner}}} is {show(value)}, and one value is expected here; name one inside of it")


def _select(inner: str, known: Mapping[str, Any]) -> Any:
    if not _EXPRESSION.fullmatch(inner):
        raise TemplateError(f"${{{inner}}} is no name; write ${{name}}, ${{name.key}} or ${{name[0]}}")
    value: Any = known
    for name in (part.strip() for part in inner.replace("[", ".").replace("]", "").split(".")):
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and re.fullmatch(r"-?\d+", name) and -len(value) <= int(name) < len(value):
            value = value[int(name)]
        else:
            names = list(map(str, value)) if isinstance(value, Mapping) else []
            raise TemplateError(f"${{{inner}}}: nothing is called {show(name)}{_hint(name, names)}")
    return value


def _hint(name: str, names: list[str]) -> str:
    return suggest(name, names) or (f"; known are {', '.join(names[:12])}" if names else "")


def _flatten(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield from _flatten(item, f"{above}{name}.")
        else:
            yield f"{above}{name}", item


def _flags(name: str, value: Any, writing: Writing) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}"] if value else [f"--no-{name}"] if writing.negates else []
    if isinstance(value, str):
        return [f"--{name} {shlex.quote(value)}"]
    if isinstance(value, list):
        if any(isinstance(one, list | Mapping) for one in value):
            raise TemplateError(f"{name} holds lists or mappings inside of a list, which are no flags")
        each = [shlex.quote(one) if isinstance(one, str) else str(one) for one in value]
        return (
            [f"--{name} {one}" for one in each] if writing.repeats else [f"--{name} {' '.join(each)}"] if each else []
        )
    return [f"--{name} {value}"]
