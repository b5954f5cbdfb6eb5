"""Train a small model with every library that is there, and store it as the library does: `python made.py FOLDER`.

Beside the files stands `made.json`: for each way of storing, the file, the rows it is scored on, the labels, and
scikit-learn's confusion matrix of what the library itself predicts; or the library that is missing.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

os.environ.setdefault("KERAS_BACKEND", "torch")
FOLDER = Path(sys.argv[1])
NAMES = ["a", "b", "c", "d"]
X, Y = make_classification(700, 4, n_informative=3, n_redundant=0, class_sep=0.7, flip_y=0.1, random_state=7)
FRAME = pd.DataFrame(X.round(3), columns=NAMES)
TRAIN, HOLD = FRAME[:400], FRAME[400:].reset_index(drop=True)
Y_TRAIN, Y_HOLD = Y[:400], Y[400:]
SHUFFLED = HOLD.assign(id=range(len(HOLD)))[["d", "id", "b", "a", "c"]]  # named columns are found wherever they stand
COLOURS = np.array(["red", "green", "blue"])[(FRAME.a + 3).astype(int).clip(0, 5) % 3]
WITH_TEXT = FRAME.assign(colour=COLOURS)
ENGINES: dict[str, Callable[[Path], tuple[Any, ...]]] = {}


def engine(function: Callable[[Path], tuple[Any, ...]]) -> Callable[[Path], tuple[Any, ...]]:
    """Enter a way of storing: it writes into a folder, and gives the file, the predicted labels and the rows."""
    ENGINES[function.__name__] = function
    return function


def fit(estimator: Any, train: pd.DataFrame = TRAIN) -> Any:
    return estimator.fit(train, Y_TRAIN)


def categories(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(colour=pd.Categorical(frame.colour, categories=["green", "red", "blue"]))


@engine
def xgboost_json(at: Path) -> tuple[Any, ...]:
    import xgboost

    model = fit(xgboost.XGBClassifier(n_estimators=20, max_depth=3))
    model.save_model(at / "model.json")
    return at / "model.json", model.predict(HOLD), SHUFFLED


@engine
def xgboost_ubj(at: Path) -> tuple[Any, ...]:
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=60, max_depth=4, early_stopping_rounds=3, learning_rate=0.6)
    model.fit(TRAIN[:300], Y_TRAIN[:300], eval_set=[(TRAIN[300:], Y_TRAIN[300:])], verbose=False)
    assert model.best_iteration < 50, "the best iteration is not the last"
    model.save_model(at / "model.ubj")
    return at / "model.ubj", model.predict(HOLD), SHUFFLED


@engine
def xgboost_without_names(at: Path) -> tuple[Any, ...]:
    import xgboost

    model = xgboost.train(
        {"objective": "binary:logitraw", "max_depth": 3}, xgboost.DMatrix(TRAIN.to_numpy(), Y_TRAIN), 9
    )
    model.save_model(at / "m.bin")
    return at / "m.bin", model.predict(xgboost.DMatrix(HOLD.to_numpy())) > 0, HOLD


@engine
def xgboost_categories(at: Path) -> tuple[Any, ...]:
    import xgboost

    frame = categories(WITH_TEXT)
    model = fit(xgboost.XGBClassifier(n_estimators=20, max_depth=3, enable_categorical=True), frame[:400])
    model.save_model(at / "m.ubj")
    return at / "m.ubj", model.predict(frame[400:]), WITH_TEXT[400:]


@engine
def xgboost_classes(at: Path) -> tuple[Any, ...]:
    import xgboost

    three = Y_TRAIN + (TRAIN.a.to_numpy() > 1)
    model = xgboost.XGBClassifier(n_estimators=10, max_depth=3).fit(TRAIN, three)
    model.save_model(at / "m.ubj")
    return at / "m.ubj", model.predict_proba(HOLD)[:, 1] >= 0.5, SHUFFLED, {"labels": ["0", "1", "2"]}


@engine
def lightgbm_txt(at: Path) -> tuple[Any, ...]:
    import lightgbm

    model = fit(lightgbm.LGBMClassifier(n_estimators=20, verbose=-1), TRAIN.rename(columns={"c": "c c"}))
    model.booster_.save_model(at / "model.txt")
    return at / "model.txt", model.predict(HOLD.rename(columns={"c": "c c"})), SHUFFLED.rename(columns={"c": "c c"})


@engine
def lightgbm_categories(at: Path) -> tuple[Any, ...]:
    import lightgbm

    frame = categories(WITH_TEXT)
    model = fit(lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, min_child_samples=5), frame[:400])
    model.booster_.save_model(at / "m.txt")
    return at / "m.txt", model.predict(frame[400:]), WITH_TEXT[400:][["colour", "d", "c", "b", "a"]]


@engine
def lightgbm_without_names(at: Path) -> tuple[Any, ...]:
    import lightgbm

    model = lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(TRAIN.to_numpy(), Y_TRAIN), 12)
    model.save_model(at / "gbm.model")
    return at / "gbm.model", model.predict(HOLD.to_numpy()) >= 0.5, HOLD


@engine
def catboost_cbm(at: Path) -> tuple[Any, ...]:
    import catboost

    words = np.where(Y_TRAIN == 1, "yes", "no")
    model = catboost.CatBoostClassifier(iterations=20, verbose=0, allow_writing_files=False, cat_features=["colour"])
    model.fit(WITH_TEXT[:400], words)
    model.save_model(str(at / "model.cbm"))
    said = {"labels": ["no", "yes"], "positive": "yes"}
    return at / "model.cbm", model.predict(WITH_TEXT[400:]) == "yes", WITH_TEXT[400:][["colour", *"dcba"]], said


@engine
def catboost_json(at: Path) -> tuple[Any, ...]:
    import catboost

    model = fit(catboost.CatBoostClassifier(iterations=20, verbose=0, allow_writing_files=False))
    model.save_model(str(at / "model.json"), format="json")
    return at / "model.json", model.predict(HOLD), SHUFFLED


@engine
def catboost_json_categories(at: Path) -> tuple[Any, ...]:
    import catboost

    many = FRAME.assign(colour=[f"colour {place % 60}" for place in range(len(FRAME))])
    options = {"iterations": 20, "verbose": 0, "allow_writing_files": False, "one_hot_max_size": 2}
    model = catboost.CatBoostClassifier(**options, cat_features=["colour"]).fit(many[:400], Y_TRAIN)
    pool = catboost.Pool(many[:400], Y_TRAIN, cat_features=["colour"])
    model.save_model(str(at / "model.json"), format="json", pool=pool)
    return at / "model.json", model.predict(many[400:]), many[400:][["colour", *"dcba"]]


@engine
def onnx_maps(at: Path) -> tuple[Any, ...]:
    from skl2onnx import to_onnx

    words = np.where(Y_TRAIN == 1, "yes", "no")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(TRAIN.to_numpy(), words)
    (at / "model.onnx").write_bytes(to_onnx(model, TRAIN.to_numpy().astype("float32")).SerializeToString())
    return (
        at / "model.onnx",
        model.predict(HOLD.to_numpy()) == "yes",
        HOLD,
        {"labels": ["no", "yes"], "positive": "yes"},
    )


@engine
def onnx_arrays(at: Path) -> tuple[Any, ...]:
    from skl2onnx import to_onnx

    words = np.where(Y_TRAIN == 1, "bad", "good")  # the positive class is the first
    model = LogisticRegression().fit(TRAIN.to_numpy(), words)
    proto = to_onnx(model, TRAIN.to_numpy().astype("float32"), options={"zipmap": False})
    (at / "model.onnx").write_bytes(proto.SerializeToString())
    return (
        at / "model.onnx",
        model.predict(HOLD.to_numpy()) == "bad",
        HOLD,
        {"labels": ["bad", "good"], "positive": "bad"},
    )


@engine
def onnx_columns(at: Path) -> tuple[Any, ...]:
    from skl2onnx import to_onnx
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    parts = [("n", StandardScaler(), NAMES), ("t", OneHotEncoder(handle_unknown="ignore"), ["colour"])]
    frame = WITH_TEXT.astype(dict.fromkeys(NAMES, "float32"))
    model = fit(make_pipeline(ColumnTransformer(parts), LogisticRegression()), frame[:400])
    (at / "model.onnx").write_bytes(to_onnx(model, frame[:1]).SerializeToString())
    return at / "model.onnx", model.predict(frame[400:]), WITH_TEXT[400:].assign(id=1)[["id", "colour", *"dcba"]]


@engine
def skops_file(at: Path) -> tuple[Any, ...]:
    import skops.io

    model = fit(make_pipeline(StandardScaler(), LogisticRegression()))
    skops.io.dump(model, at / "model.skops")
    return at / "model.skops", model.predict(HOLD), SHUFFLED


def compressed(name: str, compress: Any) -> None:
    def stored(at: Path) -> tuple[Any, ...]:
        import joblib

        model = fit(LogisticRegression())
        joblib.dump(model, at / name, compress=compress)
        return at / name, model.predict(HOLD), SHUFFLED

    ENGINES[f"joblib_{compress[0] if compress else 'plain'}"] = stored


for name, compress in (
    ("model", 0),
    ("model.bin", ("zlib", 3)),
    ("model.gz", ("gzip", 3)),
    ("m.dat", ("bz2", 3)),
    ("m.model", ("xz", 3)),
    ("m.lz", ("lzma", 3)),
):
    compressed(name, compress)


def network(ending: Any = None, width: int = 1) -> Any:
    import torch

    torch.manual_seed(0)
    layers = [torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, width)]
    model = torch.nn.Sequential(*layers, *([ending] if ending else []))
    inputs, wanted = torch.tensor(TRAIN.to_numpy()).float(), torch.tensor(Y_TRAIN)
    optimiser = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(80):
        out, target = (model(inputs)[:, -1], wanted.float())
        loss = torch.nn.functional.binary_cross_entropy(out, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def answers(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.tensor(HOLD.to_numpy()).float()).numpy()[:, -1] >= 0.5


@engine
def torch_script(at: Path) -> tuple[Any, ...]:
    import torch

    model = network(torch.nn.Sigmoid())
    torch.jit.trace(model, torch.zeros(3, 4)).save(str(at / "model.pt"))
    return at / "model.pt", answers(model), HOLD


@engine
def torch_export(at: Path) -> tuple[Any, ...]:
    import torch

    model = network(torch.nn.Softmax(1), 2)
    torch.export.save(torch.export.export(model, (torch.zeros(64, 4),)), at / "model.pt2")  # batches of 64 and no other
    return at / "model.pt2", answers(model), HOLD


@engine
def torch_module(at: Path) -> tuple[Any, ...]:
    import torch

    model = network(torch.nn.Sigmoid())
    torch.save(model, at / "model.pth")
    return at / "model.pth", answers(model), HOLD


@engine
def torch_weights(at: Path) -> tuple[Any, ...]:
    import torch

    model = network(torch.nn.Sigmoid())
    torch.save({"epoch": 3, "state_dict": model.state_dict()}, at / "model.ckpt")
    return at / "model.ckpt", answers(model), HOLD, {"load": {"factory": "net:build"}}


@engine
def safetensors_file(at: Path) -> tuple[Any, ...]:
    import torch
    from safetensors.torch import save_file

    model = network(torch.nn.Sigmoid())
    save_file(model.state_dict(), at / "model.safetensors")
    return at / "model.safetensors", answers(model), HOLD, {"load": {"factory": "net:build_like"}}


@engine
def onnx_network(at: Path) -> tuple[Any, ...]:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = network_by_hand()
    shape = [None, 4]
    tensors = [numpy_helper.from_array(array.astype("float32"), name) for name, array in model.items()]
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
        helper.make_node("Identity", ["p"], ["out"]),
    ]
    values = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    out = [helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, 1])]
    proto = helper.make_model(helper.make_graph(nodes, "g", values, out, tensors), ir_version=9,
                              opset_imports=[helper.make_opsetid("", 17)])  # fmt: skip
    onnx.save(proto, at / "model.onnx")
    return at / "model.onnx", HOLD.to_numpy() @ model["w"][:, 0] + model["b"] >= 0, HOLD


def network_by_hand() -> dict[str, Any]:
    fitted = LogisticRegression().fit(TRAIN.to_numpy(), Y_TRAIN)
    return {"w": fitted.coef_.T, "b": fitted.intercept_}


@engine
def keras_file(at: Path) -> tuple[Any, ...]:
    model = keras_model()
    model.save(at / "model.keras")
    return at / "model.keras", model.predict(HOLD.to_numpy(), verbose=0)[:, 0] >= 0.5, HOLD


@engine
def keras_h5(at: Path) -> tuple[Any, ...]:
    model = keras_model()
    model.save(at / "model.h5")
    return at / "model.h5", model.predict(HOLD.to_numpy(), verbose=0)[:, 0] >= 0.5, HOLD


def keras_model() -> Any:
    import keras

    by_hand = network_by_hand()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    model.layers[-1].set_weights([by_hand["w"], by_hand["b"]])
    return model


def mlflow_of(flavour: str, make: Callable[[], Any]) -> None:
    def stored(at: Path) -> tuple[Any, ...]:
        import importlib

        library = importlib.import_module(f"mlflow.{flavour}")
        model, predicted = make()
        library.save_model(model, at / "folder")
        return at / "folder", predicted, SHUFFLED

    ENGINES[f"mlflow_{flavour}"] = stored


def booster_of_lightgbm() -> Any:
    import lightgbm

    model = lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(TRAIN, Y_TRAIN), 12)
    return model, model.predict(HOLD) >= 0.5


def booster_of_xgboost() -> Any:
    import xgboost

    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(TRAIN, Y_TRAIN), 12)
    return model, model.predict(xgboost.DMatrix(HOLD)) >= 0.5


def of_sklearn() -> Any:
    model = fit(LogisticRegression())
    return model, model.predict(HOLD)


mlflow_of("sklearn", of_sklearn)
mlflow_of("xgboost", booster_of_xgboost)
mlflow_of("lightgbm", booster_of_lightgbm)


def pickled(name: str, make: Callable[[], Any]) -> None:
    def stored(at: Path) -> tuple[Any, ...]:
        import pickle

        model, predicted = make()
        (at / "model.pkl").write_bytes(pickle.dumps(model))
        return at / "model.pkl", predicted, HOLD

    ENGINES[f"object_{name}"] = stored


def object_of_torch() -> Any:
    import torch

    model = network(torch.nn.Sigmoid())
    return model, answers(model)


def object_of_keras() -> Any:
    model = keras_model()
    return model, model.predict(HOLD.to_numpy(), verbose=0)[:, 0] >= 0.5


def object_of_catboost() -> Any:
    import catboost

    options = {"loss_function": "Logloss", "iterations": 20, "verbose": 0, "allow_writing_files": False}
    model = catboost.CatBoost(options).fit(TRAIN, Y_TRAIN)
    return model, model.predict(HOLD, prediction_type="Class")


def object_of_onnx() -> Any:
    from skl2onnx import to_onnx

    model = LogisticRegression().fit(TRAIN.to_numpy(), Y_TRAIN)
    return to_onnx(model, TRAIN.to_numpy().astype("float32")), model.predict(HOLD.to_numpy())


pickled("xgboost", booster_of_xgboost)
pickled("lightgbm", booster_of_lightgbm)
pickled("catboost", object_of_catboost)
pickled("onnx", object_of_onnx)
pickled("torch", object_of_torch)
pickled("keras", object_of_keras)


def main() -> None:
    told = {}
    for name, make in ENGINES.items():
        at = FOLDER / name
        at.mkdir(parents=True)
        try:
            path, predicted, rows, *said = make(at)
        except ImportError as error:
            told[name] = {"missing": error.name or str(error)}
            continue
        rows.to_csv(at / "rows.csv", index=False)
        predicted = np.asarray(predicted).reshape(-1).astype(int)
        matrix = confusion_matrix(Y_HOLD, predicted).tolist()
        told[name] = {"path": str(path), "matrix": matrix, "predicted": predicted.tolist(), **(said[0] if said else {})}
    (FOLDER / "made.json").write_text(json.dumps({"engines": told, "y": Y_HOLD.tolist()}))


if __name__ == "__main__":
    main()
