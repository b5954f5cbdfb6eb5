"""What a job gets of the environment."""

from __future__ import annotations

import pytest

from ml_ci.variables.given import Env, give, in_ci, missing, withheld

ENVIRONMENT = {
    "PATH": "/bin",
    "HF_TOKEN": "hf_secret",
    "AWS_SECRET_ACCESS_KEY": "aws-secret",
    "MLFLOW_TRACKING_PASSWORD": "secret",
    "PIP_INDEX_URL": "https://me:hunter22@host/simple",
    "GITHUB_TOKEN": "ghs_secret",
    "ML_CI_STORE": "s3://x",
    "BASH_FUNC_which%%": "() { :; }",
}
MASKED = "https://me:***@host/simple"


@pytest.mark.parametrize(
    ("env", "gets"),
    [
        (Env(), {"PATH": "/bin", "PIP_INDEX_URL": MASKED}),
        (Env(("HF_TOKEN",)), {"PATH": "/bin", "PIP_INDEX_URL": MASKED, "HF_TOKEN": "hf_secret"}),
        (Env(("PIP_INDEX_URL",)), {"PATH": "/bin", "PIP_INDEX_URL": "https://me:hunter22@host/simple"}),
        (Env(("NOT_SET", "GITHUB_TOKEN")), {"PATH": "/bin", "PIP_INDEX_URL": MASKED}),
        (Env((), {"MODE": "fast", "PATH": "/own"}), {"PATH": "/own", "PIP_INDEX_URL": MASKED, "MODE": "fast"}),
        (Env(storage=True), {"PATH": "/bin", "PIP_INDEX_URL": MASKED, "AWS_SECRET_ACCESS_KEY": "aws-secret"}),
    ],
)
def test_a_job_gets(env: Env, gets: dict[str, str]) -> None:
    assert give(ENVIRONMENT, env) == gets


@pytest.mark.parametrize(
    ("env", "names"),
    [
        (Env(), ("AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "MLFLOW_TRACKING_PASSWORD", "PIP_INDEX_URL")),
        (Env(("HF_TOKEN", "PIP_INDEX_URL")), ("AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_PASSWORD")),
        (Env((), {"HF_TOKEN": "none"}), ("AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_PASSWORD", "PIP_INDEX_URL")),
        (Env(storage=True), ("HF_TOKEN", "MLFLOW_TRACKING_PASSWORD", "PIP_INDEX_URL")),
    ],
)
def test_what_a_list_could_give_is_named(env: Env, names: tuple[str, ...]) -> None:
    assert withheld(ENVIRONMENT, env) == names


def test_what_nobody_set_is_missing() -> None:
    assert missing({"A": "", "B": "1"}, Env(("A", "B", "C", "D"), {"D": "1"})) == ("C",)


@pytest.mark.parametrize(
    ("environment", "is_one"),
    [({}, False), ({"CI": ""}, False), ({"CI": "false"}, False), ({"CI": "1"}, True), ({"GITHUB_ACTIONS": "1"}, True)],
)
def test_a_run_of_ci(environment: dict[str, str], is_one: bool) -> None:
    assert in_ci(environment) is is_one
