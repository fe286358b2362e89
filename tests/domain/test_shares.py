"""Shares of a stage: which keys a version beside the holder serves, and how a share begins and ends."""

import pytest
from history import History
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.shares import MOST_SHARES, SLOTS, owns, parse_share, parse_slots, resized, slot_of, slots_text
from modelkeep.errors import Conflict, UsageError
from modelkeep.store.db.state import SqlState

REGISTRY = "0123456789abcdef0123456789abcdef"
#: Any language must find these: the text is "modelkeep pick 1", the registry, the model's number, stage and key, a line each.
VECTORS = [("production", "user-1", 9990), ("production", "user-2", 8264), ("staging", "user-1", 2799), ("production", "", 1516), ("production", "Zürich 東京", 6511)]  # fmt: skip


@pytest.fixture
def history():
    made = History()
    for _ in range(5):
        made.register("fraud")
    made.promote("fraud@1", "production")
    made.promote("fraud@2", "production")
    return made


def shares(history, stage="production"):
    """Return the share of each version in a stage, with its slots, and the holder."""
    state, model = SqlState(history.connection), history.resolved("fraud").model
    holder = state.holder(model, stage)
    return (holder and holder.version), {
        each.version: (each.share, slots_text(each.slots)) for each in state.shares(model, stage)
    }


