"""A report of the past is the report that was made then: of every moment of two stories with all kinds of entries."""

import pytest
from governed_story import governed_history
from history import registry_of
from msgspec.structs import replace
from stories import golden_history

from modelkeep.errors import NotFound

STORIES = {"governed": governed_history, "golden": golden_history}


@pytest.mark.parametrize("name", STORIES)
def test_a_report_of_the_past_is_the_one_of_a_replay_up_to_then(name):
    history = STORIES[name]()
    present = history.registry
    head = present.report().head
    for seq in range(1, head.seq + 1):
        then = registry_of(history.until(seq)).report()
        now = present.report(until=f"seq:{seq}")
        period = replace(now.period, until=None)
        requests = tuple(map(as_of_then, now.requests))
        assert replace(now, head=then.head, period=period, requests=requests) == replace(
            then, requests=tuple(map(as_of_then, then.requests))
        )


def as_of_then(request):
    """Return a request without what is only said of the present: what the policy says of it now."""
    approvals = tuple(replace(each, counts=None, why=None) for each in request.approvals)
    return replace(request, approvals=approvals, holder=None, rules=(), plan=None, needed=None, who_may_approve=None)


@pytest.mark.parametrize("name", STORIES)
def test_an_annex_of_the_past_is_the_one_of_a_replay_up_to_then(name):
    history = STORIES[name]()
    present = history.registry
    for seq in range(1, present.report().head.seq + 1):
        then = registry_of(history.until(seq))
        for row in (row for model in then.models() for row in then.versions(model.name)):
            if not row.deleted:
                assert present.annex_iv(row.ref, as_of=f"seq:{seq}") == then.annex_iv(row.ref)


def test_a_model_that_came_later_has_no_report_yet():
    with pytest.raises(NotFound):
        governed_history().registry.report(model="churn", until="seq:5")
