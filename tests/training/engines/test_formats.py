"""Model files are known by what they hold, and else by their names."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from ml_ci.child.engines.batches import in_batches
from ml_ci.child.engines.columns import as_numbers, by_names
from ml_ci.child.engines.formats import FORMATS, by_name, recognise
from ml_ci.child.engines.load import as_scorer, load_file
from ml_ci.child.engines.native import by_ending
from ml_ci.child.engines.wire import fields, find_classes, find_ending, read_nodes
from ml_ci.child.failures import JobFailed
from ml_ci.errors import Failure

PICKLED = pickle.dumps({"a": 1})
TEXT = b"no pickle at all"


@pytest.mark.parametrize(
    ("name", "content", "loader"),
    [
        ("m.ubj", b"{L\0\0\0\0\0\0\0\x07learner{L", "xgboost"),
        ("m.bin", b"{L\0\0\0\0\0\0\0\x07learner{L", "xgboost"),
        ("m.json", b'{"learner":{"attributes":{}', "xgboost"),
        ("m.json", b'\n{ "version":[3,2,0], "learner":{}', "xgboost"),
        ("m.json", b'{\n  "features_info": {', "catboost"),
        ("m.json", b'{\n  "ctr_data":\n    {\n      "{\\"identifier\\":[' + b" " * 9000 + b'"features_info"', "catboost"),
        ("m.json", b'{"weights": [1, 2]}', None),
        ("m.txt", b"tree\nversion=v4\n", "lightgbm"),
        ("m.model", b"tree\nversion=v4\n", "lightgbm"),
        ("m.txt", b"a tree\n", None),
        ("m.cbm", b"CBM1\xb0/\0\0", "catboost"),
        ("m.onnx", b"\x08\x09\x12\x08skl2onnx", "onnx"),
        ("m.bin", b"\x08\x09\x12\x08skl2onnx", None),
        ("m.h5", b"\x89HDF\r\n\x1a\n\0", "keras"),
        ("m.safetensors", b"\x40\0\0\0\0\0\0\0{\"w\":", "safetensors"),
        ("m.pth", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "torch"),
        ("m.pkl", PICKLED, "pickle"),
        ("model", PICKLED, "pickle"),
        ("m.pkl", TEXT, "pickle"),  # an old protocol, or what does not load and says why
        ("model", TEXT, None),
        ("m.gz", gzip.compress(PICKLED, mtime=0), "pickle"),
        ("m.z", zlib.compress(PICKLED), "pickle"),
        ("m.dat", bz2.compress(PICKLED), "pickle"),
        ("m.xz", lzma.compress(PICKLED), "pickle"),
        ("m.lzma", lzma.compress(PICKLED, lzma.FORMAT_ALONE), "pickle"),
        ("m.lz4", b"\x04\x22\x4d\x18d@", "pickle"),
        ("m.rds", gzip.compress(b"RDX3\nX\n", mtime=0), None),
        ("m.gz", gzip.compress(TEXT, mtime=0), None),
        ("xylophone.md", b"xylophone", None),
        ("m.bin", b"", None),
    ],
)  # fmt: skip
def test_by_its_first_bytes(tmp_path: Path, name: str, content: bytes, loader: str | None) -> None:
    (tmp_path / name).write_bytes(content)
    found = recognise(str(tmp_path / name))
    assert (found.loader if found else None) == loader


@pytest.mark.parametrize(
    ("members", "loader"),
    [
        (("schema.json", "1.npy"), "skops"),
        (("metadata.json", "config.json", "model.weights.h5"), "keras"),
        (("m/data.pkl", "m/code/__torch__.py", "m/constants.pkl", "m/version"), "torchscript"),
        (("m/archive_format", "m/models/model.json", "m/data/weights/weights.pt"), "exported"),
        (("archive/data.pkl", "archive/version", "archive/data/0"), "torch"),
        (("a.npy", "b.npy"), None),
        ((), None),
    ],
)
def test_archives_by_what_is_in_them(tmp_path: Path, members: tuple[str, ...], loader: str | None) -> None:
    with zipfile.ZipFile(tmp_path / "model.bin", "w") as archive:
        for name in members:
            archive.writestr(name, "x")
    found = recognise(str(tmp_path / "model.bin"))
    assert (found.loader if found else None) == loader


def test_a_cut_off_archive_is_none(tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(b"PK\x03\x04\x14\0")
    assert recognise(str(tmp_path / "m.pt")) is None


def test_folders_by_the_file_of_mlflow(tmp_path: Path) -> None:
    assert recognise(str(tmp_path)) is None
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    found = recognise(str(tmp_path))
    assert found is not None and found.loader == "mlflow"


def test_each_ending_is_of_one_library() -> None:
    endings = [ending for one in FORMATS for ending in one.endings]
    assert len(endings) == len(set(endings))
    assert {one.loader for one in by_name("m.json")} == {"xgboost", "catboost"}
    assert by_name("m.unknown") == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.ubj", b"{L\0\0\0\0\0\0\0\x07learner{L", "m.ubj is a model of XGBoost, and "),
        ("m.rds", b"X\n", "m.rds is a file of R, which no library of Python loads as it was saved"),
        ("model", b"what", "model is no model file that ml-ci knows, so ml-ci cannot score with it (it knows CatBoost, Keras,"),
    ],
)  # fmt: skip
def test_what_does_not_load_is_named(
    jobs: Any, tmp_path: Path, failed: Callable[..., Failure], name: str, content: bytes, message: str
) -> None:
    if "XGBoost" in message:
        jobs.write("xgboost.py", "raise ImportError('no such thing')")
    (tmp_path / name).write_bytes(content)
    found = failed(lambda: jobs.scored(tmp_path / name, "x\n1\n"))
    assert found.code == "model-load"
    assert message in found.message
    assert "redict: module:function" in found.hint


class Rows(dict[str, Any]):
    """Stand for a table, as far as columns are chosen from it."""

    @property
    def columns(self) -> list[str]:
        return list(self)

    def __getitem__(self, key: Any) -> Any:
        return list(key) if isinstance(key, list) else dict.__getitem__(self, key)


@pytest.mark.parametrize(
    ("have", "names", "expected"),
    [
        (["b", "id", "a"], ["a", "b"], ["a", "b"]),
        ([" a ", "b"], ["a", "b"], [" a ", "b"]),
        (["c c", "a"], ["a", "c_c"], ["a", "c c"]),
        (["c c", "c_c"], ["c_c"], None),  # either may be meant
        (["a"], ["a", "b"], None),
    ],
)
def test_columns_are_chosen_by_name(have: list[str], names: list[str], expected: list[str] | None) -> None:
    rows = Rows(dict.fromkeys(have))
    if expected is None:
        with pytest.raises(JobFailed, match="was fitted on the columns"):
            by_names(rows, names, "the model")
    else:
        assert by_names(rows, names, "the model") == expected


def test_missing_values_are_numbers_and_texts_are_none() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rows = pandas.DataFrame({"a": pandas.array([1, None], dtype="Int64"), "b": [True, False]})
    found = as_numbers(rows, 2, "the model")
    assert numpy.array_equal(found, [[1, 1], [numpy.nan, 0]], equal_nan=True)
    with pytest.raises(JobFailed, match="other values in c"):
        as_numbers(rows.assign(c=["x", "y"]), 3, "the model")


ROWS: Any = SimpleNamespace(index=None)


@pytest.mark.parametrize(
    ("answer", "ending", "comparison", "expected"),
    [
        ([[0.25], [0.5]], "sigmoid", None, [[0.75, 0.25], [0.5, 0.5]]),
        ([0.25, 0.5], "sigmoid", None, [[0.75, 0.25], [0.5, 0.5]]),
        ([[0.25, 0.75]], "softmax", None, [[0.25, 0.75]]),
        (numpy.log([[0.25, 0.75]]), "log_softmax", None, [[0.25, 0.75]]),
        ([[1], [0]], "", None, [1, 0]),
        ([[3.5], [0.5]], "", (">=", 3), [3.5, 0.5]),
        ([[3.5], [0.5]], "", None, "gives one number a row and ends with no sigmoid or softmax, so they may be logits"),
        ([[0.5, 0.5]], "sigmoid", None, "gives 2 numbers a row and ends with sigmoid"),
        ([[0.5], [0.5]], "softmax", None, "gives one number a row and ends with softmax"),
        ([[0.5, 0.5]], "", (">=", 3), "gives 2 numbers a row"),
    ],
)  # fmt: skip
def test_a_network_is_read_by_what_ends_it(answer: Any, ending: str, comparison: Any, expected: Any) -> None:
    request = {"positive": {"comparison": comparison, "values": (1,)}}
    if isinstance(expected, str):
        with pytest.raises(JobFailed, match=expected) as caught:
            by_ending(answer, ending, ROWS, request, "the model")
        assert caught.value.code == "ambiguous-prediction"
    else:
        assert numpy.allclose(by_ending(answer, ending, ROWS, request, "the model"), expected)


@pytest.mark.parametrize("rows", [0, 1, 4, 7, 8])
def test_batches_of_one_size_are_filled_up(rows: int) -> None:
    def score(given: dict[str, Any]) -> Any:
        assert given["x"].shape == (4, 2), "the only size that it takes"
        return given["x"][:, :1] * 2

    array = numpy.arange(rows * 2.0).reshape(rows, 2)
    assert numpy.array_equal(in_batches(score, {"x": array}, rows, 4), array[:, :1] * 2)


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def node(operation: str, takes: str, gives: str, classes: bytes = b"") -> bytes:
    attribute = field(5, field(1, b"classlabels_int64s") + classes) if classes else b""
    return field(1, field(1, takes.encode()) + field(2, gives.encode()) + field(4, operation.encode()) + attribute)


def test_a_graph_is_read_without_its_library() -> None:
    nodes = node("LinearClassifier", "x", "p", field(8, b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")) + node(
        "Cast", "p", "q"
    )
    found = read_nodes(b"\x08\x09" + field(7, nodes))
    assert find_classes(found) == [1, -1]
    assert find_ending(found, "q") == "LinearClassifier"
    assert find_ending(found, "x") == ""


@pytest.mark.parametrize("message", [b"\x0a\x7f", b"\x0b", b"\xff" * 12, b"\x0a"])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="message"):
        list(fields(memoryview(message)))


def test_what_is_no_model_of_another_library_is_left_as_it_is() -> None:
    model = object()
    assert as_scorer(model, {}) is model


def test_a_module_that_answers_by_itself_does_so() -> None:
    base = type("Module", (), {"__module__": "torch.nn.modules.module"})
    model = type("Own", (base,), {"predict_proba": lambda self, rows: rows})()
    assert as_scorer(model, {}) is model


def test_a_pickle_is_loaded_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(PICKLED)
    assert load_file(str(tmp_path / "model"), {}) == {"a": 1}
