"""How `ml-ci init` asks: choices by number, an answer is checked, an empty one takes the default or leaves the line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli.narrow import say
from ml_ci.errors import UserError

if TYPE_CHECKING:
    from ml_ci.setup.questions import Question
    from ml_ci.setup.values import Answers, Choice, Found

_LEAVE = "-"


def ask_all(found: Found, answers: Answers) -> Choice:
    """Ask for each key that is missing or not sure, one after another: what was answered may answer the next ones."""
    from ml_ci.setup.choose import choose
    from ml_ci.setup.look import read_programs
    from ml_ci.setup.questions import answer, make_question

    texts = read_programs(Path.cwd())
    asked: set[str] = set()
    choice = choose(found, answers)
    while key := _find_open(choice, answers, asked):
        asked.add(key)
        found = _count(found, choice) if key == "label" else found
        said = _ask(make_question(key, choose(found, answers), found, texts))
        answers = answer(answers, key, said) if said is not None else answers
        choice = choose(found, answers)
    return choice


def _find_open(choice: Choice, answers: Answers, asked: set[str]) -> str | None:
    """Give the next key to ask for; the positive value too where it was guessed by rareness, and guessed labels."""
    guessed = answers.positive is None and ("positive" in choice.why or "label" in asked)
    unsure = [*(["label"] if "label" in choice.why else []), *(["positive"] if guessed else [])]
    order = ("run", "outputs", "predict", "data", "label", "positive")
    return next((key for key in order if key in (*choice.missing, *unsure) and key not in asked), None)


def _count(found: Found, choice: Choice) -> Found:
    """Know the values of every column of the table in which the label is."""
    from ml_ci.setup.data import count_values

    tables = tuple(count_values(Path.cwd(), one) if one is choice.judged else one for one in found.tables)
    return replace(found, tables=tables)


def _ask(question: Question) -> str | None:
    """Ask until an answer is taken; None where the line is left to be filled in by hand."""

    def read(text: str) -> str:
        if text.strip() in ("", _LEAVE):
            return _LEAVE
        try:
            return question.read(text)
        except UserError as error:
            raise click.UsageError(error.message) from None

    say(question.text)
    for number, (value, note) in enumerate(question.options, 1):
        place = f"{number}  " if question.numbered else ""
        say(f"  {place}{value}{f' ({note})' if note else ''}")
    kind = "Number or answer" if question.numbered else "Answer"
    leaves = f"Enter: {question.default}, {_LEAVE}: later" if question.default else "Enter: later"
    said: str = click.prompt(
        f"{kind} ({leaves})", default=question.default or _LEAVE, show_default=False, value_proc=read
    )
    return None if said == _LEAVE else said
