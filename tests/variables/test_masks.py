"""The values of known secrets stand in nothing that is written down."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.errors import Failure
from ml_ci.variables.masks import Mask

SECRET = "hunter22+/&\u00e4\"'\\x"


@pytest.mark.parametrize(
    ("name", "value", "says", "masked"),
    [
        ("API_TOKEN", "hunter22", "it is hunter22.", "it is ***."),
        ("API_TOKEN", " hunter22\n", "it is hunter22.", "it is ***."),
        ("DATABASE_URL", "postgres://me:hunter22@db/x", "me and hunter22", "me and ***"),
        ("HTTP_PROXY", "http://hunter22@proxy", "hunter22", "***"),
        ("OPTIONS", "-Dpassword=hunter22", "hunter22", "***"),
        ("MODE", "hunter22", "it is hunter22.", "it is hunter22."),
        ("MAX_TOKENS", "4096", "4096 rows", "4096 rows"),  # too short to be told from a word
        ("KEY_FILE", "/etc", "/etc/hosts", "/etc/hosts"),  # where it is, and not what
        ("SIGNING_KEY", "-----BEGIN KEY-----\nabcdefghijkl\n", "line: abcdefghijkl", "line: ***"),
    ],
)
def test_what_is_masked(name: str, value: str, says: str, masked: str) -> None:
    assert Mask.of({name: value}).text(says) == masked


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        quote(SECRET, safe=""),
        *(base64.b64encode(before + SECRET.encode() + b"behind").decode() for before in (b"", b"m", b"me:", b"user:")),
        base64.urlsafe_b64encode(b"me:" + SECRET.encode()).decode(),
    ],
)
def test_however_it_is_written(written: str) -> None:
    found = Mask([SECRET]).text(f"<{written}>")
    assert "***" in found
    assert len(found) <= 24 and "hunter" not in found


def test_a_failure() -> None:
    mask = Mask(["hunter22"])
    found = mask.failure(Failure("s", "c", "m hunter22", "h hunter22", "l hunter22", lasting=True))
    assert found == Failure("s", "c", "m ***", "h ***", "l ***", lasting=True)


def test_a_surrogate_is_no_trouble() -> None:
    assert Mask(["hunter\udce4"]).text("hunter\udce4 and \udce4") != ""
    assert Mask.of({"TOKEN": "hunter\udce422"}).raw(b"x hunter\xe422") == b"x ***"


@given(st.text("ab", max_size=60), st.lists(st.text("ab", min_size=6, max_size=9), min_size=1, max_size=4))
def test_a_cut_goes_through_no_value(text: str, values: list[str]) -> None:
    """What stands before the cut holds no part of a value that ends behind it, nor can."""
    raw, mask = text.encode(), Mask(values)
    cut = mask.whole(raw)
    for value in map(str.encode, values):
        for at in range(max(0, cut - len(value) + 1), cut):
            assert not (raw[at : at + len(value)] == value and at + len(value) > cut)
            assert not (value.startswith(raw[at:]) and len(raw) - at < len(value))


def test_a_path_that_cannot_be_looked_at_is_a_value(tmp_path: Path) -> None:
    assert Mask.of({"TOKEN": "/" + "a" * 5000}).text("/" + "a" * 5000) == "***"
