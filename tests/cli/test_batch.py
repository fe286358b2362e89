"""Several items: each one's fate, and one exit code."""

from rows import PROMOTED, change

from modelkeep.cli import batch
from modelkeep.errors import Conflict, NotFound

DONE = batch.Fate("fraud@4", PROMOTED, None)
MISSING = batch.Fate("fraud@9", None, NotFound("no version 9"))
HELD = batch.Fate("fraud@3", None, Conflict("it is in production"))


def test_all_done_is_zero():
    assert batch.exit_code([DONE, DONE]) == 0


def test_some_done_is_eight():
    assert batch.exit_code([DONE, MISSING]) == 8


def test_none_done_is_the_reason_where_all_have_the_same():
    assert batch.exit_code([MISSING, MISSING]) == 3
    assert batch.exit_code([MISSING, HELD]) == 8


def test_what_changed_is_on_stdout_and_every_fate_in_the_document():
    page = batch.page([DONE, batch.Fate("fraud@1", change(changed=False), None), MISSING])
    assert page.lines == ["production: fraud@3 -> fraud@4"]
    assert [row["error"] and row["error"]["code"] for row in page.document["changes"]] == [None, None, "not_found"]
