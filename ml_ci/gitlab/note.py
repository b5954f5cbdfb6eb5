"""The body of a note, so that GitLab does nothing but show it. Pure.

A raw line that begins with `/` is a command, executed as the token's user, and cut out of the text: that blocks of code
are exempt depends on how they end, so that none is trusted with it. References (`!1`, `~label`, `%milestone`, `&epic`,
`$snippet`, `[vulnerability:1]`) are found in the rendered text, whatever was escaped: they link, notify, and leave a
trace elsewhere. A zero-width space after their sign makes them text.
"""

from __future__ import annotations

import re

_BREAK = "\u200b"
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
# Code and the targets of links are left as they are: nothing is found in them.
_LEFT = r"`[^`\n]*`|<code>.*?</code>|\]\([^)\s]*\)|<!--.*?-->|\[!(?:NOTE|TIP|IMPORTANT|CAUTION|WARNING)\]"
_SIGNS = r"!(?=\d)|%(?=[\w\"])|~(?=[\w\"])|&amp;(?=\d)|\$(?=\d)|\\\[(?=[a-z_]+:)|\*(?=iteration:)"
_FOUND = re.compile(f"({_LEFT})|({_SIGNS})")


def quiet(body: str) -> str:
    """Give the body of a note with no quick action and no reference in it; what a reader sees is the same."""
    lines, fence = [], ""
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        opened = _FENCE.match(line)
        if opened and (not fence or (line.strip() == line.strip()[0] * len(line.strip()) and _ends(opened[1], fence))):
            fence = "" if fence else opened[1]
            lines.append(line)
        else:
            lines.append(_still(line, in_code=bool(fence)))
    return "\n".join(lines)


def _ends(run: str, fence: str) -> bool:
    return run[0] == fence[0] and len(run) >= len(fence)


def _still(line: str, *, in_code: bool) -> str:
    at = len(line) - len(line.lstrip())
    if line[at : at + 1] == "/":
        line = f"{line[:at]}{_BREAK if in_code else '&#47;'}{line[at + (not in_code) :]}"
    return line if in_code else _FOUND.sub(_broken, line)


def _broken(found: re.Match[str]) -> str:
    return found[1] or f"{found[2]}{_BREAK}"
