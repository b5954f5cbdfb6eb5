"""What a model card says that no run can find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass

Selected: TypeAlias = Literal["positive", "negative"]
# What reviewers ask and nobody but a person knows, by reader: a bias audit, a model-risk review, the EU's AI Act.
Answer: TypeAlias = Literal[
    "data-explanation",
    "data-period",
    "data-use",
    "audit-date",
    "auditor",
    "auditor-independence",
    "notices",
    "alternatives",
    "retention",
    "materiality",
    "method-rationale",
    "data-fitness",
    "approver-independence",
    "vendor-models",
    "use-downstream",
    "aggregate-risk",
    "next-validation",
    "back-testing",
    "interfaces",
    "hardware",
    "market-forms",
    "user-interface",
    "instructions",
    "design-rationale",
    "third-party-parts",
    "data-provenance",
    "labelling",
    "cleaning",
    "oversight",
    "planned-changes",
    "signature",
    "security",
    "unintended-outcomes",
    "rights-risks",
    "metric-reasons",
    "risk-management",
    "standards",
    "declaration",
    "post-market-plan",
    "operation-logs",
    "robustness",
    "feedback-loops",
    "person-reasons",
    "consequences",
    "human-review",
    "contest",
]


@dataclass(frozen=True)
class AuditSpec:
    """Name the columns of a bias audit, the values that say nothing, and which decision is the favourable one."""

    sex: str
    race: str
    unknown: tuple[str, ...] = ()
    selected: Selected = "positive"


@dataclass(frozen=True)
class Card:
    """Say on the model card what no run can find out; an empty text is left out. `answers` are by the item's name."""

    intended_use: str = ""
    owner: str = ""
    limitations: str = ""
    audit: AuditSpec | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
