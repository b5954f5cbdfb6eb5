"""Vega-Lite to SVG as it stands in a page: small, in the page's colours, and one picture to who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any
from xml.etree import ElementTree

from ml_ci.reports.page.curves.frame import ACROSS, COLOURS, DOWN, HEIGHT, WIDTH
from ml_ci.reports.page.curves.paths import circle_of, shorten
from ml_ci.reports.page.markup import Html, tag

_VEGA_LITE = "6.4"
_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?|-?\d+e-?\d+")
_VARIABLES = {value: f"var(--{name},{value})" for name, value in COLOURS.items()}
# What Vega writes for programs that read its marks one by one, or that is so anyway.
_NEEDLESS = frozenset({"class", "role", "pointer-events", "stroke-miterlimit", "font-family", "font-size"})
_PLAIN = {"opacity": "1", "stroke-width": "1", "display": "", "stroke-dasharray": ""}
_MARKS = frozenset({"path", "line", "text", "rect"})


def is_there() -> bool:
    """Say whether what draws curves is installed: the extra `report`."""
    return find_spec("vl_convert") is not None


def draw(spec: dict[str, Any], key: str, said: str, **more: str) -> Html:
    """Draw a chart. `key` begins the ids in it, `said` is what it shows, in words and numbers."""
    import vl_convert

    made = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE, allowed_base_urls=[])
    root = ElementTree.fromstring(made)  # noqa: S314 - Vega's own, of our numbers
    # Every mark is cut off at the frame of the plot: once is enough.
    plot = tag("rect", width=f"{ACROSS}", height=f"{DOWN}")
    shapes = [tag("clipPath", plot, id=f"{key}-plot"), *(shape for child in root for shape in _clean(child, key))]
    return tag(
        "svg",
        *shapes,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=said,
        font_size="11",
        class_="chart",
        **more,
    )


def _clean(element: ElementTree.Element, key: str) -> Iterator[Html]:
    """Give an element without what a picture does not need, and groups that say nothing without themselves."""
    name = element.tag.removeprefix(_SVG)
    if _unseen(name, element):
        return
    rules = _rules(element)
    shared = _shared(element)
    children = ElementTree.Element(element.tag)
    children.extend(_without(child, shared) for child in element)
    inside = [rules] if rules is not None else [one for child in children for one in _clean(child, key)]
    given = {**dict(_attributes(element, key)), **({} if rules is not None else shared)}
    if name == "g" and not given:
        yield from inside
    elif name in _MARKS or inside:
        yield _element(name, given, element.text or "", inside)


def _shared(group: ElementTree.Element) -> dict[str, str]:
    """Give what all texts of a group, or all dots, look like: it is said once, of the group."""
    texts = list(group)
    if len(texts) < 2 or len({one.tag for one in texts}) > 1 or texts[0].tag not in (f"{_SVG}text", f"{_SVG}path"):
        return {}
    looks = [dict(_attributes(one, "")) for one in texts]
    return {
        key: value
        for key, value in looks[0].items()
        if key not in ("transform", "d") and all(look.get(key) == value for look in looks)
    }


def _without(element: ElementTree.Element, shared: Mapping[str, str]) -> ElementTree.Element:
    if not shared:
        return element
    found = ElementTree.Element(element.tag, {key: value for key, value in element.attrib.items() if key not in shared})
    found.text = element.text
    return found


def _unseen(name: str, element: ElementTree.Element) -> bool:
    frames = element.get("class") in ("background", "foreground")
    empty = name == "path" and not element.get("d")
    return frames or empty or name == "defs" or element.get("opacity") == "0" or element.get("display") == "none"


def _rules(group: ElementTree.Element) -> Html | None:
    """Give the rules of a group as one path where they are of one look, as the lines of a grid are; None otherwise."""
    lines = list(group)
    if len(lines) < 2 or any(one.tag != f"{_SVG}line" for one in lines):
        return None
    looks = [
        {key: value for key, value in _attributes(one, "") if key not in ("transform", "x2", "y2")} for one in lines
    ]
    if any(look != looks[0] for look in looks):
        return None
    return _element("path", {"d": "".join(map(_stroke, lines)), **looks[0]}, "", [])


def _stroke(line: ElementTree.Element) -> str:
    place = re.fullmatch(r"translate\(([^,]+),([^)]+)\)", line.get("transform", "translate(0,0)"))
    x, y = (place[1], place[2]) if place else ("0", "0")
    return _rounded(f"M{x},{y}l{line.get('x2', '0')},{line.get('y2', '0')}")


def _attributes(element: ElementTree.Element, key: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if name in _NEEDLESS or name.startswith("aria-") or _PLAIN.get(name) == value:
            continue
        if name == "transform" and value == "translate(0,0)":
            continue
        if name == "clip-path":
            yield name, f"url(#{key}-plot)"
        else:
            yield name, _VARIABLES.get(value, _rounded(value) if name in ("d", "transform") else value)


def _rounded(value: str) -> str:
    """Write coordinates with one decimal: a tenth of a pixel."""
    return _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0").replace("-0", "-0") or "0", value)


def _element(name: str, given: dict[str, str], said: str, inside: list[Html]) -> Html:
    circle = circle_of(given.get("d", ""), given.get("transform", "")) if name == "path" else None
    if circle is not None:
        name, given = (
            "circle",
            {**circle, **{key: value for key, value in given.items() if key not in ("d", "transform")}},
        )
    if "d" in given:
        given = {**given, "d": shorten(given["d"])}
    attributes = {"class_" if key == "class" else key.replace("-", "_"): value for key, value in given.items()}
    return tag(name, *([said] if said else []), *inside, **attributes)
