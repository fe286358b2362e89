"""`list --search`: models and versions by the words of their names, descriptions and tags."""

import pytest
from history import History
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelkeep.domain.answers.found import TextMatch
from modelkeep.domain.details import Details
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.search.query import Query
from modelkeep.errors import NotFound, UsageError
from modelkeep.store.db.ledger import entries, named_by, write
from modelkeep.store.db.sqlite.private_tables import in_memory


@pytest.fixture(scope="module")
def shop():
    made = History()
    made.register("fraud", "one", metrics=[("auc", "0.90")], tag__tier="gold", stage="production")
    made.register("fraud", "two", metrics=[("auc", "0.95")], description="Better on the weekends of Zürich")
    made.register("risk/Credit", "three", metrics=[("auc", "0.5")], tag__tier="silver", tag__team="fraud desk")
    made.describe("fraud", "Finds stolen cards")
    made.tag("fraud@2", tier="golden eye")
    made.register("churn", "four", description="cards of those who leave")
    made.archive("churn", reason="unused")
    return made  # fmt: skip


def refs(shop, text, name=None, **wishes):
    return [found.ref for found in shop.registry.search(text, name, **wishes)]


@pytest.mark.parametrize(
    ("text", "wishes", "found"),
    [
        ("fraud", {}, ["fraud", "risk/Credit@1"]),
        ("fra", {}, ["fraud", "risk/Credit@1"]),
        ("gold", {}, ["fraud@1", "fraud@2"]),
        ("fraud gold", {}, ["fraud@1", "fraud@2"]),
        ("gold cards", {}, ["fraud@1", "fraud@2"]),
        ("tier=gold", {}, ["fraud@1", "fraud@2"]),
        ('"golden eye"', {}, ["fraud@2"]),
        ('"gold eye"', {}, []),
        ("zurich", {}, ["fraud@2"]),
        ("credit", {}, ["risk/Credit"]),
        ("risk/credit", {}, ["risk/Credit"]),
        ("cards", {}, ["fraud"]),
        ("cards", {"all": True}, ["fraud", "churn@1"]),
        ("cards leave", {"name": "churn", "all": True}, ["churn@1"]),
        ("chu", {}, []),
        ("chu", {"name": "churn"}, ["churn"]),
        ("stolen", {"name": "fr*"}, ["fraud"]),
        ("stolen", {"name": "risk/*"}, []),
        ("fraud", {"stage": "production"}, ["fraud@1"]),
        ("fraud", {"where": "metric.auc > 0.5"}, ["fraud@2", "fraud@1"]),
        ("fraud", {"sort": "metric.auc"}, ["fraud@2", "fraud@1", "risk/Credit@1"]),
        ("fraud", {"sort": "metric.auc", "limit": 1}, ["fraud@2"]),
        ("tier", {"tags": {"tier": "silver"}}, ["risk/Credit@1"]),
        ("gold", {"as_of": "seq:5"}, ["fraud@1"]),
        ("cards", {"as_of": "seq:4"}, []),
        ("cards", {"as_of": "seq:7"}, ["fraud", "churn@1"]),
        ("fraud", {"limit": 1}, ["fraud"]),
    ],
)
def test_what_a_search_finds_in_which_order(shop, text, wishes, found):
    assert refs(shop, text, **wishes) == found


def test_what_matched_is_told(shop):
    one, two = shop.registry.search("fraud gold")
    assert one.matches == (TextMatch("fraud@1", "tag.tier", "gold"), TextMatch("fraud", "name", "fraud"))
    assert (one.model, one.version.ref, two.matches[0].text) == (None, "fraud@1", "golden eye")
    (model,) = shop.registry.search("stolen")
    assert (model.model.name, model.version, model.matches) == (
        "fraud", None, (TextMatch("fraud", "description", "Finds stolen cards"),),
    )  # fmt: skip


def test_a_name_that_is_none_and_a_key_that_is_none_are_errors(shop):
    with pytest.raises(NotFound):
        refs(shop, "gold", "frod")
    with pytest.raises(UsageError):
        refs(shop, "gold", sort="tier")


