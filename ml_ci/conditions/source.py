"""From the text of a condition to a Python syntax tree, with columns and with the slips that people make."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from decimal import Decimal

from ml_ci.conditions.errors import ConditionError
from ml_ci.syntax import parse_expression

MAX_LENGTH = 1000
MAX_DEPTH = 20

_WORD = re.compile(r"(?<!\w)[A-Za-z_]\w*")

# What people write and Python reads otherwise or not at all: pattern, message, suggestion. The first match speaks.
_SLIPS: tuple[tuple[str, str, str], ...] = (
    (r"(?<![\d.])(?P<number>\d++(?:\.\d*+)?|\.\d++)\s*+%", "a percentage is written as a number", "write {share}"),
    (r"≤|=<|⩽", "this is no comparison here", "write <="),
    (r"≥|=>|⩾", "this is no comparison here", "write >="),
    (r":=", "a condition assigns nothing", "write <= or >="),
    (r"==|!=|<>|≠", "measured numbers are never compared for equality", "write <= or >="),
    (r"&&?|\|\|?", "conditions are joined by the word", "write and, or make two gates of it"),
    (r"[−–—]", "this is no minus sign", "write -"),
    (r"[×·∗]", "this is no multiplication sign", "write *"),
    (r"[“”„‘’«»`]", "this is no quotation mark here", 'write "'),
    (r"#", "a condition holds no comment", "put the comment behind the gate, outside its quotation marks"),
    (r";", "a gate is one condition", "join them by and, or make two gates of it"),
    (r"\\", "a condition is one line", "remove the backslash"),
    (r"[{}]", "a condition holds no braces", "write by=[first, second] for two columns"),
    (r"[$?!~^:]", "this sign has no meaning in a condition", ""),
)
_SLIP = tuple((re.compile(pattern), message, hint) for pattern, message, hint in _SLIPS)


class Source:
    """Hold a condition's text and its syntax tree, and give the column and the text of every node.

    A column may be named by a Python keyword (`by=class`), so keywords in the place of a column are masked by letters
    of another script before `ast` reads them; names are taken from the text, where nothing is masked.
    """

    def __init__(self, text: str) -> None:
        _check_size(text)
        self.text = re.sub(r"[\t\r\n]", " ", text)
        _check_letters(self.text)
        outside = _without_strings(self.text)
        _check_slips(outside)
        _check_assignment(outside)
        self._start = len(self.text) - len(self.text.lstrip())
        self._masked = _mask_keywords(self.text.strip())
        self._bytes = self._masked.encode()
        self.tree = self._read()

    def column(self, node: ast.AST) -> int:
        """Give the 1-based column of a node, in characters."""
        return self._start + self._characters(getattr(node, "col_offset", 0)) + 1

    def words(self, node: ast.expr) -> str:
        """Give the text of a node as written."""
        end = self._start + self._characters(node.end_col_offset or 0)
        return self.text[self.column(node) - 1 : end]

    def error(self, node: ast.AST, message: str, suggestion: str = "") -> ConditionError:
        """Make the error that points at a node."""
        return ConditionError(message, self.column(node), suggestion)

    def _characters(self, offset: int) -> int:
        return len(self._bytes[:offset].decode(errors="ignore"))

    def _read(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return parse_expression(self._masked)
        except SyntaxError as error:
            column = min(max(error.offset or 1, 1), len(self._masked) + 1)
            raise ConditionError(*_explain(self._masked, column, self._start)) from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise ConditionError("this cannot be read", 1, "make it shorter, or make two gates of it") from None


def _check_size(text: str) -> None:
    if len(text) > MAX_LENGTH:
        message = f"a condition has at most {MAX_LENGTH:,} characters, this one {len(text):,}"
        raise ConditionError(message, MAX_LENGTH + 1, "make several gates of it")
    if not text.strip():
        raise ConditionError("the condition is empty", 1, "write, for example, fpr <= 0.05")
    depth = 0
    for column, letter in enumerate(text, 1):
        depth += (letter in "([{") - (letter in ")]}")
        if depth > MAX_DEPTH:
            raise ConditionError(f"brackets are nested deeper than {MAX_DEPTH}", column, "remove some")


def _check_letters(text: str) -> None:
    for column, letter in enumerate(text, 1):
        if letter.isprintable():
            continue
        name = "a space that is no ordinary one" if letter.isspace() else f"the invisible character U+{ord(letter):04X}"
        raise ConditionError(f"a condition cannot hold {name}", column, "write an ordinary space, or nothing")


def _without_strings(text: str) -> str:
    """Put a letter of no meaning in the place of each letter of a quoted string, quotes too: columns stay.

    One pass from the end says where a string that begins at a quote would end; so the time is linear, whatever quotes
    and backslashes there are. A quote that nothing closes is no string.
    """
    ends: dict[str, list[int]] = {}
    for quote in "\"'":
        closing = [-1] * (len(text) + 2)
        for at in range(len(text) - 1, -1, -1):
            closing[at] = at if text[at] == quote else closing[at + (2 if text[at] == "\\" else 1)]
        ends[quote] = closing
    kept, at = [], 0
    while at < len(text):
        end = ends[text[at]][at + 1] if text[at] in ends else -1
        kept.append(text[at] if end < 0 else "ა" * (end + 1 - at))
        at = at + 1 if end < 0 else end + 1
    return "".join(kept)


def _check_slips(outside: str) -> None:
    for pattern, message, hint in _SLIP:
        match = pattern.search(outside)
        if match is not None:
            share = _share(match["number"]) if "number" in match.groupdict() else ""
            raise ConditionError(message, match.start() + 1, hint.format(share=share))


def _check_assignment(outside: str) -> None:
    """Refuse a lone `=` outside brackets; `==` and its like are told apart before."""
    depth = 0
    for match in re.finditer(r"[<>]=|(?P<sign>[()\[\]=])", outside):
        sign = match["sign"] or ""
        depth += (sign in tuple("([")) - (sign in tuple(")]"))
        if sign == "=" and depth <= 0:
            raise ConditionError("a condition assigns nothing", match.start() + 1, "write <= or >=")


def _share(number: str) -> str:
    return f"{Decimal(number) / 100:f}"


def _mask_keywords(text: str) -> str:
    """Replace keywords that stand where a column stands, letter by letter, so that offsets stay."""
    masked = list(text)
    for match in _WORD.finditer(_without_strings(text)):
        if keyword.iskeyword(match[0]) and _before(text, match.start()) in "=[," and _after(text, match.end()) in ",])":
            masked[match.start() : match.end()] = "ა" * len(match[0])
    return "".join(masked)


def _before(text: str, at: int) -> str:
    """Give the letter before a column that is no space; a letter that stands nowhere where there is none."""
    return text[:at].rstrip()[-1:] or "?"


def _after(text: str, at: int) -> str:
    return text[at:].lstrip()[:1] or "?"


def _explain(text: str, column: int, start: int) -> tuple[str, int, str]:
    """Say what is wrong where `ast` stopped."""
    if text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        hint = "write, for example, each(fnr, by=region); in a [list] quote a gate that has a comma"
        return "a bracket is not closed, or closed twice", start + column, hint
    word = re.match(r"\w+", text[column - 1 :])
    if word and keyword.iskeyword(word[0]):
        return f"{word[0]!r} has no meaning here", start + column, "write metrics, numbers, comparisons and `and`"
    if re.search(r"(\band|\bnot|[-+*<>=@.,(\[])$", text):
        return "the condition ends too early", start + len(text) + 1, "write, for example, fpr <= 0.05"
    return "this is no condition from here on", start + column, "write, for example, fpr <= 0.05"
