"""Data by URL: read where the job runs, from a real server of S3's protocol on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ml_ci.changes.remote import look, open_url, remote_digest
from ml_ci.cli.main import call
from ml_ci.errors import UserError

moto_server = pytest.importorskip("moto.server", reason="moto's server is not installed")
s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")

SECRET = "a-secret-that-nobody-may-see"
LOGIN = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
SPEC = """\
version: 1
models:
  cut:
    train: train:train
    predict: train:predict
    data: {{train: {train}, holdout: {holdout}}}
    label: y
    positive: 1
    env: [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL]
    gates: [fnr <= 0.1]
"""
TRAIN = """\
import pandas

def train(train: pandas.DataFrame):
    return {"at": int(train.x[train.y == 1].min()), "rows": len(train)}

def predict(model, rows):
    return (rows.x >= model["at"]).astype(int)
"""


class Bucket:
    """A bucket on a server of this machine."""

    def __init__(self, system: Any) -> None:
        self.system = system
        system.mkdir("bucket")

    def put(self, name: str, text: str) -> None:
        self.system.pipe(f"bucket/{name}", text.encode())


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Give the address of a server that speaks S3's protocol."""
    made = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in {**LOGIN, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    requests.post(f"{server}/moto-api/reset", timeout=60).raise_for_status()
    s3fs.S3FileSystem.clear_instance_cache()
    yield Bucket(s3fs.S3FileSystem())
    s3fs.S3FileSystem.clear_instance_cache()


def table(first: int, begin: int = 0, end: int = 40) -> str:
    return "x,y\n" + "".join(f"{x},{int(x >= first)}\n" for x in range(begin, end))


def declare(project: Any, train: str, holdout: str, **files: str) -> None:
    files = {"ml-ci.yaml": SPEC.format(train=train, holdout=holdout), "train.py": TRAIN, **files}
    project.commit(files, "Data in a bucket")


@pytest.mark.slow
def test_a_run_reads_training_and_holdout_from_the_bucket(project: Any, bucket: Bucket) -> None:
    bucket.put("train.csv", table(20))
    bucket.put("holdout.csv", table(20))
    declare(project, "s3://bucket/train.csv", "s3://bucket/holdout.csv")
    report = project.run(baseline="none")
    model = report.models["cut"]
    assert (model.verdict, model.failure) == ("pass", None)
    counts = model.candidate.confusion
    assert (counts.tp, counts.fp, counts.tn, counts.fn) == (20, 0, 20, 0)
    trainings = project.trainings
    assert project.run(baseline="none").verdict == "pass"
    assert project.trainings == trainings, "nothing changed: nothing is trained"
    bucket.put("train.csv", table(25))
    changed = project.run(baseline="none").models["cut"]
    assert (changed.verdict, changed.candidate.confusion.fn) == ("fail", 5)
    kept = b"".join(one.read_bytes() for one in (project.path / ".ml_ci").rglob("*") if one.is_file())
    assert SECRET.encode() not in kept


@pytest.mark.slow
def test_a_folder_and_a_pattern_of_parts(project: Any, bucket: Bucket) -> None:
    for number, (begin, end) in enumerate(((0, 15), (15, 30), (30, 40))):
        bucket.put(f"train/part-{number}.csv", table(20, begin, end))
        bucket.put(f"all/holdout-{number}.csv", table(20, begin, end))
    bucket.put("all/readme.txt", "no part")
    declare(project, "s3://bucket/train/", "s3://bucket/all/holdout-*.csv")
    model = project.run(baseline="none").models["cut"]
    assert (model.verdict, model.failure) == ("pass", None)
    assert model.candidate.confusion.tp + model.candidate.confusion.tn == 40
    bucket.put("all/holdout-3.csv", table(20, 40, 50))
    assert project.run(baseline="none").models["cut"].candidate.confusion.tp == 30


@pytest.mark.slow
def test_data_that_change_while_they_are_read_are_no_result(project: Any, bucket: Bucket) -> None:
    bucket.put("train.csv", table(20))
    job = TRAIN.replace("    return {", "    again()\n    return {", 1) + (
        "\ndef again():\n    import s3fs\n    s3fs.S3FileSystem().pipe('bucket/train.csv', b'x,y\\n1,1\\n2,0\\n')\n"
    )
    declare(project, "s3://bucket/train.csv", "data/holdout.csv", **{"train.py": job})
    failure = project.run(baseline="none").models["cut"].failure
    assert failure.code == "data-changed"
    assert failure.message == "`data.train`: s3://bucket/train.csv changed while the job ran"
    assert project.trainings == 0


@pytest.mark.slow
def test_a_bucket_that_is_not_there_and_a_login_that_is_withheld(
    project: Any, bucket: Bucket, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(project, "s3://bucket/none.csv", "data/holdout.csv")
    with pytest.raises(UserError, match=r"s3://bucket/none.csv cannot be looked at"):
        project.run(baseline="none")
    bucket.put("none.csv", table(20))
    project.edit("ml-ci.yaml", "AWS_SECRET_ACCESS_KEY, ", "")
    failure = project.run(baseline="none").models["cut"].failure
    assert failure is not None, "the job has no login"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    bucket.system.clear_instance_cache()
    assert call(["-C", str(project.path), "plan"]) == 2
    assert SECRET not in "".join(capsys.readouterr())


@pytest.mark.slow
def test_what_the_store_says_of_files_folders_and_patterns(bucket: Bucket) -> None:
    bucket.put("a/1.csv", "1")
    bucket.put("a/2.csv", "2")
    bucket.put("a/deep/3.csv", "3")
    one = remote_digest("s3://bucket/a/1.csv")
    assert remote_digest("s3://bucket/a/1.csv") == one != remote_digest("s3://bucket/a/2.csv")
    for url, names in {
        "s3://bucket/a/1.csv": [""],
        "s3://bucket/a/": ["1.csv", "2.csv", "deep/3.csv"],
        "s3://bucket/a": ["1.csv", "2.csv", "deep/3.csv"],
        "s3://bucket/a/*.csv": ["1.csv", "2.csv"],
        "s3://bucket/*/[12].csv": ["a/1.csv", "a/2.csv"],
    }.items():
        system, path = open_url(url)
        assert sorted(look(system, path, url)) == names, url
    with pytest.raises(UserError, match="names no file"):
        remote_digest("s3://bucket/b/*.csv")