def test_words_that_were_replaced_taken_back_or_renamed_away_are_not_found():
    made = History()
    made.register("fraud", "one", tag__tier="gold", description="first try")
    made.tag("fraud@1", tier="silver")
    made.describe("fraud@1", "")
    made.rename("fraud", "theft")
    for gone, since in (("gold", 3), ("first", 4), ("fraud", 5)):
        assert refs(made, gone) == []
        assert refs(made, gone, as_of=f"seq:{since - 1}") != []
    made.tag("theft@1", remove=["tier"])
    assert refs(made, "silver") == refs(made, "tier") == []
    made.delete("theft")
    assert refs(made, "theft") == []
    assert refs(made, "theft", as_of="seq:6") == ["theft"]


def test_a_redacted_text_leaves_no_word_in_the_tables():
    """Redacting is making the tables again from details without the line."""
    made = History()
    made.register("fraud", "one", tag__patient="Ana Lima", tag__tier="gold", description="of Ana")
    memory = in_memory()
    for _, data in entries(made.connection):
        entry = parse_entry(data)
        details, documents = named_by(made.connection, entry)
        for line in () if details is None else details.lines:
            assert isinstance(details, Details)
            details = details.redact(line.line_digest) if line.field in ("tag.patient", "description") else details
        write(memory, entry, data, details, documents)
    assert memory.rows("SELECT DISTINCT word FROM word ORDER BY word") == [("fraud",), ("gold",), ("tier",)]


_WORDS = ("gold", "golden", "Zürich", "fraud", "риск", "诈", "x")
_TEXTS = st.lists(st.sampled_from(_WORDS), max_size=3).map(" ".join)
_ACTIONS = st.lists(
    st.tuples(st.sampled_from(["tag", "tag", "describe", "rename"]), st.sampled_from([0, 1, 2]), _TEXTS), max_size=6
)
_QUERIES = st.lists(st.sampled_from([*_WORDS, "go", '"gold fraud"', "fr-go", "诈x"]), min_size=1, max_size=3).map(
    " ".join
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(_ACTIONS, _QUERIES, st.integers(3, 9))
def test_a_search_finds_what_looking_at_every_text_finds(actions, text, seq):
    made, name = History(), "fraud"
    made.register("fraud", "one", tag__tier="gold")
    made.register("fraud", "two", description="fraud in Zürich")
    for verb, version, words in actions:
        about = f"{name}@{version}" if version else name
        if verb == "tag":
            made.tag(about, tier=words)
        elif verb == "describe":
            made.describe(about, words)
        elif name == "fraud":
            made.rename("fraud", "golden/zurich")
            name = "golden/zurich"
    for moment in (None, f"seq:{min(seq, made.connection.one('SELECT max(seq) FROM entry')[0])}"):
        found, by_model = _by_looking_at_all(made.registry, Query(text), moment)
        assert set(refs(made, text, as_of=moment)) == found
        assert set(refs(made, text, as_of=moment, sort="name")) == by_model


def _by_looking_at_all(registry, query, moment):
    """Return what is found, and the versions that are found where only versions are asked for."""
    found, by_model = set(), set()
    for row in registry.models(all=True, as_of=moment):
        page = registry.model(row.name, as_of=moment)
        of_model = [TextMatch(row.name, "name", row.name), *_texts(row.name, page)]
        found |= {row.name} if query.match(of_model) else set()
        for version in registry.versions(row.name, as_of=moment):
            own = _texts(version.ref, registry.version(version.ref, as_of=moment))
            match = query.match(own, of_model)
            found |= {version.ref} if match and match.texts[0] in own else set()
            by_model |= {version.ref} if match else set()
    return found, by_model


def _texts(ref, page):
    texts = [TextMatch(ref, f"tag.{key}", value) for key, value in page.tags.items()]
    return [*texts, *([TextMatch(ref, "description", page.description)] if page.description else [])]
