"""Jobs of a repository that has a model of every library: each trains one, and leaves it as the library stores it.

`APART` gives what the same model says of rows when nothing but its own library is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

os.environ.setdefault("KERAS_BACKEND", "torch")
NAMES = ["a", "b", "c", "d"]
Apart = Callable[[pd.DataFrame, pd.DataFrame], Any]
APART: dict[str, Apart] = {}


def apart(function: Apart) -> Apart:
    """Enter what a library itself predicts, under the name of the job."""
    APART[function.__name__.removeprefix("of_")] = function
    return function


def _xgboost(train: pd.DataFrame) -> Any:
    import xgboost

    return xgboost.XGBClassifier(n_estimators=20, max_depth=3).fit(train[NAMES], train.y)


def xgboost_json(train: pd.DataFrame, out: Path) -> Path:
    _xgboost(train).save_model(out / "model.json")
    return out / "model.json"


def xgboost_ubj(train: pd.DataFrame, out: Path) -> Path:
    _xgboost(train).save_model(out / "model.ubj")
    return out / "model.ubj"


def xgboost_booster(train: pd.DataFrame) -> Any:
    return _xgboost(train).get_booster()


@apart
def of_xgboost_json(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return _xgboost(train).predict(rows)


APART["xgboost_ubj"] = APART["xgboost_booster"] = APART["mlflow_xgboost"] = of_xgboost_json


def _lightgbm(train: pd.DataFrame) -> Any:
    import lightgbm

    return lightgbm.LGBMClassifier(n_estimators=20, verbose=-1).fit(train[NAMES], train.y)


def lightgbm_txt(train: pd.DataFrame, out: Path) -> Path:
    _lightgbm(train).booster_.save_model(out / "model.txt")
    return out / "model.txt"


def lightgbm_booster(train: pd.DataFrame) -> Any:
    return _lightgbm(train).booster_


@apart
def of_lightgbm_txt(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return _lightgbm(train).predict(rows)


APART["lightgbm_booster"] = of_lightgbm_txt


def _catboost(train: pd.DataFrame) -> Any:
    import catboost

    model = catboost.CatBoostClassifier(iterations=20, verbose=0, allow_writing_files=False)
    return model.fit(train[NAMES], train.y)


def catboost_cbm(train: pd.DataFrame, out: Path) -> Path:
    _catboost(train).save_model(str(out / "model.cbm"))
    return out / "model.cbm"


@apart
def of_catboost_cbm(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return _catboost(train).predict(rows)


def _pipeline(train: pd.DataFrame) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression()).fit(train[NAMES], train.y)


def onnx_file(train: pd.DataFrame, out: Path) -> Path:
    from skl2onnx import to_onnx

    rows = train[NAMES].astype("float32")
    (out / "model.onnx").write_bytes(to_onnx(_pipeline(train), rows.to_numpy()[:1]).SerializeToString())
    return out / "model.onnx"


def skops_file(train: pd.DataFrame, out: Path) -> Path:
    import skops.io

    skops.io.dump(_pipeline(train), out / "model.skops")
    return out / "model.skops"


def joblib_packed(train: pd.DataFrame, out: Path) -> Path:
    import joblib

    joblib.dump(_pipeline(train), out / "weights.v2", compress=("zlib", 3))
    return out / "weights.v2"


def joblib_xz(train: pd.DataFrame, out: Path) -> Path:
    import joblib

    joblib.dump(_pipeline(train), out / "model", compress=("xz", 3))
    return out / "model"


def sklearn_object(train: pd.DataFrame) -> Any:
    return _pipeline(train)


# `pip_requirements`: else MLflow starts a Python of its own that imports everything, to learn what the model needs.
def mlflow_sklearn(train: pd.DataFrame, out: Path) -> Path:
    import mlflow.sklearn

    mlflow.sklearn.save_model(_pipeline(train), out / "folder", pip_requirements=[])
    return out / "folder"


@apart
def of_sklearn_object(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return _pipeline(train).predict(rows)


for name in ("onnx_file", "skops_file", "joblib_packed", "joblib_xz", "mlflow_sklearn"):
    APART[name] = of_sklearn_object


def mlflow_xgboost(train: pd.DataFrame, out: Path) -> Path:
    import mlflow.xgboost

    mlflow.xgboost.save_model(_xgboost(train).get_booster(), out / "folder", pip_requirements=[])
    return out / "folder"


def mlflow_pyfunc(train: pd.DataFrame, out: Path) -> Path:
    import mlflow.pyfunc
    import rule

    limit = float(train.a[train.y == 1].mean() + train.a[train.y == 0].mean()) / 2
    made = rule.Rule(limit)
    mlflow.pyfunc.save_model(out / "folder", python_model=made, code_paths=[rule.__file__], pip_requirements=[])
    return out / "folder"


@apart
def of_mlflow_pyfunc(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    limit = float(train.a[train.y == 1].mean() + train.a[train.y == 0].mean()) / 2
    return (rows.a >= limit).astype(int)


def _network(train: pd.DataFrame) -> Any:
    import net
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = net.build()
    rows, wanted = torch.tensor(train[NAMES].to_numpy()).float(), torch.tensor(train.y.to_numpy()).float()
    optimiser = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(60):
        loss = torch.nn.functional.binary_cross_entropy(model(rows)[:, 0], wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def torchscript(train: pd.DataFrame, out: Path) -> Path:
    import torch

    torch.jit.trace(_network(train), torch.zeros(3, 4)).save(str(out / "model.pt"))
    return out / "model.pt"


def torch_export(train: pd.DataFrame, out: Path) -> Path:
    import torch

    torch.export.save(torch.export.export(_network(train), (torch.zeros(32, 4),)), out / "model.pt2")
    return out / "model.pt2"


def torch_state_dict(train: pd.DataFrame, out: Path) -> Path:
    import torch

    torch.save({"epoch": 60, "state_dict": _network(train).state_dict()}, out / "model.ckpt")
    return out / "model.ckpt"


def torch_module(train: pd.DataFrame) -> Any:
    return _network(train)


def safetensors_file(train: pd.DataFrame, out: Path) -> Path:
    from safetensors.torch import save_file

    save_file(_network(train).state_dict(), out / "model.safetensors")
    return out / "model.safetensors"


@apart
def of_torchscript(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    import torch

    model = _network(train)
    with torch.no_grad():
        return model(torch.tensor(rows.to_numpy()).float()).numpy()[:, 0] >= 0.5


for name in ("torch_export", "torch_state_dict", "torch_module", "safetensors_file"):
    APART[name] = of_torchscript


def _keras(train: pd.DataFrame) -> Any:
    import keras

    fitted = _pipeline(train)
    scale, linear = fitted[0], fitted[1]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    weights = (linear.coef_ / scale.scale_).T
    model.layers[-1].set_weights([weights, linear.intercept_ - scale.mean_ @ weights])
    return model


def keras_file(train: pd.DataFrame, out: Path) -> Path:
    _keras(train).save(out / "model.keras")
    return out / "model.keras"


@apart
def of_keras_file(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return _keras(train).predict(rows.to_numpy(), verbose=0)[:, 0] >= 0.5


def _imbalanced(train: pd.DataFrame) -> Any:
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    steps = RandomOverSampler(random_state=0), DecisionTreeClassifier(max_depth=3, random_state=0)
    return make_pipeline(*steps).fit(train[NAMES], train.y)


def imblearn_pipeline(train: pd.DataFrame) -> Any:
    return _imbalanced(train)


@apart
def of_imblearn_pipeline(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return _imbalanced(train).predict(rows)


def _statsmodels(train: pd.DataFrame) -> Any:
    import statsmodels.formula.api as formulas

    return formulas.logit("y ~ a + b + c + d", train).fit(disp=0)


def statsmodels_formula(train: pd.DataFrame) -> Any:
    return _statsmodels(train)


@apart
def of_statsmodels_formula(train: pd.DataFrame, rows: pd.DataFrame) -> Any:
    return np.asarray(_statsmodels(train).predict(rows)) >= 0.5
