"""The condition language: what parses, what it prints, and what every slip is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.conditions import Condition, ConditionError, parse
from ml_ci.conditions.names import SYNONYMS
from ml_ci.conditions.tree import Arithmetic, Comparison, Metric, Number, OverSlices
from ml_ci.metrics import OF_COUNTS, OF_JOB, OF_SCORES

PRINTED = [
    ("fpr<=.05", "fpr <= 0.05"),
    ("  fpr <= 0.050 ", "fpr <= 0.05"),
    ("fnr <= baseline.fnr + 0.01", "fnr <= baseline.fnr + 0.01"),
    ("fnr <= baseline.fnr + 0.01 @ 0.95", "fnr <= baseline.fnr + 0.01 @ 0.95"),
    ("fnr <= 1.1*baseline.fnr @ .99", "fnr <= 1.1 * baseline.fnr @ 0.99"),
    ("fnr - baseline.fnr <= 0.01", "fnr - baseline.fnr <= 0.01"),
    ("0.1 <= fpr <= 0.2", "0.1 <= fpr <= 0.2"),
    ("(fpr <= 0.1) and ((fnr < 0.2))", "fpr <= 0.1 and fnr < 0.2"),
    ("(fpr <= 0.1 and fnr < 0.2) @ 0.9", "fpr <= 0.1 @ 0.9 and fnr < 0.2 @ 0.9"),
    ("each( fnr , by = region ) <= 0.20", "each(fnr, by=region) <= 0.2"),
    ("each(fnr, by=class) <= 0.2", "each(fnr, by=class) <= 0.2"),
    ("each(fnr, by=[class]) <= 0.2", "each(fnr, by=class) <= 0.2"),
    ("gap(fpr, by=[sex, race]) <= 0.05", "gap(fpr, by=[sex, race]) <= 0.05"),
    ("gap(fpr, by=['marital-status', from]) <= 0.05", 'gap(fpr, by=["marital-status", "from"]) <= 0.05'),
    ("worst(fnr, by='region') <= 0.3", "worst(fnr, by=region) <= 0.3"),
    ("worst(fnr, by='by=class') <= 0.3", 'worst(fnr, by="by=class") <= 0.3'),
    ("worst(fnr, by=größe) <= 0.3", "worst(fnr, by=größe) <= 0.3"),
    ('worst(fnr, by="a \\"b\\" # c <= 5%") <= 0.3', 'worst(fnr, by="a \\"b\\" # c <= 5%") <= 0.3'),
    ("worst(fnr, by='a·b') <= 0.3", 'worst(fnr, by="a·b") <= 0.3'),
    ("ratio(fpr, by=race) <= 1.25", "ratio(fpr, by=race) <= 1.25"),
    ("gap(fpr, by=sex) <= baseline.gap(fpr, by=sex)", "gap(fpr, by=sex) <= baseline.gap(fpr, by=sex)"),
    ("gap(fpr, by=sex) <= gap(baseline.fpr, by=sex)", "gap(fpr, by=sex) <= baseline.gap(fpr, by=sex)"),
    (
        "recall_at(fpr=1e-2) >= baseline.recall_at(fpr=0.01)",
        "recall_at(fpr=0.01) >= baseline.recall_at(fpr=0.01)",
    ),
    ("cost <= +2 * (baseline.cost - -1)", "cost <= 2 * (baseline.cost - -1)"),
    ("-fp >= -1_000", "0 - fp >= -1000"),
    ("1 - (accuracy - 0.1) <= 0.2", "1 - (accuracy - 0.1) <= 0.2"),
    ("seconds <= 60", "seconds <= 60"),
    ("baseline . fpr >= fpr", "baseline.fpr >= fpr"),
]


@pytest.mark.parametrize(("text", "printed"), PRINTED)
def test_prints_what_it_parsed(text: str, printed: str) -> None:
    assert str(parse(text)) == printed
    assert parse(printed) == parse(text)


def test_the_tree_of_a_gate() -> None:
    limit = Arithmetic("+", Metric("fnr", baseline=True), Number(0.01))
    expected = Condition((Comparison((Metric("fnr"), limit), ("<=",), confidence=0.95),))
    assert parse("fnr <= baseline.fnr + 0.01 @ 0.95") == expected


def test_what_a_condition_says_of_itself() -> None:
    both = parse("each(fnr, by=[sex, race]) <= 0.2 @ 0.9 and auc >= baseline.auc - 0.01 @ 0.99")
    assert both.relative
    assert both.columns == {("sex", "race")}
    assert both.metrics == {"fnr", "auc"}
    assert both.confidence == 0.99
    assert not parse("fpr <= 0.1").relative
    assert parse("recall_at(fpr=0.01) >= 0.5").metrics == {"recall_at(fpr=0.01)"}


def test_own_metrics_are_known_by_name() -> None:
    assert parse("lift >= baseline.lift", metrics=["lift"]).metrics == {"lift"}
    with pytest.raises(ConditionError, match="unknown metric 'lift'"):
        parse("lift >= 2")


@pytest.mark.parametrize("metric", sorted((OF_COUNTS | OF_SCORES | OF_JOB) - {"recall_at"}))
def test_every_metric_parses(metric: str) -> None:
    assert str(parse(f"{metric} <= baseline.{metric}")) == f"{metric} <= baseline.{metric}"


@pytest.mark.parametrize(("synonym", "name"), sorted(SYNONYMS.items()))
def test_a_synonym_is_told_our_word(synonym: str, name: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(f"{synonym} <= 0.1")
    assert caught.value.suggestion == f"write {name}"


ERRORS = [
    ("", 1, "empty", "fpr <= 0.05"),
    ("   ", 1, "empty", "fpr <= 0.05"),
    ("fpr", 1, "compares a metric with a limit", "fpr <= 0.05"),
    ("each(fnr, by=region)", 1, "compares a metric", "each(fnr, by=region) <= 0.05"),
    ("fprr <= 0.05", 1, "unknown metric 'fprr'", "did you mean fpr?"),
    ("frp <= 0.05", 1, "unknown metric 'frp'", "did you mean fpr?"),
    ("nfr <= 0.05", 1, "unknown metric 'nfr'", "did you mean fnr?"),
    ("  FPR <= 0.05", 3, "unknown metric 'FPR'", "write fpr"),
    ("fpr <= baseline.fprr", 8, "unknown metric 'fprr'", "did you mean fpr?"),
    ("fpr <= baseline", 8, "the baseline of what?", "baseline.fnr"),
    ("candidate.fpr <= 0.1", 1, "only baseline", "write fpr"),
    ("base.fpr <= 0.1", 1, "only baseline", "write baseline.fpr"),
    ("fpr <= 5%", 8, "a percentage", "write 0.05"),
    ("fpr <= 0.5 % @ 0.95", 8, "a percentage", "write 0.005"),
    ("fpr <= 5", 1, "lies between 0 and 1", "write 0.05"),
    ("fnr <= 0.1 and 5 >= fpr", 16, "lies between 0 and 1", "write 0.05"),
    ("fpr <= -0.1", 1, "lies between 0 and 1", "between 0 and 1"),
    ("fpr ≤ 0.05", 5, "no comparison here", "write <="),
    ("fpr =< 0.05", 5, "no comparison here", "write <="),
    ("fpr == 0.05", 5, "equality", "write <= or >="),
    ("fpr != 0.05", 5, "equality", "write <= or >="),
    ("fpr = 0.05", 5, "assigns nothing", "write <= or >="),
    ("(fpr := 0.05)", 6, "assigns nothing", "write <= or >="),
    ("fpr <= 0.1 or fnr <= 0.1", 15, "`or` has no meaning", "one gate for each"),
    ("not fpr > 0.1", 1, "`not` has no meaning", "turn the comparison round"),
    ("fpr <= 0.1 & fnr <= 0.1", 12, "joined by the word", "write and"),
    ("fpr in [0.1]", 8, "`in` has no meaning", "write <="),
    ("fpr <= 0.1 # strict", 12, "no comment", "outside"),
    ("fpr <= 0.1, fnr <= 0.1", 1, "one condition", "and"),
    ("fpr / baseline.fpr <= 1.1", 1, "does not divide", "fpr <= 1.1 * baseline.fpr"),
    ("fpr ** 2 <= 0.1", 1, "+, - and * only", ""),
    ("fpr * fnr <= 0.1", 1, "not multiplied", "with a number"),
    ("0.1 <= 0.2", 1, "a metric of the candidate", "fpr <= 0.05"),
    ("baseline.fpr <= 0.2", 1, "a metric of the candidate", "fpr <= 0.05"),
    ("fpr - fpr <= 0.2", 1, "a metric of the candidate", "fpr <= 0.05"),
    ("0 * fpr <= 0.2", 1, "a metric of the candidate", "fpr <= 0.05"),
    ("fpr <= 0.1 @ 95", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 0.05", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 0.3", 14, "between 0.5 and 1", "write @ 0.7"),
    ("fpr <= 0.1 @ 0.4", 14, "between 0.5 and 1", "write @ 0.6"),
    ("fpr <= 0.1 @ 0.49", 14, "between 0.5 and 1", "write @ 0.51"),
    ("fpr <= 0.1 @ 0.5", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 1.01", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 50", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 99.9", 14, "between 0.5 and 1", "write @ 0.999"),
    ("fpr <= 0.1 @ 100", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ -0.95", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ fnr", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 1", 14, "between 0.5 and 1", "write @ 0.95"),
    ("fpr <= 0.1 @ 0.95 @ 0.99", 14, "ends a comparison", ""),
    ("fpr @ 0.95 <= 0.1", 7, "ends a comparison", "fpr <= 0.05 @ 0.95"),
    ("fpr <= 0.1 @ 0.95 * 2", 14, "ends a comparison", "fpr <= 0.05 @ 0.95"),
    ("(fpr <= 0.1 @ 0.95) @ 0.99", 15, "one confidence", "keep one"),
    ("each(fnr) <= 0.2", 1, "by=COLUMN", "each(fnr, by=COLUMN)"),
    ("each(fnr, region) <= 0.2", 1, "by=COLUMN", "each(fnr, by=region)"),
    ("each() <= 0.2", 1, "by=COLUMN", "each(fnr, by=COLUMN)"),
    ("each <= 0.2", 1, "each of what?", "each(fnr, by=COLUMN)"),
    ("each(fnr, by=marital-status) <= 0.2", 14, "quotation marks", 'write "marital-status"'),
    ("each(fnr, by=2) <= 0.2", 14, "quotation marks", 'write "2"'),
    ("each(fnr, by=[a, b, c]) <= 0.2", 14, "two different", "by=[first, second]"),
    ("each(fnr, by=[a, a]) <= 0.2", 14, "two different", "by=[first, second]"),
    ("each(fnr, by=[]) <= 0.2", 14, "two different", "by=[first, second]"),
    ("each(fnr, by=' ') <= 0.2", 14, "printable text", ""),
    ("each(fnr, by='a\\nb') <= 0.2", 14, "printable text", ""),
    ("each(fnr + fpr, by=a) <= 0.2", 6, "one metric", "each(fnr, by=COLUMN)"),
    ("each(auc, by=a) >= 0.2", 6, "not known per slice", "choose one of"),
    ("each(baseline.fnr, by=a) <= fnr", 1, "of the candidate", "baseline.fnr"),
    ("each(fnr, by=a) <= fnr + 0.1", 1, "ambiguous", "gap(fnr, by=COLUMN)"),
    ("each(fnr, by=a) <= each(fpr, by=b)", 1, "two different columns", "two gates"),
    ("worst(rows, by=a) >= 30", 7, "neither better nor worse", "each(rows, by=COLUMN)"),
    ("ratio(fpr, by=a) >= 0.8", 1, "never below 1", "write <= 1.25"),
    ("ratio(fpr, by=a) > 1.25", 1, "never below 1", "write <= 1.25"),
    ("1.25 <= ratio(fpr, by=a)", 1, "never below 1", "write <= 1.25"),
    ("1.25 < ratio(fpr, by=a)", 1, "never below 1", "write <= 1.25"),
    ("ratio(fpr, by=a) < 0.8", 1, "never below 1", "write <= 1.25"),
    ("0.5 >= ratio(fpr, by=a)", 1, "never below 1", "write <= 2"),
    ("ratio(fpr, by=a) <= 0", 1, "never below 1", "write <= 1.25"),
    ("ratio(fpr, by=a) <= -2", 1, "never below 1", "write <= 1.25"),
    ("ratio(fpr, by=a) <= 0.5", 1, "never below 1", "write <= 2"),
    ("recall_at >= 0.5", 1, "at which FPR", "recall_at(fpr=0.01)"),
    ("recall_at(0.01) >= 0.5", 1, "takes the FPR", "recall_at(fpr=0.01)"),
    ("recall_at(fpr=1) >= 0.5", 15, "between 0 and 1", "recall_at(fpr=0.01)"),
    ("fpr() <= 0.5", 1, "no function 'fpr'", "fpr without brackets"),
    ("eval('1') <= 0.5", 1, "no function 'eval'", "each, worst"),
    ("__import__('os').system('ls') <= 0", 1, "no function", "each, worst"),
    ("baseline['fnr'] <= 0.5", 1, "brackets", ""),
    ("[fpr] <= 0.5", 1, "behind by=", ""),
    ("lambda: fpr", 7, "no meaning", ""),
    ("(lambda fpr) <= 1", 12, "no condition from here", ""),
    ("fpr if fnr else tpr", 1, "no if", "two gates"),
    ("f'{fpr}' <= 1", 1, "no text outside by=", ""),
    ("'fpr' <= 1", 1, "no number", "0.05"),
    ("fpr <= True", 8, "True is no number", "0.05"),
    ("fpr <= None", 8, "None is no number", "0.05"),
    ("fpr <= 1j", 8, "no number", "0.05"),
    ("cost <= 1e999", 9, "at most", "smaller"),
    ("cost <= " + "9" * 500, 9, "at most", "smaller"),
    ("fpr <= 0.1 and ", 15, "ends too early", "fpr <= 0.05"),
    ("fpr <=", 7, "ends too early", "fpr <= 0.05"),
    ("each(fnr, by=region <= 0.2", 5, "not closed", ""),
    ("fpr <= 0.1)", 11, "not closed, or closed twice", ""),
    ("fpr <= 0.1 0.2", 12, "no condition from here", ""),
    ("fpr\0 <= 0.1", 4, "invisible character U+0000", ""),
    ("fpr\u00a0<= 0.1", 4, "space that is no ordinary one", "ordinary space"),
    ("fpr\u200b <= 0.1", 4, "invisible character U+200B", ""),
    ("fp\u0433 <= 0.1", 1, "unknown metric", ""),
    ("\ufb01p <= 0.1", 1, "unknown metric", ""),
    ("fpr <= 0.1\ud800", 11, "invisible character", ""),
    ("(" * 21 + "fpr" + ")" * 21 + " <= 1", 21, "nested deeper", ""),
    ("fpr <= " + "-" * 900 + "1", 0, "nested too deep", "several gates"),
    ("fpr" + " + fpr" * 100 + " <= 1", 0, "nested too deep", "several gates"),
    ("fpr <= 0.1" + " " * 1000, 1001, "at most 1,000 characters", "several gates"),
]


@pytest.mark.parametrize(("text", "column", "message", "suggestion"), ERRORS, ids=[one[0][:40] for one in ERRORS])
def test_every_slip_is_told_where_why_and_what_instead(text: str, column: int, message: str, suggestion: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert message in caught.value.message
    assert suggestion in caught.value.suggestion
    assert caught.value.column == (column or caught.value.column)
    assert str(caught.value).startswith(f"column {caught.value.column}: ")


@pytest.mark.parametrize(
    "text",
    [
        "ratio(fpr, by=a) <= 1.25",
        "ratio(fpr, by=a) < 1.25",
        "1.25 >= ratio(fpr, by=a)",
        "1.25 > ratio(fpr, by=a)",
        "ratio(fpr, by=a) <= 1",
        "1 >= ratio(fpr, by=a)",
        "fpr <= 0",
        "fpr <= 1",
        "0 <= fpr <= 1",
        "fpr <= 0.1 @ 0.51",
        "fpr <= 0.1 @ 0.999",
        "fpr <= 0.1 @ 0",
    ],
)
def test_what_stands_at_the_border_parses(text: str) -> None:
    assert str(parse(text)) == text


def test_a_new_line_is_a_space() -> None:
    assert parse("fpr <= 0.1\n  and fnr <= 0.2\n") == parse("fpr <= 0.1 and fnr <= 0.2")


VOCABULARY = """fpr fnr auc baseline . + - * <= < >= > @ and or not ( ) [ ] , = by each worst gap ratio class region
    0.1 5 95 % recall_at fpr= " ' # : := lambda if else in is None True == ** / // 1e9 \\ { } é f" \0"""
WORDS = st.sampled_from(VOCABULARY.split())


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS).map("".join)))
def test_every_string_is_a_condition_or_an_error(text: str) -> None:
    try:
        condition = parse(text)
    except ConditionError as error:
        assert 1 <= error.column <= len(text) + 1
        assert error.message
    else:
        assert parse(str(condition)) == condition


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: Number(value + 0.0))
COLUMNS = st.one_of(
    st.sampled_from(["region", "class", "marital-status", 'a"b', "c\\d", "é", "if"]), st.text(min_size=1)
)
PRINTABLE = COLUMNS.map(str.strip).filter(lambda name: bool(name) and name.isprintable() and len(name) < 50)
METRICS = st.builds(Metric, st.sampled_from(["fpr", "cost", "mcc"]), st.booleans())
SLICED = st.builds(
    OverSlices,
    st.sampled_from(["worst", "gap"]),
    st.sampled_from(["fnr", "fp"]),
    st.lists(PRINTABLE, min_size=1, max_size=2, unique=True).map(tuple),
    st.booleans(),
)
EXPRESSIONS = st.recursive(
    st.one_of(METRICS, SLICED, NUMBERS),
    lambda inner: st.one_of(
        st.builds(Arithmetic, st.sampled_from(["+", "-"]), inner, inner),
        st.builds(Arithmetic, st.just("*"), NUMBERS, inner),
    ),
    max_leaves=6,
)
COMPARISONS = st.builds(
    lambda left, right, operator, proof: Comparison((left, right), (operator,), proof),
    EXPRESSIONS.map(lambda one: Arithmetic("+", Metric("seconds"), one)),
    EXPRESSIONS,
    st.sampled_from(["<=", "<", ">=", ">"]),
    st.one_of(st.none(), st.floats(0.51, 0.9999)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(COMPARISONS, min_size=1, max_size=3).map(lambda parts: Condition(tuple(parts))))
def test_a_printed_condition_parses_to_itself(condition: Condition) -> None:
    text = str(condition)
    if len(text) <= 1000:
        assert parse(text) == condition


@pytest.mark.parametrize("column", ["A·", "ﬁeld", "région", "class", "if", "marital-status", 'qu"ote', "a b"])
def test_any_column_is_printed_so_that_it_is_read_back(column: str) -> None:
    condition = Condition((Comparison((OverSlices("each", "fnr", (column,)), Number(0.2)), ("<=",)),))
    assert parse(str(condition)) == condition


def test_at_zero_asks_for_no_proof() -> None:
    assert str(parse("fpr <= 0.05 @ 0")) == "fpr <= 0.05 @ 0"
    assert parse("fpr <= 0.05 @ 0").confidence == 0
    assert parse("fpr <= 0.05").confidence is None
