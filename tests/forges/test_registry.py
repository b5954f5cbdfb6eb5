"""Which forge this is, and what its variables say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.forges import registry
from ml_ci.forges.forge import Build, Forge
from ml_ci.forges.values import Request, Token
from ml_ci.github.forge import GITHUB
from ml_ci.review.desk import Desk, Step, desk_of, step_of
from ml_ci.variables.families import harmless, looks_secret, never

RUNNER = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "47"}


class Other(GITHUB.__class__):  # type: ignore[misc]
    """A forge that sets GitHub's variables, and one more by which it is known."""

    name = "other"
    own_events = frozenset({"cron"})

    def runs(self, environment: object) -> bool:
        return "OTHER_CI" in environment  # type: ignore[operator]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Forge:
    other = Other()
    monkeypatch.setattr(registry, "forges", lambda: (other, GITHUB))
    return other


def test_the_first_that_runs_here_is_asked(two: Forge) -> None:
    assert registry.forge_of({**RUNNER, "OTHER_CI": "1"}) is two
    assert registry.forge_of(RUNNER) is GITHUB
    assert registry.is_build({"OTHER_CI": "1"}) and registry.is_build(RUNNER) and not registry.is_build({"CI": "1"})
    assert registry.own_events() >= {"cron", "push"}


def test_on_a_persons_machine_nothing_is_said() -> None:
    assert registry.build_of({}) == Build()
    assert registry.forge_of({}).gates_from({}) is None and registry.forge_of({}).default_branch({}) is None


BUILDS: list[tuple[dict[str, str], Build]] = [
    (RUNNER, Build("push", "refs/heads/main", "47")),
    (
        {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"},
        Build("pull_request", target="main", of_change=True),
    ),
    ({"GITHUB_EVENT_NAME": "pull_request_target"}, Build("pull_request_target", of_change=True)),
    ({"GITHUB_EVENT_NAME": "merge_group", "GITHUB_BASE_REF": ""}, Build("merge_group")),
    ({"GITHUB_RUN_ATTEMPT": "3", "GITHUB_ACTOR": "ada"}, Build(attempt=3, actor="ada")),
    ({"GITHUB_RUN_ATTEMPT": "³"}, Build()),
    ({"GITHUB_RUN_ATTEMPT": "-1"}, Build()),
]


@pytest.mark.parametrize(("environment", "expected"), BUILDS)
def test_what_githubs_variables_say(environment: dict[str, str], expected: Build) -> None:
    assert registry.build_of(environment) == expected


def test_a_merge_queue_is_judged_by_the_gates_of_where_it_goes(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"merge_group": {"base_sha": "a" * 40}}))
    said = {"GITHUB_EVENT_NAME": "merge_group", "GITHUB_EVENT_PATH": str(event)}
    assert GITHUB.gates_from(said) == "a" * 40
    assert GITHUB.gates_from({**said, "GITHUB_BASE_REF": "main"}) == "main"
    event.write_text("{}")
    with pytest.raises(UserError, match="nobody knows whose gates judge"):
        GITHUB.gates_from(said)


@pytest.mark.parametrize("said", [{"repository": {"default_branch": 7}}, {"repository": []}, {}])
def test_the_default_branch_is_the_events_where_it_says_one(said: dict[str, object], tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    environment = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event)}
    event.write_text(json.dumps({"repository": {"default_branch": "trunk"}}))
    assert GITHUB.default_branch(environment) == "trunk"
    assert GITHUB.default_branch({"GITHUB_EVENT_PATH": str(event)}) is None
    event.write_text(json.dumps(said))
    assert GITHUB.default_branch(environment) is None


@pytest.mark.parametrize("forge", registry.forges(), ids=lambda forge: forge.name)
def test_no_job_gets_what_a_forge_withholds_and_every_job_the_rest(forge: Forge) -> None:
    for word in (*forge.withheld.split(), *forge.tokens.split()):
        name = f"{word}THING" if word.endswith("_") else word
        assert never(name) and not harmless(name)
    assert all(looks_secret(word) for word in forge.tokens.split())
    assert all(harmless(f"{word}THING" if word.endswith("_") else word) for word in forge.harmless.split())
    assert not {*forge.harmless.split()} & {*forge.withheld.split(), *forge.tokens.split()}


def test_the_forges_are_read_at_the_start_and_cost_little() -> None:
    program = (
        "import sys; from ml_ci.forges.registry import forges; forges()\n"
        "heavy = ('requests', 'pydantic', 'click', 'ml_ci.reports', 'ml_ci.spec', 'ml_ci.github.api', 'ml_ci.review')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


ROOT = Path(__file__).parents[2]
# An example of a workflow in the help of `ml-ci plan`.
_EXAMPLES = {"ml_ci/cli/plan.py": 1}


def test_nothing_but_a_forges_folder_knows_the_names_of_its_variables() -> None:
    folders = {ROOT.joinpath(*place.partition(":")[0].split(".")[:-1]) for place in registry.FORGES.values()}
    names = {word for forge in registry.forges() for word in (*forge.tokens.split(), *forge.variables.values())}
    found = {}
    for top in ("ml_ci", "pytest_plugin"):
        for file in sorted((ROOT / top).rglob("*.py")):
            if not folders & {*file.parents} and (said := sum(file.read_text().count(name) for name in names)):
                found[str(file.relative_to(ROOT))] = said
    assert found == _EXAMPLES


@pytest.mark.parametrize("forge", registry.forges(), ids=lambda forge: forge.name)
def test_a_request_is_read_from_the_forges_variables(forge: Forge) -> None:
    said = {variable: f"value of {name}" for name, variable in forge.variables.items()}
    request = Request.of(forge, said, reports=(Path("x.json"),), sha="a" * 40)
    assert request.forge == forge.name and request.reports == (Path("x.json"),) and request.sha == "a" * 40
    assert request.token.value == "value of token" and "value of token" not in repr(request)
    assert Request.of(forge, dict.fromkeys(said, "")) == Request(forge=forge.name)
    assert {name for name in forge.variables if getattr(request, name) in (None, "")} == set()


@pytest.mark.parametrize("forge", registry.forges(), ids=lambda forge: forge.name)
def test_a_forge_has_a_step_and_a_desk_with_all_that_is_asked_of_them(forge: Forge) -> None:
    step = step_of(Request(forge=forge.name))
    at = {"forge": forge.name, "api_url": forge.api_url or "https://git.example.org/api"}
    desk = desk_of(Request(**at, repository="octo/models", token=Token("t")))
    for made, protocol in ((step, Step), (desk, Desk)):
        asked = {name for name in vars(protocol) if not name.startswith("_")}
        assert asked and {name for name in asked if not callable(getattr(made, name, None))} == set()
    with pytest.raises(UserError, match="a repository is named"):
        desk_of(Request(**at, token=Token("t")))
