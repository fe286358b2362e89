"""What a change says: the transcripts of the contract, word for word."""

import msgspec.structs
import pytest
from rows import PROMOTED, REGISTERED, change

from modelkeep.cli.views.changes import ChangeView, RegisteredView, RollbackView
from modelkeep.cli.views.maintenance import VerificationView
from modelkeep.domain.answers.changes import Passed, RolledBack, Verdict
from modelkeep.domain.answers.maintenance import Verification, VerifyFinding
from modelkeep.domain.numbers import Number
from modelkeep.rendering import verdict, verification

LOOKED = Verification(ok=True, entries=2, versions=1, blobs=1, size_bytes=5, head_seq=2, head_hash="sha256:0")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "ok: 2 entries, 1 version, 1 stored file, 5 B"),
        ({"quick": True}, "ok: 2 entries, 1 version, 1 stored file, 5 B (no replay, sizes only)"),
        ({"quick": True, "blobs": 0}, "ok: 2 entries, 1 version, 0 stored files, 5 B (no replay)"),
        (
            {"quick": True, "entries": 0, "subset": "1/7"},
            "ok: 1 version, 1 stored file, 5 B (part 1/7, sizes only)",
        ),
        ({"versions": 0, "blobs": 0, "size_bytes": 0}, "ok: 2 entries"),
    ],
)
def test_a_verification_says_what_it_left_out(changed, sentence):
    assert verification(msgspec.structs.replace(LOOKED, **changed)) == sentence


def test_a_repair_that_failed_gets_every_hint_but_to_repair():
    wrong = tuple(VerifyFinding("error", code, "somewhere", "is wrong") for code in ("blob", "head"))
    bad = msgspec.structs.replace(LOOKED, ok=False, findings=wrong)
    repair, accept = VerificationView(bad).hints()
    assert "--repair" in repair
    assert "--accept-head" in accept
    assert VerificationView(bad, repairing=True).hints() == [accept]


def test_a_store_that_was_repaired_is_not_said_to_be_missing():
    repaired = VerifyFinding(
        "repaired", "blob", "fraud@1", "m.onnx: the store is not there: /r/store; was taken from /b"
    )
    assert VerificationView(msgspec.structs.replace(LOOKED, findings=(repaired,))).hints() == []


def test_a_promotion_prints_before_and_after():
    assert ChangeView(PROMOTED).lines() == ["production: fraud@3 -> fraud@4"]
    assert ChangeView(PROMOTED).identifiers() == ["fraud@4"]


def test_a_verification_that_finds_the_database_damaged_says_what_brings_it_back():
    damaged = VerifyFinding("error", "database", "database", "file is not a database")
    assert VerificationView(msgspec.structs.replace(LOOKED, ok=False, findings=(damaged,))).hints() == [
        "hint: cp BACKUP/registry.db REGISTRY/        (changes made since are lost: docs/backup.md)"
    ]


def test_what_was_so_already_prints_nothing_and_says_why():
    same = change(changed=False, why="fraud@4 is in production already", effects=PROMOTED.effects)
    assert ChangeView(same).lines() == []
    assert ChangeView(same).notes() == ["nothing to do: fraud@4 is in production already"]


def test_a_dry_run_answers_the_same_and_says_that_it_was_one():
    dry = msgspec.structs.replace(PROMOTED, dry_run=True)
    assert ChangeView(dry).lines() == ["production: fraud@3 -> fraud@4"]
    assert ChangeView(dry).notes() == ["dry run: nothing was written"]


def test_a_registration_prints_the_ref_alone_and_tells_the_rest_beside():
    assert RegisteredView(REGISTERED).lines() == ["fraud@4"]
    assert RegisteredView(REGISTERED).notes() == [
        "3.2 MB in 1 file, code a1b2c3d (dirty), data transactions@2026-02",
        "auc 0.914 (+0.007 better than production, fraud@3)",
        "next: modelkeep promote fraud@4 staging",
    ]


def test_a_registration_that_promotes_says_so_on_stderr():
    made = msgspec.structs.replace(
        REGISTERED, effects=PROMOTED.effects, hints=(), warnings=("loss is NaN, kept as text",)
    )
    assert RegisteredView(made).notes()[2:] == ["production: fraud@3 -> fraud@4", "warning: loss is NaN, kept as text"]


def test_the_same_again_still_prints_the_ref():
    again = msgspec.structs.replace(
        REGISTERED, changed=False, why="already registered as fraud@4", notes=(), verdict=(), hints=()
    )
    assert RegisteredView(again).lines() == ["fraud@4"]
    assert RegisteredView(again).notes() == ["already registered as fraud@4"]


def test_a_rollback_names_whom_it_passed_over():
    back = RolledBack(
        action="rollback", name="fraud", ref="fraud@4", changed=True, seq=9, passed_over=(Passed("fraud@3", "marked bad"),),
        notes=("fraud@2 was active 12 days",), hints=("undo: modelkeep mark fraud@4 good",),
    )  # fmt: skip
    assert RollbackView(back).notes() == [
        "fraud@2 was active 12 days",
        "fraud@3 was passed over: marked bad",
        "undo: modelkeep mark fraud@4 good",
    ]


def test_of_many_metrics_only_the_first_are_named():
    many = tuple(Verdict(f"m{number}", None, Number("1"), "production") for number in range(3000))
    notes = RegisteredView(msgspec.structs.replace(REGISTERED, verdict=many, notes=(), hints=())).notes()
    assert notes == [*(f"m{number} 1" for number in range(20)), "2980 more metrics (--json has all)"]


def test_a_verdict_without_numbers_puts_both_values_side_by_side():
    beside = Verdict("auc", None, "n/a", "production", "fraud@3", Number("0.90"))
    assert verdict(beside) == "auc n/a (0.90 in production, fraud@3)"
    assert verdict(Verdict("auc", "h@1", Number("0.90"), "production")) == "auc@h@1 0.90"


@pytest.mark.parametrize(
    ("less", "word", "told"),
    [
        ("0.1", "worse", "+0.1 worse than production, fraud@3"),
        ("-0.1", "better", "-0.1 better than production, fraud@3"),
        ("0", "same", "0 against production, fraud@3"),
        ("0.1", None, "+0.1 against production, fraud@3"),
    ],
)
def test_a_verdict_says_whether_it_is_better_where_that_is_known(less, word, told):
    found = Verdict("loss", None, Number("0.6"), "production", "fraud@3", Number("0.5"), Number(less), word)
    assert verdict(found) == f"loss 0.6 ({told})"
