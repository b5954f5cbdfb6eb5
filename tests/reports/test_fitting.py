"""A text fits its limit by leaving parts out in a fixed order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_ci.reports.fitting import Part, fit

_parts = st.lists(
    st.builds(Part, st.text(alphabet="ab\n", max_size=400), st.integers(0, 5), st.sampled_from(["", "slices", "log"])),
    max_size=12,
)


@given(_parts, st.integers(0, 1500))
def test_never_longer_than_the_limit(parts: list[Part], limit: int) -> None:
    assert len(fit(parts, limit)) <= limit or fit(parts, limit) == "\n"


def test_everything_stays_when_it_fits() -> None:
    assert fit([Part("a"), Part(""), Part("b", 3, "slices")], 100) == "a\n\nb\n"


def test_the_highest_goes_first_and_later_before_earlier() -> None:
    parts = [Part("title"), Part("m" * 100, 4, "metrics"), Part("s" * 100, 9, "slices"), Part("S" * 100, 9, "slices")]
    note = "\n\n_Left out to fit: {}. All of it is in `.ml_ci/report.json`._\n"
    assert fit(parts, 300) == f"title\n\n{'m' * 100}\n\n{'s' * 100}{note.format('slices')}"
    assert fit(parts, 200) == f"title\n\n{'m' * 100}{note.format('slices')}"
    assert fit(parts, 120) == f"title{note.format('slices, metrics')}"


def test_what_has_to_stay_is_cut_between_lines_as_the_last_resort() -> None:
    cut = fit([Part("\n".join(["line"] * 100))], 100)
    assert cut.startswith("line\nline") and cut.endswith("_Cut to fit. All of it is in `.ml_ci/report.json`._\n")
    assert set(cut.split("\n\n")[0].split("\n")) == {"line"}
    assert len(cut) <= 100
