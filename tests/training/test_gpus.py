"""Which GPUs a machine has."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.training.gpus import Gpus, find_gpus

TWO = "GPU 0: NVIDIA A (UUID: GPU-1)\nGPU 1: NVIDIA B (SXM) (UUID: GPU-2)\n"


def _write_tool(folder: Path, body: str) -> str:
    folder.mkdir()
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{body}\n")
    tool.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("body", "devices", "found"),
    [
        (f"printf '{TWO}'", (), Gpus(2, "nvidia-smi -L", ("NVIDIA A", "NVIDIA B (SXM)"))),
        ("echo No devices were found", ("nvidia0",), Gpus(0, "nvidia-smi -L")),
        (
            "exit 9",
            ("nvidia0", "nvidia1", "nvidiactl"),
            Gpus(2, "nvidia-smi does not answer, {}/nvidia*"),
        ),
        (None, ("nvidia0",), Gpus(1, "nvidia-smi is not on PATH, {}/nvidia*")),
        (None, ("nvidiactl", "null"), Gpus(0, "nvidia-smi is not on PATH, {}/nvidia*")),
    ],
)
def test_they_are_counted_by_the_tool_and_else_by_the_devices(
    tmp_path: Path, body: str | None, devices: tuple[str, ...], found: Gpus
) -> None:
    path = str(tmp_path / "nothing") if body is None else _write_tool(tmp_path / "bin", body)
    folder = tmp_path / "dev"
    folder.mkdir()
    for name in devices:
        (folder / name).touch()
    assert find_gpus(path, folder) == Gpus(found.count, found.how.format(folder), found.names)
