"""A bias audit as JSON: its counts, and for whoever reads the file the tables that follow from them."""

from __future__ import annotations

from typing import Any

from ml_ci.evaluation.audit import Audit
from ml_ci.reports.audit import AuditRow, Measure, count_unknown, make_tables
from ml_ci.reports.numbers import defined


def audited(audit: Audit) -> dict[str, Any]:
    """Give an audit as builtin types, all of them JSON; `tables` and `unknown_rows` are counted again by a reader."""
    return {
        "sex": audit.sex,
        "race": audit.race,
        "unknown": list(audit.unknown),
        "selected": audit.selected,
        "median": defined(audit.median),
        "cells": [
            {
                "sex": cell.sex,
                "race": cell.race,
                "tp": int(cell.counts.tp),
                "fp": int(cell.counts.fp),
                "tn": int(cell.counts.tn),
                "fn": int(cell.counts.fn),
                "above": None if cell.above is None else int(cell.above),
            }
            for cell in audit.cells
        ],
        "unknown_rows": dict(vars(count_unknown(audit))),
        "tables": {"selection": _tables(audit, "selection"), "scoring": _tables(audit, "scoring")},
    }


def _tables(audit: Audit, measure: Measure) -> dict[str, list[dict[str, Any]]] | None:
    made = make_tables(audit, measure)
    return None if made is None else {name: [_row(row) for row in rows] for name, rows in vars(made).items()}


def _row(row: AuditRow) -> dict[str, Any]:
    return {
        "category": list(row.category),
        "rows": row.rows,
        "chosen": row.chosen,
        "rate": row.rate,
        "small": row.small,
        "ratio": row.ratio,
        "ratio_of_all": row.ratio_of_all,
    }
