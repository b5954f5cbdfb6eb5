"""The bias audit of a card: New York City's Local Law 144 of 2021, 6 RCNY 5-300 to 5-304."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.evaluation.audit import Audit
from ml_ci.reports.audit import AuditRow, Measure, count_unknown, make_tables
from ml_ci.reports.card_facts import Facts, Item, ask, know, lay_out
from ml_ci.reports.card_known import LINEAGE, RECORD, REGISTRY, tell_first_use, tell_holdout, tell_time, tell_tool
from ml_ci.reports.card_values import Grid, Section
from ml_ci.reports.numbers import count, percent

TITLE = "Bias audit (New York City, Local Law 144)"
_ASKED = "`card: {audit: {sex: COLUMN, race: COLUMN}}` in ml-ci.yaml"
_NAMES = {"selection": "selection rate", "scoring": "scoring rate"}


def tell_audit(facts: Facts) -> Section:
    """Give the tables where an audit was asked for, and every item that the rules ask to be published."""
    audit = facts.model.audit
    grids = () if audit is None else tuple(_grids(audit))
    said = () if audit is None else tuple(_explain(audit))
    return Section(TITLE, said, (*grids, lay_out(_items(facts))))


def _explain(audit: Audit) -> Iterator[str]:
    yield (
        f"Selected is whom the model calls {audit.selected}. The selection rate is the share of a category that is "
        "selected, the impact ratio that rate by the highest one of the same table. These are numbers, no audit: an "
        "independent auditor makes that."
    )
    if audit.median is not None:
        yield (
            f"The scoring rate is the share of a category with a score strictly above {audit.median:.12g}, the median "
            "of all rows that were counted."
        )
    unknown = count_unknown(audit)
    yield (
        f"In no table are rows of unknown sex ({count(unknown.sex)}) or race ({count(unknown.race)}), "
        f"{count(unknown.either)} of {count(unknown.rows)} rows"
        + (f" ({percent(unknown.either / unknown.rows)})." if unknown.rows else ".")
    )
    yield (
        "A category of less than 2% of the rows in the tables may be left out of the ratios by an independent auditor, "
        "with a reason: the ratio without such categories and the one with all stand beside each other."
    )


def _grids(audit: Audit) -> Iterator[Grid]:
    measures: tuple[Measure, ...] = ("selection", "scoring")
    for measure in measures:
        made = make_tables(audit, measure)
        if made is not None:
            yield _grid((audit.sex,), made.sex, measure)
            yield _grid((audit.race,), made.race, measure)
            yield _grid((audit.sex, audit.race), made.both, measure)


def _grid(columns: tuple[str, ...], rows: tuple[AuditRow, ...], measure: Measure) -> Grid:
    chosen = "selected" if measure == "selection" else "above the median"
    head = (*columns, "rows", chosen, _NAMES[measure], "impact ratio", "ratio with all")
    return Grid(head, tuple(_row(row) for row in rows), "l" * len(columns) + "rrrrr")


def _row(row: AuditRow) -> tuple[str, ...]:
    small = " (under 2%)" if row.small else ""
    ratio = "N/A" if row.small else _ratio(row.ratio)
    return (
        *row.category,
        f"{count(row.rows)}{small}",
        count(row.chosen),
        f"{row.rate:.4f}",
        ratio,
        _ratio(row.ratio_of_all),
    )


def _ratio(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def _items(facts: Facts) -> Iterator[Item]:
    audit = facts.model.audit
    selection = audit is not None and make_tables(audit, "selection") is not None
    yield know(
        "Selection rates and impact ratios", "the tables above" if selection else "", RECORD if selection else _ASKED
    )
    yield _scoring(audit)
    yield know("Rows of unknown sex or race", _unknown(audit), RECORD if audit else _ASKED)
    yield know("Categories under 2%", _small(audit), RECORD if audit else _ASKED)
    yield know("Tool", tell_tool(facts), LINEAGE)
    yield know("Distribution date (first use)", tell_first_use(facts), REGISTRY)
    yield know("Source of the data", tell_holdout(facts), LINEAGE)
    yield ask(facts, "Explanation of the data", "data-explanation")
    yield ask(facts, "Period of the data", "data-period")
    yield _use(facts)
    yield know("Evaluated on", tell_time(facts), REGISTRY)
    yield ask(facts, "Date of the latest bias audit", "audit-date")
    yield ask(facts, "Auditor", "auditor")
    yield ask(facts, "Independence of the auditor", "auditor-independence")
    yield ask(facts, "Notices to candidates and employees", "notices")
    yield ask(facts, "Alternatives and accommodations", "alternatives")
    yield ask(facts, "Retention of data", "retention")


def _scoring(audit: Audit | None) -> Item:
    item = "Scoring rates and impact ratios"
    if audit is not None and audit.median is None:
        return know(item, "the model gives labels: there are no scores", RECORD)
    if audit is None or make_tables(audit, "scoring") is None:
        return know(item, "", _ASKED)
    return know(item, "the tables above", RECORD)


def _unknown(audit: Audit | None) -> str:
    if audit is None:
        return ""
    found = count_unknown(audit)
    share = f" ({percent(found.either / found.rows)})" if found.rows else ""
    return f"sex {count(found.sex)}, race {count(found.race)}, either {count(found.either)}{share}"


def _small(audit: Audit | None) -> str:
    made = None if audit is None else make_tables(audit, "selection")
    if made is None:
        return ""
    small = [" and ".join(row.category) for row in (*made.sex, *made.race, *made.both) if row.small]
    return "; ".join(small) or "none"


def _use(facts: Facts) -> Item:
    item = "Data of real use, or test data"
    if facts.said.answers.get("data-use"):
        return ask(facts, item, "data-use")
    return know(item, "test data: a holdout, unless its owner says otherwise (`data-use`)", "ml-ci.yaml")
