"""Each way to end has its exit code."""

from __future__ import annotations

from typing import Any

import pytest

EDITS = {
    "pass": ((), 0, "✓ shop passes"),
    "fail": (("fpr <= 0.2", "fpr <= 0.01"), 1, "✗ shop fails"),
    "inconclusive": (("fpr <= 0.2", "fpr <= 0.12 @ 0.95"), 4, "?"),
    "nothing gated": (("    gates:\n      - fpr <= 0.2\n      - fnr <= baseline.fnr + 0.05\n", ""), 5, "nothing was"),
    "a mistake": (("version: 1", "version: 2"), 2, ""),
}


@pytest.mark.parametrize("case", EDITS)
def test_the_verdict_is_the_exit_code(known: Any, case: str) -> None:
    edit, code, said = EDITS[case]
    if edit:
        known.edit("ml-ci.yaml", *edit)
    answer = known.run()
    assert answer.code == code, answer.out + answer.err
    assert said.lower() in answer.out.lower()
    assert known.trainings() == 0
    known.verify()


def test_a_bug_has_its_traceback_and_says_how_to_report_it(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise AssertionError("this cannot be")

    assert known.run().code == 0
    monkeypatch.setattr("ml_ci.pipeline.plan_work", broken)
    answer = known.run()
    assert (answer.code, answer.out) == (3, "")
    assert "Traceback (most recent call last)" in answer.err
    assert "AssertionError: this cannot be" in answer.err
    assert "Please report it" in answer.err
    assert not (known.path / ".ml_ci" / "report.json").exists(), "the pass of the earlier run is gone"
    known.verify()


def test_a_bug_of_ours_ends_the_job(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known.edit("model.py", "    means = []", "    import time\n    time.sleep(600)\n    means = []")

    def broken(*given: object) -> None:
        if known.trainings():
            raise AssertionError("this cannot be")

    monkeypatch.setattr("ml_ci.cli.progress.PlainLines.tick", broken)
    assert known.run().code == 3
    known.no_jobs()
    known.verify()


def test_several_models_give_the_worst(known: Any) -> None:
    text = (known.path / "ml-ci.yaml").read_text()
    block = text[text.index("  shop:") :]
    other = block.replace("  shop:", "  bazaar:").replace("fpr <= 0.2", "fpr <= 0.01")
    known.write({"ml-ci.yaml": text + other})
    assert known.run().code == 1
    assert {name: one["verdict"] for name, one in known.report()["models"].items()} == {
        "shop": "pass",
        "bazaar": "fail",
    }
    assert known.trainings() == 0, "two models with the same training share it"
    assert known.run("run", "--model", "shop").code == 0
    assert list(known.report()["models"]) == ["shop"]
