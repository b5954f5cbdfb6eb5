"""Every mistake in ml-ci.yaml gets its exact sentence, at its line."""

from __future__ import annotations

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.load import load

BASE = """\
version: 1
models:
  churn:
    train: churn.train:train
    data:
      train: data/train.csv
      holdout: data/holdout.csv
    label: churned
    positive: 1
"""
RUN = """\
version: 1
models:
  churn:
    run: python train.py {data.train} {out}
    outputs: {model: model.pkl}
    data:
      train: data/train.csv
      holdout: data/holdout.csv
    label: churned
    positive: 1
"""
TWO = (
    BASE
    + """\
  other:
    train: other:train
    data: {holdout: data/other.csv}
    label: churned
    positive: 1
"""
)


def plus(*lines: str, to: str = BASE) -> str:
    return to + "".join(f"    {line}\n" for line in lines)


def swap(old: str, new: str, to: str = BASE) -> str:
    assert to.count(old) == 1, old
    return to.replace(old, new)


T = "train: data/train.csv"
BELONGS = "expected data that belong to a commit, got "
TO_BRING = (
    "write the path from the folder of ml-ci.yaml, bring the file in by git, DVC or Git LFS, or let git ignore it and "
    "declare how to get it (fetch:)"
)
H = "holdout: data/holdout.csv"
CLUSTER = "expected a column such as customer_id, a list of columns, none, or {by: customer_id, known: [acme]}"
J = "train: churn.train:train"
R = "run: python train.py {data.train} {out}"


