"""From what was found and what was answered to what ml-ci.yaml says. Pure."""

from __future__ import annotations

import posixpath
import shlex
import sys

from ml_ci.setup.choose_data import choose_data, choose_label
from ml_ci.setup.values import Answers, Choice, Command, Found, Script
from ml_ci.spec.placeholders import PLACEHOLDER


def choose(found: Found, answers: Answers) -> Choice:
    """Choose every key of the model; what can be neither found nor guessed is missing, with how to fill it in."""
    choice = Choice(answers.name or found.name, {})
    command, script = _choose_program(found, answers)
    _choose_job(choice, found, answers, command, script)
    needs = tuple(command.needs) if command else ()
    judged = choose_data(choice, found, answers, script, needs)
    choose_label(choice, answers, script, judged)
    _choose_extras(choice, found, answers)
    choice.keys["gates"] = ["fpr <= baseline.fpr + 0.02", "fnr <= baseline.fnr + 0.02"]
    choice.why["gates"] = "no worse than before; a first model needs a fixed limit too, which ml-ci run proposes"
    return choice


def _choose_program(found: Found, answers: Answers) -> tuple[Command | None, Script | None]:
    """Choose what is started: a command of the repository, the likeliest program, or none where an answer says it."""
    if answers.train or answers.run:
        named = next((one for one in found.scripts if one.path in (answers.run or "")), None)
        return None, named
    script = next(iter(found.scripts), None)
    of_it = next((one for one in found.commands if script is not None and one.program == script.path), None)
    other = next((one for one in found.commands if one.program is None), None)
    if of_it is None and other is not None and (script is None or not script.writes):
        return other, None  # a program in another language, or a step that make alone knows
    return of_it, script


def _choose_job(choice: Choice, found: Found, answers: Answers, command: Command | None, script: Script | None) -> None:
    if answers.train or (not answers.run and command is None and script and _is_function(script)):
        module = script.path.removesuffix(".py").replace("/", ".").removeprefix("src.") if script else ""
        function = script.function[0] if script and script.function else ""
        choice.keys["train"] = answers.train or f"{module}:{function}"
        return
    text = answers.run or (command.text if command else _make_command(found, script))
    if text is None:
        idle = f"; {', '.join(found.idle[:2])} trains, and does nothing when it is started" if found.idle else ""
        choice.missing["run"] = f"the command that trains, such as python train.py; or train: module:function{idle}"
    else:
        choice.keys["run"] = text
    if command and not answers.run:
        choice.why["run"] = f"as {command.source} says"
    cwd = answers.cwd or (command.cwd if command else script.cwd if script and not answers.run else ".")
    if cwd != ".":
        choice.keys["cwd"] = cwd
        if not command:
            choice.why["cwd"] = "from where the program's paths lead to files"
    _choose_outputs(choice, answers, command, script)


def _is_function(script: Script) -> bool:
    """Say whether a function is called and no program started: one that leaves a model by itself goes first."""
    importable = all(part.isidentifier() for part in script.path.removesuffix(".py").split("/"))
    return script.function is not None and importable and not (script.runs and script.writes)


def _make_command(found: Found, script: Script | None) -> str | None:
    if script and script.module and script.cwd == ".":
        return f"python -m {script.module}"
    if script:
        return f"python {_quote(posixpath.relpath(script.path, script.cwd))}"
    if found.notebooks:
        return f"jupyter nbconvert --to notebook --execute {_quote(found.notebooks[0])} --output-dir {{out}}"
    return None


def _quote(path: str) -> str:
    """Quote a path for the command line of `run:`: for the shell, and where ml-ci would fill something in."""
    quoted = shlex.quote(f"./{path}" if path.startswith("-") else path)
    return PLACEHOLDER.sub(lambda found: found[0].replace("{", "{''", 1), quoted)


def _choose_outputs(choice: Choice, answers: Answers, command: Command | None, script: Script | None) -> None:
    stated = command.model if command else None
    model = answers.model or stated or (_choose_model(script) if script else None)
    if answers.predictions:
        choice.keys["outputs"] = {"predictions": answers.predictions}
    elif model:
        choice.keys["outputs"] = {"model": model}
        several = script is not None and len(script.writes) > 1 and not answers.model and not stated
        if answers.predict:
            choice.keys["predict"] = answers.predict
        elif several:
            left = ", ".join(posixpath.basename(path) for path in script.writes)  # type: ignore[union-attr]
            choice.missing["predict"] = (
                f"module:function that takes the folder {model} ({left}) and the rows, gives scores"
            )
    else:
        choice.missing["outputs"] = _explain_outputs(script)


def _explain_outputs(script: Script | None) -> str:
    what = script.path if script else "the command"
    if script and script.earlier:
        known = ", ".join(script.earlier[:3])
        return f"{{model: FILE}}: the path that {what} leaves its model at is made while it runs; git has {known}"
    if script and script.logs:
        return (
            f"{{predictions: FILE}} or {{model: FILE}}: {what} gives its model to MLflow only; let it save a file too"
        )
    if script and script.scores:
        return f"{{predictions: FILE}} or {{model: FILE}}: {what} leaves {script.scores[0]}; are these the holdout's?"
    return f"{{predictions: FILE}} or {{model: FILE}}: {what} leaves neither that could be seen"


def _choose_model(script: Script) -> str | None:
    if len(script.writes) > 1:
        folders = {posixpath.dirname(path) for path in script.writes}
        folder = folders.pop()
        return folder if not folders and folder else script.writes[0]
    return next(iter(script.writes), None)


def _choose_extras(choice: Choice, found: Found, answers: Answers) -> None:
    if answers.params or found.params:
        choice.keys["params"] = answers.params or found.params
    if answers.python:
        choice.keys["python"] = answers.python
    elif found.python and found.python.split(".")[:2] != [str(part) for part in sys.version_info[:2]]:
        choice.keys["python"] = "python" + ".".join(found.python.split(".")[:2])
        choice.why["python"] = f"as {found.python_said} says"
    entries = choice.keys.get("data")
    paths = [path for path in entries.values() if isinstance(path, str)] if isinstance(entries, dict) else []
    if set(found.pulled) & set(paths):
        choice.keys["fetch"] = "dvc pull {path}"
