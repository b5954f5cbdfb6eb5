"""The forms of a report, a row each: what `ml-ci report --format` and the endings of `ml-ci run --report` stand for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from ml_ci.reports.values import Report


@dataclass(frozen=True, slots=True)
class Form:
    """One form: what it is for, the `module:function` that writes it, and the ending of such a file, or "".

    The function takes a `Report` and gives text that ends with a newline. It is imported when it is asked for: what one
    form costs the others do not pay.
    """

    about: str
    writer: str
    ending: str = ""


FORMS = {
    "terminal": Form("what `ml-ci run -v` shows", "ml_ci.reports.plain:plain"),
    "markdown": Form("for a comment or a wiki: at most 60,000 characters", "ml_ci.reports.markdown:render", ".md"),
    "html": Form("a page to look at: one file that loads nothing", "ml_ci.reports.page.page:render", ".html"),
    "json": Form("the report file, checked", "ml_ci.reports.as_json:dumps", ".json"),
    "junit": Form("one test case per gate; an inconclusive gate is a failure", "ml_ci.reports.junit:render"),
    "bitbucket": Form("Markdown without HTML, which Bitbucket shows as text", "ml_ci.reports.bitbucket:render"),
    "codequality": Form("GitLab's Code Quality: the same as sarif, and cautions", "ml_ci.reports.code_quality:render"),
    "openmetrics": Form("every metric as a line of text, for GitLab's metrics", "ml_ci.reports.openmetrics:render"),
    "sarif": Form("the gates that do not pass, at their lines of ml-ci.yaml", "ml_ci.reports.sarif:render"),
}
# The forms that a file's ending asks for.
BY_ENDING = {form.ending: name for name, form in FORMS.items() if form.ending}


def write(name: str, report: Report) -> str:
    """Write the report in the form of this name; KeyError for a name that is none."""
    module, _, function = FORMS[name].writer.partition(":")
    writer: Callable[[Report], str] = getattr(importlib.import_module(module), function)
    return writer(report)
