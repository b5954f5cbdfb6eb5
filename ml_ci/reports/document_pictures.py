"""The part of the report's schema that a page draws from: lengths agree, and counts do what counts by threshold do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, TypeAlias

from pydantic import Field, model_validator

from ml_ci.changes.drift import ColumnDrift
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.pictures import (
    CALIBRATION_BINS,
    MOST_CUTS,
    MOST_DRIFTS,
    MOST_FLIPS,
    SCORE_BINS,
    ByClass,
    Calibration,
    CalibrationBin,
    CutCounts,
    Cuts,
    Flip,
    Flips,
    Histograms,
    Pictures,
)
from ml_ci.reports.document_parts import Document, Name

_Count: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
_Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
_ByCut: TypeAlias = Annotated[list[_Count], Field(min_length=1, max_length=MOST_CUTS)]
_ByBin: TypeAlias = Annotated[list[_Count], Field(min_length=1, max_length=SCORE_BINS)]


class _CutCounts(Document):
    fp: _ByCut
    fn: _ByCut
    positives: _Count
    negatives: _Count

    @model_validator(mode="after")
    def _fall_and_rise(self) -> _CutCounts:
        if any(later > sooner for sooner, later in pairwise([self.negatives, *self.fp])):
            raise ValueError("false positives do not fall from one cut to the next")
        if any(later > sooner for later, sooner in pairwise([*self.fn, self.positives])):
            raise ValueError("misses do not rise from one cut to the next")
        return self

    def value(self) -> CutCounts:
        return CutCounts(tuple(self.fp), tuple(self.fn), self.positives, self.negatives)


class _Cuts(Document):
    at: Annotated[list[float], Field(min_length=1, max_length=MOST_CUTS)]
    candidate: _CutCounts
    baseline: _CutCounts | None = None
    operating: Annotated[list[float | None], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _agree(self) -> _Cuts:
        if any(low >= high for low, high in pairwise(self.at)):
            raise ValueError("cuts do not rise")
        for side in filter(None, (self.candidate, self.baseline)):
            if not len(side.fp) == len(side.fn) == len(self.at):
                raise ValueError("there are not as many counts as cuts")
        if any(cut is not None and cut not in self.at for cut in self.operating):
            raise ValueError("an operating cut is none of the cuts")
        if self.baseline is None and self.operating[1] is not None:
            raise ValueError("an operating cut is of no baseline")
        return self

    def sides(self) -> Iterator[tuple[_CutCounts | None, float | None]]:
        """Give each side with its operating cut."""
        yield from zip((self.candidate, self.baseline), self.operating, strict=True)

    def value(self) -> Cuts:
        baseline = self.baseline.value() if self.baseline else None
        return Cuts(tuple(self.at), self.candidate.value(), baseline, (self.operating[0], self.operating[1]))


class _ByClass(Document):
    negatives: _ByBin
    positives: _ByBin

    def value(self) -> ByClass:
        return ByClass(tuple(self.negatives), tuple(self.positives))


class _Histograms(Document):
    edges: Annotated[list[float], Field(min_length=2, max_length=SCORE_BINS + 1)]
    candidate: _ByClass
    baseline: _ByClass | None = None

    @model_validator(mode="after")
    def _agree(self) -> _Histograms:
        if len(self.edges) > 2 and any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("edges do not rise")
        if self.edges[0] > self.edges[-1]:
            raise ValueError("edges do not rise")
        for side in filter(None, (self.candidate, self.baseline)):
            if not len(side.negatives) == len(side.positives) == len(self.edges) - 1:
                raise ValueError("there are not as many counts as bins")
        return self

    def value(self) -> Histograms:
        baseline = self.baseline.value() if self.baseline else None
        return Histograms(tuple(self.edges), self.candidate.value(), baseline)


class _CalibrationBin(Document):
    rows: Annotated[int, Field(ge=1, le=10**15)]
    mean: _Share
    positives: _Count

    @model_validator(mode="after")
    def _part_of_it(self) -> _CalibrationBin:
        if self.positives > self.rows:
            raise ValueError("more rows are positive than there are")
        return self


_Bins: TypeAlias = Annotated[list[_CalibrationBin], Field(max_length=CALIBRATION_BINS)]


class _Calibration(Document):
    candidate: _Bins
    baseline: _Bins | None = None

    def value(self) -> Calibration:
        first, second = self.candidate, self.baseline
        return Calibration(_bins(first), None if second is None else _bins(second))


def _bins(found: Sequence[_CalibrationBin]) -> tuple[CalibrationBin, ...]:
    return tuple(CalibrationBin(one.rows, one.mean, one.positives) for one in found)


class _Flip(Document):
    row: Annotated[int, Field(ge=1, le=10**15)]
    positive: bool
    wrong: bool
    candidate: float
    baseline: float


class _Flips(Document):
    new_fp: _Count
    new_fn: _Count
    gone_fp: _Count
    gone_fn: _Count
    rows: list[_Flip] = Field(default_factory=list, max_length=MOST_FLIPS)
    scored: bool = False

    @model_validator(mode="after")
    def _agree(self) -> _Flips:
        if len({one.row for one in self.rows}) < len(self.rows):
            raise ValueError("a row flips twice")
        kinds = {(False, True): self.new_fp, (True, True): self.new_fn}
        kinds |= {(False, False): self.gone_fp, (True, False): self.gone_fn}
        for (positive, wrong), known in kinds.items():
            if sum((one.positive, one.wrong) == (positive, wrong) for one in self.rows) > known:
                raise ValueError("more rows are shown than flipped")
        return self

    def value(self) -> Flips:
        rows = tuple(Flip(**dict(one)) for one in self.rows)
        return Flips(self.new_fp, self.new_fn, self.gone_fp, self.gone_fn, rows, self.scored)


class _ColumnDrift(Document):
    part: Name
    column: Name
    bits: _Share
    noise: Annotated[float, Field(ge=0, le=10**15)]
    told: bool
    means: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None

    def value(self) -> ColumnDrift:
        means = None if self.means is None else (self.means[0], self.means[1])
        return ColumnDrift(self.part, self.column, self.bits, self.noise, self.told, means)


class PicturesDocument(Document):
    """The numbers that a page draws of one model."""

    cuts: _Cuts | None = None
    histograms: _Histograms | None = None
    calibration: _Calibration | None = None
    flips: _Flips | None = None
    drift: list[_ColumnDrift] = Field(default_factory=list, max_length=MOST_DRIFTS)

    def refuse_other_rows(self, candidate: Confusion | None, baseline: Confusion | None) -> None:
        """Raise ValueError where a picture is of other rows than the report's own counts, or counts otherwise."""
        for place, own in enumerate((candidate, baseline)):
            self._refuse_other(place, own)
        if self.flips is not None:
            self._refuse_other_flips(candidate, baseline)

    def _refuse_other(self, place: int, own: Confusion | None) -> None:
        side = ("candidate", "baseline")[place]
        if self.cuts is not None:
            counts, cut = list(self.cuts.sides())[place]
            _refuse(side, own, None if counts is None else (counts.negatives, counts.positives))
            if counts is not None and own is not None and cut is not None:
                here = self.cuts.at.index(cut)
                if (counts.fp[here], counts.fn[here]) != (own.fp, own.fn):
                    raise ValueError(f"at the operating cut of the {side} other rows are wrong than the report counts")
        if self.histograms is not None:
            bins = getattr(self.histograms, side)
            _refuse(side, own, None if bins is None else (sum(bins.negatives), sum(bins.positives)))
        found = None if self.calibration is None else getattr(self.calibration, side)
        if found is not None:
            positives = sum(one.positives for one in found)
            _refuse(side, own, (sum(one.rows for one in found) - positives, positives))

    def _refuse_other_flips(self, candidate: Confusion | None, baseline: Confusion | None) -> None:
        flips = self.flips
        if flips is None or candidate is None or baseline is None:
            raise ValueError("rows flipped, and there are no two sides")
        moved = (flips.new_fp - flips.gone_fp, flips.new_fn - flips.gone_fn)
        if moved != (candidate.fp - baseline.fp, candidate.fn - baseline.fn):
            raise ValueError("other rows flipped than the report counts")
        if flips.new_fp > candidate.fp or flips.new_fn > candidate.fn:
            raise ValueError("more rows flipped than are wrong")

    def value(self) -> Pictures:
        """Give the pictures as a report holds them."""
        return Pictures(
            self.cuts.value() if self.cuts else None,
            self.histograms.value() if self.histograms else None,
            self.calibration.value() if self.calibration else None,
            self.flips.value() if self.flips else None,
            tuple(one.value() for one in self.drift),
        )


def _refuse(side: str, own: Confusion | None, counted: tuple[int, int] | None) -> None:
    if counted is not None and (own is None or counted != (own.negatives, own.positives)):
        raise ValueError(f"a picture of the {side} is of other rows than the report counts")
