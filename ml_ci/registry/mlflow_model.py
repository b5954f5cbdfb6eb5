"""A trained model in MLflow's layout, written beside its pickle: nothing is loaded, so none of its code runs here."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_ci.frozen import dataclass

_PICKLES = (".pkl", ".pickle", ".joblib")


@dataclass(frozen=True)
class Signature:
    """Names and types of what a model takes, and of what it gives: `double`, `long`, `boolean`, `string`.

    None where it is not known.
    """

    inputs: tuple[tuple[str, str], ...] = ()
    output: tuple[str, str] | None = None


def write_model(
    target: Path,
    artifact: Path | None,
    signature: Signature,
    environment: Mapping[str, object],
    code: Mapping[str, bytes],
) -> None:
    """Write a model folder that MLflow loads: `MLmodel`, the artifact, its requirements, the code that it needs.

    `environment` is the fingerprint's detail of that name; `code` maps paths to contents. What is no pickle of
    scikit-learn's interface is kept as it is, without a flavour that MLflow could load.
    """
    from mlflow.models import Model

    target.mkdir(parents=True)
    model = Model(signature=_signature(signature))
    if artifact is not None:
        _copy(artifact, target / artifact.name)
        _add_flavors(model, artifact, environment, bool(code))
    for path, content in code.items():
        at = target / "code" / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content)
    _write_requirements(target, environment)
    model.save(str(target / "MLmodel"))


def loadable(artifact: Path | None, environment: Mapping[str, object]) -> bool:
    """Say whether MLflow can load what a training left: a pickle beside which scikit-learn was installed."""
    return artifact is not None and artifact.suffix in _PICKLES and environment.get("scikit-learn") is not None


def requirements(environment: Mapping[str, object]) -> list[str]:
    """Give the distributions that a training resolved to, as lines of a requirements file."""
    return [f"{name}=={version}" for name, version in sorted(environment.items()) if name != "python" and version]


def _add_flavors(model: Any, artifact: Path, environment: Mapping[str, object], with_code: bool) -> None:
    if not loadable(artifact, environment):
        model.add_flavor("ml_ci", artifact=artifact.name)
        return
    code = {"code": "code"} if with_code else {}
    model.add_flavor(
        "python_function",
        loader_module="mlflow.sklearn",
        model_path=artifact.name,
        predict_fn="predict",
        python_version=str(environment.get("python", "")),
        env={"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        **code,
    )
    model.add_flavor(
        "sklearn",
        pickled_model=artifact.name,
        sklearn_version=str(environment["scikit-learn"]),
        serialization_format="cloudpickle",
        code="code" if with_code else None,
    )


def _signature(said: Signature) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    if not said.inputs and said.output is None:
        return None
    inputs = Schema([ColSpec(kind, name) for name, kind in said.inputs]) if said.inputs else None
    outputs = None
    if said.output is not None:
        name, kind = said.output
        outputs = Schema([ColSpec(kind, name)])
    return ModelSignature(inputs=inputs, outputs=outputs)


def _write_requirements(target: Path, environment: Mapping[str, object]) -> None:
    lines = requirements(environment)
    python = str(environment.get("python", ""))
    (target / "requirements.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    pip = "".join(f"  - {line}\n" for line in ("-r requirements.txt",))
    (target / "python_env.yaml").write_text(f'python: "{python}"\ndependencies:\n{pip}', encoding="utf-8")
    conda = f"name: model\ndependencies:\n- python={python}\n- pip\n- pip:\n  - -r requirements.txt\n"
    (target / "conda.yaml").write_text(conda, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
