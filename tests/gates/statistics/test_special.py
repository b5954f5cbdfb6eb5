"""The functions are scipy's own, whoever imports its package before, after or meanwhile."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOAD = "from ml_ci.gates.statistics import special"
THREAD = "import threading; hold = threading.Event(); threading.Thread(target=hold.wait, daemon=True).start()"
BROKEN = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name == "scipy.special._ufuncs" and "scipy.special" in sys.modules and first:
            first.clear()
            raise ImportError(name)
first = [1]
sys.meta_path.insert(0, Refuse())
"""
CHECK = """
import sys
light = "numpy.f2py" not in sys.modules and "scipy.special" not in sys.modules
import scipy.special, scipy.stats
assert all(getattr(special, name) is getattr(scipy.special, name) for name in special._NAMES)
assert scipy.special is sys.modules["scipy.special"] and scipy.special.softmax([1.0])[0] == 1.0
assert abs(scipy.stats.norm.ppf(0.3) - special.ndtri(0.3)) < 1e-15
print("light" if light else "whole")
"""


@pytest.mark.parametrize(
    ("before", "said"),
    [("", "light"), ("import scipy", "light"), ("import scipy.special", "whole"), (THREAD, "whole"), (BROKEN, "whole")],
)
def test_the_functions_are_those_of_scipy(before: str, said: str) -> None:
    code = f"{before}\n{LOAD}\n{CHECK}"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == (said, 0), done.stderr


def test_without_scipy_it_is_an_import_error() -> None:
    code = f"import sys; sys.modules['scipy'] = None\ntry:\n    {LOAD}\nexcept ImportError:\n    print('said')"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "said", done.stderr
