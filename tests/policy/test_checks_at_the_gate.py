"""The rule of a stage about a check: its newest result counts, as long as it is young enough and has not expired."""

import pytest
from history import BEGINNING, History, at

from modelkeep.domain.policy.rules import RequiredCheck, Rules, StageRules
from modelkeep.domain.times import format_time
from modelkeep.errors import Damaged, Denied, UsageError

DAY = 86_400


def governed(*checks, **stage):
    history = History()
    history.register("fraud", "one")
    history.policy(Rules(stages=(StageRules(name="staging"), StageRules(name="production", checks=checks, **stage))))
    return history


def rule(history, name="bias"):
    return next(each for each in history.judgement("fraud@1").results if each.rule == f"check {name}")


def test_a_missing_check_refuses():
    history = governed(RequiredCheck(name="bias"))
    assert (rule(history).value, rule(history).passed) == ("missing", False)
    with pytest.raises(Denied, match="check bias: missing, must be pass or warn"):
        history.promote("fraud@1", "production")


@pytest.mark.parametrize("result", ["pass", "warn"])
def test_pass_and_warn_let_a_version_in(result):
    history = governed(RequiredCheck(name="bias"))
    history.check("fraud@1", "bias", result)
    history.promote("fraud@1", "production")


def test_a_fail_after_a_pass_refuses_and_a_pass_after_it_does_not():
    history = governed(RequiredCheck(name="bias"))
    history.check("fraud@1", "bias", "pass")
    failed = history.check("fraud@1", "bias", "fail")
    assert rule(history).value == f"fail in entry {failed} of {at(failed)[:19]}Z"
    with pytest.raises(Denied):
        history.promote("fraud@1", "production")
    history.check("fraud@1", "bias", "pass")
    history.promote("fraud@1", "production")


def test_the_result_of_another_check_or_version_does_not_count():
    history = governed(RequiredCheck(name="bias"))
    history.register("fraud", "two")
    history.check("fraud@1", "bias.v2", "pass")
    history.check("fraud@2", "bias", "pass")
    with pytest.raises(Denied, match="check bias: missing"):
        history.promote("fraud@1", "production")


def test_a_check_that_is_older_than_the_policy_allows_refuses():
    history = governed(RequiredCheck(name="bias", max_age=120))  # an entry of a history takes a minute
    history.check("fraud@1", "bias", "pass")
    history.note("fraud@1", "a minute later")
    assert rule(history).passed
    history.note("fraud@1", "two minutes later")
    stale = rule(history)
    assert not stale.passed
    assert stale.bound == "pass or warn, at most 2m old"
    assert stale.value.startswith("pass in entry 4 of 2026-01-01T00:04:00Z")
    with pytest.raises(Denied, match="at most 2m old"):
        history.promote("fraud@1", "production")


def test_a_check_expires_by_the_time_of_the_promotion():
    history = governed(RequiredCheck(name="bias"))
    checked = history.check("fraud@1", "bias", "pass", expires=at(6))
    assert checked == 4
    history.promote("fraud@1", "staging")
    expired = rule(history)  # of entry 6, at that very time
    assert (expired.passed, expired.value) == (False, f"pass in entry 4 of {at(4)[:19]}Z, counts until {at(6)[:19]}Z")
    with pytest.raises(Denied, match="counts until"):
        history.promote("fraud@1", "production")


def test_a_check_does_not_expire_in_the_past():
    history = governed()
    with pytest.raises(UsageError, match="which is past"):
        history.check("fraud@1", "bias", "pass", expires=format_time(BEGINNING))


def test_a_rule_that_warns_lets_a_failed_check_in_and_says_so():
    history = governed(RequiredCheck(name="bias", warn=True))
    history.check("fraud@1", "bias", "fail")
    found = rule(history)
    assert (found.passed, found.refuses) == (False, False)
    history.promote("fraud@1", "production")


@pytest.mark.parametrize("name", ["licence", "license", "metadata"])
def test_what_the_registry_knows_by_itself_is_no_check_to_record(name):
    with pytest.raises(UsageError, match=f"{name} is no check that is recorded") as caught:
        governed().check("fraud@1", name)
    assert "require = [" in caught.value.hint


@pytest.mark.parametrize("name", ["", "Bias", "a b", "\x1b[31m", "../x", "x" * 65, "-a", "a-"])
def test_a_name_that_is_none_is_refused_and_escaped(name):
    with pytest.raises(UsageError, match="not a name for a check") as caught:
        governed().check("fraud@1", name)
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("stored", [1, 1 << 20])
def test_evidence_that_fits_into_a_document_is_not_left_to_the_store(stored):
    with pytest.raises(Damaged, match="larger evidence is in the store"):
        governed().check("fraud@1", "bias", evidence="report", stored=stored)


def test_a_document_of_evidence_has_a_bound():
    governed().check("fraud@1", "bias", evidence="x" * (1 << 20))
    with pytest.raises(Damaged, match="larger evidence is in the store"):
        governed().check("fraud@1", "bias", evidence="x" * ((1 << 20) + 1))


def test_the_size_of_evidence_without_evidence_is_refused():
    with pytest.raises(Damaged, match="larger evidence is in the store"):
        governed().check("fraud@1", "bias", stored=5 << 20)
