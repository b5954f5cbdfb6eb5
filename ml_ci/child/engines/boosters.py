"""Models of XGBoost, LightGBM and CatBoost: loaded by the library itself, given the columns that they name."""

from __future__ import annotations

from ..failures import JobFailed
from .columns import as_numbers, by_names, is_text
from .native import Native, both_sides, compares, refuse_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..exchange import Request


class XGBoost(Native):
    """An XGBoost model, for messages."""


class LightGBM(Native):
    """A LightGBM model, for messages."""


class CatBoost(Native):
    """A CatBoost model, for messages."""


def load_xgboost(path: str, request: Request) -> Any:
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(path)
    return booster


def from_xgboost(booster: Any, request: Request) -> Any:
    """Ask a Booster by a DMatrix; with all its trees, but where scikit-learn's wrapper takes those up to the best."""
    import json

    learner = json.loads(booster.save_config())["learner"]
    objective = learner["objective"]["name"]
    classes = int(learner["learner_model_param"].get("num_class", 0))
    options: Request = {}
    best = booster.attr("best_iteration")
    if best and booster.attr("scikit_learn") and learner["gradient_booster"]["name"] != "gblinear":
        options["iteration_range"] = (0, int(best) + 1)

    def predict(rows: Any) -> Any:
        import numpy

        answer = booster.predict(_matrix(booster, rows), **options)
        if objective == "binary:logitraw":
            answer = 1 / (1 + numpy.exp(-answer))
        if objective == "multi:softprob":
            return answer.reshape(-1, classes)
        if objective in ("multi:softmax", "binary:hinge"):
            return answer.astype(int)
        return both_sides(answer) if binary else answer

    binary = objective in ("binary:logistic", "binary:logitraw", "reg:logistic")
    if not binary and objective.startswith("rank:") and not compares(request):
        raise refuse_raw("XGBoost", objective)
    named = range(classes) if objective == "multi:softprob" else None
    return XGBoost(predict, binary or named is not None, named)


def _matrix(booster: Any, rows: Any) -> Any:
    import xgboost

    names, kinds = booster.feature_names, booster.feature_types
    if names is None:
        return xgboost.DMatrix(as_numbers(rows, booster.num_features(), "XGBoost", "float32"))
    rows = by_names(rows, names, "XGBoost")
    categories = [name for name, kind in zip(rows.columns, kinds or ()) if kind == "c"]
    if categories:
        if not _knows_categories(booster):
            raise JobFailed(
                "model-columns",
                "XGBoost was fitted on the categories of %s, and the file does not say which they are"
                % ", ".join(map(str, categories)),
                "Fit and save it with XGBoost 3.1 or later, or score in a function of your own: "
                "`predict: module:function`.",
            )
        rows = rows.astype(dict.fromkeys(categories, "category"))
    return xgboost.DMatrix(rows, enable_categorical=bool(categories))


def _knows_categories(booster: Any) -> bool:
    """Say whether the model holds its categories, by which it numbers the rows'; before 3.1 none did."""
    import json

    trees = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]
    known = trees.get("gbtree", trees).get("model", {}).get("cats") or {}
    kinds = booster.feature_types or ()
    return len(known.get("enc", ())) == len(kinds) and all(
        kind != "c" or one["values"] for kind, one in zip(kinds, known["enc"])
    )


def load_lightgbm(path: str, request: Request) -> Any:
    import lightgbm

    return lightgbm.Booster(model_file=path)


def from_lightgbm(booster: Any, request: Request) -> Any:
    """Ask a Booster with its columns in its own order: it takes them by their place."""
    said = _read_lightgbm(booster)
    objective = said.get("objective", "").split(" ")[0]
    names = list(booster.feature_name())
    unnamed = names == ["Column_%d" % place for place in range(len(names))]
    classes = int(said.get("num_class", 1))

    def predict(rows: Any) -> Any:
        if unnamed and not set(names) <= set(map(str, rows.columns)):
            return booster.predict(as_numbers(rows, len(names), "LightGBM"))
        return booster.predict(_with_categories(booster, by_names(rows, names, "LightGBM"), said["feature_infos"]))

    if objective in ("binary", "cross_entropy"):
        return LightGBM(lambda rows: both_sides(predict(rows)), True)
    if objective in ("multiclass", "multiclassova"):
        return LightGBM(predict, True, range(classes))
    if objective in ("", "custom", "lambdarank", "rank_xendcg") and not compares(request):
        raise refuse_raw("LightGBM", objective)
    return LightGBM(predict, False)


def _read_lightgbm(booster: Any) -> dict[str, str]:
    head = booster.model_to_string(num_iteration=1).split("\nTree=", 1)[0]
    return dict(line.split("=", 1) for line in head.splitlines() if "=" in line)


def _with_categories(booster: Any, rows: Any, infos: str) -> Any:
    """Give the columns of categories the model's own, by which their values are numbered; in the order of both."""
    own = booster.pandas_categorical or []
    if not own or not hasattr(rows, "iloc"):
        return rows
    import pandas

    coded = [name for name, info in zip(rows.columns, infos.split(" ")) if info[:1] not in ("[", "n")]
    chosen = coded if len(coded) == len(own) else [name for name in rows.columns if is_text(rows[name])]
    if len(chosen) != len(own):
        raise JobFailed(
            "model-columns",
            "LightGBM was fitted on %d columns of categories, and it is not plain which of the rows' they are"
            % len(own),
            "Score in a function of your own: `predict: module:function`.",
        )
    taken = {name: pandas.Categorical(rows[name], categories=found) for name, found in zip(chosen, own)}
    return rows.assign(**taken)


def load_catboost(path: str, request: Request) -> Any:
    import catboost

    model = catboost.CatBoost()
    with open(path, "rb") as stream:
        binary = stream.read(4) == b"CBM1"
    model.load_model(path, format="cbm" if binary else "json")
    return model


def from_catboost(model: Any, request: Request) -> Any:
    """Ask a model that is of no class of CatBoost's which knows what it is: by its classes, where it has them."""
    names = list(model.feature_names_ or ())
    unnamed = names == [str(place) for place in range(len(names))]

    def choose(rows: Any) -> Any:
        named = not unnamed or set(names) <= set(map(str, rows.columns))
        return by_names(rows, names, "CatBoost") if named else as_numbers(rows, len(names), "CatBoost")

    classes = list(model.classes_)
    if classes:
        return CatBoost(lambda rows: model.predict(choose(rows), prediction_type="Probability"), True, classes)
    return CatBoost(lambda rows: model.predict(choose(rows)), False)
