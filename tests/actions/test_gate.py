"""The gate's action, run for real: what a job that trains leaves, without any token to write."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.act


def test_a_pull_request_that_passes(rig: Any) -> None:
    done = rig.run("pull-request-untrusted.yml", "pull_request", rig.pull_request({"misses.txt": "5\n"}))
    assert done.jobs == {"gate": "success"}, done.log
    report = json.loads((rig.state / "artifacts" / "ml-ci-report" / "report.json").read_text())
    assert report["verdict"] == "pass"
