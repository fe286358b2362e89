"""Several items: what became of each, and one exit code."""

from rows import PROMOTED, change

from modelkeep.cli.commands.removal import exit_code
from modelkeep.cli.views.changes import ChangesView, ItemOutcome
from modelkeep.cli.views.errors import fields
from modelkeep.errors import Conflict, NotFound

DONE = ItemOutcome("fraud@4", PROMOTED, None)
MISSING = ItemOutcome("fraud@9", None, fields(NotFound("no version 9")))
HELD = ItemOutcome("fraud@3", None, fields(Conflict("it is in production")))


def test_all_done_is_zero():
    assert exit_code([DONE, DONE]) == 0


def test_some_done_is_eight():
    assert exit_code([DONE, MISSING]) == 8


def test_none_done_is_the_reason_where_all_have_the_same():
    assert exit_code([MISSING, MISSING]) == 3
    assert exit_code([MISSING, HELD]) == 8


def test_what_changed_is_on_stdout_and_every_outcome_in_the_document():
    view = ChangesView([DONE, ItemOutcome("fraud@1", change(changed=False), None), MISSING])
    assert view.lines() == ["production: fraud@3 -> fraud@4"]
    assert [row["error"] and row["error"]["code"] for row in view.document()["changes"]] == [None, None, "not_found"]
