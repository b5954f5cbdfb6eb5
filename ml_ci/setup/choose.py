"""From what was found and what was answered to what ml-ci.yaml says. Pure."""

from __future__ import annotations

import posixpath
import re
import shlex

from ml_ci.setup import data
from ml_ci.setup.values import Answers, Choice, DataFile, Found, Script
from ml_ci.spec.placeholders import PLACEHOLDER

_HELD_OUT = re.compile(r"(?:^|[_\-./])(?:test|holdout|hold_out|valid|validation|val|eval)(?=[_\-./]|$)", re.IGNORECASE)
_TRAINS = re.compile(r"(?:^|[_\-./])train(?:ing)?(?=[_\-./]|$)", re.IGNORECASE)


def choose(found: Found, answers: Answers) -> Choice:
    """Choose every key of the model; what can be neither found nor guessed is missing, with how to fill it in."""
    choice = Choice(answers.name or found.name, {})
    script = None if answers.train or answers.run else next(iter(found.scripts), None)
    holdout = _holdout(found, answers, script)
    train = _train(found, answers, script, holdout)
    _job(choice, found, answers, script)
    _data(choice, answers, script, train, holdout)
    _label(choice, answers, script, holdout or train)
    _extras(choice, found, answers)
    choice.keys["gates"] = ["fpr <= baseline.fpr + 0.02", "fnr <= baseline.fnr + 0.02"]
    choice.why["gates"] = "no worse than before; a first model needs a fixed limit too, which ml-ci run proposes"
    return choice


def _job(choice: Choice, found: Found, answers: Answers, script: Script | None) -> None:
    if answers.train or (not answers.run and script and script.function and _importable(script.path)):
        module = script.path.removesuffix(".py").replace("/", ".") if script else ""
        choice.keys["train"] = answers.train or f"{module}:{script.function[0]}"  # type: ignore[union-attr, index]
        return
    command = answers.run or _command(found, script)
    if command is None:
        choice.missing["run"] = "the command that trains, such as python train.py; or train: module:function"
    else:
        choice.keys["run"] = command
    cwd = answers.cwd or (script.cwd if script and not answers.run and not found.stage else ".")
    if cwd != ".":
        choice.keys["cwd"] = cwd
        choice.why["cwd"] = "from where the program's paths lead to files"
    _outputs(choice, found, answers, script)


def _importable(path: str) -> bool:
    return all(part.isidentifier() for part in path.removesuffix(".py").split("/"))


def _command(found: Found, script: Script | None) -> str | None:
    if found.stage:
        return found.stage[0]
    if script:
        return f"python {_for_shell(posixpath.relpath(script.path, script.cwd))}"
    if found.notebooks:
        return f"jupyter nbconvert --to notebook --execute {_for_shell(found.notebooks[0])} --output-dir {{out}}"
    return None


def _for_shell(path: str) -> str:
    """Quote a path for the command line of `run:`: for the shell, and where ml-ci would fill something in."""
    quoted = shlex.quote(f"./{path}" if path.startswith("-") else path)
    return PLACEHOLDER.sub(lambda found: found[0].replace("{", "{''", 1), quoted)


def _outputs(choice: Choice, found: Found, answers: Answers, script: Script | None) -> None:
    model = answers.model or (found.stage[2] if found.stage else None) or (_model(script) if script else None)
    if answers.predictions:
        choice.keys["outputs"] = {"predictions": answers.predictions}
    elif model:
        choice.keys["outputs"] = {"model": model}
        several = script is not None and len(script.writes) > 1 and not answers.model
        if answers.predict:
            choice.keys["predict"] = answers.predict
        elif several:
            left = ", ".join(posixpath.basename(path) for path in script.writes)  # type: ignore[union-attr]
            choice.missing["predict"] = (
                f"module:function that takes the folder {model} ({left}) and the rows, gives scores"
            )
    else:
        what = script.path if script else "the command"
        choice.missing["outputs"] = (
            f"{{predictions: FILE}} or {{model: FILE}}: {what} leaves neither that could be seen"
        )


def _model(script: Script) -> str | None:
    if len(script.writes) > 1:
        folders = {posixpath.dirname(path) for path in script.writes}
        folder = folders.pop()
        return folder if not folders and folder else script.writes[0]
    return next(iter(script.writes), None)


