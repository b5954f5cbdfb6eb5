"""Passwords inside of harmless values."""

from __future__ import annotations

import pytest

from ml_ci.variables.passwords import inside, mask

VALUES = [
    ("HTTPS_PROXY", "http://proxy:3128", "http://proxy:3128", []),
    ("HTTPS_PROXY", "http://me:hunter22@proxy:3128/", "http://me:***@proxy:3128/", ["hunter22"]),
    ("https_proxy", "me:hunter22@proxy:3128", "me:***@proxy:3128", ["hunter22"]),
    ("HTTPS_PROXY", "http://me:hun@ter22@proxy:3128", "http://me:***@proxy:3128", ["hun@ter22"]),
    ("PIP_INDEX_URL", "https://hunter22@host/simple", "https://***@host/simple", ["hunter22"]),
    ("PIP_INDEX_URL", "https://me:@host/simple", "https://me:@host/simple", []),
    (
        "PIP_EXTRA_INDEX_URL",
        "https://a:one11@b/x https://c:two22@d/y https://e/z@f",
        "https://a:***@b/x https://c:***@d/y https://e/z@f",
        ["one11", "two22"],
    ),
    ("UV_INDEX", "own=https://a:hunter22@b/x", "own=https://a:***@b/x", ["hunter22"]),
    ("UV_INDEX", "https://b/x?sig=hunter22&v=1", "https://b/x?sig=***&v=1", ["hunter22"]),
    ("PIP_FIND_LINKS", "git+ssh://git@host/a", "git+ssh://git@host/a", []),
    ("PYTHONPATH", "src:lib@2:more", "src:lib@2:more", []),
    ("PATH", "/a/b@c:/d", "/a/b@c:/d", []),
    (
        "JAVA_TOOL_OPTIONS",
        "-Xmx1g -Dhttp.proxyPassword=hunter22 -Da=b",
        "-Xmx1g -Dhttp.proxyPassword=*** -Da=b",
        ["hunter22"],
    ),
    (
        "PYSPARK_SUBMIT_ARGS",
        "--conf spark.hadoop.fs.s3a.secret.key=hunter22 --conf spark.a=1",
        "--conf spark.hadoop.fs.s3a.secret.key=*** --conf spark.a=1",
        ["hunter22"],
    ),
    ("SPARK_OPTS", "--conf tokenizer=fast", "--conf tokenizer=fast", []),
]


@pytest.mark.parametrize(("name", "value", "without", "passwords"), VALUES)
def test_a_password_is_taken_out(name: str, value: str, without: str, passwords: list[str]) -> None:
    assert mask(name, value) == without
    assert list(inside(name, value)) == passwords
    assert mask(name, without) == without
