"""Training functions and commands that go wrong: each is an error with its name, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

START = "from pathlib import Path\ndef train(train: Path):\n"

# source of the function → code, what the report says, the hint or "" for any
FUNCTIONS = {
    "raises": (
        "    raise ValueError('no buyers')\n",
        "job-raised",
        "`model:train` raised ValueError: no buyers (model.py, line 3)",
        "",
    ),
    "returns None": (
        "    pass\n",
        "returned-none",
        "`model:train` returned None instead of a fitted model",
        "End it with `return model`.",
    ),
    "leaves quietly": (
        "    import sys; sys.exit(0)\n",
        "no-result",
        "`model:train` called sys.exit(0) before it returned a result",
        "Return instead of exiting.",
    ),
    "leaves for good": (
        "    import os; os._exit(0)\n",
        "no-result",
        "the job ended with exit code 0 and left no result",
        "os._exit",
    ),
    "is killed": (
        "    import os; os.kill(os.getpid(), 9)\n",
        "job-killed",
        "the job was killed by SIGKILL",
        "ran out of memory",
    ),
    "cannot be stored": ("    import threading; return threading.Lock()\n", "unpicklable", "cannot be stored", "`out`"),
    "does not parse": ("    return (\n", "job-raised", "SyntaxError", ""),
    "needs a package": ("    import nowhere_to_be_found\n", "job-raised", "No module named 'nowhere_to_be_found'", ""),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_training_function_that(known: Any, case: str) -> None:
    source, code, message, hint = FUNCTIONS[case]
    known.write({"model.py": START + source})
    answer = known.run()
    model = known.model()
    failure = model["failure"]
    assert (answer.code, model["verdict"], known.report()["verdict"], failure["code"]) == (1, "error", "error", code)
    assert message in failure["message"]
    assert hint in failure["hint"]
    assert message.split("`")[-1] in " ".join(answer.out.split())
    assert model["candidate"] is None
    known.verify()
    known.no_jobs()


def test_asking_for_the_holdout_is_refused(known: Any) -> None:
    known.write({"model.py": "def train(train, holdout):\n    return 1\n"})
    answer = known.run()
    failure = known.model()["failure"]
    assert (answer.code, failure["code"]) == (1, "asks-holdout")
    assert "a training job never sees it" in answer.out
    known.verify()


def test_a_hundred_megabytes_of_print_are_survived(known: Any) -> None:
    known.edit("model.py", "    means = []", "    for _ in range(100):\n        print('x' * 1_000_000)\n    means = []")
    answer = known.run()
    assert answer.code == 0, answer.out
    (log,) = (known.path / ".ml_ci" / "logs").glob("*candidate*")
    assert log.stat().st_size < 5_000_000
    assert sum(path.stat().st_size for path in (known.path / ".ml_ci").rglob("*") if path.is_file()) < 10_000_000
    known.verify()


def test_a_job_that_forks_and_hangs_meets_its_time_limit(known: Any) -> None:
    source = (
        "    import os, time\n"
        "    os.fork()\n"
        "    os.setsid() if os.fork() == 0 else None\n"
        "    print('waiting', flush=True)\n"
        "    time.sleep(600)\n"
    )
    known.write({"model.py": START + source})
    text = (known.path / "ml-ci.yaml").read_text()
    for seconds in (1, 5, 25):  # a busy machine may not have come to the job in the shortest
        known.write({"ml-ci.yaml": text.replace("    label:", f"    budget: {{time: {seconds}s}}\n    label:")})
        answer = known.run()
        failure = known.model()["failure"]
        assert (answer.code, failure["code"]) == (1, "time-limit")
        assert f"its limit is {seconds} s" in answer.out
        if "waiting" in failure["log_tail"]:
            break
    assert "waiting" in failure["log_tail"]
    known.no_jobs()
    known.verify()


def test_a_job_over_its_memory_meets_its_limit(known: Any) -> None:
    known.edit("ml-ci.yaml", "    label:", "    budget: {memory: 100MB}\n    label:")
    known.write({"model.py": START + "    import time\n    held = bytearray(400_000_000)\n    time.sleep(600)\n"})
    answer = known.run()
    assert (answer.code, known.model()["failure"]["code"]) == (1, "memory-limit")
    assert "its limit is 100 MB" in answer.out
    known.no_jobs()
    known.verify()


def test_the_end_of_the_log_is_in_the_report(known: Any) -> None:
    known.write({"model.py": START + "    print('epoch 7')\n    raise RuntimeError('diverged')\n"})
    known.run("run", "--report", str(known.path / ".ml_ci" / "report.md"))
    tail = known.model()["failure"]["log_tail"]
    assert "epoch 7" in tail
    assert "RuntimeError: diverged" in tail
    assert "epoch 7" in (known.path / ".ml_ci" / "report.md").read_text()


def test_a_model_file_that_does_not_load_is_named(known: Any) -> None:
    known.edit(
        "ml-ci.yaml",
        "    train: model:train\n    predict: model:score\n",
        "    run: head -c 200 /dev/zero > model.pkl; date >> model.pkl\n    outputs: {model: model.pkl}\n",
    )
    answer = known.run()
    failure = known.model()["failure"]
    assert (answer.code, failure["code"]) == (1, "model-load")
    assert "the model model.pkl does not load" in answer.out
    known.verify()


COMMANDS = {
    "fails": ("echo no data; exit 3", "job-exit", "the job ended with exit code 3: no data"),
    "is not there": ("no-such-program {data.train}", "job-exit", "exit code 127"),
    "leaves nothing": ("true", "no-output", "the command ended well and left nothing at predictions.csv"),
    "leaves an empty file": (": > predictions.csv", "no-output", "what the command left at predictions.csv is empty"),
    "kills itself": ("kill -9 $$", "job-killed", "killed by SIGKILL"),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_that(known: Any, case: str) -> None:
    command, code, message = COMMANDS[case]
    known.edit(
        "ml-ci.yaml",
        "    train: model:train\n    predict: model:score\n",
        f"    run: '{command}'\n    outputs: {{predictions: predictions.csv}}\n",
    )
    answer = known.run()
    assert (answer.code, known.model()["failure"]["code"]) == (1, code)
    assert message in " ".join(answer.out.split())
    known.verify()


def test_a_baseline_whose_training_fails_by_its_own_fault_is_passed_over(make: Any, files: dict[str, str]) -> None:
    project = make({**files, "model.py": START + "    raise ValueError('no buyers')\n"})
    project.write({"model.py": files["model.py"]})
    project.commit()
    answer = project.run()
    model = project.model()
    assert (answer.code, model["verdict"], model["baseline"]) == (0, "pass", None)
    assert [gate["verdict"] for gate in model["gates"]] == ["pass", "unjudged"]
    assert "does not train" in answer.out
    assert "no buyers" in answer.out
    project.verify()


def test_a_baseline_whose_training_is_killed_blocks(make: Any, files: dict[str, str]) -> None:
    project = make({**files, "model.py": START + "    import os; os.kill(os.getpid(), 9)\n"})
    project.write({"model.py": files["model.py"]})
    project.commit()
    answer = project.run()
    model = project.model()
    assert (answer.code, model["verdict"], model["failure"]["code"]) == (1, "error", "job-killed")
    assert "baseline" in model["failure"]["message"]
    assert model["candidate"]["fp"] == 10, "the candidate's numbers are shown"
    assert "--baseline" in model["failure"]["hint"]
    project.verify()
    assert project.trainings() == 1
    project.run()
    assert project.trainings() == 1, "the candidate's record is kept"
