"""What gc and doctor say beside their answers."""

from rows import drawn

from modelkeep.cli.views.maintenance import DiagnosisView, GarbageView
from modelkeep.domain.answers.maintenance import Cleaned, Diagnosis, DoctorFinding, Garbage

BLOB = Garbage("blob", "sha256:0c41", 1_200_000_000, "never registered")
LEFT = Garbage("leftover", "/r/store/tmp/0-17-a", 0, "left by a process that ended")


def cleaned(**more):
    garbage = more.pop("garbage", (BLOB, LEFT))
    fields = {
        "changed": bool(garbage), "garbage": garbage, "files": 14 if garbage else 0,
        "freed_bytes": sum(each.size_bytes for each in garbage), "young_files": 0, "young_bytes": 0,
        "grace_seconds": 604_800,
    }  # fmt: skip
    return Cleaned(**{**fields, **more})


def test_the_notes_tell_what_was_freed():
    assert GarbageView(cleaned(), "7d").notes() == ["freed 1.2 GB in 14 files"]
    assert GarbageView(cleaned(dry_run=True), "7d").notes() == [
        "would free 1.2 GB in 14 files",
        "dry run: nothing was removed",
    ]


def test_the_notes_tell_what_is_younger_than_the_grace_period():
    found = cleaned(garbage=(), young_files=3, young_bytes=40_000_000)
    assert GarbageView(found, "7d").notes() == [
        "nothing to do: there is no garbage of that age",
        "3 files, 40.0 MB, are younger than 7d",
    ]
    assert GarbageView(cleaned(garbage=()), "7d").notes() == ["nothing to do: there is no garbage"]


def test_the_notes_name_files_that_modelkeep_did_not_make():
    notes = GarbageView(cleaned(garbage=(), unknown=tuple(f"/r/store/{n}" for n in range(12))), "7d").notes()
    assert notes[1] == "unknown: /r/store/0 (not made by modelkeep, left alone)"
    assert notes[-1] == "unknown: and 2 more"


def test_the_lines_of_a_pipe():
    view = GarbageView(cleaned(), "7d")
    assert view.lines() == [
        "sha256:0c41\t1200000000\tnever registered",
        "/r/store/tmp/0-17-a\t0\tleft by a process that ended",
    ]
    assert view.identifiers() == ["sha256:0c41", "/r/store/tmp/0-17-a"]


DIAGNOSIS = Diagnosis(
    ok=False,
    registry="/r",
    findings=(
        DoctorFinding("error", "locks", "/r", "nfs with nolock", "mount it without nolock"),
        DoctorFinding("ok", "python", "/usr/bin/python", "3.11.7"),
    ),
)


def test_a_diagnosis_in_a_pipe_and_in_one_line():
    view = DiagnosisView(DIAGNOSIS)
    assert view.lines() == [
        "error\tlocks\t/r\tnfs with nolock\tmount it without nolock",
        "ok\tpython\t/usr/bin/python\t3.11.7\t-",
    ]
    assert view.identifiers() == ["locks"]
    assert DiagnosisView(DIAGNOSIS).notes() == ["NOT ok: 1 error, 0 warnings, 1 check passed"]


def test_the_tables_of_a_terminal():
    lines = drawn(GarbageView(cleaned(), "7d")).split("\n")
    assert [line.split() for line in lines[1:3]] == [
        ["sha256:0c41", "1.2", "GB", "never", "registered"],
        ["/r/store/tmp/0-17-a", "0", "B", "left", "by", "a", "process", "that", "ended"],
    ]
    table = drawn(DiagnosisView(DIAGNOSIS))
    assert "nfs with nolock\n" in table
    assert "-> mount it without nolock" in table
