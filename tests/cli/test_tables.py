"""What a terminal shows, drawn on one with a fixed width, time and zone."""

from msgspec.structs import replace
from rows import CHURN, ENTRY, FRAUD, LINEAGE, MODEL, TENURE, VERSION, screen, version_row

from modelkeep.cli.terminal import text
from modelkeep.cli.views import reads
from modelkeep.cli.views.tables import Tables
from modelkeep.domain.answers.care import Verification, VerifyFinding
from modelkeep.domain.answers.records import Status
from modelkeep.domain.answers.relations import Lineage, LineageNode
from modelkeep.domain.answers.versions import Deletion


def drawn(name: str, *given: object, width: int = 100, encoding: str = "utf-8", color: bool = False) -> str:
    where = screen(width, encoding, color=color)
    return where.drawn(getattr(Tables(where), name)(*given))


def test_models_are_a_matrix_the_busiest_first():
    assert drawn("models", [CHURN, FRAUD], ["staging", "production"]) == (
        "model   development   staging   production\n"
        "fraud   5  2h (+3)    4  1d     3  12d  ~ 4 at 10%\n"
        "churn   -             -         2  90d\n"
    )


def test_no_models_draw_nothing():
    assert drawn("models", [], ["staging"]).strip() == ""


def test_versions_leave_out_columns_that_nobody_uses():
    assert drawn("versions", [version_row(4, stages=("production",), state="live"), version_row(3)]) == (
        "version   stage        state         created   author     size\n"
        "fraud@4   production   live          2d        ana      3.2 MB\n"
        "fraud@3   -            development   2d        ana      3.2 MB\n"
    )


def test_the_log_reads_as_sentences():
    assert drawn("entries", [ENTRY]) == (
        '2026-11-23 01:09:51  ana  promoted fraud@4 to production, in place of fraud@3: "march data"  #211\n'
    )


def test_nothing_is_lost_in_sixty_columns():
    for name, given in [("version", VERSION), ("model", MODEL), ("lineage", LINEAGE)]:
        told = drawn(name, given, width=60)
        assert max(map(len, told.splitlines())) <= 60, name
        assert "…" not in told
    narrow = drawn("entries", [ENTRY], width=60)
    assert " ".join(narrow.split()) == " ".join(drawn("entries", [ENTRY], width=200).split())
    assert max(map(len, narrow.splitlines())) <= 60


def test_a_versions_page_says_where_it_stands_and_what_made_it():
    told = drawn("version", VERSION)
    assert told.splitlines()[:2] == ["fraud@3  2.0  live in production", "Scores card payments"]
    for wanted in (
        "champion",
        "9f2c4e1ab07d (dirty)",
        "data:transactions@2026-02",
        "max_depth  8",
        "owner=risk",
        "fine on weekends",
    ):
        assert wanted in told, wanted


def test_a_models_page_says_that_nothing_is_left_in_the_pipeline():
    for versions, out in ((2, "2 versions  archived"), (0, "0 versions  deleted")):
        told = drawn("model", replace(MODEL, versions=versions, archived=True))
        assert told.splitlines()[0] == f"fraud  {out}"


def test_a_deleted_version_tells_who_deleted_it_and_why():
    deletion = Deletion(9, "2026-11-22T08:00:00.000000Z", "ben", "a trial")
    told = drawn("version", replace(VERSION, state="deleted", stages=(), deletion=deletion))
    assert told.splitlines()[0] == "fraud@3  2.0  deleted"
    assert "  deleted     2026-11-22 08:00:00 by ben: a trial\n" in told
    assert "by ben\n" in drawn("version", replace(VERSION, deletion=replace(deletion, reason=None)))


def test_a_models_page_has_its_stages_and_newest_versions():
    told = drawn("model", MODEL)
    assert told.startswith("fraud  5 versions\nScores card payments\n")
    assert "production    fraud@3 2.0  12d, by ana  ~ 4 at 10%" in told
    assert "champion -> 3" in told
    assert "fraud@5" in told


def test_a_bad_version_that_holds_a_stage_is_called_both_in_lineage():
    node = LineageNode("fraud@4", "version", "bad", ("staging",))
    assert drawn("lineage", Lineage("fraud@4", (node,), ())) == "fraud@4  staging  bad  nothing was found\n"


def test_lineage_is_a_tree_up_and_down_with_every_node_once():
    assert drawn("lineage", LINEAGE) == (
        "fraud@4  production  made from\n"
        "├── data:transactions@2026-02  trained on\n"
        "└── fraud@3  superseded  derived from\n"
        "    └── data:transactions@2026-02  trained on  (above)\n"
        "fraud@4  production  went into\n"
        "└── distilled@1  development  derived from\n"
    )


def test_a_tree_is_drawn_in_ascii_where_there_is_nothing_else():
    told = drawn("lineage", LINEAGE, encoding="ascii")
    assert told.isascii()
    assert "fraud@3" in told


def test_history_says_how_a_tenure_ended():
    told = drawn("tenures", [TENURE], width=120)
    assert "displaced by fraud@4" in told
    assert "Nov 11 13:00   Nov 23 01:09   11d   ana" in told


def test_a_row_that_fits_no_table_is_a_block_and_loses_nothing():
    told = drawn("tenures", [TENURE], width=40)
    assert told == (
        "fraud@3\n  stage  production\n  since  Nov 11 13:00\n  until  Nov 23 01:09\n  for    11d\n  by     ana\n"
        "  why    autumn\\tdata; displaced by\n         fraud@4\n"
    )


def test_a_table_fits_in_eighty_columns():
    assert drawn("tenures", [TENURE], width=80).startswith("ref       stage")
    assert drawn("versions", [version_row(3, label="2.0.0-rc1", stages=("production",))], width=80).startswith(
        "version"
    )


def test_a_time_of_another_year_is_a_date():
    assert screen().minute("2025-12-31T23:59:59.000000Z") == "2025-12-31"


def test_markup_and_control_characters_of_users_are_shown_as_they_are():
    row = version_row(4, author="[red]x[/red]\x1b[2J", label="[/]")
    told = drawn("versions", [row])
    assert "[red]x[/red]\\x1b[2J" in told
    assert "\x1b" not in told
    assert text("/srv/[store]/x").plain == "/srv/[store]/x"


def test_colours_are_there_only_when_asked_for():
    assert "\x1b[" in drawn("models", [FRAUD], ["production"], color=True)
    assert "\x1b[" not in drawn("models", [FRAUD], ["production"])


def test_findings_stand_above_the_summary():
    found = Verification(
        ok=False, entries=4, versions=2, blobs=2, size_bytes=6_400_000, head_seq=4, head_hash=None,
        findings=(VerifyFinding("error", "blob.corrupt", "fraud@2 model.onnx", "one byte differs"),),
        errors=1,
    )  # fmt: skip
    assert drawn("verification", found).splitlines()[1:] == [
        "error   blob.corrupt   fraud@2 model.onnx   one byte differs",
        "NOT ok: 4 entries, 2 versions, 2 stored files, 6.4 MB: 1 error",
    ]


def test_files_that_were_not_added_up_are_many():
    found = Status("/r", "flag", "ab", 1, 2, 3, None, "sha256:0", "production", (), ())
    assert "holds     1 model, 2 versions, many files (status --size), 3 entries\n" in drawn("status", found)
    assert "size_bytes\t-" in reads.status(found).lines
    assert reads.status(found).document["size_bytes"] is None
