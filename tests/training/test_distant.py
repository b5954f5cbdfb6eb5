"""What lies behind a URL is brought here once, and refused where it is another than a fingerprint knows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ml_ci.changes.remote import is_remote, names_several, remote_digest
from ml_ci.errors import StageFailed, UserError
from ml_ci.training.distant import Distant, bring_here


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    (folder / "parts" / "deep").mkdir(parents=True)
    for name in ("t.csv", "parts/1.csv", "parts/2.csv", "parts/deep/3.csv"):
        (folder / name).write_text(f"x\n{name}\n")
    return folder


def known(url: str) -> Distant:
    return Distant("holdout", url, remote_digest(url))


def test_a_file_a_folder_and_a_pattern_lie_here_as_there(place: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    one = bring_here(known(f"file://{place}/t.csv"), cache)
    assert (one.name, one.read_text()) == ("t.csv", "x\nt.csv\n")
    for url, names in {"parts/": ["1.csv", "2.csv", "deep/3.csv"], "parts/*.csv": ["1.csv", "2.csv"]}.items():
        folder = bring_here(known(f"file://{place}/{url}"), cache)
        assert sorted(at.relative_to(folder).as_posix() for at in folder.rglob("*.csv")) == names


def test_it_is_brought_once_and_forgotten_after_a_week(place: Path, tmp_path: Path) -> None:
    cache, url = tmp_path / "cache", f"file://{place}/t.csv"
    one = known(url)
    at = bring_here(one, cache)
    (place / "t.csv").unlink()
    assert bring_here(one, cache) == at, "nobody is asked again"
    (cache / "old").mkdir()
    os.utime(cache / "old", (1, 1))
    bring_here(one, cache)
    assert [folder.name for folder in cache.iterdir()] == [at.parents[1].name]


def test_what_changed_is_refused_and_leaves_nothing(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, one = tmp_path / "cache", known(f"file://{place}/t.csv")
    os.utime(place / "t.csv", (1, 1))
    with pytest.raises(StageFailed, match=r"`data.holdout`: file://.*/t.csv changed since this run began") as caught:
        bring_here(one, cache)
    assert caught.value.failure.code == "data-changed"
    one = known(one.url)
    looks = iter([one.known, "another"])
    monkeypatch.setattr("ml_ci.training.distant.remote_digest", lambda url: next(looks))
    with pytest.raises(StageFailed, match="changed while it was read"):
        bring_here(one, cache)
    assert not list(cache.glob("*/whole"))


@pytest.mark.parametrize(
    ("url", "several"),
    [
        ("s3://b/x.parquet", False),
        ("s3://b/x/", True),
        ("s3://b/*.parquet", True),
        ("s3://b/x[12].csv", True),
        ("https://h/x/?a=*", False),
        ("https://h/x/", False),
    ],
)
def test_which_urls_are_of_several_files(url: str, several: bool) -> None:
    assert is_remote(url) and names_several(url) == several


@pytest.fixture
def site(place: Path) -> Iterator[str]:
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(place)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_web_server_that_says_when_a_file_changed(site: str, place: Path, tmp_path: Path) -> None:
    one = known(f"{site}/t.csv")
    assert bring_here(one, tmp_path / "cache").read_text() == "x\nt.csv\n"
    os.utime(place / "t.csv", (time.time() - 100,) * 2)
    assert remote_digest(one.url) != one.known
    with pytest.raises(UserError, match="cannot be looked at"):
        remote_digest(f"{site}/gone.csv")
