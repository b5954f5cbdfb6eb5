"""The classes of the holdout's labels: which texts are one class, which are positive, and what a prediction names.

The run itself reads labels by these lines too, so that a job and what judges it cannot read them differently.
"""

from __future__ import annotations

from math import isfinite

from .canonical import canonical, exact, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Sequence

    from .exchange import Request

BOOLEANS = (frozenset(("0", "1")), frozenset(("false", "true")))
WORDS = frozenset().union(*BOOLEANS)
YES = frozenset(("1", "true"))


class Classes:
    """Know the distinct labels of a holdout and which are positive; without labels, only the positive values.

    Labels of one value are one class (7 and 7.0, True and TRUE), but where `positive:` names one of them as a text
    (`"007"` beside 7): then each spelling is a class of its own. `names` gives for each text its class, `positive` the
    positive classes, `values` what `positive:` names, `unused` the positive values that no label has.
    """

    def __init__(self, texts: Iterable[str], values: Sequence[object] = (), comparison: Any = None) -> None:
        self.comparison = comparison
        self.values = tuple(values)
        groups: dict[str, list[str]] = {}
        for text in dict.fromkeys(map(write, texts)):
            groups.setdefault(canonical(text), []).append(text)
        self.labels = frozenset(groups)
        known = {text for group in groups.values() for text in group}
        quoted = {canonical(value) for value in values if isinstance(value, str) and value.strip() in known}
        self.names = {
            text: text if value in quoted and len(group) > 1 else value
            for value, group in groups.items()
            for text in group
        }
        self._by_value = {value: frozenset(self.names[text] for text in group) for value, group in groups.items()}
        self.unused = tuple(write(value) for value in values if canonical(value) not in groups)
        for text in self.unused:
            self.names[text] = canonical(text)
            self._by_value[canonical(text)] = frozenset((canonical(text),))
        self.positive = frozenset(name for value in values for name in self._name(value))

    def _name(self, value: object) -> frozenset[str]:
        text = write(value)
        if isinstance(value, str) and text in self.names:
            return frozenset((self.names[text],))
        return self._by_value[canonical(value)]

    def of(self, label: object) -> str | None:
        """Give the class that a label names, by its text or else by its value; None for no class, or for several."""
        text = write(label)
        if text in self.names:
            return self.names[text]
        found = self._by_value.get(canonical(label), frozenset())
        return next(iter(found)) if len(found) == 1 else None

    def several(self, label: object) -> bool:
        """Say whether a label has the value of several classes that are written differently, and is none of them."""
        return write(label) not in self.names and len(self._by_value.get(canonical(label), ())) > 1

    def find_spelled(self, label: object) -> list[str]:
        """Give the labels of the holdout that have the value of this one."""
        return sorted(text for text in self.names if canonical(text) == canonical(label))

    def knows(self, label: object) -> bool:
        """Say whether a label of the holdout is this one; with a comparison, whether it is a number."""
        return exact(label) is not None if self.comparison else self.of(label) is not None

    def is_positive(self, label: object) -> bool:
        """Say whether a label is positive: its class, or by comparison of its exact number."""
        if self.comparison:
            return compares(label, self.comparison)
        return self.of(label) in self.positive

    def meaning(self, given: Iterable[object]) -> str:
        """Say what predictions (or the classes of a model) mean: `classes` by name, or the `outcome`, positive or not.

        0 and 1, and false and true, are the outcome where no label of the holdout is called so. `unclear` where they
        may be either and it makes a difference: true and false for labels 0 and 1, 0 and 1 for numbers that are
        compared and of which some are 0 or 1.
        """
        words = set(map(canonical, set(map(write, given))))
        family = next((one for one in BOOLEANS if words and words <= one), None)
        if family is None:
            return "classes"
        called = family & self.labels
        if not self.comparison:
            if called:
                return "classes"
            if not self.labels and family & self.positive:
                return "classes"
            return "outcome" if self._agrees(words) else "unclear"
        if called and self.labels <= family:
            return "classes"
        if called:
            return "classes" if all(self.is_positive(word) is (word in YES) for word in words) else "unclear"
        return "outcome" if not self.labels <= WORDS or self._agrees(words) else "unclear"

    def _agrees(self, words: Iterable[str]) -> bool:
        """Say whether the labels' own 0 and 1 (for true and false, or the reverse) are positive alike."""
        other = {"0": "false", "1": "true", "false": "0", "true": "1"}
        return all(self.is_positive(other[one]) is (one in YES) for one in words if other[one] in self.labels)


def classes_of(request: Request) -> Classes:
    """Give the holdout's classes as a request names them."""
    positive = request["positive"]
    return Classes(request.get("labels") or (), positive.get("values") or (), positive.get("comparison"))


def compares(label: object, comparison: Any) -> bool:
    """Say whether a comparison such as (">=", 30) holds of a label, exactly; False for what is no number."""
    operator, bound = comparison
    quick = _float(write(label))
    if quick is not None and quick != float(bound):
        return bool(_COMPARE[operator](quick, float(bound)))
    number, limit = exact(label), exact(repr(bound))  # one and the same float may stand for different numbers
    return number is not None and limit is not None and bool(_COMPARE[operator](number, limit))


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and "_" not in text and text.isascii() else None


_COMPARE = {
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def describe_positive(positive: Request) -> str:
    """Write the positive class for a message."""
    if positive.get("comparison"):
        return "%s %s" % tuple(positive["comparison"])
    return ", ".join(repr(value) for value in positive["values"])