def ends(history):
    """Return how each tenure of a share ended."""
    rows = history.connection.rows("SELECT version, share, ended_by FROM tenure WHERE share IS NOT NULL")
    return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize(
    ("text", "share"), [("10", 1000), ("12.5", 1250), ("12.5%", 1250), ("0.01", 1), ("99.99 %", 9999), ("05", 500)]
)
def test_a_share_is_a_percentage_with_two_decimals(text, share):
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["0", "100", "0.001", "-1", "ten", "", "1e1", "0.0", "10.", "٣"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(UsageError, match=r"a share is a percentage from 0\.01 to 99\.99, not '"):
        parse_share(text)


@pytest.mark.parametrize(("stage", "key", "slot"), VECTORS)
def test_the_slot_of_a_key_is_the_same_everywhere_and_for_ever(stage, key, slot):
    assert slot_of(REGISTRY, 2, stage, key) == slot


def test_keys_spread_evenly_over_the_slots():
    found = [slot_of(REGISTRY, 2, "production", f"user-{number}") for number in range(20_000)]
    tenths = [sum(first <= slot < first + SLOTS // 10 for slot in found) for first in range(0, SLOTS, SLOTS // 10)]
    assert all(1850 < count < 2150 for count in tenths)


sizes = st.integers(1, SLOTS - 1)


@given(st.lists(st.tuples(st.integers(0, 4), sizes), max_size=12))
def test_a_version_keeps_its_slots_while_it_grows_and_never_shares_one(changes):
    held = {}
    for version, share in changes:
        others = [slots for each, slots in held.items() if each != version]
        if sum(last - first + 1 for slots in others for first, last in slots) + share >= SLOTS:
            continue
        before = {slot for first, last in held.get(version, ()) for slot in range(first, last + 1)}
        held[version] = resized(held.get(version, ()), others, share)
        assert parse_slots(slots_text(held[version])) == held[version]
        after = {slot for first, last in held[version] for slot in range(first, last + 1)}
        assert len(after) == share
        assert before <= after or after <= before
        every = [slot for slots in held.values() for first, last in slots for slot in range(first, last + 1)]
        assert len(every) == len(set(every))
        assert all(0 <= slot < SLOTS for slot in every)
        assert all(owns(held[version], slot) for slot in after)


def test_shares_stand_beside_the_holder_and_keep_their_slots(history):
    history.promote("fraud@3", "production", share=1000)
    history.promote("fraud@4", "production", share=500)
    assert shares(history) == (2, {3: (1000, "0-999"), 4: (500, "1000-1499")})
    history.promote("fraud@3", "production", share=2000)
    assert shares(history) == (2, {3: (2000, "0-999 1500-2499"), 4: (500, "1000-1499")})
    history.promote("fraud@3", "production", share=400)
    assert shares(history) == (2, {3: (400, "0-399"), 4: (500, "1000-1499")})
    assert ends(history) == [(3, 400, None), (3, 1000, "share"), (3, 2000, "share"), (4, 500, None)]


def test_a_share_that_becomes_the_whole_ends_and_the_others_stay(history):
    history.promote("fraud@3", "production", share=1000)
    history.promote("fraud@4", "production", share=500)
    history.promote("fraud@3", "production")
    assert shares(history) == (3, {4: (500, "1000-1499")})
    assert ends(history) == [(3, 1000, "whole"), (4, 500, None)]
    history.rollback("fraud@3", 2)
    assert shares(history) == (2, {4: (500, "1000-1499")})


def test_a_rollback_of_a_share_ends_it_marks_it_bad_and_never_brings_it_back(history):
    history.promote("fraud@3", "production", share=1000)
    history.rollback("fraud@3", 2)
    assert shares(history) == (2, {})
    assert SqlState(history.connection).version(2, 3).bad
    assert ends(history) == [(3, 1000, "rollback")]
    history.rollback("fraud@2", 1)
    assert shares(history) == (1, {})


def test_a_version_that_had_only_a_share_is_nothing_to_go_back_to(history):
    history.promote("fraud@3", "production", share=1000)
    history.retire("fraud@3", "production")
    history.promote("fraud@4", "production")
    with pytest.raises(Exception, match="fraud@3 never held production"):
        history.rollback("fraud@4", 3)
    history.rollback("fraud@4", 2)
    assert shares(history) == (2, {})


def test_a_rollback_to_a_version_that_has_a_share_gives_it_the_whole_and_leaves_it_nothing_else(history):
    history.promote("fraud@1", "production", share=1000)
    history.rollback("fraud@2", 1)
    assert shares(history) == (1, {})
    assert ends(history) == [(1, 1000, "whole")]
    assert not SqlState(history.connection).was_left(2, "production", 1)


@pytest.mark.parametrize("leave", ["retire", "delete"])
def test_shares_end_with_the_holder_that_leaves_no_one_behind(history, leave):
    history.promote("fraud@3", "production", share=1000)
    if leave == "retire":
        history.retire("fraud@2", "production")
    else:
        history.delete("fraud@2", force=True)
    assert shares(history) == (None, {})
    assert ends(history) == [(3, 1000, leave)]


def test_shares_of_an_unprotected_stage_end_where_its_holder_is_archived(history):
    history.promote("fraud@2", "staging")
    history.promote("fraud@3", "staging", share=1000)
    history.promote("fraud@1", "production")
    history.archive("fraud@2")
    assert shares(history, "staging") == (None, {})


def test_a_version_with_a_share_of_a_protected_stage_is_neither_archived_nor_deleted(history):
    history.promote("fraud@3", "production", share=1000)
    with pytest.raises(Conflict, match="fraud@3 is in production, which is protected"):
        history.archive("fraud@3")
    with pytest.raises(Conflict, match="fraud@3 is in production, which is protected"):
        history.delete("fraud@3")
    history.delete("fraud@3", force=True)
    assert shares(history) == (2, {})


def test_the_holder_keeps_something_and_needs_to_be_there(history):
    history.promote("fraud@3", "production", share=6000)
    with pytest.raises(
        Conflict, match=r"40% of production is too much: others have 60%, and fraud@2, which holds it"
    ) as caught:
        history.promote("fraud@4", "production", share=4000)
    assert caught.value.hint == "modelkeep promote fraud@4 production --share 39.99"
    with pytest.raises(Conflict, match="fraud has nothing in staging: a share is for a version beside the holder"):
        history.promote("fraud@4", "staging", share=10)
    with pytest.raises(Conflict, match="fraud@2 holds production, and a share is for a version beside the holder"):
        history.promote("fraud@2", "production", share=10)


def test_the_same_share_again_changes_nothing(history):
    history.promote("fraud@3", "production", share=1000)
    with pytest.raises(AssertionError, match="fraud@3 has 10% of production"):
        history.promote("fraud@3", "production", share=1000)


def test_a_stage_has_no_more_shares_than_an_entry_can_end(history):
    for number in range(6, MOST_SHARES + 5):
        history.register("fraud")
        history.promote(f"fraud@{number}", "production", share=1)
    history.promote("fraud@3", "production", share=1)
    with pytest.raises(Conflict, match="production has 100 versions beside the holder"):
        history.promote("fraud@4", "production", share=1)
    history.retire("fraud@2", "production")
    assert shares(history) == (None, {})
