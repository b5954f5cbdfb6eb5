"""What the EU's AI Act (Regulation 2024/1689, annex IV and the articles it names) and the GDPR ask of a card."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.reports.card_facts import Facts, Item, ask, know, lay_out, state
from ml_ci.reports.card_known import (
    LINEAGE,
    RECORD,
    REGISTRY,
    REPORT,
    tell_age,
    tell_approval,
    tell_changes,
    tell_cost,
    tell_data,
    tell_gates,
    tell_history,
    tell_holdout,
    tell_method,
    tell_outcome,
    tell_predicted,
    tell_relied,
    tell_slices,
    tell_tool,
    tell_version,
    tell_work,
)
from ml_ci.reports.card_values import Section

TITLE = "EU AI Act (Regulation 2024/1689, annex IV) and GDPR"


def tell_ai_act(facts: Facts) -> Section:
    """Give every item of the technical documentation, in the order of the annex."""
    items = (*_general(facts), *_development(facts), *_functioning(facts), *_lasting(facts), *_persons(facts))
    return Section(TITLE, (), (lay_out(items),))


def _general(facts: Facts) -> Iterator[Item]:
    yield state("1: intended purpose", facts.said.intended_use, "intended_use")
    yield state("1: provider", facts.said.owner, "owner")
    yield know("1: version and its predecessor", tell_version(facts), REGISTRY)
    yield ask(facts, "1: interfaces with other systems", "interfaces")
    yield ask(facts, "1: hardware", "hardware")
    yield ask(facts, "1: forms on the market", "market-forms")
    yield ask(facts, "1: user interface", "user-interface")
    yield ask(facts, "1: instructions for use", "instructions")


def _development(facts: Facts) -> Iterator[Item]:
    yield know("2a: methods and steps of development", tell_method(facts), LINEAGE)
    yield know("2c: resources used", tell_work(facts), LINEAGE)
    yield know("2d: data", tell_data(facts), LINEAGE)
    yield know("2d: how the holdout was cut", tell_holdout(facts), LINEAGE)
    yield ask(facts, "2b: design choices and their rationale", "design-rationale")
    yield ask(facts, "2a: third-party and pre-trained parts", "third-party-parts")
    yield ask(facts, "2d: provenance of the data", "data-provenance")
    yield ask(facts, "2d: labelling", "labelling")
    yield ask(facts, "2d: cleaning", "cleaning")
    yield ask(facts, "2e: human oversight (Art. 14)", "oversight")
    yield know("2f: bounds of a retraining", tell_gates(facts), f"{REPORT}: its gates")
    yield ask(facts, "2f: pre-determined changes", "planned-changes")
    yield know("2g: validation and testing", tell_outcome(facts.model.candidate), RECORD)
    yield know("2g: who let it in", tell_approval(facts), REGISTRY)
    yield ask(facts, "2g: signature of the responsible person", "signature")
    yield ask(facts, "2h: cybersecurity", "security")


def _functioning(facts: Facts) -> Iterator[Item]:
    yield know("3: accuracy by group (Art. 13(3)(b))", tell_slices(facts), RECORD)
    yield state("3: limitations", facts.said.limitations, "limitations")
    yield ask(facts, "3: unintended outcomes", "unintended-outcomes")
    yield ask(facts, "3: risks to health, safety and rights", "rights-risks")
    yield know("4: metrics: costs of mistakes", tell_cost(facts), f"{RECORD}, `cost:` in ml-ci.yaml")
    yield ask(facts, "4: why these metrics", "metric-reasons")
    yield ask(facts, "5: risk management (Art. 9)", "risk-management")
    yield know("10(2)(f, g): bias examined", _bias(facts), RECORD)
    yield know("15(3): accuracy declared", tell_outcome(facts.model.candidate), RECORD)
    yield ask(facts, "15: robustness", "robustness")
    yield ask(facts, "15(4): feedback loops", "feedback-loops")


def _lasting(facts: Facts) -> Iterator[Item]:
    yield know("6: changes through the life cycle", tell_changes(facts), REPORT)
    yield know("6: history", tell_history(facts), REGISTRY)
    yield ask(facts, "7: standards applied", "standards")
    yield ask(facts, "8: declaration of conformity", "declaration")
    yield ask(facts, "9: post-market plan", "post-market-plan")
    yield know("11, 18: kept current", tell_age(facts), REGISTRY)
    yield ask(facts, "18: retention for ten years", "retention")
    yield ask(facts, "12, 19, 26(6): logs of the system in use", "operation-logs")


def _persons(facts: Facts) -> Iterator[Item]:
    yield know("GDPR 13(2)(f), 15(1)(h): what is predicted", tell_predicted(facts), LINEAGE)
    yield know("GDPR: how it is decided", tell_tool(facts), LINEAGE)
    yield know("GDPR: features it relies on, without direction", tell_relied(facts), "measured for this card")
    yield ask(facts, "GDPR: the reasons of one person's decision", "person-reasons")
    yield ask(facts, "GDPR: consequences for the person", "consequences")
    yield ask(facts, "GDPR 22(3): human review", "human-review")
    yield ask(facts, "GDPR 22(3): how to contest it", "contest")


def _bias(facts: Facts) -> str:
    if facts.model.audit is not None:
        return "see “Bias audit”"
    return "see “Selection rates and impact ratios”" if tell_slices(facts) else ""
