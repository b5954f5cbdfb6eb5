"""Evidence as a meter: how far it has come towards the line at which it decides."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.reports.page.markup import NOTHING, Html, join, tag
from ml_ci.reports.page.svg import BAD, EMPTY, GOOD, INK, NEW, drawing, number

_WIDTH, _LINE = 320.0, 160.0


def meter(
    found: Sequence[float | None], line: float | None, said: str, names: tuple[str, str, str], *, good: bool = False
) -> Html:
    """Draw the last of the evidence, in natural logarithms, around `line`; nothing without one.

    `names` are what the left, the line and the right mean; what lies right of the line is `good` or bad news.
    """
    last = next((one for one in reversed(found) if one is not None), None)
    if last is None or line is None or not line > 0:
        return NOTHING
    # 0 is in the middle of the left part: below it the data speak for the contrary.
    place = _LINE / 2 + _LINE / 2 * last / line
    beyond = number(_WIDTH - _LINE)
    shapes = [
        tag("path", d=f"M0 5h{number(_LINE)}v12H0z", fill=EMPTY if good else GOOD),
        tag("path", d=f"M{number(_LINE)} 5h{beyond}v12h-{beyond}z", fill=GOOD if good else BAD),
        tag("path", d=f"M{number(_LINE)} 1v20", stroke=INK, stroke_width="2"),
        tag("circle", cx=number(min(max(place, 6.0), _WIDTH - 6.0)), cy="11", r="5", fill=NEW),
    ]
    below = [tag("span", names[0]), tag("b", names[1]), tag("span", names[2])]
    return join(
        (drawing(_WIDTH, 22.0, said, *shapes, class_="forest"), tag("div", *below, class_="ends", aria_hidden="true"))
    )
