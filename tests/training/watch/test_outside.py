"""Which files outside of the repository are data."""

from __future__ import annotations

from pathlib import Path

import pytest

import ml_ci
from ml_ci.training.watch.outside import outside

HOME = {"HOME": "/home/me", "TMPDIR": "/scratch/job"}


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["/data/a.csv"], ("/data/a.csv",)),
        (["/home/me/data/a.csv"], ("/home/me/data/a.csv",)),
        (["/data/a.csv", "/data/"], ("/data",)),
        (["/data/"], ("/data",)),
        (["/data/", "/data/x/b.csv"], ("/data", "/data/x/b.csv")),
        (["/mnt/b", "/mnt/a"], ("/mnt/a", "/mnt/b")),
        (["/usr/share/zoneinfo/UTC", "/etc/ssl/certs/ca.pem", "/proc/cpuinfo", "/sys/devices/x", "/dev/urandom"], ()),
        (["/tmp/x.csv", "/var/tmp/x", "/scratch/job/x"], ()),
        (["/home/me/.cache/huggingface/model.bin", "/home/me/.config/matplotlib/matplotlibrc"], ()),
        (["/home/me/lib/tools.py", "/home/me/lib/x.so", "/home/me/lib/x.pyc"], ()),
        (["/other/lib/python3.11/site-packages/sklearn/", "/other/lib/python3/dist-packages/pytz/zone.tab"], ()),
        (["/home/me/tools/__pycache__/", "/home/me/tools/data.csv"], ("/home/me/tools/data.csv",)),
        (["/usrdata/a.csv", "/tmpdata/b.csv"], ("/tmpdata/b.csv", "/usrdata/a.csv")),
        (["/given/a.csv", "/given/deep/b.csv"], ()),
        ([f"{Path(ml_ci.__file__).parent}/child/", "/data/a.csv"], ("/data/a.csv",)),
        ([], ()),
    ],
)
def test_outside(paths: list[str], told: tuple[str, ...]) -> None:
    assert outside(paths, ["/given"], HOME) == told
