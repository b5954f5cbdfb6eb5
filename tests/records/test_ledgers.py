"""Ledgers on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.gates.ledger import Ledger, Look, Pair
from ml_ci.records.ledgers import Ledgers, dumps, loads
from ml_ci.records.shared import Shared
from ml_ci.records.store import Store
from ml_ci.tables.content import Content

HOLDOUT = Content("ab" * 32, 3, (1, 2, 2**64 - 1))


def _look(number: int) -> Look:
    return Look(Pair("churn", f"c{number}", None), f"2026-01-01T00:{number:02}:00+00:00", "fail", "1" * 40)


def test_looks_of_many_at_once_are_all_kept(tmp_path: Path) -> None:
    def note(number: int) -> None:
        Ledgers(Store(tmp_path)).note(HOLDOUT, _look(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, [*range(20), *range(20)]))
    (ledger,) = Ledgers(Store(tmp_path)).all()
    assert ledger == Ledger(HOLDOUT, tuple(_look(number) for number in range(20)))


def test_a_promotion_is_kept(tmp_path: Path) -> None:
    ledgers = Ledgers(Store(tmp_path))
    ledgers.note(HOLDOUT, _look(1))
    assert (ledgers.promote("churn", "c1"), ledgers.promote("churn", "nobody")) == (1, 0)
    ledgers.note(HOLDOUT, _look(1))
    (ledger,) = ledgers.all()
    assert ledger.promotions == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "holdout": 3}', "{"])
def test_a_damaged_ledger_stops_the_run(tmp_path: Path, text: str) -> None:
    Ledgers(Store(tmp_path)).note(HOLDOUT, _look(1))
    (path,) = (tmp_path / "ledgers").glob("*.json")
    path.write_text(text)
    with pytest.raises(UserError, match="is damaged") as raised:
        list(Ledgers(Store(tmp_path)).all())
    assert "fresh rows" in raised.value.hint


def test_a_ledger_reads_back_as_it_was_written() -> None:
    ledger = Ledger(HOLDOUT, (_look(1), _look(2)))
    assert loads(dumps(ledger), "x") == ledger


def test_ledgers_are_shared_and_joined(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    one, other = (Ledgers(Store(tmp_path / name, Shared("shared", tmp_path))) for name in ("one", "other"))
    one.note(HOLDOUT, _look(1))
    one.send()
    other.note(HOLDOUT, _look(2))
    other.bring()
    assert [ledger.looks for ledger in other.all()] == [(_look(1), _look(2))]
    other.send()
    one.send()
    third = Ledgers(Store(tmp_path / "third", Shared("shared", tmp_path)))
    third.bring()
    assert [ledger.looks for ledger in third.all()] == [(_look(1), _look(2))]


def test_a_shared_store_that_does_not_answer_is_a_note(tmp_path: Path) -> None:
    shared = Shared("nowhere", tmp_path)
    ledgers = Ledgers(Store(tmp_path / "one", shared))
    ledgers.note(HOLDOUT, _look(1))
    ledgers.bring()
    assert [ledger.looks for ledger in ledgers.all()] == [(_look(1),)]
