"""The few verbs that promotion needs of a registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ml_ci.registry.values import Offer, Version


class Registry(Protocol):
    """A registry of models. NoAnswerError from every verb when it cannot be reached or refuses."""

    def aliased(self, model: str, alias: str) -> Version | None:
        """Give the version that an alias names; None when there is no such model or alias."""
        ...

    def versions(self, model: str) -> tuple[Version, ...]:
        """Give every version, the first first; none when there is no such model."""
        ...

    def log(self, offer: Offer) -> str:
        """Log the run of an offer, once, and give its id; called again it completes what is missing."""
        ...

    def register(self, offer: Offer, run: str) -> Version:
        """Register a version with the tags of an offer; versions are numbered in the order of registration."""
        ...

    def point(self, model: str, alias: str, version: str) -> None:
        """Let an alias name a version."""
        ...

    def unpoint(self, model: str, alias: str) -> None:
        """Take an alias away; one that is not there is no error."""
        ...

    def tag(self, model: str, version: str, key: str, value: str) -> None:
        """Write a tag of a version."""
        ...

    def tags(self, model: str) -> Mapping[str, str]:
        """Give the tags of a registered model; none when there is no such model."""
        ...

    def tag_model(self, model: str, key: str, value: str) -> None:
        """Write a tag of a registered model; one that is not there is made, without a version."""
        ...

    def untag_model(self, model: str, key: str) -> None:
        """Take a tag of a registered model away; one that is not there is no error."""
        ...

    def download(self, version: Version, part: str | None, to: Path) -> Path:
        """Bring a version's files into the folder `to`: its model, or the `part` of its run; give where they lie."""
        ...
