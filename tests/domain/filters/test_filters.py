"""Filters: what they say, where they are wrong, and that they hold of what they say."""

import shlex
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.filters.expression import All, Any, Comparison, Field, Membership, Missing, Not
from modelkeep.domain.filters.holds import fields, holds, like
from modelkeep.domain.filters.parse import parse_filter
from modelkeep.errors import UsageError

AUC, OWNER, NAME = Field("metric", "auc"), Field("tag", "owner"), Field("name")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = 'fraud'", Comparison(NAME, "=", "fraud")),
        ('name="fraud"', Comparison(NAME, "=", "fraud")),
        ("metric.auc >= .9", Comparison(AUC, ">=", Decimal("0.9"))),
        ("metrics.auc > -1e3", Comparison(AUC, ">", Decimal("-1e3"))),
        ("metrics.`auc` <> 1", Comparison(AUC, "!=", Decimal(1))),
        ('metrics."top-1 (%)" = 1', Comparison(Field("metric", "top-1 (%)"), "=", Decimal(1))),
        ("metric.auc@holdout@3 = 1", Comparison(Field("metric", "auc@holdout@3"), "=", Decimal(1))),
        ("param.model.depth = 8", Comparison(Field("param", "model.depth"), "=", Decimal(8))),
        ("tag.team-2.x = 'a'", Comparison(Field("tag", "team-2.x"), "=", "a")),
        ("tags.owner LIKE 'r%'", Comparison(OWNER, "LIKE", "r%")),
        ("tag.owner not ilike 'R_'", Not(Comparison(OWNER, "ILIKE", "R_"))),
        ("tag.owner IN ('a', 'b''c')", Membership(OWNER, ("a", "b'c"))),
        ("tag.owner NOT IN ('a')", Not(Membership(OWNER, ("a",)))),
        ("tag.owner IS NULL", Missing(OWNER)),
        ("tag.owner is not null", Not(Missing(OWNER))),
        ("attributes.version_number < 3", Comparison(Field("version"), "<", Decimal(3))),
        ("run_id = 'x'", Comparison(Field("run"), "=", "x")),
        (
            "name = 'a' OR name = 'b' AND NOT (stage = 'prod' OR metric.auc = 1)",
            Any((
                Comparison(NAME, "=", "a"),
                All((
                    Comparison(NAME, "=", "b"),
                    Not(Any((Comparison(Field("stage"), "=", "prod"), Comparison(AUC, "=", Decimal(1))))),
                )),
            )),
        ),
    ],
)  # fmt: skip
def test_a_filter_says_what_is_written(text, says):
    assert parse_filter(text) == says


@pytest.mark.parametrize(
    ("text", "what", "caret"),
    [
        ("", "expected a field", 0),
        ("name", "expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN or IS", 4),
        ("name = fraud", "a text stands in quotes: 'fraud'", 7),
        ("name = 'fraud", "the quotation that begins here has no end", 7),
        ("nam = 'x'", "there is no field 'nam': did you mean name", 0),
        ("metrik.auc > 1", "there is no 'metrik.': metric.K, param.K and tag.K are", 0),
        ("name = 'a' name = 'b'", "expected AND, OR or the end", 11),
        ("(name = 'a'", "expected ')'", 11),
        ("name IS 3", "expected NULL or NOT NULL", 8),
        ("name LIKE 3", "LIKE takes a text in quotes, with % and _ in it", 10),
        ("tag.x IN 'a'", "expected '(' and values", 9),
        ("tag.x IN ('a' 'b')", "expected ',' or ')'", 14),
        ("tag.x = AND", "expected a value: a number, or a text in quotes", 8),
        ("tag. = 1", "expected a key: letters, or anything in backticks", 5),
        ("digest = 'abab'", "a digest is compared with 8 to 64 hex digits in quotes", 9),
        ("digest IN ('sha256:x')", "a digest is compared with 8 to 64 hex digits in quotes", 11),
        ("digest = 12345678", "a digest is compared with 8 to 64 hex digits in quotes", 9),
        ("NOT " * 60 + "name = 'a'", "it is nested too deep", 204),
        ("(" * 60, "it is nested too deep", 51),
    ],
)
def test_a_mistake_is_shown_where_it_is(text, what, caret):
    with pytest.raises(UsageError) as error:
        parse_filter(text)
    first, line, mark = error.value.message.split("\n")
    assert first == f"the filter is not understood: {what}" or first.startswith(f"the filter is not understood: {what}")
    assert line.strip() == text.strip()[max(0, caret - 60) :][:100].strip() or text == ""
    assert mark == " " * min(caret, 60) + "^"


