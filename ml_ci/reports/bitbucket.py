"""The report as Bitbucket's Markdown: it shows HTML, comments among it, as text, so that none is in it.

What is folded on GitHub stands open under its summary. The marker, by which a comment is found again, is a reference
definition on the last line after a blank one: it is shown nowhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from ml_ci.reports.markdown import render as render_markdown
from ml_ci.reports.values import Report

LIMIT = 30_000  # Bitbucket takes 32,768 characters
_MARKER = "\n[ml-ci]: # (the comment of ml-ci)\n"
# Our own tags; what a report says has none that was not escaped.
_TAGS: Mapping[str, str] = {
    "<br>": " · ",
    "<br/>": " · ",
    "<details>": "",
    "<details open>": "",
    "</details>": "",
    "<summary>": "**",
    "</summary>": "**",
    "<b>": "**",
    "</b>": "**",
    "<sub>": "",
    "</sub>": "",
    "<span>": "",
    "</span>": "",
}
_CODE = re.compile(r"<code>(.*?)</code>")
_ALERT = re.compile(r"(?m)^> \[![A-Z]+\]\n")
_FENCE = re.compile(r"(?ms)^(`{3,})(\w*)\n.*?^\1$")
_SIGNS = str.maketrans({"<": "‹", ">": "›", "`": "'"})


def render(report: Report) -> str:
    """Give the report without a `<`, at most 32,768 characters."""
    limit = LIMIT
    while True:
        text = _without_html(render_markdown(report, limit)) + _MARKER
        if len(text) <= LIMIT + 2_000 or limit <= 1_000:
            return text
        limit -= 2_000


def _without_html(body: str) -> str:
    """Take our own HTML out of a body; a block of code has what it says with other signs."""
    pieces, at = [], 0
    for found in _FENCE.finditer(body):
        pieces += [_outside(body[at : found.start()]), found[0].replace("<", "‹")]
        at = found.end()
    return re.sub(r"\n{3,}", "\n\n", "".join([*pieces, _outside(body[at:])]))


def _outside(text: str) -> str:
    text = _ALERT.sub("", text)  # GitHub's colours
    text = _CODE.sub(lambda found: f"`{html.unescape(found[1]).translate(_SIGNS)}`", text)
    for tag, instead in _TAGS.items():
        text = text.replace(tag, instead)
    text = text.replace("****", "**")
    text = re.sub(r"`[^`\n]*`", lambda found: found[0].replace("<", "‹").replace(">", "›"), text)
    return text.replace("<", "&lt;")
