"""Where a version comes from, and making it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci import pipeline
from ml_ci.errors import UserError
from ml_ci.reports.lineage import as_json, mermaid, text
from ml_ci.steps.lineage.registered import Registered
from ml_ci.steps.lineage.reproduce import Reproduced, reproduce_version
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

_ASKED = Asked("Ada", "2026-01-02T03:04:05+00:00")


def again(game: Any, version: str = "", tolerance: float = 1e-6) -> Reproduced:
    return reproduce_version(game.options(), game.model + version, build=False, tolerance=tolerance)


def test_a_version_that_is_made_again_is_identical(first: Any) -> None:
    first.change(0.55)  # the tree has gone on; the version's commit counts
    done = again(first)
    assert (done.outcome, done.differences, done.rows, done.same_file) == ("identical", (), 40, True)
    assert first.git("worktree", "list").count("\n") == 0
    assert first.git("status", "--short") == ""


def test_data_that_were_altered_are_named(game: Any) -> None:
    game.change(0.6)
    (game.path / ".gitignore").write_text("data/train.csv\n__pycache__/\n")
    game.git("rm", "-q", "--cached", "data/train.csv")
    game.git("add", "-A")
    game.git("commit", "-qm", "Keep the training data out of git")
    game.run()
    promote_model(game.options(), game.model, _ASKED)
    assert again(game).outcome == "identical"

    path = game.path / "data/train.csv"
    path.write_text(path.read_text().replace("0.0500,b,0", "0.0500,b,1"))
    done = again(game)
    assert [one.part for one in done.differences] == ["data.train"]
    assert done.differences[0].details[0].startswith("content: ")


def test_code_that_is_in_no_commit_is_named(first: Any) -> None:
    first.change(0.55)
    code = first.path / f"{first.package}.py"
    code.write_text(code.read_text().replace("CUT = 0.55", "CUT = 0.57"))
    first.run()
    asked = Asked("Ada", "2026-01-02T03:04:05+00:00", "an emergency", frozenset({"dirty"}))
    promote_model(first.options(), first.model, asked)
    done = again(first)
    assert done.outcome == "different"
    assert [one.part for one in done.differences] == ["code", "metrics"]
    assert done.differences[0].details[0].startswith(f"{first.package}.py: ")
    assert done.flipped > 0


@pytest.mark.parametrize("how", ["-e", "plain"])
def test_an_installed_project_is_made_again_by_the_code_of_its_commit(game: Any, tmp_path: Path, how: str) -> None:
    """What is installed in the job's Python is another commit's code: it trains and scores nothing."""
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment"), check=True)
    [site] = (tmp_path / "environment").glob("lib/python*/site-packages")
    python = str(tmp_path / "environment" / "bin" / "python")
    name = game.package.replace("_", "-")
    (game.path / "src").mkdir(parents=True)
    (game.path / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "0.1"\n')
    module = f"{game.package}.py"
    game.change(0.6)
    game.git("mv", module, f"src/{module}")
    game.git("commit", "-qm", "Move it to src")
    (site / f"{game.package}-0.1.dist-info").mkdir()
    if how == "-e":
        (site / "_game.pth").write_text(f"{game.path}/src\n")
        (site / f"{game.package}-0.1.dist-info" / "RECORD").write_text("_game.pth,,\n")
    else:
        (site / module).write_text((game.path / "src" / module).read_text().replace("CUT = 0.6", "CUT = 0.9"))
        (site / f"{game.package}-0.1.dist-info" / "RECORD").write_text(f"{module},,\n")
    assert pipeline.run(game.options(baseline="champion", python=python)).verdict == "pass"
    promote_model(game.options(python=python), game.model, _ASKED)

    code = game.path / "src" / module
    code.write_text(code.read_text().replace("CUT = 0.6", "CUT = 0.9"))
    game.git("commit", "-qam", "Change the cut")
    done = reproduce_version(game.options(python=python), game.model, build=False, tolerance=1e-6)
    assert (done.outcome, done.differences, done.flipped) == ("identical", (), 0)


def _library(folder: Path, version: str) -> None:
    (folder / "thelib.py").write_text(f"SHIFT = {0.0 if version == '1.0' else 0.2}\n")
    for old in folder.glob("thelib-*"):
        (old / "METADATA").unlink()
        (old / "RECORD").unlink()
        old.rmdir()
    info = folder / f"thelib-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: thelib\nVersion: {version}\n")
    (info / "RECORD").write_text("thelib.py,,\n")


def test_a_library_that_was_altered_is_named(game: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    site.mkdir()
    _library(site, "1.0")
    monkeypatch.setattr(sys, "path", [sys.path[0], str(site), *sys.path[1:]])
    monkeypatch.setenv("PYTHONPATH", str(site))
    game.change(0.6)
    code = game.path / f"{game.package}.py"
    code.write_text(
        "import thelib\n" + code.read_text().replace("return Model(CUT)", "return Model(CUT - thelib.SHIFT)")
    )
    game.git("commit", "-qam", "Use a library")
    assert game.run().verdict == "pass"
    promote_model(game.options(), game.model, _ASKED)
    assert again(game).outcome == "identical"

    _library(site, "2.0")
    done = again(game)
    assert done.outcome == "different"
    assert [one.part for one in done.differences] == ["environment"]
    assert done.differences[0].details == ("thelib: 1.0 → 2.0",)


def test_lineage_leads_to_everything_that_a_version_was_made_of(first: Any) -> None:
    opened = Registered.open(first.options())
    found = opened.lineage(opened.version("cutter@v1"))
    assert opened.version("cutter").version == opened.version("cutter@champion").version == "1"
    said = list(text(found))
    assert said[0] == "cutter v1  (champion)"
    shown = "\n".join(said)
    for expected in (first.git("rev-parse", "HEAD"), "data/train.csv", "data.holdout", "code", "seed", "environment"):
        assert expected in shown
    assert "    pass         fpr <= 0.2" in said
    made = as_json(found)["made"]
    assert set(made["parts"]) >= {"code", "data.train", "data.holdout", "environment", "seed", "gates", "metrics"}
    assert made["environment"]["python"]
    drawn = "\n".join(mermaid(found))
    assert drawn.startswith("flowchart LR\n")
    assert 'version["cutter v1<br/>champion<br/>registered ' in drawn


def test_a_version_that_is_not_there_is_told_with_those_that_are(first: Any) -> None:
    opened = Registered.open(first.options())
    with pytest.raises(UserError, match="`cutter` has no version or alias `9`") as error:
        opened.version("cutter@9")
    assert error.value.hint == "Its versions are: v1."
    with pytest.raises(UserError, match=r"ml-ci\.yaml has no model `other`"):
        opened.version("other")