ROW = {
    NAME: ["fraud"], AUC: ["0.90"], OWNER: ["Risk"], Field("stage"): ["staging", "production"], Field("param", "x"): ["8"],
    Field("digest"): ["sha256:" + "ab" * 32],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("name = 'FRAUD'", True),
        ("tag.owner = 'risk'", False),  # a value of a tag is exact
        ("metric.auc = 0.9", True),
        ("metric.auc = '0.9'", True),
        ("metric.auc > 0.9", False),
        ("metric.auc >= 0.9000000000000000001", False),
        ("metric.loss > 0 OR metric.loss <= 0", False),
        ("NOT metric.loss > 0", True),
        ("metric.loss != 1", False),
        ("metric.loss IS NULL AND metric.auc IS NOT NULL", True),
        ("stage = 'production' AND stage = 'staging'", True),
        ("stage != 'production'", False),
        ("stage IN ('dev', 'staging')", True),
        ("param.x = 8.0 AND param.x = '8'", True),
        ("param.x = '8.0'", False),
        ("tag.owner LIKE 'R%k' AND NOT tag.owner LIKE 'r%'", True),
        ("tag.owner ILIKE 'r_s_'", True),
        ("digest = 'abababab' AND digest = 'sha256:ABABABABAB'", True),
        ("digest IN ('cdcdcdcd', 'ABABABAB')", True),
        ("digest LIKE 'sha256:abab%'", True),
    ],
)
def test_a_filter_holds_of_a_version(text, is_so):
    assert holds(parse_filter(text), lambda field: ROW.get(field, [])) is is_so


def test_a_pattern_takes_time_that_is_bounded_and_escapes():
    assert like("100\\%", ignore_case=False)("100%")
    assert not like("100\\%", ignore_case=False)("1000")
    assert not like("%a" * 200, ignore_case=False)("a" * 199 + "b" * 5000)
    assert like("STRASSE%", ignore_case=True)("straße 1")


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_mistake(text):
    with suppress(UsageError):
        assert holds(parse_filter(text), lambda _field: []) in (True, False)


