"""What the data suggest, as it stands in ml-ci.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.setup.behaviours import propose_behaviours
from ml_ci.setup.data import read
from ml_ci.setup.values import Choice
from ml_ci.setup.writing import configuration
from ml_ci.spec.load import load

ROWS = 200


def write(folder: Path, columns: dict[str, Any]) -> Choice:
    """Write a table of some columns and the label `left`, and give what init chose for it."""
    made = {**columns, "left": lambda row: "yes" if row >= ROWS // 2 else "no"}
    lines = [",".join(made), *(",".join(str(value(row)) for value in made.values()) for row in range(ROWS))]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    [table] = read(folder, ["rows.csv"])
    keys: dict[str, object] = {
        "train": "own:train",
        "data": {"train": "rows.csv", "holdout": {"of": "train", "share": 0.2}},
        "label": "left",
        "positive": "yes",
        "gates": ["fpr <= baseline.fpr + 0.02"],
    }
    return Choice("churn", keys, judged=table)


COLUMNS: dict[str, Any] = {
    "customer_id": lambda row: f"c{row}",
    "Sex": lambda row: "mf"[row % 2],
    "country_id": lambda row: row % 5,
    "income": lambda row: 20 + row * 3 % 7 + row,
    "debt": lambda row: 900 - row - row * 5 % 11,
    "shoe": lambda row: row * 7 % 30,
    "town": lambda row: ("Ulm", "Bonn")[row % 2],
}


def test_ids_and_protected_columns_are_varied_and_monotone_ones_only_named(tmp_path: Path) -> None:
    choice = write(tmp_path, COLUMNS)
    propose_behaviours(choice, tmp_path)
    text = configuration(choice)
    model = load(text, "ml-ci.yaml").models["churn"]
    assert {name: one.text for name, one in model.behaviours.items()} == {
        "sex_matters": "vary: Sex",
        "customer_id_matters": "vary: customer_id",
    }
    assert [gate.text for gate in model.gates][1:] == [
        "sex_matters <= baseline.sex_matters + 0.01",
        "customer_id_matters <= baseline.customer_id_matters + 0.01",
    ]
    commented = [line.strip() for line in text.splitlines() if line.strip().startswith("# ")]
    assert commented[1:] == [
        "# income_counts: {raise: income, score: never falls}   # the share of yes rises with it",
        "# debt_counts: {raise: debt, score: never rises}   # the share of yes falls with it",
    ]
    uncommented = text.replace("      # income_counts", "      income_counts").replace("      # debt", "      debt")
    assert len(load(uncommented, "ml-ci.yaml").models["churn"].behaviours) == 4


def test_where_only_monotone_ones_are_there_all_of_it_is_a_comment(tmp_path: Path) -> None:
    choice = write(tmp_path, {"income": COLUMNS["income"], "town": COLUMNS["town"]})
    propose_behaviours(choice, tmp_path)
    text = configuration(choice)
    assert "    # behaviours:\n" in text
    assert load(text, "ml-ci.yaml").models["churn"].behaviours == {}
    again = text.replace("    # behaviours:", "    behaviours:").replace("      # income", "      income")
    assert list(load(again, "ml-ci.yaml").models["churn"].behaviours) == ["income_counts"]


@pytest.mark.parametrize(
    ("name", "varied"),
    [
        ("gender", True),
        ("applicant_sex", True),
        ("race", True),
        ("racecar", False),
        ("sexton", False),
        ("userId", True),
        ("email", True),
        ("paid", False),
        ("grid", False),
        ("2nd id", False),
    ],
)
def test_a_column_is_known_by_its_name(name: str, varied: bool, tmp_path: Path) -> None:
    choice = write(tmp_path, {name: lambda row: f"v{row}"})
    propose_behaviours(choice, tmp_path)
    assert ("behaviours" in choice.keys) == varied


@pytest.mark.parametrize(
    "change",
    [
        {"train": None, "run": "python train.py", "outputs": {"predictions": "out.csv"}},
        {"label": None},
        {"data": {"train": "rows.csv", "holdout": {"of": "train", "folds": 5}}},
    ],
)
def test_a_model_that_cannot_be_asked_has_none(change: dict[str, Any], tmp_path: Path) -> None:
    choice = write(tmp_path, COLUMNS)
    choice.keys = {key: value for key, value in {**choice.keys, **change}.items() if value is not None}
    propose_behaviours(choice, tmp_path)
    assert "behaviours" not in choice.keys
    assert choice.suggested == ()


def test_a_column_with_one_value_or_few_ids_is_none(tmp_path: Path) -> None:
    choice = write(tmp_path, {"sex": lambda row: "f", "branch_id": lambda row: row % 9})
    propose_behaviours(choice, tmp_path)
    assert "behaviours" not in choice.keys
