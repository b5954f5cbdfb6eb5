"""What a command predicts lies as the holdout does, with the label blank in every part."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.tables.blanked import blank_as_it_lies


def test_each_part_keeps_its_name_and_its_format(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    (folder / "region=north").mkdir(parents=True)
    (folder / "a.csv").write_text('x,y\n"1, 2",yes\n')
    (folder / "region=north" / "b.jsonl").write_text('{"x": 7, "y": "yes", "z": 0.10}\n\n{"x": null}\n')
    (folder / "c.jsonl.gz").write_bytes(gzip.compress('{"y": 1, "x": "ü"}\n'.encode()))
    (folder / "_SUCCESS").write_text("")
    blank_as_it_lies(folder, "y", tmp_path / "out")
    assert (tmp_path / "out/a.csv").read_text() == 'x,y\n"1, 2",\n'
    lines = (tmp_path / "out/region=north/b.jsonl").read_text()
    assert lines == '{"x": 7, "y": null, "z": 0.10}\n{"x": null}\n'
    assert gzip.decompress((tmp_path / "out/c.jsonl.gz").read_bytes()).decode() == '{"y": null, "x": "ü"}\n'
    assert not (tmp_path / "out/_SUCCESS").exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"a": 12345678901234567890123, "b": 1e400, "c": 0.100, "y": 1}', None),
        ('{"y":"yes, {no}","a":"\\u00fc\\"y\\": 1"}', '{"y":null,"a":"\\u00fc\\"y\\": 1"}'),
        ('  { "a" : {"y": 1} , " y " : [1, {"y": 2}] }  ', '  { "a" : {"y": 1} , " y " : null }  '),
        ('{"y": 1, "a": 2, "y": 3}', '{"y": null, "a": 2, "y": null}'),
        ('{"a": 1}', '{"a": 1}'),
        ("{}", "{}"),
    ],
)
def test_all_but_the_label_stays_as_it_is_written(tmp_path: Path, line: str, expected: str | None) -> None:
    (tmp_path / "t.jsonl").write_text(line + "\n")
    blank_as_it_lies(tmp_path / "t.jsonl", "y", tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text() == (expected or line.replace('"y": 1', '"y": null')) + "\n"


@pytest.mark.parametrize("line", ['{"y": 1} 2', '{"y" 1}', "{1: 2}", '{"y": 1; "a": 2}', "{", '{"y"', '{"y": 1,'])
def test_what_is_no_object_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "t.jsonl").write_text(line + "\n")
    with pytest.raises(UserError, match="line 1 is no JSON object"):
        blank_as_it_lies(tmp_path / "t.jsonl", "y", tmp_path / "o.jsonl")


def test_a_file_is_written_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    blank_as_it_lies(tmp_path / "t.csv", "y", tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "x,y\n1,\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", b'{"y": 1}\n[1]\n', "t.jsonl, line 2 is no JSON object"),
        ("t.jsonl", b'{"y": 1}\n{"y": \n', "t.jsonl, line 2 is no JSON object"),
        ("t.arrow", b"ARROW1\0\0", "t.arrow is an Arrow file"),
        ("y=1/t.csv", b"x\n1\n", "the label 'y' stands in the names of folders"),
    ],
)
def test_what_has_no_label_to_blank(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    at = tmp_path / "parts" / name
    at.parent.mkdir(parents=True)
    at.write_bytes(content)
    source = tmp_path / "parts" if "/" in name else at
    with pytest.raises(UserError) as caught:
        blank_as_it_lies(source, "y", tmp_path / "out", shown=name if source == at else "parts")
    assert message in caught.value.message
    assert caught.value.hint
