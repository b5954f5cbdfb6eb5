"""A champion as the baseline, after the holdout was cut otherwise."""

from __future__ import annotations

import re
from typing import Any

from ml_ci.reports.markdown import render
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

SAID = "The holdout is cut otherwise than when champion v1"


def _cut(game: Any, share: float) -> None:
    """Judge on a part of the training data."""
    path = game.path / "ml-ci.yaml"
    data = f"data: {{train: data/holdout.csv, holdout: {{of: train, share: {share}, seed: 3}}}}"
    lines = [line if "data:" not in line else f"    {data}" for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    game.git("add", "-A")
    game.git("commit", "-qm", f"Cut {share}")


def test_a_comment_says_that_the_champion_may_have_seen_the_holdout(game: Any) -> None:
    game.change(0.6)
    _cut(game, 0.5)
    assert game.run().models["cutter"].cautions == ()
    promote_model(game.options(), "cutter", Asked("Ada", "2026-01-02T03:04:05+00:00"))
    game.change(0.55)
    _cut(game, 0.5)
    assert game.run().models["cutter"].cautions == (), "the same cut: the champion saw none of these rows"

    _cut(game, 0.8)
    report = game.run()
    caution, counted = report.models["cutter"].cautions
    assert re.match(r"\d+ of the \d+ rows of the holdout stand in the rest of the baseline's data\.train ", counted)
    assert caution.startswith(SAID) and "(50% of train, seed 3 → 80% of train, seed 3)" in caution
    assert re.search(rf"^> \[!WARNING\]\n(> .*\n)*> {SAID}", render(report), re.MULTILINE)
    assert game.run("HEAD~1").models["cutter"].cautions == (), "another baseline is trained without the holdout"
