"""Small look-alikes of kinds of repositories that are out there: their files, what `ml-ci init` has to see in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TABLE = "age,income,churned\n" + "".join(f"{n},{n % 9}0,{int(n % 4 == 0)}\n" for n in range(40))
HOUSES = "rooms,metres,price\n" + "".join(f"{n % 7},{n * 3},{n * 1000 + 17}\n" for n in range(40))
FLOWERS = "sepal,petal,label\n" + "".join(f"{n},{n * 2},{('iris', 'rose', 'lily')[n % 3]}\n" for n in range(42))
LIBRARY = """\
from sklearn.naive_bayes import GaussianNB
def fit(X_train, X_test, y_train, y_test):
    return GaussianNB().fit(X_train, y_train)
"""
READ = 'import pandas as pd\nframe = pd.read_csv("data/customers.csv")\ny = frame["churned"]\nX = frame[["age"]]\n'
FIT = "from sklearn.linear_model import LogisticRegression\nmodel = LogisticRegression().fit(X, y)\n"
AT = "data/customers.csv"


def _script(save: str, read: str = READ, fit: str = FIT, name: str = "train.py") -> dict[str, str]:
    return {name: read + fit + save, AT: TABLE}


@dataclass(frozen=True)
class Kind:
    """A repository: its `files`, keys that ml-ci.yaml has to have, and the keys that are `left` to fill in by hand."""

    files: dict[str, str]
    keys: dict[str, Any]
    left: tuple[str, ...] = ()


# Two other columns of two values, one of them the last.
MEMBERS = "age,vip,churned,late\n" + "".join(
    f"{n},{'yes' if n % 3 else 'no'},{int(n % 4 == 0)},{'yes' if n % 5 else 'no'}\n" for n in range(40)
)
FITTED = (
    "import joblib\nimport pandas as pd\nfrom sklearn.svm import SVC\n"
    't = pd.read_csv("data/members.csv")\nm = SVC().fit(t[["age"]], {target})\njoblib.dump(m, "m.joblib")\n'
)

KINDS = {
    "a label among columns like it, named where the model is fitted": Kind(
        {"train.py": FITTED.format(target='t["churned"]'), "data/members.csv": MEMBERS},
        {"label": "churned", "positive": 1},
    ),
    "a label by its keyword": Kind(
        {"train.py": FITTED.format(target='y=t["churned"]'), "data/members.csv": MEMBERS},
        {"label": "churned", "positive": 1},
    ),
    "models at paths that are made while it runs, beside those of an earlier run": Kind(
        {
            "train.py": READ + FIT + "from pathlib import Path\nimport joblib\nimport mlflow\n"
            'for name in [str(one) for one in range(2)]:\n    joblib.dump(model, Path("models") / f"{name}.joblib")\n'
            'mlflow.sklearn.log_model(model, "model")\n',
            "models/forest.joblib": "x",
            "models/linear.joblib": "x",
            AT: TABLE,
        },
        {"run": "python train.py", "label": "churned"},
        left=("outputs",),
    ),
    "a table that is fetched by its address": Kind(
        {
            "train.py": "import pickle\nimport pandas as pd\nfrom sklearn.svm import SVC\n"
            'd = pd.read_csv("https://raw.example.org/me/it/main/customers.csv?raw=true")\n'
            'pickle.dump(SVC().fit(d[["age"]], d["churned"]), open("m.pkl", "wb"))\n',
            "customers.csv": TABLE,
        },
        {"run": "python train.py", "outputs": {"model": "m.pkl"}},
        left=("data", "label", "positive"),
    ),
    "a flat script": Kind(
        _script('import joblib\njoblib.dump(model, "model.joblib")\n'),
        {"run": "python train.py", "outputs": {"model": "model.joblib"}, "label": "churned", "positive": 1},
    ),
    "a script that needs no library": Kind(
        {
            "train.py": "import csv, json\nrows = list(csv.DictReader(open('data/customers.csv')))\n"
            "json.dump({'rate': sum(int(row['churned']) for row in rows) / len(rows)}, open('rate.json', 'w'))\n",
            "train_tools.py": "def split(rows):\n    return rows\n",
            "report.py": "print(open('rate.json').read())\n",
            AT: TABLE,
        },
        {"run": "python train.py", "data": {"train": AT}, "label": "churned"},
        ("outputs",),
    ),
    "a script over the library that it uses": Kind(
        {
            "train_model.py": "import joblib\nimport packages.trainer as mt\nimport pandas as pd\n"
            'if __name__ == "__main__":\n    t = pd.read_csv("data/customers.csv")\n'
            '    joblib.dump(mt.fit(t, t, t, t), "./out/model.pkl")\n',
            "packages/trainer.py": LIBRARY,
            AT: TABLE,
        },
        {"run": "python train_model.py", "outputs": {"model": "out/model.pkl"}},
    ),
    "a script below folders, of an old Python, that reads an encoder": Kind(
        {
            "src/job/ml/__init__.py": "",
            "src/job/ml/data.py": "def process(frame):\n    return frame\n",
            "src/job/ml/model_data.py": "import pickle\nfrom sklearn.svm import SVC\nfrom .data import process\n"
            "def train_model(X, y):\n    return SVC().fit(X, y)\n"
            'def load(folder):\n    return pickle.load(open(folder + "/encoder.pkl", "rb"))\n',
            "src/job/train_model.py": "import pickle\nimport pandas as pd\nfrom ml.model_data import train_model\n"
            'd = pd.read_csv("../../data/customers.csv")\nm = train_model(d[["age"]], d["churned"])\n'
            'with open("../../model/model.pkl", "wb") as f:\n    pickle.dump(m, f)\n',
            ".python-version": "3.8.13\n",
            AT: TABLE,
        },
        {
            "run": "python train_model.py",
            "cwd": "src/job",
            "python": "python3.8",
            "outputs": {"model": "model/model.pkl"},
        },
    ),
    "a stage of DVC": Kind(
        {
            "dvc.yaml": "stages:\n  train_model:\n    cmd: python3 train_model.py\n",
            "packages/trainer.py": LIBRARY,
            **_script('import joblib\njoblib.dump(model, "out/model.pkl")\n', name="train_model.py"),
        },
        {"run": "python3 train_model.py", "outputs": {"model": "out/model.pkl"}},
    ),
    "stages of DVC, one upon another": Kind(
        {
            "dvc.yaml": "stages:\n"
            "  prepare:\n    cmd: python src/prepare.py\n    deps: [data/customers.csv]\n    outs: [data/clean.csv]\n"
            "  train:\n    cmd: python src/fit.py --depth ${train.depth}\n    deps: [data/clean.csv]\n"
            "    outs: [models/m.joblib]\n"
            "  evaluate:\n    cmd: python src/evaluate.py\n    deps: [models/m.joblib]\n",
            "params.yaml": "train:\n  depth: 3\n",
            "src/prepare.py": "import pandas as pd\npd.read_csv('data/customers.csv').to_csv('data/clean.csv')\n",
            "src/fit.py": READ.replace("customers", "clean")
            + FIT
            + "import joblib\njoblib.dump(model, 'models/m.joblib')\n",
            "src/evaluate.py": "import joblib\nprint(joblib.load('models/m.joblib'))\n",
            AT: TABLE,
        },
        {
            "run": "python src/prepare.py && python src/fit.py --depth 3",
            "outputs": {"model": "models/m.joblib"},
            "data": {"train": AT, "holdout": {"of": "train", "share": 0.2}},
        },
    ),
    "a stage of DVC in R": Kind(
        {
            "dvc.yaml": "stages:\n  train:\n    cmd: Rscript fit.R\n    deps: [data/customers.csv]\n"
            "    outs: [m.rds]\n",
            "fit.R": "saveRDS(glm(churned ~ age, data = read.csv('data/customers.csv')), 'm.rds')\n",
            AT: TABLE,
        },
        {"run": "Rscript fit.R", "outputs": {"model": "m.rds"}, "label": "churned"},
    ),
    "a target of make": Kind(
        {
            "Makefile": "PY = python3\n.PHONY: train\ntrain: requirements\n\t@echo training\n\t$(PY) train.py\n",
            **_script('import joblib\njoblib.dump(model, "model.joblib")\n'),
        },
        {"outputs": {"model": "model.joblib"}},
    ),
    "a target of make that changes the folder": Kind(
        {
            "Makefile": "train-model:\n\tcd trainer && python fit_it.py\n",
            "trainer/fit_it.py": READ.replace("data/", "../data/")
            + FIT
            + "import joblib\njoblib.dump(model, 'm.joblib')\n",
            AT: TABLE,
        },
        {"run": "python fit_it.py", "cwd": "trainer", "outputs": {"model": "trainer/m.joblib"}},
    ),
    "a step of a workflow, with arguments": Kind(
        {
            ".github/workflows/train.yml": "on: [push]\njobs:\n  model:\n    runs-on: ubuntu-latest\n    steps:\n"
            "      - uses: actions/checkout@v4\n      - run: pip install -r requirements.txt\n"
            "      - name: Train\n        run: |\n          python -m pytest tests\n"
            "          python train.py --data data/customers.csv \\\n            --out model.joblib\n",
            **_script('import joblib\njoblib.dump(model, "model.joblib")\n'),
        },
        {"run": "python train.py --data data/customers.csv --out model.joblib", "outputs": {"model": "model.joblib"}},
    ),
    "steps of a workflow in a folder, one upon another": Kind(
        {
            ".github/workflows/ci.yaml": "on: [push]\ndefaults: {run: {working-directory: jobs}}\njobs:\n  t:\n"
            "    steps:\n      - run: python prepare.py --fast\n      - run: python lint_data.py\n"
            "      - run: python fit.py --depth 3\n      - run: python evaluate.py\n",
            "jobs/prepare.py": "import pandas as pd\npd.read_csv('../data/customers.csv').to_csv('clean.csv')\n",
            "jobs/lint_data.py": "import pandas as pd\nprint(pd.read_csv('../data/customers.csv').dtypes)\n",
            "jobs/fit.py": READ.replace("data/customers", "clean")
            + FIT
            + "import joblib\njoblib.dump(model, 'm.joblib')\n",
            "jobs/evaluate.py": "import joblib\nprint(joblib.load('m.joblib'))\n",
            AT: TABLE,
        },
        {
            "run": "python prepare.py --fast && python fit.py --depth 3",
            "cwd": "jobs",
            "outputs": {"model": "jobs/m.joblib"},
            "data": {"train": AT, "holdout": {"of": "train", "share": 0.2}},
        },
    ),
    "a step of a workflow in R": Kind(
        {
            ".github/workflows/r.yml": "on: [push]\njobs:\n  t:\n    steps:\n"
            "      - run: Rscript R/train.R --trees 9\n",
            "R/train.R": "saveRDS(glm(churned ~ age, data = read.csv('data/customers.csv')), 'm.rds')\n",
            AT: TABLE,
        },
        {"run": "Rscript R/train.R --trees 9", "label": "churned"},
        ("outputs",),
    ),
    "a console script": Kind(
        {
            "pyproject.toml": '[project]\nname = "churn"\n[project.scripts]\nchurn-train = "churn.learn:main"\n',
            "src/churn/__init__.py": "",
            "src/churn/learn.py": "import joblib\nimport pandas as pd\nfrom sklearn.svm import SVC\ndef main():\n"
            '    t = pd.read_csv("data/customers.csv")\n'
            '    joblib.dump(SVC().fit(t[["age"]], t["churned"]), "model.joblib")\n',
            AT: TABLE,
        },
        {"outputs": {"model": "model.joblib"}},
    ),
    "a package with relative imports": Kind(
        {
            "churn/__init__.py": "",
            "churn/data.py": "import pandas as pd\ndef load():\n    return pd.read_csv('data/customers.csv')\n",
            "churn/train.py": "import joblib\nfrom sklearn.svm import SVC\nfrom .data import load\n"
            'if __name__ == "__main__":\n    t = load()\n'
            '    joblib.dump(SVC().fit(t[["age"]], t["churned"]), "models/svc.joblib")\n',
            AT: TABLE,
        },
        {"run": "python -m churn.train", "outputs": {"model": "models/svc.joblib"}, "data": {"train": AT}},
    ),
    "a function of the contract": Kind(
        {
            "churn/__init__.py": "",
            "churn/train.py": "from sklearn.svm import SVC\ndef train(frame, params, seed):\n"
            '    return SVC(random_state=seed).fit(frame.drop(columns="churned"), frame["churned"])\n',
            AT: TABLE,
        },
        {"train": "churn.train:train", "data": {"frame": AT, "holdout": {"of": "frame", "share": 0.2}}},
    ),
    "skops": Kind(
        _script('import skops.io as sio\nsio.dump(model, "./Model/pipe.skops")\n'),
        {"outputs": {"model": "Model/pipe.skops"}},
    ),
    "ONNX": Kind(
        _script(
            "from skl2onnx import to_onnx\nonx = to_onnx(model, X[:1])\n"
            'with open("model.onnx", "wb") as f:\n    f.write(onx.SerializeToString())\n'
        ),
        {"outputs": {"model": "model.onnx"}},
    ),
    "XGBoost": Kind(
        _script(
            'model.save_model("models/booster.json")\n',
            fit="import xgboost as xgb\nmodel = xgb.train({}, xgb.DMatrix(X, y))\n",
        ),
        {"run": "python train.py", "outputs": {"model": "models/booster.json"}},
    ),
    "LightGBM": Kind(
        _script(
            'booster.save_model("lgb.txt")\n',
            fit="import lightgbm as lgb\nbooster = lgb.train({}, lgb.Dataset(X, y))\n",
        ),
        {"outputs": {"model": "lgb.txt"}},
    ),
    "CatBoost": Kind(
        _script(
            'model.save_model("churn.cbm", format="cbm")\n',
            fit="from catboost import CatBoostClassifier\nmodel = CatBoostClassifier().fit(X, y)\n",
        ),
        {"outputs": {"model": "churn.cbm"}},
    ),
    "Keras": Kind(
        _script(
            'model.save(filepath="net.keras")\n',
            fit="from tensorflow import keras\nmodel = keras.Sequential()\nmodel.fit(X, y)\n",
        ),
        {"outputs": {"model": "net.keras"}},
    ),
    "PyTorch, with arguments of the command line": Kind(
        {
            "train.py": "import argparse\nimport pandas as pd\nimport torch\n"
            "parser = argparse.ArgumentParser()\n"
            'parser.add_argument("--data", default="data/customers.csv")\n'
            'parser.add_argument("-o", "--out-file", default="weights.pt")\n'
            "def main(args):\n    frame = pd.read_csv(args.data)\n    net = torch.nn.Linear(1, 1)\n"
            "    net(torch.tensor(frame[['age']].values)).sum().backward()\n"
            "    torch.save(net.state_dict(), args.out_file)\n"
            'if __name__ == "__main__":\n    main(parser.parse_args())\n',
            AT: TABLE,
        },
        {"outputs": {"model": "weights.pt"}, "data": {"train": AT, "holdout": {"of": "train", "share": 0.2}}},
    ),
    "settings in a module, paths from the file": Kind(
        {
            "app/config.py": "from pathlib import Path\nROOT = Path(__file__).resolve().parent.parent\n"
            'DATA = ROOT / "data" / "customers.csv"\nMODEL_FILE = ROOT / "artifacts" / f"churn.joblib"\n',
            "app/train.py": "import joblib\nimport pandas as pd\nimport config\nfrom sklearn.svm import SVC\n"
            'def main():\n    t = pd.read_csv(config.DATA)\n    m = SVC().fit(t[["age"]], t["churned"])\n'
            '    joblib.dump(m, config.MODEL_FILE)\nif __name__ == "__main__":\n    main()\n',
            AT: TABLE,
        },
        {"run": "python app/train.py", "outputs": {"model": "artifacts/churn.joblib"}, "data": {"train": AT}},
    ),
    "a function that saves what it is given": Kind(
        {
            "save.py": "import os, pickle\ndef save(model, folder, name):\n"
            '    with open(os.path.join(folder, name), mode="wb") as f:\n        pickle.dump(model, f)\n',
            **_script('from save import save\nsave(model, "out", name="churn.pickle")\n'),
        },
        {"outputs": {"model": "out/churn.pickle"}},
    ),
    "a folder of MLflow": Kind(
        _script('import mlflow\nmlflow.sklearn.save_model(model, "mlflow_model")\n'),
        {"outputs": {"model": "mlflow_model"}},
    ),
    "an entry of an MLflow project": Kind(
        {
            "MLproject": "name: churn\nentry_points:\n  main:\n    parameters:\n      depth: {type: int, default: 3}\n"
            '    command: "python train.py --depth {depth}"\n',
            **_script('import joblib\njoblib.dump(model, "model.joblib")\n'),
        },
        {"run": "python train.py --depth 3", "outputs": {"model": "model.joblib"}},
    ),
    "a model that goes to MLflow only": Kind(
        _script('import mlflow\nmlflow.sklearn.log_model(model, "model")\n'), {"run": "python train.py"}, ("outputs",)
    ),
    "nothing but predictions": Kind(
        _script('pd.DataFrame({"p": model.predict(X)}).to_csv("predictions.csv")\n'),
        {"run": "python train.py"},
        ("outputs",),
    ),
    "a regressor": Kind(
        {
            "train.py": "import joblib\nimport pandas as pd\nfrom sklearn.ensemble import RandomForestRegressor\n"
            't = pd.read_csv("data/houses.csv")\ny = t["price"]\n'
            'joblib.dump(RandomForestRegressor().fit(t[["rooms"]], y), "m.joblib")\n',
            "data/houses.csv": HOUSES,
        },
        {"label": "price", "outputs": {"model": "m.joblib"}},
        ("positive",),
    ),
    "several classes": Kind(
        {
            "train.py": "import joblib\nimport pandas as pd\nfrom sklearn.svm import SVC\n"
            't = pd.read_csv("flowers.csv")\njoblib.dump(SVC().fit(t[["sepal"]], t["label"]), "m.joblib")\n',
            "flowers.csv": FLOWERS,
        },
        {"label": "label", "outputs": {"model": "m.joblib"}},
        ("positive",),
    ),
    "a table that git does not have": Kind(
        {k: v for k, v in _script('import joblib\njoblib.dump(model, "model.joblib")\n').items() if k != AT},
        {"run": "python train.py", "outputs": {"model": "model.joblib"}},
        ("data", "label", "positive"),
    ),
    "a library that nobody starts": Kind({"packages/trainer.py": LIBRARY, AT: TABLE}, {}, ("run", "outputs")),
    "a notebook": Kind(
        {"explore.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', AT: TABLE},
        {"run": "jupyter nbconvert --to notebook --execute explore.ipynb --output-dir {out}", "label": "churned"},
        ("outputs",),
    ),
}
