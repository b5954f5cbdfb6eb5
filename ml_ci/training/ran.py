"""What a job ran on, and what it warned of: no part of any fingerprint, kept beside what it left."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field

from ml_ci.frozen import dataclass

CPU = "cpu"
TRAINING, SCORING = "training", "scoring"
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")
_FOLDERS = re.compile(r"(?:[\w.~-]*/)+")


@dataclass(frozen=True)
class Hardware:
    """The machine of a job: its processor's name, the cores that jobs may use, the names of its GPUs."""

    cpu: str = ""
    cores: int = 0
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Warned:
    """A warning that a job printed, on one line, and how often it did."""

    text: str
    count: int = 1


@dataclass(frozen=True)
class Ran:
    """How a job ran.

    `devices` are those that it was seen to use, `cpu` where it used no other: `cuda:0 NVIDIA H200`. `asked` says what
    asked for another one than the CPU, as far as that is known. `fallbacks` are the lines in which a library said
    that it took the CPU instead; `more` counts the further kinds of `warnings` that are not kept.
    """

    devices: tuple[str, ...] = (CPU,)
    hardware: Hardware = field(default_factory=Hardware)
    asked: tuple[str, ...] = ()
    fallbacks: tuple[Warned, ...] = ()
    warnings: tuple[Warned, ...] = ()
    more: int = 0

    @property
    def on_cpu(self) -> bool:
        """Say whether nothing but the CPU was seen to be used."""
        return all(device == CPU for device in self.devices)


def alike(text: str) -> str:
    """Give what two warnings have in common that differ in numbers, addresses and folders."""
    return _FOLDERS.sub("", _NUMBER.sub("#", text))


def split_new(own: Iterable[Warned], other: Iterable[Warned] | None) -> tuple[tuple[Warned, ...], tuple[Warned, ...]]:
    """Give the warnings that the other side's job has none alike of, and those that both have; None has none."""
    known = {alike(one.text) for one in other or ()}
    kept = tuple(own)
    both = tuple(one for one in kept if alike(one.text) in known)
    return tuple(one for one in kept if one not in both), both
