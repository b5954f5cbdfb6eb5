"""A column is coded alike, whichever way its texts are looked up."""

from __future__ import annotations

import pytest

from ml_ci.tables import coded
from ml_ci.tables.coded import encode
from ml_ci.tables.duck import connect, literal

FEW = ["EU", " EU", "", None, "it's", "é", "eu", "NULL", "7", "7.0"]


@pytest.mark.parametrize("odd", ["x", "a\tb", "a\nb", "y" * 100])
@pytest.mark.parametrize("most", [16, 0])
def test_each_row_has_the_place_of_its_text(odd: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coded, "_FEW", most)
    rows = [*FEW, *reversed(FEW), odd]
    values = ", ".join("(NULL)" if one is None else f"({literal(one)})" for one in rows)
    with connect() as connection:
        codes, texts = encode(connection, "c", f"(VALUES {values}) AS t(c)")
    assert list(texts) == sorted({(one or "").strip() for one in rows})
    assert [texts[code] for code in codes] == [(one or "").strip() for one in rows]
    assert codes.dtype == "int32"


def test_a_text_with_a_nul_byte_is_one_of_a_column() -> None:
    with connect() as connection:
        codes, texts = encode(connection, "c", "(SELECT 'a' || chr(0) || 'b' AS c UNION ALL SELECT 'a')")
    assert texts == ("a", "a\0b")
    assert sorted(codes.tolist()) == [0, 1]
