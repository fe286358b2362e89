"""The words of a text, and which texts a search finds."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.answers.found import TextMatch
from modelkeep.domain.search.query import Query
from modelkeep.domain.search.words import LONGEST_WORD, located_words, words
from modelkeep.errors import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("risk/Credit-Score v1.2 max_depth", ["risk", "credit", "score", "v1", "2", "max", "depth"]),
        ("Zürich, ÉCOLE, Straße, İstanbul", ["zurich", "ecole", "strasse", "istanbul"]),
        ("ﬁnal ½ Ⅳ n\xadaïve e\u0301te", ["final", "1", "2", "iv", "naive", "ete"]),
        ("欺诈model検知", ["欺", "诈", "model", "検", "知"]),
        ("🚀launch", ["🚀", "launch"]),
        ("हिन्दी", ["हिनदी"]),
        ("Ελλάς КРЕДИТ", ["ελλασ", "кредит"]),
        ("x" * 70, ["x" * LONGEST_WORD]),
        ("", []),
        ("\n-- ' \" * ^", []),
    ],
)
def test_words_have_no_case_and_no_accents(text, found):
    assert words(text) == tuple(unicodedata.ucd_3_2_0.normalize("NFKD", word) for word in found)


def test_a_character_that_unicode_3_2_does_not_know_is_a_word_as_it_is():
    """What a later Unicode says of it may depend on the Python, and the words of a text must not."""
    assert words("aẞb\u1c90") == ("a", "ẞ", "b", "\u1c90")


@given(st.text())
def test_words_are_their_own_words_and_stand_where_they_are_said_to_stand(text):
    for word in located_words(text):
        assert words(word.text) == (word.text,)
        assert word.text in words(text[word.begin : word.end])


@given(st.text(st.characters(max_codepoint=127)))
def test_a_text_with_a_letter_more_that_is_not_ascii_has_the_same_words_before_it(text):
    assert words(f"{text} é") == (*words(text), "e")


@given(st.text())
def test_no_text_means_more_than_its_words(text):
    try:
        query = Query(text)
    except UsageError:
        assert words(text.replace('"', " ")) == ()
        return
    assert {word for term in query.terms for word in term.words} == set(words(text.replace('"', " ")))
    assert query.match([TextMatch("fraud", "description", text.replace('"', " "))]) is not None


@pytest.mark.parametrize(
    ("search", "text", "cost"),
    [
        ("credit", "Credit risk", 4),
        ("cred", "Crédit risk", 5),
        ("redit", "Credit risk", None),
        ("risk credit", "Credit risk", 8),
        ('"credit risk"', "credit-risk", 4),
        ('"risk credit"', "credit-risk", None),
        ('"credit ris"', "credit-risk", None),
        ("credit-ris", "credit risk", 5),
        ("credit-risk", "credit card, card risk", None),
        ('credit"', "credit", 4),
        ("NEAR(credit) OR", "credit", None),
        ("col:credit*", "col credit", 4),
        ("诈检", "欺诈检测", 4),
        ("检诈", "欺诈检测", None),
        ("0.9", "auc is 0.91", 5),
    ],
)
def test_each_word_begins_a_word_and_a_phrase_is_in_order(search, text, cost):
    match = Query(search).match([TextMatch("fraud", "description", text)])
    assert (None if match is None else match.cost) == cost


def test_names_count_before_tags_and_tags_before_descriptions_and_own_texts_before_others():
    name, tag, text = (
        TextMatch("risk", "name", "risk"), TextMatch("risk@1", "tag.of", "risk"), TextMatch("risk@1", "description", "risk"),
    )  # fmt: skip
    query = Query("risk")
    assert query.match([text, tag], [name]) == (2, (tag,))
    assert query.match([text], [name]) == (4, (text,))
    assert query.match([], [name]) == (0, (name,))
    assert Query("of-risk").match([tag]) == (2, (tag,))  # the key of a tag is a part of it


def test_what_a_search_asks_for_is_marked_in_a_text():
    assert Query("éc zur").hits("Die École in Zürich") == [(4, 9), (13, 19)]
    assert Query('"the school"').hits("The schools, the school") == [(0, 3), (13, 16), (17, 23)]


@pytest.mark.parametrize("text", ["", "  ", '"', '""', "*", "--", "x" * 1001])
def test_a_search_without_a_word_is_refused(text):
    with pytest.raises(UsageError, match=r"there is no word to search for|1001 characters"):
        Query(text)