def _holdout(found: Found, answers: Answers, script: Script | None) -> DataFile | None:
    """Find the table of the holdout: what was answered, a file of that name with labels, or none: a part is cut out."""
    if answers.holdout and not _share(answers.holdout):
        return next((table for table in found.tables if table.path == answers.holdout), None)
    if answers.holdout:
        return None
    tables = [table for table in found.tables if _HELD_OUT.search(table.path) and _labelled(table, script)]
    return min(tables, key=lambda table: (not re.search("label|target", table.path), table.path), default=None)


def _labelled(table: DataFile, script: Script | None) -> bool:
    return data.label(table, script.named if script else ()) is not None


def _train(found: Found, answers: Answers, script: Script | None, holdout: DataFile | None) -> DataFile | None:
    read = set(script.reads) if script else set(found.stage[1] if found.stage else ())
    given = next((path for _, path in answers.data), None)
    if given is not None:
        return next((table for table in found.tables if table.path == given), None)
    tables = [table for table in found.tables if table is not holdout]
    return min(
        tables, key=lambda table: (table.path not in read, not _TRAINS.search(table.path), table.path), default=None
    )


def _data(
    choice: Choice, answers: Answers, script: Script | None, table: DataFile | None, holdout: DataFile | None
) -> None:
    if script and script.absent and not script.reads and not answers.data:
        choice.missing["data"] = (
            f"{{train: FILE, holdout: FILE}}: {script.path} reads {', '.join(script.absent)}, which git does not have"
        )
        return
    entries: dict[str, object] = dict(answers.data)
    parameter = (
        script.function[1] if script and script.function and "train" in choice.keys and not answers.train else None
    )
    if not entries and table is not None:
        entries[parameter or "train"] = table.path
        read = [one for one in (script.reads if script else ()) if one not in (table.path, holdout and holdout.path)]
        entries |= {_entry(path, entries): path for path in read}
    first = next(iter(entries), None)
    if holdout is not None:
        headless = not holdout.header
        entries["holdout"] = {"path": holdout.path, "columns": list(holdout.columns)} if headless else holdout.path
    elif answers.holdout and not _share(answers.holdout):
        entries["holdout"] = answers.holdout
    elif first is not None:
        entries["holdout"] = {"of": first, "share": _share(answers.holdout) or 0.2}
        choice.why["data"] = "the holdout is cut out by content; the job never sees those rows"
    else:
        choice.missing["data"] = "{train: FILE, holdout: FILE}: no table was found in the repository"
        return
    choice.keys["data"] = entries


def _share(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 < value < 1 else None


def _entry(path: str, taken: dict[str, object]) -> str:
    """Name a data entry by its file."""
    stem = re.sub(r"\W+", "_", posixpath.basename(path).split(".")[0]).strip("_").lower()
    stem = stem if stem[:1].isalpha() and stem != "holdout" else f"data_{stem}"
    return stem if stem not in taken else f"{stem}_{len(taken)}"


def _label(choice: Choice, answers: Answers, script: Script | None, table: DataFile | None) -> None:
    label = answers.label or (data.label(table, script.named if script else ()) if table else None)
    if label is None:
        listed = f" ({', '.join(table.columns[:8])}, …)" if table and table.header else ""
        choice.missing["label"] = f"the column that says what is true{listed}"
    else:
        choice.keys["label"] = label
    guess = data.positive(table.values.get(label, ())) if table and label else None
    if answers.positive is not None:
        choice.keys["positive"] = _scalar(answers.positive)
    elif guess is None:
        seen = ", ".join(table.values.get(label, ())) if table and label else ""
        choice.missing["positive"] = "the value of the label that a false alarm is about" + (
            f": {seen}" if seen else ""
        )
    else:
        choice.keys["positive"] = _scalar(guess[0])
        if guess[1]:
            choice.why["positive"] = guess[1]


def _scalar(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number == int(number) else number


def _extras(choice: Choice, found: Found, answers: Answers) -> None:
    if answers.params or found.params:
        choice.keys["params"] = answers.params or found.params
    if answers.python:
        choice.keys["python"] = answers.python
    if set(found.pulled) & set(_paths(choice.keys.get("data"))):
        choice.keys["fetch"] = "dvc pull {path}"


def _paths(entries: object) -> list[str]:
    return [path for path in entries.values() if isinstance(path, str)] if isinstance(entries, dict) else []