# The file, and what is said of it; "ml-ci.yaml:" stands before every line.
BAD: list[tuple[str, list[str]]] = [
    (plus("stages: [staging]"), ["10: models.churn.stages: the last stage is champion, got 'staging'"]),
    (plus("stages: [a, a, champion]"), ["10: models.churn.stages[1]: 'a' is listed twice"]),
    *(
        (
            plus(f"stages: [{name}, champion]"),
            [f"10: models.churn.stages[0]: '{name}' is reserved by {whose}; choose a name such as staging"],
        )
        for name, whose in (
            ("previous", "ml-ci"),
            ("latest", "MLflow"),
            ("v1", "MLflow"),
            ("v2", "MLflow"),
            ("v0012", "MLflow"),
        )
    ),
    (
        plus("stages: [{name: latest}, champion]"),
        ["10: models.churn.stages[0]: 'latest' is reserved by MLflow; choose a name such as staging"],
    ),
    *(
        (
            plus(f"stages: [{name}, champion]"),
            [f"10: models.churn.stages[0]: expected a name such as staging, in small letters, got '{name}'"],
        )
        for name in ("Latest", "LATEST", "V2", "next one", "9th")
    ),
    (plus("approval: maybe"), ["10: models.churn.approval: expected required, got 'maybe'"]),
    (
        plus("stages: [{name: staging, approval: yes}, champion]"),
        ["10: models.churn.stages[0].approval: expected required, got 'yes'"],
    ),
    (
        "",
        [
            "1: the file is empty; `ml-ci init` writes one to start from",
        ],
    ),
    (
        "# nothing\n",
        [
            "1: the file is empty; `ml-ci init` writes one to start from",
        ],
    ),
    (
        "- a\n",
        [
            "1: expected a mapping with the keys version and models at the top, got a list",
        ],
    ),
    (
        "text\n",
        [
            "1: expected a mapping with the keys version and models at the top, got 'text'",
        ],
    ),
    (
        "a: 1\n---\nb: 2\n",
        [
            "2: a second document begins here (`---`); the file holds one",
        ],
    ),
    (
        "\tversion: 1\n",
        [
            "1: this is not YAML: the line is indented with a tab; YAML indents with spaces",
        ],
    ),
    (
        "version: 1\nmodels:\n\tchurn: 1\n",
        [
            "3: this is not YAML: the line is indented with a tab; YAML indents with spaces",
        ],
    ),
    (
        "version: 1\nmodels: [\n",
        [
            "2: this is not YAML: the file ends before a [ or { is closed",
        ],
    ),
    (
        "version: 1\nmodels: 'x\n",
        [
            "3: this is not YAML: a quoted text is not closed before the end of the file",
        ],
    ),
    (
        "version: 1\nmodels: a: b\n",
        [
            "2: this is not YAML: a second ': ' on one line, or a wrong indentation; put text that "
            "holds ': ' in quotes",
        ],
    ),
    (
        "version: \x01\n",
        [
            "1: the line holds a control character; save the file as plain UTF-8 text",
        ],
    ),
    (
        plus("gates: [*fpr]"),
        [
            "10: '*fpr' refers to no anchor '&fpr' above; put text that starts with * in quotes",
        ],
    ),
    (
        plus("<<: {a: 1}"),
        [
            "10: the merge key '<<' is not part of YAML 1.2; write the keys out, or alias single values",
        ],
    ),
    (
        swap("positive: 1", "positive: >= 30"),
        [
            '9: this is not YAML: a value that starts with > has to be in quotes, for example ">= 30"',
        ],
    ),
    (
        swap("positive: 1", "positive: >50K"),
        [
            '9: this is not YAML: a value that starts with > has to be in quotes, for example ">= 30"',
        ],
    ),
    (
        plus("code: [*.sql]"),
        [
            '10: this is not YAML: a value that starts with * has to be in quotes, for example "*.csv"',
        ],
    ),
    (
        plus('id: "a" b'),
        [
            "10: this is not YAML: text follows a closing quote; put the whole value in quotes",
        ],
    ),
    (
        plus("id: !!python/name:os.system x"),
        [
            "10: models.churn.id: the tag '!!python/name:os.system' is not read here; write the value without it",
        ],
    ),
    (
        plus('id: "a\\0b"'),
        [
            "10: models.churn.id: the text holds a control character; remove it",
        ],
    ),
    (
        "version: 1\n" + "a: " + "[" * 60 + "\n",
        [
            "2: values are nested deeper than 40 levels here",
        ],
    ),
    (
        "[a]: b\n",
        [
            "1: a key has to be text here; put text that holds { or [ in quotes",
        ],
    ),
    (
        swap(R, "run: {data.train} x", RUN),
        [
            '4: this is not YAML: a value that starts with { has to be in quotes, for example "{data.train} more"',
        ],
    ),
    (
        swap(R, "run: {out}", RUN),
        [
            "4: models.churn.run: expected a command, got a mapping; put a command that starts with { in quotes",
        ],
    ),
    (
        swap(R, "run: 5", RUN),
        [
            "4: models.churn.run: expected a command such as 'python train.py {out}', got 5; put it in quotes: '5'",
        ],
    ),
    (
        swap(R, "run: [python, 5]", RUN),
        [
            "4: models.churn.run: expected a command such as 'python train.py {out}', got 5; put it in quotes: '5'",
        ],
    ),
    (
        swap(R, "run: ''", RUN),
        [
            "4: models.churn.run: expected a command such as 'python train.py {out}', got an empty one",
        ],
    ),
    (
        swap(R, "run: []", RUN),
        [
            "4: models.churn.run: expected a command such as 'python train.py {out}', got an empty one",
        ],
    ),
    (
        "models:\n  churn: 1\n",
        [
            '1: version: the key is missing, for example "version: 1"',
            "2: models.churn: expected a mapping, got 1",
        ],
    ),
    (
        swap("version: 1", "version: 2"),
        [
            "1: version: this ml-ci reads version 1, got 2; write version: 1, or update ml-ci",
        ],
    ),
    (
        swap("version: 1", "version: '1'"),
        [
            "1: version: this ml-ci reads version 1, got '1'; write version: 1, or update ml-ci",
        ],
    ),
    (
        swap("version: 1", "version: 1.0"),
        [
            "1: version: this ml-ci reads version 1, got 1.0; write version: 1, or update ml-ci",
        ],
    ),
    (
        swap("version: 1", "version: true"),
        [
            "1: version: this ml-ci reads version 1, got true; write version: 1, or update ml-ci",
        ],
    ),
    (
        "version: 1\n",
        [
            "1: models: the key is missing",
        ],
    ),
    (
        "version: 1\nmodels:\n",
        [
            "2: models: the key has no value; give it one",
        ],
    ),
    (
        "version: 1\nmodels: {}\n",
        [
            "2: models: expected at least one value, got an empty mapping",
        ],
    ),
    (
        "version: 1\nmodels: [churn]\n",
        [
            "2: models: expected a mapping, got a list",
        ],
    ),
    (
        "version: 1\nmodels:\n  churn:\n",
        [
            "3: models.churn: the key has no value; give it one or remove it",
        ],
    ),
    (
        "version: 1\nmodels:\n  churn: {}\n",
        [
            '3: models.churn.data: the key is missing, for example "data: {train: data/train.csv, '
            'holdout: data/holdout.csv}"',
            '3: models.churn.label: the key is missing, for example "label: churned"',
            '3: models.churn.positive: the key is missing, for example "positive: 1"',
            '3: models.churn: there is no job; add "train: module:function" or "run: COMMAND" with outputs:',
        ],
    ),
    (
        "modles: {}\n" + BASE,
        [
            "1: modles: unknown key, did you mean 'models'?",
        ],
    ),
    (
        BASE + "gates: []\n",
        [
            "10: gates: unknown key here; it belongs under 'models:', in the mapping of one model",
        ],
    ),
    (
        BASE + "store: https://me:secret@host/x\n",
        [
            "10: store: the URL holds a password; take it out (and change it) and set credentials in the environment",
        ],
    ),
    (
        BASE + "registry: https://me:secret@host/x\n",
        [
            "10: registry: the URL holds a password; take it out (and change it) and set credentials in the "
            "environment",
        ],
    ),
    (
        BASE + "registry: mlflow.db\n",
        [
            "10: registry: expected the URL of an MLflow server such as https://mlflow.example.org, got 'mlflow.db'",
        ],
    ),
    (
        BASE + "registry: sqlite:///mlflow.db\n",
        [
            "10: registry: expected sqlite:// and an absolute path (sqlite:////srv/mlflow.db), got "
            "'sqlite:///mlflow.db'",
        ],
    ),
    (
        BASE + "store: ''\n",
        [
            "10: store: expected a path, got an empty text",
        ],
    ),
    (
        plus("treshold: 0.5"),
        [
            "10: models.churn.treshold: unknown key, did you mean 'threshold'?",
        ],
    ),
    (
        plus("label: other"),
        [
            "10: models.churn.label: the key stands twice in this mapping, first on line 8; remove one of them",
        ],
    ),
    (
        plus("target: y"),
        [
            "10: models.churn.target: unknown key, did you mean 'label'?",
        ],
    ),
    (
        plus("memory: 4GB"),
        [
            "10: models.churn.memory: unknown key here; it belongs under 'budget:' of the model",
        ],
    ),
    (
        plus("validation: v.csv"),
        [
            "10: models.churn.validation: unknown key here; it belongs under 'data:' of the model",
        ],
    ),
    (
        plus("version: 1"),
        [
            "10: models.churn.version: unknown key here; it belongs at the top of the file",
        ],
    ),
    (
        plus("xyzzy: 1"),
        [
            "10: models.churn.xyzzy: unknown key; known are train, run, outputs, data, label, "
            "positive, predict, load, id, params, slices, min_rows, baseline, seed, seeds, repeats, threshold, "
            "budget, resources, confidence, cluster, weight, method, gates, metrics, behaviours, counterexamples, "
            "cost, price, reuse, code, ignore, needs, cwd, python, env, fetch, card, stages, approval, live",
        ],
    ),
    (
        swap("positive: 1", "positive:   # fill in: the value that a false alarm is about: yes, no"),
        ["9: models.churn.positive: the key has no value; fill in the value that a false alarm is about: yes, no"],
    ),
    (
        swap("positive: 1", "positive:"),
        ['9: models.churn.positive: the key has no value; give it one, for example "positive: 1"'],
    ),
    (
        plus("predict:   # fill in: module:function"),
        ["10: models.churn.predict: the key has no value; fill in module:function"],
    ),
    (
        plus("gates:"),
        [
            "10: models.churn.gates: the key has no value; give it one or remove it",
        ],
    ),
    (
        plus("gates: [" + "'fpr <= 0.1', ]").replace("', ]", "', null]"),
        [
            "10: models.churn.gates[1]: the item is empty; remove it",
        ],
    ),
    (
        swap("  churn:", "  ../churn:"),
        [
            "3: models.../churn: expected a name that can be a file's: up to 64 letters, digits, "
            "'-', '_' and '.', got '../churn'",
        ],
    ),
    (
        swap("  churn:", "  .churn:"),
        [
            "3: models..churn: expected a name that can be a file's: up to 64 letters, digits, '-', "
            "'_' and '.', got '.churn'",
        ],
    ),
    (
        swap("  churn:", "  a b:"),
        [
            "3: models.a b: expected a name that can be a file's: up to 64 letters, digits, '-', '_' "
            "and '.', got 'a b'",
        ],
    ),
    (
        BASE.replace(
            "models:\n",
            "models:\n  Churn:\n    train: a:b\n    data: {holdout: h.csv}\n    label: y\n    positive: 1\n",
        ),
        [
            "8: models.churn: the name differs from 'Churn' in capitals only; choose another",
        ],
    ),
    (
        swap("label: churned", "label: 5"),
        [
            "8: models.churn.label: expected text such as churned, got 5; put it in quotes",
        ],
    ),
    (
        swap("label: churned", "label: ''"),
        [
            "8: models.churn.label: expected text such as churned, got ''",
        ],
    ),
    (
        swap("    label: churned\n", ""),
        [
            '3: models.churn.label: the key is missing, for example "label: churned"',
        ],
    ),
    (
        swap("    positive: 1\n", ""),
        [
            '3: models.churn.positive: the key is missing, for example "positive: 1"',
        ],
    ),
    (
        swap("positive: 1", "positive: []"),
        [
            "9: models.churn.positive: expected at least one label, got an empty list",
        ],
    ),
    (
        swap("positive: 1", "positive: {a: 1}"),
        [
            "9: models.churn.positive: expected a text, a number, true or false, got a mapping",
        ],
    ),
    (
        swap("positive: 1", "positive: .nan"),
        [
            "9: models.churn.positive: expected a text, a number, true or false, got .nan",
        ],
    ),
    (
        swap("positive: 1", "positive: ''"),
        [
            "9: models.churn.positive: expected a value, got an empty text; a missing label belongs to no class",
        ],
    ),
    (
        swap(J, "train: churn/train.py:train"),
        [
            "4: models.churn.train: expected module:function such as churn.train:train, got "
            "'churn/train.py:train', did you mean 'churn.train:train'?",
        ],
    ),
    (
        swap(J, "train: churn.train.train"),
        [
            "4: models.churn.train: expected module:function such as churn.train:train, got "
            "'churn.train.train', did you mean 'churn.train:train'?",
        ],
    ),
    (
        swap(J, "train: train.py"),
        [
            "4: models.churn.train: expected module:function such as churn.train:train, got "
            "'train.py'; a script is started with run: python train.py",
        ],
    ),
    (
        swap(J, "train: 5"),
        [
            "4: models.churn.train: expected text such as churn.train:train, got 5; put it in quotes",
        ],
    ),
    (
        swap(J, "train: a:b:c"),
        [
            "4: models.churn.train: expected module:function such as churn.train:train, got 'a:b:c'",
        ],
    ),
    (
        swap("    " + J + "\n", ""),
        [
            '3: models.churn: there is no job; add "train: module:function" or "run: COMMAND" with outputs:',
        ],
    ),
    (
        plus("run: make", "outputs: {model: m}"),
        [
            "10: models.churn.run: there is train: already; keep train: for a function or run: for a command",
        ],
    ),
    (
        plus("outputs: {model: m}"),
        [
            "10: models.churn.outputs: outputs: belong to run:; what a train: function returns is the model",
        ],
    ),
    (
        swap("    outputs: {model: model.pkl}\n", "", RUN),
        [
            "4: models.churn.run: nothing says what the command leaves behind; add outputs: "
            "{predictions: '{out}/predictions.csv'}",
        ],
    ),
    (
        swap("{model: model.pkl}", "{}", RUN),
        [
            "5: models.churn.outputs: expected predictions, model or both, for example outputs: "
            "{predictions: '{out}/predictions.csv'}",
        ],
    ),
    (
        swap("{model: model.pkl}", "{model: /tmp/m}", RUN),
        [
            "5: models.churn.outputs.model: expected a path relative to the project folder, got the "
            "absolute path '/tmp/m'",
        ],
    ),
    (
        swap("{model: model.pkl}", "{model: ../m}", RUN),
        [
            "5: models.churn.outputs.model: the path '../m' leaves the project folder through '..'; "
            "move the file inside it",
        ],
    ),
    (
        swap("{model: model.pkl}", "{model: m, predictions: ./m}", RUN),
        [
            "5: models.churn.outputs.model: the model and the predictions are one and the same file",
        ],
    ),
    (
        plus("load: {factory: net:build}", to=RUN.replace("{model: model.pkl}", "{predictions: p.csv}")),
        [
            "11: models.churn.load: there is no model to load: outputs: names predictions only; add outputs.model or "
            "remove load",
        ],
    ),
    (
        plus("predict: own:score", "load: {trusted: [own.Type]}"),
        ["11: models.churn.load: predict: gets the model's file and loads it itself; keep one of the two"],
    ),
    (
        plus("load: {factory: net, trust: [own.Type]}"),
        [
            "10: models.churn.load.factory: expected module:function such as churn.train:train, got 'net'",
            "10: models.churn.load.trust: unknown key, did you mean 'trusted'?",
        ],
    ),
    (
        swap("{model: model.pkl}", "{model: '{tmp}/m'}", RUN),
        [
            "5: models.churn.outputs.model: unknown placeholder {tmp}; here only {out} is filled in",
        ],
    ),
    (
        swap("{model: model.pkl}", "{modle: m}", RUN),
        [
            "5: models.churn.outputs.modle: unknown key, did you mean 'model'?",
        ],
    ),
    (
        swap("{data.train}", "{data.trian}", RUN),
        [
            "4: models.churn.run: unknown placeholder {data.trian}, did you mean 'data.train'?",
        ],
    ),
    (
        swap("{data.train}", "{data.}", RUN),
        [
            "4: models.churn.run: unknown placeholder {data.}, did you mean 'data.train'?",
        ],
    ),
    (
        swap("{data.train}", "{data.holdout}", RUN),
        [
            "4: models.churn.run: {data.holdout} is given to a command that leaves predictions; one "
            "that leaves a model never sees it",
        ],
    ),
    (
        swap("{data.train}", "{params}", RUN),
        [
            "4: models.churn.run: {params} cannot be filled in: the model has no params:",
        ],
    ),
    (
        swap("{data.train}", "{needs.embedder}", RUN),
        [
            "4: models.churn.run: unknown placeholder {needs.embedder}; the model has no needs:",
        ],
    ),
    (
        swap(R, "run: [python, train.py, '{data.trian}']", RUN),
        [
            "4: models.churn.run[2]: unknown placeholder {data.trian}, did you mean 'data.train'?",
        ],
    ),
    (
        swap("      " + H + "\n", ""),
        [
            '5: models.churn.data.holdout: the key is missing, for example "holdout: data/holdout.csv"',
        ],
    ),
    (
        swap(T, "train: 5"),
        [
            "6: models.churn.data.train: expected a path such as data/train.csv, or {path: "
            "data/train.csv, columns: [text, label]}, got 5",
        ],
    ),
    (
        swap(T, "train: {columns: [a]}"),
        [
            '6: models.churn.data.train.path: the key is missing, for example "path: data/train.csv"',
        ],
    ),
    (
        swap(T, "train: {path: a.csv, columns: []}"),
        [
            "6: models.churn.data.train.columns: expected at least one value such as [text, label], got an empty list",
        ],
    ),
    (
        swap(T, "train: {path: a.csv, columns: [a, a]}"),
        [
            "6: models.churn.data.train.columns[1]: the column 'a' is listed twice",
        ],
    ),
    (
        swap(T, "train: {path: a.csv, colums: [a]}"),
        [
            "6: models.churn.data.train.colums: unknown key, did you mean 'columns'?",
        ],
    ),
    (
        swap(T, "train: ../train.csv"),
        [
            "6: models.churn.data.train: the path '../train.csv' leaves the project folder through "
            "'..'; move the file inside it",
        ],
    ),
    (
        swap(T, "train: /mnt/train.csv"),
        [
            "6: models.churn.data.train: " + BELONGS + "an absolute path, '/mnt/train.csv'; " + TO_BRING,
        ],
    ),
    (
        swap(T, "train: C:/train.csv"),
        [
            "6: models.churn.data.train: " + BELONGS + "an absolute path, 'C:/train.csv'; " + TO_BRING,
        ],
    ),
    (
        swap(T, "train: file:///mnt/train.csv"),
        [
            "6: models.churn.data.train: " + BELONGS + "a URL of this machine, 'file:///mnt/train.csv'; " + TO_BRING,
        ],
    ),
    (
        swap(T, "train: {path: /mnt/train.csv, columns: [a]}"),
        [
            "6: models.churn.data.train.path: " + BELONGS + "an absolute path, '/mnt/train.csv'; " + TO_BRING,
        ],
    ),
    (
        swap(T, "train: ~/train.csv"),
        [
            "6: models.churn.data.train: '~' is not expanded, got '~/train.csv'; write a path "
            "relative to the project folder",
        ],
    ),
    (
        swap(T, "train: data\\train.csv"),
        [
            "6: models.churn.data.train: expected / between folders, got 'data\\train.csv'",
        ],
    ),
    (
        swap(T, "train: ''"),
        [
            "6: models.churn.data.train: expected a path, got an empty text",
        ],
    ),
    (
        swap(T, "train: https://me:pw@host/a.csv"),
        [
            "6: models.churn.data.train: the URL holds a password; take it out (and change it) and "
            "set credentials in the environment",
        ],
    ),
    (
        swap(T, "train: data/holdout.csv"),
        [
            "7: models.churn.data.holdout: the same data as train: a model must not be judged on "
            "rows that it has seen; give another file, or write holdout: {of: train, share: 0.2}",
        ],
    ),
    (
        swap(T, "train: ./data//holdout.csv"),
        [
            "7: models.churn.data.holdout: the same data as train: a model must not be judged on "
            "rows that it has seen; give another file, or write holdout: {of: train, share: 0.2}",
        ],
    ),
    (
        swap(T, "train: {of: holdout, share: 0.2}"),
        [
            "6: models.churn.data.train: only holdout may be a part of another entry; give this one a path",
        ],
    ),
    (
        swap(H, "holdout: {of: train}"),
        [
            "7: models.churn.data.holdout: expected exactly one of share, after, where and folds, got none",
        ],
    ),
    (
        swap(H, "holdout: {of: trian, share: 0.2}"),
        [
            "7: models.churn.data.holdout.of: there is no other data entry 'trian', did you mean 'train'?",
        ],
    ),
    (
        swap(H, "holdout: {of: holdout, share: 0.2}"),
        [
            "7: models.churn.data.holdout.of: there is no other data entry 'holdout'; entries are train",
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: 0.2, after: {date: 2026-01-01}}"),
        [
            "7: models.churn.data.holdout: expected exactly one of share, after, where and folds, got share and after",
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: 0.2, folds: 5}"),
        [
            "7: models.churn.data.holdout: expected exactly one of share, after, where and folds, got share and folds",
        ],
    ),
    (
        swap(H, "holdout: {of: train, folds: 1}"),
        [
            "7: models.churn.data.holdout.folds: expected a number of at least 2 such as 5, got 1",
        ],
    ),
    (
        swap(H, "holdout: {of: train, folds: 5, by: churned}"),
        [
            "7: models.churn.data.holdout.by: 'churned' is the label; name another column",
        ],
    ),
    (
        swap(
            H,
            "holdout: {of: train, folds: 5, by: region}",
            swap("label: churned", "label: churned\n    cluster: customer"),
        ),
        [
            "7: models.churn.data.holdout.by: folds by 'region' cut rows of one 'customer' apart, which `cluster` "
            "keeps together; leave `by` out",
        ],
    ),
    (
        swap(H, "holdout: {path: data/holdout.csv, folds: 5}"),
        [
            "7: models.churn.data.holdout.folds: unknown key; known are path, columns, job",
        ],
    ),
    (
        swap(H, "holdout: {share: 0.2}"),
        [
            '7: models.churn.data.holdout.of: the key is missing, for example "of: train"',
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: 20}"),
        [
            "7: models.churn.data.holdout.share: expected a number below 1 such as 0.2, got 20, did you mean 0.2?",
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: 0}"),
        [
            "7: models.churn.data.holdout.share: expected a number above 0 such as 0.2, got 0",
        ],
    ),
    (
        swap(H, "holdout: {of: train, after: 2026-01-01}"),
        [
            "7: models.churn.data.holdout.after: expected one column and the first value of the "
            "part, such as {date: 2026-01-01}, got '2026-01-01'",
        ],
    ),
    (
        swap(H, "holdout: {of: train, after: {a: 1, b: 2}}"),
        [
            "7: models.churn.data.holdout.after: expected one column and the first value of the "
            "part, such as {date: 2026-01-01}, got 2 keys",
        ],
    ),
    (
        swap(H, "holdout: {of: train, where: {split: []}}"),
        [
            "7: models.churn.data.holdout.where: expected at least one value, got an empty list",
        ],
    ),
    (
        swap(H, "holdout: {of: train, where: {split: {a: 1}}}"),
        [
            "7: models.churn.data.holdout.where: expected a text, a number, true or false, got a mapping",
        ],
    ),
    (
        swap(H, "holdout: {of: train, where: {split: test}, by: id}"),
        [
            "7: models.churn.data.holdout.by: by chooses rows for a share, and this part is chosen by where; remove it",
        ],
    ),
    (
        swap(H, "holdout: [a]"),
        [
            "7: models.churn.data.holdout: expected a path such as data/train.csv, or {path: "
            "data/train.csv, columns: [text, label]}, got a list",
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: 0.2, bye: id}"),
        [
            "7: models.churn.data.holdout.bye: unknown key, did you mean 'by'?",
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: .nan}"),
        [
            "7: models.churn.data.holdout.share: expected a finite number such as 0.2, got .nan",
        ],
    ),
    (
        swap(H, "holdout: {of: train, share: 0.2, seed: -1}"),
        [
            "7: models.churn.data.holdout.seed: expected a number of at least 0 such as 0, got -1",
        ],
    ),
    (
        swap(T, "params: p.csv"),
        [
            "6: models.churn.data.params: 'params' cannot name data: a training function's parameter "
            "of that name is taken",
        ],
    ),
    (
        swap(T, "class: p.csv"),
        [
            "6: models.churn.data.class: 'class' cannot name data: a training function's parameter "
            "of that name is taken",
        ],
    ),
    (
        swap(T, "my-data: p.csv"),
        [
            "6: models.churn.data.my-data: expected a name such as train or train_2024 (a Python "
            "parameter), got 'my-data'",
        ],
    ),
    (
        BASE.replace(T, T + "\n      Train: x.csv"),
        [
            "7: models.churn.data.Train: the name differs from 'train' in capitals only; choose another",
        ],
    ),
    (
        BASE.replace(T, T + "\n      " + T.replace("data/", "b/")),
        [
            "7: models.churn.data.train: the key stands twice in this mapping, first on line 6; remove one of them",
        ],
    ),
    (
        swap(H, "holdout: {path: h.csv, columns: [text, chruned]}"),
        [
            "8: models.churn.label: the holdout has no column 'churned', did you mean 'chruned'?",
        ],
    ),
    (
        plus("id: churned"),
        [
            "10: models.churn.id: 'churned' is the label; name the column that identifies a row",
        ],
    ),
    (
        plus("predict: score.py:f"),
        [
            "10: models.churn.predict: expected module:function such as churn.train:train, got "
            "'score.py:f', did you mean 'score:f'?",
        ],
    ),
    (
        plus("params: params.yaml#"),
        [
            "10: models.churn.params: expected a file and a key in it such as params.yaml#churn, got 'params.yaml#'",
        ],
    ),
    (
        plus("params: '#churn'"),
        [
            "10: models.churn.params: expected a file and a key in it such as params.yaml#churn, got '#churn'",
        ],
    ),
    (
        plus("params: 5"),
        [
            "10: models.churn.params: expected a file and a key in it such as params.yaml#churn, or a mapping, got 5",
        ],
    ),
    (
        plus("params: ../p.yaml#a"),
        [
            "10: models.churn.params: the path '../p.yaml' leaves the project folder through '..'; "
            "move the file inside it",
        ],
    ),
    (
        plus("params: []"),
        [
            "10: models.churn.params: expected a file and a key in it such as params.yaml#churn, or "
            "a mapping, got an empty list",
        ],
    ),
    (
        plus("slices: region"),
        [
            "10: models.churn.slices: expected a list such as [region, {age: [18, 30, 50]}, [sex, race]], got 'region'",
        ],
    ),
    (
        plus("slices: [5]"),
        [
            "10: models.churn.slices[0]: expected a column such as region, two such as [sex, race], "
            "or edges such as {age: [18, 30, 50]}, got 5",
        ],
    ),
    (
        plus("slices: [[a]]"),
        [
            "10: models.churn.slices[0]: expected a column such as region, two such as [sex, race], "
            "or edges such as {age: [18, 30, 50]}, got a list of 1",
        ],
    ),
    (
        plus("slices: [[a, a]]"),
        [
            "10: models.churn.slices[0]: expected two different columns, got 'a' twice",
        ],
    ),
    (
        plus("slices: [{age: 18}]"),
        [
            "10: models.churn.slices[0]: expected the edges of 'age' as a list of numbers such as [18, 30, 50], got 18",
        ],
    ),
    (
        plus("slices: [{age: [30, 18]}]"),
        [
            "10: models.churn.slices[0]: the edges of 'age' have to ascend, got [30, 18]",
        ],
    ),
    (
        plus("slices: [{age: [1], b: [2]}]"),
        [
            "10: models.churn.slices[0]: expected a column such as region, two such as [sex, race], "
            "or edges such as {age: [18, 30, 50]}, got 2 keys",
        ],
    ),
    (
        plus("slices: [a, a]"),
        [
            "10: models.churn.slices[1]: 'a' is listed twice",
        ],
    ),
    (
        plus("slices: [[a, b], [b, a]]"),
        [
            "10: models.churn.slices[1]: 'b, a' is listed twice",
        ],
    ),
    (
        plus("slices: [{age: [18, x]}]"),
        [
            "10: models.churn.slices[0]: expected the edges of 'age' as a list of numbers such as "
            "[18, 30, 50], got a list",
        ],
    ),
    (
        plus("slices: ['']"),
        [
            "10: models.churn.slices[0]: expected a column such as region, two such as [sex, race], "
            "or edges such as {age: [18, 30, 50]}, got ''",
        ],
    ),
    (
        plus("min_rows: 0"),
        [
            "10: models.churn.min_rows: expected a number of at least 1 such as 30, got 0",
        ],
    ),
    (
        plus("min_rows: 2.5"),
        [
            "10: models.churn.min_rows: expected a whole number such as 30, got 2.5",
        ],
    ),
    (
        plus("min_rows: '30'"),
        [
            "10: models.churn.min_rows: expected a whole number such as 30, got '30'; write it without quotes",
        ],
    ),
    (
        plus("min_rows: true"),
        [
            "10: models.churn.min_rows: expected a whole number such as 30, got true",
        ],
    ),
    (
        plus("baseline: Merge_Base"),
        [
            "10: models.churn.baseline: expected a git ref, or merge-base, champion or none; did you "
            "mean 'merge-base'?",
        ],
    ),
    (
        plus("baseline: --upload-pack=x"),
        [
            "10: models.churn.baseline: expected a git ref such as main or 3f2c1ab, got '--upload-pack=x'",
        ],
    ),
    (
        plus("baseline: 1234567"),
        [
            "10: models.churn.baseline: expected text such as merge-base, got 1234567; put it in quotes",
        ],
    ),
    (
        plus("baseline: a b"),
        [
            "10: models.churn.baseline: expected a git ref such as main or 3f2c1ab, got 'a b'",
        ],
    ),
    (
        plus("seed: -1"),
        [
            "10: models.churn.seed: expected a number of at least 0 such as 0, got -1",
        ],
    ),
    (
        plus("seed: 4294967296"),
        [
            "10: models.churn.seed: expected a number below 4294967296 such as 0, got 4294967296",
        ],
    ),
    (
        plus("seeds: 3"),
        [
            "10: models.churn.seeds: expected 1, or at least 5 to say anything about luck, got 3",
        ],
    ),
    (
        plus("seeds: 0"),
        [
            "10: models.churn.seeds: expected a number of at least 1 such as 5, got 0",
        ],
    ),
    (
        plus("repeats: 0"),
        [
            "10: models.churn.repeats: expected a number of at least 1 such as 5, got 0",
        ],
    ),
    (
        plus("repeats: 2.5"),
        [
            "10: models.churn.repeats: expected a whole number such as 5, got 2.5",
        ],
    ),
    (
        plus("repeats: 1001"),
        [
            "10: models.churn.repeats: expected a number of at most 1000 such as 5, got 1001",
        ],
    ),
    (
        plus("repeats: 5", "seeds: 5"),
        [
            "10: models.churn.repeats: each of the seeds' models is scored by itself, so that what scoring moves is in "
            "their spread already; remove repeats, or seeds",
        ],
    ),
    (
        plus("repeats: 5", "weight: n"),
        [
            "10: models.churn.repeats: what repetitions add to the evidence of weighted rows is not known yet; remove "
            "repeats, or weight",
        ],
    ),
    (
        plus("repeats: 5", "card: {audit: {sex: sex, race: race}}"),
        [
            "10: models.churn.repeats: a bias audit counts each person once, and repetitions count several answers; "
            "remove one of them",
        ],
    ),
    (
        plus("repeats: 5", "method: anytime"),
        [
            "10: models.churn.repeats: e-values know no spread between repetitions; leave method: out, or remove "
            "repeats",
        ],
    ),
    (
        plus("repeats: 5", to=swap("holdout: data/holdout.csv", "holdout: {of: train, folds: 5}")),
        [
            "10: models.churn.repeats: folds share their training rows, so that no spread of theirs is known; keep a "
            "share of the rows as holdout, or remove repeats",
        ],
    ),
    (
        plus("repeats: 5", to=swap("train: churn.train:train", "run: make\n    outputs: {predictions: p.csv}")),
        [
            "11: models.churn.repeats: the command of run leaves predictions, so that there is nothing to score again "
            "without training; have it leave a model (outputs: {model: PATH}) and score with predict: {run: ...}, or "
            "remove repeats",
        ],
    ),
    (
        plus("price: 0.002"),
        [
            "10: models.churn.price: expected a mapping such as {per_row: 0.002, currency: EUR}, got 0.002",
        ],
    ),
    (
        plus("price: {per_row: 0}"),
        [
            "10: models.churn.price.per_row: expected a number above 0 such as 0.002, got 0",
        ],
    ),
    (
        plus("threshold: 1"),
        [
            "10: models.churn.threshold: expected a number between 0 and 1 such as 0.5, or a rate "
            "such as fpr=0.01 or fnr=0.05, got 1",
        ],
    ),
    (
        plus("threshold: 50"),
        [
            "10: models.churn.threshold: expected a number between 0 and 1 such as 0.5, or a rate "
            "such as fpr=0.01 or fnr=0.05, got 50",
        ],
    ),
    (
        plus("threshold: fpr=2"),
        [
            "10: models.churn.threshold: expected a number between 0 and 1 such as 0.5, or a rate "
            "such as fpr=0.01 or fnr=0.05, got 'fpr=2'",
        ],
    ),
    (
        plus("threshold: tpr=0.5"),
        [
            "10: models.churn.threshold: expected a number between 0 and 1 such as 0.5, or a rate "
            "such as fpr=0.01 or fnr=0.05, got 'tpr=0.5'",
        ],
    ),
    (
        plus("threshold: fpr=0.01"),
        [
            "10: models.churn.threshold: a threshold for a rate is chosen on data.validation, which "
            "is missing; add validation: PATH under data:, or write a number such as 0.5",
        ],
    ),
    (
        plus("threshold: .nan"),
        [
            "10: models.churn.threshold: expected a number between 0 and 1 such as 0.5, or a rate "
            "such as fpr=0.01 or fnr=0.05, got .nan",
        ],
    ),
    (
        RUN.replace("{model: model.pkl}", "{predictions: p.csv}").replace(T, T + "\n      validation: v.csv")
        + "    threshold: fpr=0.01\n    predict: a:b\n",
        [
            "12: models.churn.threshold: a threshold for a rate is chosen on scores of "
            "data.validation, and this command leaves predictions of the holdout only; add "
            "outputs.model with predict:, or write a number such as 0.5",
            "13: models.churn.predict: there is no model for it to score: outputs: names predictions "
            "only; add outputs.model or remove predict",
        ],
    ),
    (
        plus("budget: 5m"),
        [
            "10: models.churn.budget: expected a mapping such as {time: 5m, memory: 4GB}, got '5m'",
        ],
    ),
    (
        plus("budget: {time: 5 minutes}"),
        [
            "10: models.churn.budget.time: expected a time above zero such as 5m, 90s, 1h30m or a "
            "number of seconds, got '5 minutes'",
        ],
    ),
    (
        plus("budget: {time: 1:30}"),
        [
            "10: models.churn.budget.time: expected a time above zero such as 5m, 90s, 1h30m or a "
            "number of seconds, got '1:30'",
        ],
    ),
    (
        plus("budget: {time: 0s}"),
        [
            "10: models.churn.budget.time: expected a time above zero such as 5m, 90s, 1h30m or a "
            "number of seconds, got '0s'",
        ],
    ),
    (
        plus("budget: {memory: 4}"),
        [
            "10: models.churn.budget.memory: expected an amount with its unit such as 4GB, 500MB or 2GiB, got 4",
        ],
    ),
    (
        plus("budget: {memory: lots}"),
        [
            "10: models.churn.budget.memory: expected an amount with its unit such as 4GB, 500MB or 2GiB, got 'lots'",
        ],
    ),
    (
        plus("budget: {rows: 0}"),
        [
            "10: models.churn.budget.rows: expected a whole number above zero such as 50000, or one "
            "by data entry such as {train: 50000}, got 0",
        ],
    ),
    (
        plus("budget: {rows: {trian: 5}}"),
        [
            "10: models.churn.budget.rows: there is no data entry 'trian' for the job, did you mean 'train'?",
        ],
    ),
    (
        plus("budget: {rows: {holdout: 5}}"),
        [
            "10: models.churn.budget.rows: the holdout is no input of the job, so it has no limit; name another entry",
        ],
    ),
    (
        plus("budget: {rows: 5}").replace(T, "training: t.csv"),
        [
            "10: models.churn.budget.rows: there is no data entry 'train' for the job; a number "
            "means the entry 'train'",
        ],
    ),
    (
        plus("budget: {tme: 5m}"),
        [
            "10: models.churn.budget.tme: unknown key, did you mean 'time'?",
        ],
    ),
    (
        plus("confidence: 95"),
        [
            "10: models.churn.confidence: expected a number below 1 such as 0.95, got 95, did you mean 0.95?",
        ],
    ),
    (
        plus("confidence: 0.5"),
        [
            "10: models.churn.confidence: expected a number above 0.5 such as 0.95, got 0.5",
        ],
    ),
    (
        plus("confidence: 1"),
        [
            "10: models.churn.confidence: expected a number below 1 such as 0.95, got 1",
        ],
    ),
    (
        plus("confidence: high"),
        [
            "10: models.churn.confidence: expected a number such as 0.95, got 'high'",
        ],
    ),
    (
        plus("confidence: '0.95'"),
        [
            "10: models.churn.confidence: expected a number such as 0.95, got '0.95'; write it without quotes",
        ],
    ),
    (
        plus("confidence: .nan"),
        [
            "10: models.churn.confidence: expected a finite number such as 0.95, got .nan",
        ],
    ),
    (
        plus("method: scor"),
        [
            "10: models.churn.method: expected score, exact or anytime, got 'scor', did you mean 'score'?",
        ],
    ),
    (
        plus("method: 1"),
        [
            "10: models.churn.method: expected score, exact or anytime, got 1",
        ],
    ),
    (
        plus("gates: fpr <= 0.05"),
        [
            "10: models.churn.gates: expected a list such as [fpr <= 0.05, each(fnr, by=region) <= "
            "0.20], got 'fpr <= 0.05'",
        ],
    ),
    (
        plus("gates:", "  - fpr <= 0.05", "  - fnr <= baselin.fnr"),
        [
            "12:16: models.churn.gates[1]: in 'fnr <= baselin.fnr': only baseline has metrics behind "
            "a dot, 'baselin' has none; write baseline.fnr",
        ],
    ),
    (
        plus("gates:", "  - 'fnr <= basline.fnr + 0.01'"),
        [
            "11:17: models.churn.gates[0]: in 'fnr <= basline.fnr + 0.01': only baseline has metrics "
            "behind a dot, 'basline' has none; write baseline.fnr",
        ],
    ),
    (
        plus("gates: [fpr <= 5]"),
        [
            "10:13: models.churn.gates[0]: in 'fpr <= 5': fpr lies between 0 and 1, 5 is no limit for it; write 0.05",
        ],
    ),
    (
        plus("gates: [fpr <= 0.1, fpr<=0.10]"),
        [
            "10: models.churn.gates[1]: the gate 'fpr<=0.10' is listed twice, first on line 10; remove one of them",
        ],
    ),
    (
        plus("baseline: none", "gates: [fpr <= baseline.fpr]"),
        [
            "11: models.churn.gates[0]: in 'fpr <= baseline.fpr': compares with the baseline, and "
            "there is 'baseline: none'; remove one of them",
        ],
    ),
    (
        plus("gates: [cost <= 5]"),
        [
            "10: models.churn.gates[0]: in 'cost <= 5': nothing has a price; add cost: {fp: 5, fn: 120, currency: USD}",
        ],
    ),
    (
        plus("gates: [{fpr: 0.1}]"),
        [
            "10: models.churn.gates[0]: expected text such as fpr <= 0.05, got a mapping",
        ],
    ),
    (
        plus("gates: ['']"),
        [
            "10: models.churn.gates[0]: expected text such as fpr <= 0.05, got ''",
        ],
    ),
    (
        plus("gates:", "  - >-", "    fpr <=", "    x"),
        [
            "11: models.churn.gates[0]: in 'fpr <= x': unknown metric 'x'; metrics are accuracy, "
            "auc, average_precision, balanced_accuracy, brier, cost, cost_per_1000, ece, f1, fnr, "
            "fpr, log_loss, mcc, megabytes, milliseconds_per_row, npv, precision, prevalence, "
            "recall, recall_at, seconds, selection_rate, tnr, tpr",
        ],
    ),
    (
        plus("gates: [each(fnr, by=region) <= 0.3]"),
        [
            "10:17: models.churn.gates[0]: in 'each(fnr': a bracket is not closed, or closed twice; write, for "
            "example, each(fnr, by=region); in a [list] quote a gate that has a comma",
            "10:25: models.churn.gates[1]: in 'by=region) <= 0.3': a condition assigns nothing; write <= or >=",
        ],
    ),
    (
        plus("gates: [fpr <= 0.1, gap(fpr, by=[sex, race]) <= 0.05]"),
        ["10: this is not YAML: in a [list] quote a gate that has a comma or a bracket"],
    ),
    (
        plus("gates:", "  [", "    gap(fpr, by=[sex, race]) <= 0.05,", "  ]", "seed: 3"),
        ["12: this is not YAML: in a [list] quote a gate that has a comma or a bracket"],
    ),
    (
        plus("gates: [5]"),
        [
            "10: models.churn.gates[0]: expected text such as fpr <= 0.05, got 5; put it in quotes",
        ],
    ),
    (
        plus("metrics: {fpr: a:b}"),
        [
            "10: models.churn.metrics.fpr: 'fpr' is a word of ml-ci's own; choose another name",
        ],
    ),
    (
        plus("metrics: {my-metric: a:b}"),
        [
            "10: models.churn.metrics.my-metric: expected a name such as lift_at_10, got 'my-metric'",
        ],
    ),
    (
        plus("metrics: {lift: lift}"),
        [
            "10: models.churn.metrics.lift: expected module:function such as churn.train:train, got 'lift'",
        ],
    ),
    (
        plus("metrics: [a:b]"),
        [
            "10: models.churn.metrics: expected a mapping such as {lift: churn.metrics:lift}, got a list",
        ],
    ),
    (
        plus("metrics: {lift: a:b}", "gates: [lfit >= 1]"),
        [
            "11:13: models.churn.gates[0]: in 'lfit >= 1': unknown metric 'lfit'; did you mean lift?",
        ],
    ),
    (
        plus("cost: 5"),
        [
            "10: models.churn.cost: expected a mapping such as {fp: 5, fn: 120, currency: USD}, got 5",
        ],
    ),
    (
        plus("cost: {fp: 5}"),
        [
            '10: models.churn.cost.fn: the key is missing, for example "fn: 120"',
        ],
    ),
    (
        plus("cost: {fp: -5, fn: 1}"),
        [
            "10: models.churn.cost.fp: expected a number of at least 0 such as 5, got -5",
        ],
    ),
    (
        plus("cost: {fp: 0, fn: 0}"),
        [
            "10: models.churn.cost: both prices are zero, so that every model costs nothing; price one of them",
        ],
    ),
    (
        plus("cost: {fp: .inf, fn: 0}"),
        [
            "10: models.churn.cost.fp: expected a finite number such as 5, got .inf",
        ],
    ),
    (
        plus("cost: {fp: 1, fn: 1, currency: 5}"),
        [
            "10: models.churn.cost.currency: expected text such as USD, got 5; put it in quotes",
        ],
    ),
    (
        plus("cost: {fp: 1, fn: 1, currency: aaaaaaaaaaaaaaaa}"),
        [
            "10: models.churn.cost.currency: expected a shorter text such as USD, got 'aaaaaaaaaaaaaaaa'",
        ],
    ),
    (
        plus("reuse: {looks: 0}"),
        [
            "10: models.churn.reuse.looks: expected a number of at least 1 such as 32, got 0",
        ],
    ),
    (
        plus("reuse: {look: 3}"),
        [
            "10: models.churn.reuse.look: unknown key, did you mean 'looks'?",
        ],
    ),
    (
        plus("code: src"),
        [
            "10: models.churn.code: expected a list such as [sql/*.sql, ../common/**], got 'src'",
        ],
    ),
    (
        plus("code: [/etc/passwd]"),
        [
            "10: models.churn.code[0]: expected a path relative to the project folder, got the "
            "absolute path '/etc/passwd'",
        ],
    ),
    (
        plus("code: [src/../../x]"),
        [
            "10: models.churn.code[0]: the path 'src/../../x' leaves the project folder through "
            "'..'; move the file inside it",
        ],
    ),
    (
        plus("needs: other"),
        [
            "10: models.churn.needs: expected a list such as [embedder], got 'other'",
        ],
    ),
    (
        plus("needs: [othr]", to=TWO),
        [
            "15: models.other.needs[0]: there is no model 'othr'; models are churn",
        ],
    ),
    (
        plus("needs: [other]", to=TWO),
        [
            "15: models.other.needs[0]: a model cannot need itself",
        ],
    ),
    (
        plus("needs: [x]"),
        [
            "10: models.churn.needs[0]: there is no model 'x'; there is no other",
        ],
    ),
    (
        plus("needs: [churn]", to=TWO).replace("positive: 1\n  other", "positive: 1\n    needs: [other]\n  other"),
        [
            "10: models.churn.needs: models need each other in a circle: churn → other → churn; leave one out",
        ],
    ),
    (
        plus("needs: [churn, churn]", to=TWO),
        [
            "15: models.other.needs[1]: 'churn' is listed twice",
        ],
    ),
    (
        plus("needs: [train]", to=TWO.replace("other:\n", "train:\n").replace("  other", "  train")).replace(
            "positive: 1\n  train", "positive: 1\n    needs: [train]\n  train"
        ),
        [
            "10: models.churn.needs[0]: 'train' is a data entry too, and the job could not tell them "
            "apart; rename the data entry",
            "16: models.train.needs[0]: a model cannot need itself",
        ],
    ),
    (
        plus("cwd: /tmp"),
        [
            "10: models.churn.cwd: expected a path relative to the project folder, got the absolute path '/tmp'",
        ],
    ),
    (
        plus("cwd: ../x"),
        [
            "10: models.churn.cwd: the path '../x' leaves the project folder through '..'; move the file inside it",
        ],
    ),
    (
        plus("cwd: s3://x"),
        [
            "10: models.churn.cwd: expected a path in this project, got the URL 's3://x'",
        ],
    ),
    (
        plus("python: -c"),
        [
            "10: models.churn.python: expected an interpreter such as .venv/bin/python, got '-c'",
        ],
    ),
    (
        plus("python: 3.8"),
        [
            "10: models.churn.python: expected text such as .venv/bin/python, got 3.8; put it in quotes",
        ],
    ),
    (
        plus("fetch: []"),
        [
            "10: models.churn.fetch: expected a command such as dvc pull {path}, or {run: ..., env: [NAME]}, "
            "got an empty list",
        ],
    ),
    *(
        (plus(f"env: {value}"), [f"10: models.churn.env: {said}"])
        for value, said in (
            (
                "HF_HOME",
                "expected a list of names such as [HF_HOME], or texts by name such as {MODE: fast}, got 'HF_HOME'",
            ),
            (
                "[]",
                "expected a list of names such as [HF_HOME], or texts by name such as {MODE: fast}, got an empty list",
            ),
            ("[1]", "expected the name of a variable such as HF_HOME, got 1"),
            ("[A-B]", "expected the name of a variable such as HF_HOME, got 'A-B'"),
            ("['A=b']", "expected the name of a variable such as HF_HOME, got 'A=b'"),
            ("[{}]", "expected the name of a variable such as HF_HOME, got an empty mapping"),
            ("{RATE: 0.10}", "expected a text for RATE, got 0.1; put it in quotes: RATE: '0.1'"),
            ("{NAMES: [a]}", "expected a text for NAMES, got a list"),
            ("[A, {B: x}, A]", "A is listed twice"),
            ("[A, {A: x}]", "A is listed twice"),
            (
                "[GITHUB_TOKEN]",
                "GITHUB_TOKEN is given to no job: with it a job could act as the workflow; give it a login of its own, "
                "under another name",
            ),
            ("{ML_CI_SEED: '1'}", "ML_CI_SEED is given to no job: ml-ci sets it itself"),
        )
    ),
    (
        plus("fetch: {run: dvc pull, env: AWS_PROFILE}"),
        ["10: models.churn.fetch.env: expected a list of names such as [AWS_PROFILE], got 'AWS_PROFILE'"],
    ),
    (
        plus("fetch: {env: [A]}"),
        ['10: models.churn.fetch.run: the key is missing, for example "run: dvc pull {path}"'],
    ),
    (
        plus("fetch: ''"),
        [
            "10: models.churn.fetch: expected text such as dvc pull {path}, got ''",
        ],
    ),
    (
        swap("  churn:", '  "churn\\n":'),
        [
            "3: models.churn\\n: expected a name that can be a file's: up to 64 letters, digits, '-', "
            "'_' and '.', got 'churn\\n'",
        ],
    ),
    (
        swap(T, '"train\\n": t.csv'),
        [
            "6: models.churn.data.train\\n: expected a name such as train or train_2024 (a Python "
            "parameter), got 'train\\n'",
        ],
    ),
    (
        plus('budget: {time: "5m\\n", memory: "4GB\\n"}'),
        [
            "10: models.churn.budget.time: expected a time above zero such as 5m, 90s, 1h30m or a "
            "number of seconds, got '5m\\n'",
            "10: models.churn.budget.memory: expected an amount with its unit such as 4GB, 500MB or 2GiB, got '4GB\\n'",
        ],
    ),
    (
        plus('threshold: "fpr=0.1\\n"'),
        [
            "10: models.churn.threshold: expected a number between 0 and 1 such as 0.5, or a rate "
            "such as fpr=0.01 or fnr=0.05, got 'fpr=0.1\\n'",
        ],
    ),
    (plus("cluster: 7"), [f"10: models.churn.cluster: {CLUSTER}, got 7"]),
    (
        plus("cluster: []"),
        [f"10: models.churn.cluster: {CLUSTER}, got an empty list; write none where rows are independent"],
    ),
    (plus("cluster: [a, ' a']"), ["10: models.churn.cluster: the column 'a' is listed twice"]),
    (plus("cluster: {of: a}"), [f"10: models.churn.cluster: {CLUSTER}, got the key 'of'"]),
    (plus("cluster: {known: [a]}"), [f"10: models.churn.cluster: {CLUSTER}, got no by"]),
    (
        plus("cluster: {by: a, known: acme}"),
        ["10: models.churn.cluster: expected the known values of 'a' as a list such as [acme], got 'acme'"],
    ),
    (
        plus("cluster: {by: [a, b], known: [acme]}"),
        [
            "10: models.churn.cluster: known names values of one column, and there are several; write {by: COLUMN, "
            "known: [VALUE]}"
        ],
    ),
    (
        plus("cluster: churned", "weight: churned"),
        [
            "10: models.churn.cluster: 'churned' is the label; name the column that names who a row belongs to",
            "11: models.churn.weight: 'churned' is the label; name the column that says how much a row weighs",
        ],
    ),
    (
        plus("cluster: [shop, score]", "weight: prediction"),
        [
            "10: models.churn.cluster: 'score' is what a job predicts; name a column of the holdout",
            "11: models.churn.weight: 'prediction' is what a job predicts; name a column of the holdout",
        ],
    ),
    (
        plus("cluster: [shop, n]", "weight: n"),
        ["11: models.churn.weight: 'n' is the column of cluster already; name another"],
    ),
    (plus("weight: 3"), ["10: models.churn.weight: expected text such as sampling_weight, got 3; put it in quotes"]),
    (
        swap(H, "holdout: {path: h.csv, columns: [churned, n]}") + "    cluster: [n, who]\n    weight: w\n",
        [
            "10: models.churn.cluster: the holdout has no column 'who'; columns are churned, n",
            "11: models.churn.weight: the holdout has no column 'w'; columns are churned, n",
        ],
    ),
    (
        swap(H, "holdout: {path: h.csv, columns: [churned, n]}") + "    id: uid\n",
        [
            "10: models.churn.id: the holdout has no column 'uid'; columns are churned, n",
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), BAD, ids=range(len(BAD)))
def test_says_what_is_wrong_and_where(text: str, expected: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        load(text, "ml-ci.yaml")
    assert caught.value.message.split("\n") == [f"ml-ci.yaml:{line}" for line in expected]
    assert "ml-ci schema" in caught.value.hint


@pytest.mark.parametrize("text", [BASE, RUN, TWO])
def test_the_files_that_the_mistakes_are_made_in_are_good(text: str) -> None:
    assert load(text, "ml-ci.yaml").path == "ml-ci.yaml"


def test_lists_all_problems_at_once_in_line_order() -> None:
    text = plus(
        "gates: [fpr <= 0.1, fnr <= oops]", "confidence: 95", "treshold: 0.5", to=swap("positive: 1", "positive: []")
    )
    with pytest.raises(UserError) as caught:
        load(text.replace("holdout: data/holdout.csv", "holdout: ../holdout.csv"), "conf/ml-ci.yaml")
    starts = [line.split(": ")[:2] for line in caught.value.message.split("\n")]
    assert starts == [
        ["conf/ml-ci.yaml:7", "models.churn.data.holdout"],
        ["conf/ml-ci.yaml:9", "models.churn.positive"],
        ["conf/ml-ci.yaml:10:32", "models.churn.gates[1]"],
        ["conf/ml-ci.yaml:11", "models.churn.confidence"],
        ["conf/ml-ci.yaml:12", "models.churn.treshold"],
    ]


def test_one_broken_model_does_not_hide_the_problems_of_another() -> None:
    with pytest.raises(UserError) as caught:
        load(swap("positive: 1\n  other", "positive: []\n  other", TWO) + "    gates: [oops <= 1]\n", "f")
    assert [line.split(": ")[1] for line in caught.value.message.split("\n")] == [
        "models.churn.positive",
        "models.other.gates[0]",
    ]


def test_a_broken_key_causes_no_second_complaint() -> None:
    text = plus("threshold: fpr=0.01", "budget: {rows: 5}", to=swap("train: data/train.csv", "train: [x]"))
    with pytest.raises(UserError) as caught:
        load(text, "f")
    assert caught.value.message.count("\n") == 0 and "models.churn.data.train" in caught.value.message
