"""What a model-risk review asks of a card: SR 26-2 of the Federal Reserve, before April 2026 SR 11-7."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.registry.values import CHAMPION
from ml_ci.reports.card_facts import Facts, Item, ask, know, lay_out, state
from ml_ci.reports.card_known import (
    LINEAGE,
    RECORD,
    REGISTRY,
    REPORT,
    tell_approval,
    tell_benchmark,
    tell_changes,
    tell_cost,
    tell_data,
    tell_drift,
    tell_gates,
    tell_limits,
    tell_method,
    tell_outcome,
    tell_relied,
    tell_slices,
    tell_version,
)
from ml_ci.reports.card_values import Section

TITLE = "Model-risk review (SR 26-2; formerly SR 11-7)"


def tell_review(facts: Facts) -> Section:
    """Give every item that such a review asks for."""
    return Section(TITLE, (), (lay_out((*_known(facts), *_unknown(facts))),))


def _known(facts: Facts) -> Iterator[Item]:
    said, model = facts.said, facts.model
    yield know("Inventory: version and status", tell_version(facts), REGISTRY)
    yield state("Owner", said.owner, "owner")
    yield state("Purpose", said.intended_use, "intended_use")
    yield know("Data: source, rows, balance, digest", tell_data(facts), LINEAGE)
    yield know("Drift of the data since the version before", tell_drift(facts), REPORT)
    yield know("Method as it was run", tell_method(facts), LINEAGE)
    yield know("Outcomes on the holdout", tell_outcome(model.candidate), RECORD)
    yield know("Outcomes by group", tell_slices(facts), RECORD)
    yield know("Costs of its mistakes", tell_cost(facts), f"{RECORD}, `cost:` in ml-ci.yaml")
    yield know("Benchmark, on the same rows", tell_benchmark(facts), RECORD)
    yield know("How often the holdout was looked at", _looks(facts), "holdout ledger, as the report told it")
    yield know("Stability: what it relies on", tell_relied(facts), "measured for this card")
    yield state("Limits that its owner knows", said.limitations, "limitations")
    yield know("Limits that the record shows", tell_limits(facts) or "none", REPORT)
    yield know("Change control: commit", str(facts.lineage.made.get("commit") or ""), LINEAGE)
    yield know("Change control: what changed", tell_changes(facts), REPORT)
    yield know("Change control: gates", tell_gates(facts), f"{REPORT}; gates are the base branch's")
    yield know("Approvals and overrides", tell_approval(facts), f"{REGISTRY}: its events, chained by their digests")
    yield know("Replication", f"`ml-ci reproduce {facts.named}`", LINEAGE)
    yield know("Fallback", _fallback(facts), REGISTRY)
    yield know("Monitoring since it is in use", "", "ml-ci")


def _looks(facts: Facts) -> str:
    return " ".join(note for note in facts.model.notes if note.startswith("Holdout: "))


def _fallback(facts: Facts) -> str:
    if CHAMPION not in facts.lineage.aliases or not facts.in_use or facts.in_use[-1].replaced is None:
        return "none: it is not in use, or no version was in use before it"
    return f"v{facts.in_use[-1].replaced}: `ml-ci rollback {facts.lineage.version.model} --reason 'why'`"


def _unknown(facts: Facts) -> Iterator[Item]:
    yield ask(facts, "Materiality: exposure and purpose", "materiality")
    yield ask(facts, "Rationale of the method, alternatives rejected", "method-rationale")
    yield ask(facts, "Fitness of the data for the use", "data-fitness")
    yield ask(facts, "Independence of who approved", "approver-independence")
    yield ask(facts, "Vendor models and parts", "vendor-models")
    yield ask(facts, "Use and reporting downstream", "use-downstream")
    yield ask(facts, "Aggregate risk", "aggregate-risk")
    yield ask(facts, "Date of the next validation", "next-validation")
    yield ask(facts, "Back-testing", "back-testing")
