"""The harness that types every hint of the suite finds the ones that do not work."""

import hints
import pytest


@pytest.mark.parametrize(
    "hint",
    [
        "modelkeep list",
        "modelkeep promote fraud@4 STAGE",
        "modelkeep get fraud@4 - > FILE",
        "modelkeep list fraud        (newest is 4)",
        "modelkeep archive 'a b@1' --undo        (or promote it with --force (as root))",
        "modelkeep archive fraud@1\nmodelkeep delete fraud@1",
        "modelkeep show churn 2",
        "modelkeep --help",
        "give it as UTF-8 text",
    ],
)
def test_a_line_that_works_is_good(hint: str):
    assert hints.problem(hint) is None


@pytest.mark.parametrize(
    "hint",
    [
        "modelkeep promote REF STAGE [OPTIONS]",
        "modelkeep restore fraud@1",
        "modelkeep show fraud --version 2",
        "modelkeep get fraud@1",
        "modelkeep init DIR, where this account may make one",
        "modelkeep evaluate or tag fraud@1, or register with --if-exists new",
        "modelkeep note fraud ana's",
        "modelkeep promote fraud@4 WHATEVER",
        "modelkeep list\nmodelkeep lsit",
    ],
)
def test_a_line_that_does_not_work_is_found(hint: str):
    assert hints.problem(hint) is not None


def test_the_hints_of_a_process_are_read_from_its_stderr():
    stderr = (
        "note: x\nerror: no\nhint: modelkeep archive a@1\n      modelkeep delete a@1\nerror: b\nhint: modelkeep list\n"
    )
    assert hints.printed(stderr) == ["modelkeep archive a@1\nmodelkeep delete a@1", "modelkeep list"]
