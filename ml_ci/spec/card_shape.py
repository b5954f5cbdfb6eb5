"""The shape of `card:`: what a model card says that no run can find out."""

from pydantic import Field

from ml_ci.spec.card import Answer, Selected
from ml_ci.spec.entry_shape import Strict
from ml_ci.spec.kinds import Text


class AuditShape(Strict):
    """The columns of a bias audit as New York City's Local Law 144 defines it."""

    sex: Text = Field(description="The holdout's column with the sex.", examples=["sex"])
    race: Text = Field(description="The holdout's column with race or ethnicity.", examples=["race"])
    unknown: list[str] = Field(
        [], description="Values that say nothing, beside missing ones: such rows are in no table.", examples=[["Other"]]
    )
    selected: Selected = Field(
        "positive", description="The favourable decision: the negative one of a model that finds risks."
    )


class CardShape(Strict):
    """What the model card says that no run can find out."""

    intended_use: str = Field("", description="What the model is for, and what it is not for.")
    owner: str = Field("", description="Who answers for it.", examples=["Risk analytics, risk@example.org"])
    limitations: str = Field("", description="Where it is known to be wrong, or not to be used.")
    audit: AuditShape | None = Field(
        None,
        description="Rates and impact ratios by sex and by race, and by both.",
        examples=[{"sex": "sex", "race": "race"}],
    )
    answers: dict[Answer, str] = Field(
        {},
        description="Answers to what reviewers ask and no run can find out, by the name of the item.",
        examples=[{"data-period": "January to June 2026"}],
    )
