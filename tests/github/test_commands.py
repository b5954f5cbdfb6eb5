from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.gates.values import GateResult
from ml_ci.github.commands import Annotation, heredoc, remarks, unheard
from ml_ci.reports.values import ModelReport, Report
from ml_ci.review.summary import MOST_BYTES, fitting, write_summary

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("annotation", "line"),
    [
        (
            Annotation("error", "churn: fpr <= 0.05", "Too many.", "a/ml-ci.yaml", 12),
            "::error file=a/ml-ci.yaml,line=12,title=churn%3A fpr <= 0.05::Too many.",
        ),
        (Annotation("warning", "a, b", "100% sure", None, 3), "::warning title=a%2C b::100%25 sure"),
        (
            Annotation("error", "t\n::error::x", "a\r\n::set-output name=x::y %0A::error::z"),
            "::error title=t %3A%3Aerror%3A%3Ax::a ::set-output name=x::y %250A::error::z",
        ),
    ],
)
def test_a_command_is_one_line(annotation: Annotation, line: str) -> None:
    assert annotation.command() == line


def test_at_most_ten_errors_and_ten_warnings() -> None:
    gates = [GateResult(f"fpr <= 0.{n}", kind, None, 0.5, 0.1) for n in range(20) for kind in ("fail", "inconclusive")]  # type: ignore[arg-type]
    report = Report("fail", None, None, {"m": ModelReport("fail", "train", gates=tuple(gates))})
    assert [one.level for one in remarks(report)] == ["error"] * 10 + ["warning"] * 10


def test_a_failure_and_a_gate_are_remarked_at_their_place() -> None:
    gate = GateResult("fpr <= 0.05", "fail", None, 0.1, 0.05, line=9)
    models = {"m": ModelReport("fail", "train", gates=(gate,))}
    report = Report(
        "error", None, None, models, failure=Failure("spec", "x", "Bad.", "Mend it."), config="sub/ml-ci.yaml"
    )
    whole, of_gate = remarks(report)
    assert (whole.message, whole.file, whole.line) == ("Bad. Mend it.", "sub/ml-ci.yaml", None)
    assert (of_gate.file, of_gate.line, of_gate.title) == ("sub/ml-ci.yaml", 9, "m: fpr <= 0.05")


def test_a_pass_has_no_remarks(reports: Any) -> None:
    assert remarks(reports["passed"]()) == ()


@pytest.mark.parametrize("value", ["x\nverdict=pass", "EOF\nverdict<<EOF\npass\nEOF", "", "ml-ci-"])
def test_a_value_ends_where_it_should(value: str) -> None:
    text = heredoc({"a": value, "b": "2"})
    [end] = set(re.findall(r"<<(ml-ci-[0-9a-f]{32})$", text, re.MULTILINE))
    assert text == f"a<<{end}\n{value}\n{end}\nb<<{end}\n2\n{end}\n"


def test_a_delimiter_in_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="delimiter"):
        heredoc({"a": "x\nEND\n"}, "END")


def test_text_of_others_is_not_heard() -> None:
    text = unheard("::error::x\n::set-output name=a::b")
    token = re.match(r"::stop-commands::(ml-ci-[0-9a-f]{32})\n", text)
    assert token is not None
    assert text.endswith(f"\n::{token.group(1)}::\n") and text.count(token.group(1)) == 2


def test_report_as_github_tells_the_step(ml_ci: Run, write_report: Write, tmp_path: Path) -> None:
    code, out, err = ml_ci("report", write_report("failed_by_data"), "--format", "github", "--exit-code")
    assert (code, err) == (1, "")
    inside, _, outside = out.partition("\n::ml-ci-")
    assert inside.startswith("::stop-commands::ml-ci-") and "✗ churn fails 1 of 4 gates" in inside
    lines = outside.splitlines()[1:]
    assert lines[0].startswith(
        "::error title=churn%3A fnr <= baseline.fnr + 0.01::Misses 50 → 80 (+30 of 402): FNR 12.4%25 → 19.9%25"
    )
    assert lines[1].startswith("::warning title=churn%3A each(fnr%2C by=region) <= 0.20%2C region = north::")
    outputs = read_outputs(tmp_path / "OUTPUT")
    assert outputs == {
        "verdict": "fail",
        "exit-code": "1",
        "sentence": "churn fails 1 of 4 gates",
        "models": '["churn"]',
        "failed-models": '["churn"]',
        "report": str(tmp_path / "report.json"),
    }
    assert (tmp_path / "STEP_SUMMARY").read_text(encoding="utf-8").startswith("### ✗ churn fails 1 of 4 gates")


def test_a_hostile_report_gives_no_commands_and_no_outputs(ml_ci: Run, write_report: Write, tmp_path: Path) -> None:
    code, out, _ = ml_ci("report", write_report("hostile"), "--format", "github")
    assert code == 0
    outside = re.sub(r"^::stop-commands::(\S+)\n.*?^::\1::\n", "", out, flags=re.DOTALL | re.MULTILINE)
    assert all(re.match(r"::(error|warning) title=[^:,\n]*::", line) for line in outside.splitlines())
    assert "##[" not in outside
    outputs = read_outputs(tmp_path / "OUTPUT")
    assert set(outputs) == {"verdict", "exit-code", "sentence", "models", "failed-models", "report"}
    assert outputs["verdict"] == "error" and json.loads(outputs["models"])


def read_outputs(file: Path) -> dict[str, str]:
    """Read outputs as the runner does."""
    found, lines = {}, iter(file.read_text(encoding="utf-8").splitlines())
    for line in lines:
        name, _, end = line.partition("<<")
        value = []
        for inner in lines:
            if inner == end:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


def test_a_summary_is_never_over_one_mebibyte(any_report: Report, tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * (MOST_BYTES - 3_000))
    for _ in range(5):
        write_summary(any_report, file)
    assert file.stat().st_size <= MOST_BYTES
    file.write_text("x" * MOST_BYTES)
    assert write_summary(any_report, file) is False


@pytest.mark.parametrize("room", [0, 100, 500, 5_000, 1_000_000])
def test_a_summary_fits_its_room_in_bytes(reports: Any, room: int) -> None:
    assert len(fitting(reports["forty_slices"](), room).encode()) <= room


def test_the_command_summary(ml_ci: Run, write_report: Write, tmp_path: Path) -> None:
    assert ml_ci("github", "summary", "--report", write_report("crashed")) == (0, "job summary: written\n", "")
    assert "churn could not be judged" in (tmp_path / "STEP_SUMMARY").read_text(encoding="utf-8")
    (tmp_path / "STEP_SUMMARY").write_text("x" * MOST_BYTES)
    assert (
        ml_ci("github", "summary", "--report", write_report("crashed"))[1]
        == "job summary: there is no room left in it\n"
    )


def test_without_a_file_there_is_no_summary(ml_ci: Run, write_report: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    code, _, err = ml_ci("github", "summary", "--report", write_report("crashed"))
    assert code == 2 and "there is no job summary to write to" in err


def test_the_event_as_json_and_as_outputs(ml_ci: Run, tmp_path: Path) -> None:
    code, out, _ = ml_ci("github", "event")
    told = json.loads(out)
    assert code == 0 and told["format"] == 1
    assert (told["kind"], told["pull-request"], told["gates-from"], told["comments"]) == (
        "pull-request",
        7,
        "main",
        True,
    )
    outputs = read_outputs(tmp_path / "OUTPUT")
    assert (outputs["pull-request"], outputs["comments"], outputs["promotes"]) == ("7", "true", "false")
