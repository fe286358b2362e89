"""Stages and aliases: what they may be called and what a word means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.names import RESERVED
from modelkeep.domain.stages import (
    DEFAULT_STAGES,
    StageDef,
    check_alias,
    check_stages,
    declare_stages,
    is_development,
    is_word,
    resolve_stage,
)
from modelkeep.errors import UsageError


def test_the_default_stages_are_those_of_the_first_entry():
    assert (
        StageDef("staging", protected=False, synonyms=("stg",)),
        StageDef("production", protected=True, synonyms=("prod",)),
    ) == DEFAULT_STAGES


def check_stage(word):
    check_stages([StageDef(word)])


@pytest.mark.parametrize("word", ["staging", "qa", "a", "x1", "pre-prod", "x" * 32, "deadbee", "v", "vb2"])
def test_a_legal_stage_is_kept(word):
    check_stage(word)
    assert check_alias(word, []) == word


@pytest.mark.parametrize(
    ("word", "why", "likely"),
    [
        ("QA", "not a legal name for a stage: 'QA'", "qa"),
        ("pre prod", "not a legal name for a stage: 'pre prod'", "pre-prod"),
        ("x-", "not a legal name for a stage: 'x-'", "x"),
        ("", "not a legal name for a stage: ''", "staging"),
        ("7b", "not a legal name for a stage: '7b'", "my-7b"),
        ("x" * 33, f"not a legal name for a stage: '{'x' * 33}'", "x" * 32),
        ("latest", "'latest' is a reserved word and cannot be the name of a stage", "my-latest"),
        ("v2", "'v2' reads as the number of a version and cannot be the name of a stage", "my-v2"),
        ("12", "'12' reads as the number of a version and cannot be the name of a stage", "my-12"),
        ("v1-2", "'v1-2' reads as a label of a version and cannot be the name of a stage", "my-v1-2"),
        ("deadbeef", "'deadbeef' reads as a digest and cannot be the name of a stage", "my-deadbeef"),
    ],
)
def test_an_illegal_stage_is_refused_with_a_legal_one(word, why, likely):
    with pytest.raises(UsageError) as refusal:
        check_stage(word)
    assert refusal.value.message == why
    assert refusal.value.hint == f"{likely}   (lower case letters, digits and '-', at most 32)"


def test_an_alias_is_spoken_of_as_such():
    with pytest.raises(UsageError) as refusal:
        check_alias("best", [])
    assert refusal.value.message == "'best' is a reserved word and cannot be the name of an alias"
    with pytest.raises(UsageError) as refusal:
        check_alias("", [])
    assert refusal.value.hint.startswith("champion ")


def test_every_reserved_word_is_refused():
    assert RESERVED["word"] == (
        "latest", "none", "all", "any", "best", "head", "archived", "superseded", "bad", "good",
        "active", "deleted",
    )  # fmt: skip
    for word in RESERVED["word"]:
        with pytest.raises(UsageError, match="reserved word"):
            declare_stages([word])
        with pytest.raises(UsageError, match="reserved word"):
            check_alias(word, DEFAULT_STAGES)


@pytest.mark.parametrize("word", ["development", "dev", "Dev"])
def test_an_alias_may_not_be_where_a_version_is_without_a_stage(word):
    with pytest.raises(UsageError) as refusal:
        check_alias(word, DEFAULT_STAGES)
    assert refusal.value.hint.split("   ")[0] in {f"my-{word}", "my-dev"}


def test_dev_stg_and_prod_are_short_for_the_long_words_unless_a_stage_is_called_so():
    assert declare_stages(["dev", "qa", "prod"]) == (StageDef("dev"), StageDef("qa"), StageDef("prod", protected=True))
    assert declare_stages(["stg", "staging", "prod", "production"]) == (
        StageDef("stg"),
        StageDef("staging"),
        StageDef("prod"),
        StageDef("production", protected=True),
    )
    assert declare_stages(["development", "live"]) == (
        StageDef("development", synonyms=("dev",)),
        StageDef("live", protected=True),
    )
    assert is_development("DEV", DEFAULT_STAGES)
    assert is_development("development", declare_stages(["dev", "prod"]))
    assert not is_development("dev", declare_stages(["dev", "prod"]))
    assert not is_development("dev", declare_stages(["development", "prod"]))


@pytest.mark.parametrize("alias", ["production", "prod"])
def test_an_alias_may_not_be_a_stage_nor_a_synonym(alias):
    with pytest.raises(UsageError) as refusal:
        check_alias(alias, DEFAULT_STAGES)
    assert refusal.value.message == f"'{alias}' is a stage here, and an alias may not have a stage's name"
    assert refusal.value.hint == f"my-{alias}"


@given(st.text(max_size=40) | st.from_regex(r"[vV]?[a-fA-F0-9. -]{0,40}", fullmatch=True))
def test_the_spelling_offered_is_always_legal(text):
    for check in (check_stage, lambda word: check_alias(word, [])):
        try:
            check(text)
        except UsageError as refusal:
            check(refusal.hint.split("   ")[0])
        else:
            assert is_word(text)


@pytest.mark.parametrize("word", ["production", "PRODUCTION", "prod", "Prod"])
def test_a_stage_is_found_by_name_and_synonym_without_case(word):
    assert resolve_stage(word, DEFAULT_STAGES) is DEFAULT_STAGES[1]


@pytest.mark.parametrize("word", ["champion", "dev", "", "pro"])
def test_other_words_are_no_stage(word):
    assert resolve_stage(word, DEFAULT_STAGES) is None


def test_a_new_registry_declares_its_stages_in_order_with_the_last_one_protected():
    assert declare_stages(["staging", "production"]) == DEFAULT_STAGES
    assert declare_stages(["qa", "staging", "live-eu"]) == (
        StageDef("qa", protected=False),
        StageDef("staging", protected=False, synonyms=("stg",)),
        StageDef("live-eu", protected=True),
    )


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "a registry needs at least one stage"),
        (["qa", "qa"], "two stages are called 'qa'"),
        (["latest"], "'latest' is a reserved word and cannot be the name of a stage"),
    ],
)
def test_stages_that_could_be_confused_are_refused(names, why):
    with pytest.raises(UsageError) as refusal:
        declare_stages(names)
    assert refusal.value.message == why
