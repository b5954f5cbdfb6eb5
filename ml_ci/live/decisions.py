"""Which live rows were decided positive: by their score and the threshold, or by what was predicted."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.child.labels import YES, Classes
from ml_ci.errors import UserError
from ml_ci.evaluation.labels import ABSENT
from ml_ci.frozen import dataclass
from ml_ci.live.sources import Opened
from ml_ci.live.values import SCORE, Candidate, Champion
from ml_ci.spec.problems import show
from ml_ci.spec.values import ModelSpec, Positive
from ml_ci.tables.duck import Database, as_text, literal, quote, select

PREDICTION = "prediction"
MOST_CLASSES = 100_000
_SQL = {"==": "=", "!=": "<>", ">=": ">=", ">": ">", "<=": "<=", "<": "<"}


@dataclass(frozen=True)
class Decision:
    """The SQL of a row's decision, by the place of its version: NULL where the row has none."""

    by_version: tuple[str, ...]

    def write(self, who: str) -> str:
        """Write one expression; `who` is the SQL of the place of a row's version."""
        if len(set(self.by_version)) == 1:
            return self.by_version[0]
        cases = " ".join(f"WHEN {place} THEN {one}" for place, one in enumerate(self.by_version))
        return f"CASE {who} {cases} END"


def find_decision(
    model: ModelSpec, opened: Opened, database: Database, who: Sequence[Champion | Candidate]
) -> Decision:
    """Find how rows were decided: by `prediction` where it is logged, else by `score` and each version's threshold."""
    if opened.has(PREDICTION):
        return Decision((_by_class(model, opened, database),) * len(who))
    if not opened.has(SCORE):
        listed = opened.listed
        message = f"{opened.shown} has neither `score` nor `prediction`; its columns are {listed}"
        raise UserError(message, hint="Log one of them, or name it so by sql: select p as score, * from ….")
    return Decision(tuple(_by_score(opened, one) for one in who))


def _by_score(opened: Opened, one: Champion | Candidate) -> str:
    if one.threshold is None:
        message = f"version {one.version} decides by class labels, and {opened.shown} has scores"
        raise UserError(message, hint="Log what was decided as `prediction`.")
    kind = opened.types[SCORE]
    own = "FLOAT" if kind == "FLOAT" else "DOUBLE"  # in the scores' own type: 0.7 as float32 is at 0.7
    score = f"TRY_CAST({quote(SCORE)} AS {own})"
    return f"CASE WHEN isnan({score}) THEN NULL ELSE {score} >= CAST({one.threshold!r} AS {own}) END"


def _by_class(model: ModelSpec, opened: Opened, database: Database) -> str:
    name = quote(PREDICTION)
    if model.positive.comparison is not None:
        return compare(model.positive, PREDICTION)
    texts = list_texts(database, opened, PREDICTION)
    return choose(name, texts, _find_positive(texts, model.positive))


def _find_positive(texts: Sequence[str], positive: Positive) -> frozenset[str]:
    """Give the texts that mean positive: those of the positive class, or 1 and true where no class is called so."""
    classes = Classes((), positive.values)
    if classes.meaning(texts) == "outcome":
        return frozenset(text for text in texts if text.strip().lower() in YES)
    return find_positive(texts, positive)


def find_positive(texts: Sequence[str], positive: Positive) -> frozenset[str]:
    """Give those of some labels that are of the positive class, as labels of a holdout are compared."""
    classes = Classes(texts, positive.values)
    return frozenset(text for text in texts if classes.is_positive(text))


def list_texts(database: Database, opened: Opened, column: str) -> list[str]:
    """List the different values of a column of classes, as text; UserError when they are too many to be classes."""
    asked = select(f"DISTINCT {as_text(quote(column))}", opened.relation, f"LIMIT {MOST_CLASSES + 1}")
    found = [str(one[0]) for one in database.execute(asked).fetchall()]
    if len(found) > MOST_CLASSES:
        hint = "Compare numbers by `positive:`, such as '>= 30', or log a score as `score`."
        raise UserError(f"{opened.shown}: {show(column)} has more than {MOST_CLASSES:,} classes", hint=hint)
    return [text for text in found if text.strip() not in ABSENT]


def choose(name: str, texts: Sequence[str], positive: frozenset[str]) -> str:
    """Write whether a column is of the positive class; NULL where it is none of the texts, as a missing value is."""
    if not texts:
        return "CAST(NULL AS BOOLEAN)"
    text = as_text(name)
    sides = {truth: sorted(one for one in texts if (one in positive) is truth) for truth in (True, False)}
    cases = [f"WHEN {text} IN ({', '.join(map(literal, of))}) THEN {truth}" for truth, of in sides.items() if of]
    return f"CASE {' '.join(cases)} END"


def compare(positive: Positive, column: str) -> str:
    """Write whether a column of numbers stands in the comparison of `positive:`; NULL where it is no number."""
    symbol, bound = positive.comparison or (">=", 0)
    number = f"TRY_CAST({quote(column)} AS DOUBLE)"
    return f"CASE WHEN isnan({number}) THEN NULL ELSE {number} {_SQL[symbol]} {float(bound)!r}::DOUBLE END"
