"""What somebody sees who types `ml-ci`, asks for help, or mistypes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ml_ci.cli.commands import ANYWHERE, COMMANDS
from ml_ci.cli.main import call
from ml_ci.forges.registry import FORGES

CLI = Path(__file__).parents[2] / "ml_ci" / "cli"
GROUPS = ("github", "records")


@pytest.fixture
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")


@pytest.mark.usefixtures("eighty")
@pytest.mark.parametrize("group", ["", *GROUPS])
def test_every_command_is_listed_by_a_whole_sentence(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call([*group.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("  ") and line.endswith("...")] == []
    assert [line for line in lines if len(line) > 80] == []


def test_the_list_has_every_command_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    files = {path.stem for path in CLI.glob("*.py") if "\ndef command(" in path.read_text("utf-8")} - {"main"}
    assert set(COMMANDS) == files | {*FORGES, *ANYWHERE}
    assert call(["--help"]) == 0
    listed = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in listed] == []


def test_the_list_imports_no_command() -> None:
    program = (
        "import sys; from ml_ci.cli.main import call; call(['--help'])\n"
        "print(*sorted(name for name in sys.modules if name.startswith('ml_ci.')), file=sys.stderr)"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, timeout=60, check=True)
    # A forge's commands are called by its name; what is frozen are errors and forges.
    names = ["ml_ci.forges", "ml_ci.forges.registry", "ml_ci.frozen"]
    assert done.stderr.split() == ["ml_ci.cli", "ml_ci.cli.commands", "ml_ci.cli.main", "ml_ci.errors", *names]


@pytest.mark.usefixtures("eighty")
@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_of_help_is_wider_than_the_terminal(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call([name, "--help"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(("asked", "said"), [((), "Judge a change:"), (("plan",), "Usage: ml-ci plan")])
def test_help_is_a_word_too(asked: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["help", *asked]) == 0
    assert said in capsys.readouterr().out


MISTYPED = {
    "a command": (("rn",), ("there is no command `rn`, did you mean `run`?", "Try `ml-ci --help`.")),
    "an option": (("run", "--reprot"), ("No such option '--reprot'", "'--report'", "Try `ml-ci run --help`.")),
    "a group's command": (("records", "shw"), ("'shw'", "'show'", "Try `ml-ci records --help`.")),
    "nothing for what is needed": (("bisect", "churn"), ("Missing option '--good'", "Usage: ml-ci bisect")),
    "help for no command": (("help", "rn"), ("there is no command `rn`, did you mean `run`?",)),
}


@pytest.mark.parametrize("case", MISTYPED)
def test_what_is_mistyped_ends_as_every_mistake_does(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, said = MISTYPED[case]
    assert call(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    for words in said:
        assert words in err
