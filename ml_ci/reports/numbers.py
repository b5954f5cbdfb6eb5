"""How numbers are said. Undefined is said as such, never as zero; unequal numbers never look equal to a limit."""

from __future__ import annotations

import math
from collections.abc import Iterable

UNDEFINED = "undefined"
_MOST_DIGITS = 6
_LARGE = 1e12


def defined(value: float | None) -> float | None:
    """Give a finite number as float; None for None, NaN and infinities."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def digits_for(values: Iterable[float | None], digits: int) -> int:
    """Find the fewest decimals, from `digits` up, at which unequal values look unequal and none falsely like 0 or 1.

    Values are in the unit that is printed. At most six decimals; from there on rounding is what it is.
    """
    numbers = {number for number in map(defined, values) if number is not None}
    while digits < _MOST_DIGITS and len({f"{number:.{digits}f}" for number in numbers}) < len(numbers):
        digits += 1
    return digits


def decimal(value: float | None, digits: int = 3) -> str:
    """Say a number with decimals and thousands separators: `0.913`, `1,234.500`, `−0.020`."""
    number = defined(value)
    if number is None:
        return UNDEFINED
    if number and not 10**-_MOST_DIGITS <= abs(number) < _LARGE:
        return f"{number:.1e}".replace("-", "−")
    text = f"{number:,.{digits_for((number, 0.0), digits)}f}"
    return _zero_without_sign(text).replace("-", "−")


def percent(rate: float | None, digits: int = 1) -> str:
    """Say a rate in [0, 1]: `12.4%`; a small one as `0.03%`, one just below 1 as `99.97%`, never `0.0%` or `100.0%`."""
    number = defined(rate)
    if number is None:
        return UNDEFINED
    if abs(number) >= _LARGE:
        return decimal(number * 100) + "%" if abs(number) < 1e300 else decimal(number)
    shown = f"{number * 100:.{digits_for((number * 100, 0.0, 100.0), digits)}f}"
    if number and float(shown) == 0:
        return "<0.000001%" if number > 0 else ">−0.000001%"
    if number != 1 and float(shown) == 100:
        return ">99.999999%" if number < 1 else ">100.0%"
    return _zero_without_sign(shown).replace("-", "−") + "%"


def percents(rates: Iterable[float | None], digits: int = 1) -> list[str]:
    """Say rates that are compared with each other, with as many digits as it takes to tell them apart."""
    rates = list(rates)
    digits = digits_for([None if rate is None else rate * 100 for rate in rates], digits)
    return [percent(rate, digits) for rate in rates]


def signed(value: float | None, digits: int = 3) -> str:
    """Say a difference with its sign: `+0.010`, `−0.020`, `0.000`."""
    number = defined(value)
    if number is None:
        return UNDEFINED
    shown = decimal(number, digits)
    return f"+{shown}" if number > 0 else shown


def points(difference: float | None, digits: int = 1) -> str:
    """Say a difference of rates in percentage points: `+1.0 points`."""
    number = defined(difference)
    return UNDEFINED if number is None else f"{signed(_rounded(number * 100), digits)} points"


def money(amount: float, currency: str = "") -> str:
    """Write an amount with cents, a small one with three digits that say something: `32.00 EUR`, `0.002 EUR`."""
    shown = f"{amount:,.2f}" if amount == 0 or amount >= 1 else f"{amount:.3g}"
    return f"{shown} {currency}".rstrip()


def count(number: int) -> str:
    """Say a number of rows: `1,003`."""
    return f"{number:,}"


def share(part: int, whole: int) -> str:
    """Say a count of a count: `31 of 1,003`."""
    return f"{part:,} of {whole:,}"


def duration(seconds: float | None) -> str:
    """Say a time: `20 ms`, `1.2 s`, `12 s`, `2 min 5 s`, `1 h 3 min`."""
    number = defined(seconds)
    if number is None:
        return UNDEFINED
    if number < 0.1:
        return f"{number * 1000:.0f} ms"
    if number < 9.95:
        return f"{number:.1f} s"
    whole = round(number)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole // 60, "min", whole % 60, "s")
    return _two(whole // 3600, "h", whole % 3600 // 60, "min")


def _two(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large:,} {unit} {small} {smaller}" if small else f"{large:,} {unit}"


def _rounded(value: float) -> float:
    """Drop the noise of binary fractions: 0.21 - 0.2 is one point, not 1.0000000000000009."""
    return round(value, 9)


def _zero_without_sign(text: str) -> str:
    return text.removeprefix("-") if not text.strip("-0.,") else text
