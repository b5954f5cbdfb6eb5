"""The questions of `ml-ci init`: what is asked, which answers there are to choose from, which are taken. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.setup.choose_data import read_share
from ml_ci.setup.scripts import is_scores
from ml_ci.setup.values import Answers, Choice, DataFile, Found

_MOST = 12
_LONGEST = 9  # digits of a number that is meant: Python refuses to read some thousands
_ENTRY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_COMPARISON = re.compile(r"(?:>=|<=|>|<)\s*-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Question:
    """What is asked for a key. `options` are (answer, what is known of it), `default` is taken for an empty answer.

    `check` gives the answer as it is kept, or raises UserError with the reason for which it is not taken.
    """

    key: str
    text: str
    options: tuple[tuple[str, str], ...]
    default: str | None
    check: Callable[[str], str]

    @property
    def numbered(self) -> bool:
        """Say whether an option may be chosen by its number: not where an answer may be a number itself."""
        return bool(self.options) and not any(re.fullmatch(r"-?[\d.]+", value) for value, _ in self.options)

    def read(self, text: str) -> str:
        """Take an answer: an option by its number or itself, or what `check` lets pass."""
        text = text.strip()
        if self.numbered and text.isdecimal():
            if len(text) > _LONGEST or not 1 <= int(text) <= len(self.options):
                raise UserError(f"{text[:40]}: there are the numbers 1 to {len(self.options)}")
            return self.options[int(text) - 1][0]
        return self.check(text)


def make_question(key: str, choice: Choice, found: Found, texts: Mapping[str, str]) -> Question:
    """Make the question for a key that is missing or not sure; `texts` are the repository's Python files."""
    return {
        "run": lambda: _ask_run(found),
        "outputs": lambda: _ask_outputs(found),
        "predict": lambda: _ask_predict(choice, texts),
        "data": lambda: _ask_data(found),
        "label": lambda: _ask_label(choice.judged),
        "positive": lambda: _ask_positive(choice),
    }[key]()


def answer(answers: Answers, key: str, value: str) -> Answers:
    """Put what was answered for a key among the answers."""
    if key == "outputs":
        return replace(answers, predictions=value) if is_scores(value) else replace(answers, model=value)
    given: dict[str, Any] = {{"data": "holdout"}.get(key, key): value}
    return replace(answers, **given)


def check_answers(found: Found, answers: Answers, choice: Choice, texts: Mapping[str, str]) -> None:
    """Refuse an answer that was given as an option and would not be taken at its question; UserError says why."""
    given = {"label": answers.label, "positive": answers.positive, "predict": answers.predict, "outputs": answers.model}
    for key, value in given.items():
        if value is not None:
            option = "model" if key == "outputs" else key
            try:
                make_question(key, choice, found, texts).check(value)
            except UserError as error:
                said = error.message.removeprefix(f"{value}: ")
                raise UserError(f"--{option} {value}: {said}", hint=error.hint) from None


def _ask_run(found: Found) -> Question:
    programs = [*(one.text for one in found.commands), *(f"python {one.path}" for one in found.scripts)]
    options = tuple((text, "") for text in dict.fromkeys([*programs, *(f"python {path}" for path in found.idle)]))
    return Question("run", "Which command trains the model?", options[:_MOST], None, _refuse_nothing)


def _refuse_nothing(text: str) -> str:
    return text


def _ask_outputs(found: Found) -> Question:
    script = next(iter(found.scripts), None)
    tables = ((path, "a table that it leaves") for path in (script.scores if script else ()))
    models = ((path, "a model that git has of an earlier run") for path in (script.earlier if script else ()))
    options = (*models, *tables)
    text = "What does the command leave: a model, or the holdout's predictions? Its path:"
    return Question("outputs", text, options, None, _check_path)


def _check_path(text: str) -> str:
    if text.startswith(("/", "~", "..")) or "/../" in text or "\\" in text:
        raise UserError(f"{text}: expected a path inside the repository, such as models/model.joblib")
    return text


def _ask_predict(choice: Choice, texts: Mapping[str, str]) -> Question:
    folder = str(choice.keys.get("cwd", "."))

    def check(text: str) -> str:
        if not _ENTRY.fullmatch(text):
            raise UserError(f"{text}: expected module:function, such as adapter:predict")
        module, _, name = text.partition(":")
        path = f"{module.replace('.', '/')}.py"
        places = [path, f"src/{path}", f"{folder}/{path}"]
        source = next((texts[place] for place in places if place in texts), None)
        if source is None:
            raise UserError(f"{text}: there is no {path} in the repository")
        known = _list_functions(source)
        if name not in known:
            raise UserError(f"{text}: {path} has no function {name}; it has {', '.join(known) or 'none'}")
        return text

    return Question("predict", "Which function scores rows with it (module:function)?", (), None, check)


def _list_functions(text: str) -> list[str]:
    try:
        return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    except SyntaxError:
        return []


def _ask_data(found: Found) -> Question:
    tables = {table.path: table for table in found.tables}

    def check(text: str) -> str:
        if text not in tables and read_share(text) is None:
            near = get_close_matches(text, tables, 1)
            raise UserError(f"{text}: there is no such table{f'; did you mean {near[0]}?' if near else ''}")
        return text

    options = tuple((path, f"{table.rows:,} rows") for path, table in tables.items())[:_MOST]
    return Question("data", "Which table has the labelled rows to judge on?", options, None, check)


def _ask_label(table: DataFile | None) -> Question:
    columns = table.columns if table else ()
    values = table.values if table else {}

    def check(text: str) -> str:
        if columns and text not in columns:
            near = get_close_matches(text, columns, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(columns[:20])}"
            raise UserError(f"there is no column {text!r}{hint}")
        return text

    few = sorted((name for name in columns if 2 <= len(values.get(name, ())) <= _MOST), key=lambda n: len(values[n]))
    options = tuple((name, "/".join(sorted(values[name])[:4])) for name in few)[:_MOST]
    two = few[:1] if few and len(values[few[0]]) == 2 else []
    return Question("label", "Which column is the label?", options, next(iter(two), None), check)


def _ask_positive(choice: Choice) -> Question:
    label = str(choice.keys.get("label", ""))
    values = choice.judged.values.get(label, ()) if choice.judged else ()

    def check(text: str) -> str:
        if _COMPARISON.fullmatch(text) or not values or text in values:
            return text
        raise UserError(f"{label} is never {text!r}; it is {', '.join(values)}, or a comparison such as >= 7")

    guess = choice.keys.get("positive")
    default = next((value for value in values if guess is not None and value in (str(guess), f"{guess}.0")), None)
    options = tuple((value, "") for value in sorted(values, key=lambda one: one != default))
    return Question(
        "positive", f"Which value of {label or 'the label'} is the positive class?", options, default, check
    )
