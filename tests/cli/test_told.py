"""What a change says: the transcripts of the contract, word for word."""

import msgspec.structs
import pytest
from rows import PROMOTED, REGISTERED, change

from modelkeep.cli.views import changes
from modelkeep.domain.answers.care import Verification, VerifyFinding
from modelkeep.domain.answers.changes import Passed, RolledBack, Verdict

LOOKED = Verification(ok=True, entries=2, versions=1, blobs=1, size_bytes=5, head_seq=2, head_hash="sha256:0")


@pytest.mark.parametrize(
    ("looked", "said"),
    [
        ({}, "ok: 2 entries, 1 version, 1 stored file, 5 B"),
        ({"quick": True}, "ok: 2 entries, 1 version, 1 stored file, 5 B (no replay, sizes only)"),
        ({"quick": True, "blobs": 0}, "ok: 2 entries, 1 version, 0 stored files, 5 B (no replay)"),
        (
            {"quick": True, "entries": 0, "subset": "1/7"},
            "ok: 0 entries, 1 version, 1 stored file, 5 B (part 1/7, sizes only)",
        ),
    ],
)
def test_a_verification_says_what_it_left_out(looked, said):
    assert changes.summary(msgspec.structs.replace(LOOKED, **looked)) == said


def test_what_helps_is_told_beside_a_repair_too_but_for_the_repair_itself():
    wrong = tuple(VerifyFinding("error", code, "somewhere", "is wrong") for code in ("blob", "head"))
    bad = msgspec.structs.replace(LOOKED, ok=False, findings=wrong)
    repair, accept = changes.what_next(bad)
    assert "--repair" in repair
    assert "--accept-head" in accept
    assert changes.what_next(bad, repairing=True) == [accept]


def test_a_promotion_prints_before_and_after():
    assert changes.change(PROMOTED).lines == ["production: fraud@3 -> fraud@4"]
    assert changes.change(PROMOTED).ids == ["fraud@4"]


def test_a_verification_that_finds_the_database_damaged_says_what_brings_it_back():
    damaged = VerifyFinding("error", "database", "database", "file is not a database")
    assert changes.what_next(msgspec.structs.replace(LOOKED, ok=False, findings=(damaged,))) == [
        "hint: cp BACKUP/registry.db REGISTRY/        (what was written since is lost: docs/backup.md)"
    ]


def test_what_was_so_already_prints_nothing_and_says_why():
    same = change(changed=False, why="fraud@4 is in production already", effects=PROMOTED.effects)
    assert changes.change(same).lines == ()
    assert changes.beside(same) == ["nothing to do: fraud@4 is in production already"]


def test_a_dry_run_answers_the_same_and_says_that_it_was_one():
    dry = msgspec.structs.replace(PROMOTED, dry_run=True)
    assert changes.change(dry).lines == ["production: fraud@3 -> fraud@4"]
    assert changes.beside(dry) == ["dry run: nothing was written"]


def test_a_registration_prints_the_ref_alone_and_tells_the_rest_beside():
    assert changes.reference(REGISTERED, "registered").lines == ["fraud@4"]
    assert changes.registered(REGISTERED) == [
        "3.2 MB in 1 file, code a1b2c3d (dirty), data transactions@2026-02",
        "auc 0.914 (+0.007 vs production fraud@3)",
        "next: modelkeep promote fraud@4 staging",
    ]


def test_a_registration_that_promotes_says_so_on_stderr():
    made = msgspec.structs.replace(
        REGISTERED, effects=PROMOTED.effects, hints=(), warnings=("loss is NaN, kept as text",)
    )
    assert changes.registered(made)[2:] == ["production: fraud@3 -> fraud@4", "warning: loss is NaN, kept as text"]


def test_the_same_again_still_prints_the_ref():
    again = msgspec.structs.replace(
        REGISTERED, changed=False, why="already registered as fraud@4", notes=(), verdict=(), hints=()
    )
    assert changes.reference(again, "registered").lines == ["fraud@4"]
    assert changes.registered(again) == ["already registered as fraud@4"]


def test_a_rollback_names_whom_it_passed_over():
    back = RolledBack(
        action="rollback", name="fraud", ref="fraud@4", changed=True, seq=9, passed_over=(Passed("fraud@3", "marked bad"),),
        notes=("fraud@2 was live 12 days",), hints=("undo: modelkeep mark fraud@4 good",),
    )  # fmt: skip
    assert changes.beside(back) == [
        "fraud@2 was live 12 days",
        "fraud@3 was passed over: marked bad",
        "undo: modelkeep mark fraud@4 good",
    ]


def test_a_verdict_without_numbers_puts_both_values_side_by_side():
    assert (
        changes.verdict(Verdict("auc", "n/a", "production fraud@3", "0.9", None))
        == "auc n/a (0.9 in production fraud@3)"
    )
    assert changes.verdict(Verdict("auc", "0.9", None, None, None)) == "auc 0.9"