WORDS = [
    "name",
    "metric.auc",
    "tag.`a b`",
    "=",
    "<",
    "LIKE",
    "IN",
    "(",
    ")",
    ",",
    "'x'",
    "0.5",
    "AND",
    "OR",
    "NOT",
    "IS",
    "NULL",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_words_are_a_filter_or_a_mistake(words):
    with suppress(UsageError):
        assert holds(parse_filter(" ".join(words)), lambda _field: []) in (True, False)


leaves = st.builds(
    Comparison, st.sampled_from([AUC, OWNER, NAME]), st.sampled_from(["=", "!=", "<", ">="]),
    st.sampled_from(["a", "b", Decimal("0.5"), Decimal(1)]),
) | st.builds(Missing, st.sampled_from([AUC, OWNER]))  # fmt: skip
expressions = st.recursive(
    leaves,
    lambda inner: st.builds(Not, inner) | st.builds(lambda *each: All(each), inner, inner) | st.builds(lambda *each: Any(each), inner, inner),
    max_leaves=8,
)  # fmt: skip
rows = st.fixed_dictionaries(
    {}, optional={AUC: st.sampled_from([["0.5"], ["1"], ["x"]]), OWNER: st.sampled_from([["a"], ["b"]]), NAME: st.just(["a"])}
)  # fmt: skip


def written(expression):
    """Return an expression as a person would type it, with all parentheses."""
    match expression:
        case All(parts):
            return "(" + " AND ".join(map(written, parts)) + ")"
        case Any(parts):
            return "(" + " OR ".join(map(written, parts)) + ")"
        case Not(part):
            return f"NOT {written(part)}"
        case Missing(field):
            return f"{field} IS NULL"
        case Comparison(field, sign, value):
            return f"{field} {sign} {value!r}" if isinstance(value, str) else f"{field} {sign} {value}"


def brute(expression, row):
    """Evaluate as the page on filters says, by Python's own operators."""
    match expression:
        case All(parts):
            return min(brute(each, row) for each in parts)
        case Any(parts):
            return max(brute(each, row) for each in parts)
        case Not(part):
            return not brute(part, row)
        case Missing(field):
            return field not in row
        case Comparison(field, sign, value):
            if field not in row:
                return False
            own = row[field][0]
            if isinstance(value, Decimal):
                if own == "x" or own in "ab":
                    return sign == "!="
                own = Decimal(own)
            return {"=": own == value, "!=": own != value, "<": own < value, ">=": own >= value}[sign]


@given(expressions, rows)
def test_what_is_written_holds_as_python_says(expression, row):
    found = parse_filter(written(expression))
    assert holds(found, lambda field: row.get(field, [])) == brute(expression, row)
    assert fields(found) <= {AUC, OWNER, NAME}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("stage = production", "stage = 'production'"),
        ("auc > 0.9 AND tier = gold", "metric.auc > 0.9 AND tag.tier = 'gold'"),
        ("tier IN ('gold', 'b')", "tag.tier IN ('gold', 'b')"),
        ("metric.auc BETWEEN 0.5 AND 0.9", "metric.auc >= 0.5 AND metric.auc <= 0.9"),
        ("tag.tier = null OR tag.x != None", "tag.tier IS NULL OR tag.x IS NOT NULL"),
        ("stage=production and metric.auc>.9", "stage='production' and metric.auc>.9"),
        ("metric.auc => 0.9", "metric.auc >= 0.9"),
        ("metrics.auc > 0.8 && stage = 'production'", "metrics.auc > 0.8 AND stage = 'production'"),
        ("name == fraud || label=2.0", "name == 'fraud' OR label=2.0"),
        ("name = 'fraud", "name = 'fraud'"),
        ("name = \u201cfraud\u201d", "name = 'fraud'"),
        ("stge = 'production'", "stage = 'production'"),
        ("nmae LIKE fr%", "name LIKE 'fr%'"),
        ("tag.owner = it's", "tag.owner = 'it''s'"),
        ("size > 1MB", "size > '1MB'"),
        ("created > 7d", "created > '7d'"),
        ("created > 2026-01-01", "created > '2026-01-01'"),
        ("state IN (bad, archived)", "state IN ('bad', 'archived')"),
        ('tag.`a b` = x AND tag.q = "a && b"', "tag.`a b` = 'x' AND tag.q = \"a && b\""),
    ],
)
def test_a_filter_with_a_usual_mistake_has_the_one_that_was_meant_as_its_hint(text, meant):
    with pytest.raises(UsageError) as refused:
        parse_filter(text)
    *_, filter_ = shlex.split(refused.value.hint)
    assert filter_ == meant
    parse_filter(filter_)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fraud",
        "name LIKE",
        "version = latest",
        "stage is production",
        "author = Ana Lima",
        "((((",
        "metric.auc >= 0.9 &",
    ],
)
def test_where_nothing_is_clear_the_hint_is_an_example(text):
    with pytest.raises(UsageError) as refused:
        parse_filter(text)
    assert refused.value.hint == """modelkeep list --where "metric.auc >= 0.9 AND tag.tier = 'gold'\""""


@given(st.text("=<>!&|'\"`()~ .,\u201caINnotlike019-%", max_size=40))
def test_what_is_offered_instead_of_a_filter_is_one(text):
    try:
        parse_filter(text)
    except UsageError as error:
        *_, filter_ = shlex.split(error.hint)
        parse_filter(filter_)


def test_a_long_filter_and_what_can_be_no_value_are_not_corrected():
    for text in ("a" * 60_000 + " !", "metric.auc > metric.x", "a" * 9_000 + " !"):
        with pytest.raises(UsageError) as refused:
            parse_filter(text)
        assert refused.value.correction is None
