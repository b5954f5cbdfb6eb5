"""Every form of a report is a row of one table, from which the command line follows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ml_ci.cli.main import call
from ml_ci.reports.forms import BY_ENDING, FORMS, write
from ml_ci.reports.values import Report


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_text_of_whole_lines_for_any_report(name: str, any_report: Report) -> None:
    text = write(name, any_report)
    assert text.endswith("\n") and text.strip()
    text.encode("utf-8")


def test_the_help_tells_of_every_form_and_ending(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", "--help"]) == 0
    shown = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    for name, form in FORMS.items():
        assert f"{name} {form.about}" in shown
    assert call(["run", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"Write the report to a {' or '.join(BY_ENDING)} file too." in told


def test_what_json_is_for_is_said_in_words_of_a_user() -> None:
    assert FORMS["json"].about == "the report file, checked"


def test_an_ending_means_one_form() -> None:
    assert {BY_ENDING[form.ending] for form in FORMS.values() if form.ending} == {
        name for name, form in FORMS.items() if form.ending
    }


def test_no_form_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, ml_ci.cli.report\n"
        "from ml_ci.reports.forms import FORMS\n"
        "loaded = {form.writer.partition(':')[0] for form in FORMS.values()} & set(sys.modules)\n"
        "print(sorted(loaded))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
