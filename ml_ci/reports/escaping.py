"""Escape strings for GitHub's Markdown: whatever a report says is shown as text and does nothing.

Entities are used for what could break out of a table, a code span or HTML, because a decoded entity never counts as
syntax. Mentions, issue references and links are found by GitHub in the finished text, where no escape helps: a
zero-width space after the sign that starts them does.
"""

from __future__ import annotations

import re

from ml_ci.reports.text import label

_BREAK = "\u200b"
_ENTITIES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "&#124;",
        "\\": "&#92;",
        "`": "&#96;",
        "$": "<span>$</span>",
        "*": "\\*",
        "_": "\\_",
        "~": "\\~",
        "[": "\\[",
        "]": "\\]",
        "@": "@" + _BREAK,
    }
)
_LINKS = re.compile(r"(?i)(?:https?|ftp|mailto|xmpp):|www(?=\.)|#(?=\d)|GH-(?=\d)")
# What would begin a list, a heading or a rule at the beginning of a line.
_START = re.compile(r"^(?:([-+#=:])(?=[-+#=:\s]|$)|(\d+)(?=[.)](?:\s|$)))")
_QUOTED = re.compile(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)")


def text(value: str, most: int = 1000) -> str:
    """Escape a string for the middle or the beginning of a line, also in a table's cell or a link's text.

    Names that our own messages quote in backticks become code; every other sign of Markdown is shown as it is.
    """
    pieces = _QUOTED.split(label(value, most))
    shown = "".join(code(piece) if at % 2 else _literal(piece) for at, piece in enumerate(pieces))
    return _START.sub(lambda found: f"\\{found.group(1)}" if found.group(1) else f"{found.group(2)}\\", shown)


def _literal(value: str) -> str:
    broken = _LINKS.sub(lambda found: found.group(0) + _BREAK, value)
    return broken.translate(_ENTITIES)


def code(value: str, most: int = 300) -> str:
    """Set a string as code, also in a table's cell; "" gives ""."""
    shown = label(value, most)
    if not shown:
        return ""
    if not set("`|\\") & set(shown):
        return f"`{shown}`"
    return f"<code>{''.join(_entity(sign) for sign in shown)}</code>"


def fence(lines: list[str], language: str = "text") -> str:
    """Set lines as a block of code, in a fence longer than any run of backticks in them."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join([ticks + language, *lines, ticks])


def _entity(sign: str) -> str:
    """Give punctuation as a numeric entity, so that nothing in the code is read as Markdown."""
    if sign == "@":
        return f"@{_BREAK}"
    return sign if sign.isalnum() or sign == " " or ord(sign) > 127 else f"&#{ord(sign)};"
