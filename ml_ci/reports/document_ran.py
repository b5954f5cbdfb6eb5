"""The part of the report's schema that says what jobs ran on and warned of."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from ml_ci.reports.document_parts import Document, Name, Text
from ml_ci.training.ran import Hardware, Ran, Warned

_Few: TypeAlias = Annotated[list[Name], Field(max_length=100)]


class _Hardware(Document):
    cpu: Name = ""
    cores: Annotated[int, Field(ge=0, le=10**6)] = 0
    gpus: _Few = Field(default_factory=list)


class _Warned(Document):
    """Whether it is new follows from what the other side warned of; what the report says of it is not believed."""

    text: Text
    count: Annotated[int, Field(ge=1, le=10**9)] = 1

    def value(self) -> Warned:
        return Warned(self.text, self.count)


_Said: TypeAlias = Annotated[list[_Warned], Field(max_length=100)]


class RanDocument(Document):
    """How one job of a side ran."""

    devices: _Few
    hardware: _Hardware = Field(default_factory=_Hardware)
    asked: _Few = Field(default_factory=list)
    fallbacks: _Said = Field(default_factory=list)
    warnings: _Said = Field(default_factory=list)
    more: Annotated[int, Field(ge=0, le=10**9)] = 0

    def value(self) -> Ran:
        """Give it as a report holds it."""
        return Ran(
            tuple(self.devices),
            Hardware(self.hardware.cpu, self.hardware.cores, tuple(self.hardware.gpus)),
            tuple(self.asked),
            tuple(one.value() for one in self.fallbacks),
            tuple(one.value() for one in self.warnings),
            self.more,
        )
