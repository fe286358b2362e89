"""What a terminal shows, drawn on one with a fixed width, time and zone."""

from msgspec.structs import replace
from rows import (
    CHURN,
    DEPLOYMENT,
    DIGEST,
    ENTRY,
    FRAUD,
    LINEAGE,
    MODEL,
    REQUEST,
    SIGNAL,
    TENURE,
    VERSION,
    drawn,
    version_row,
)

from modelkeep.cli.views.approvals import RequestsView
from modelkeep.cli.views.found import FoundView
from modelkeep.cli.views.history import EntriesView, TenuresView
from modelkeep.cli.views.layout import text
from modelkeep.cli.views.lists import ModelsView, VersionsView
from modelkeep.cli.views.maintenance import VerificationView
from modelkeep.cli.views.relations import LineageView
from modelkeep.cli.views.serving import DeploymentsView, SignalsView
from modelkeep.cli.views.setup import StatusView
from modelkeep.cli.views.show import ModelView, VersionView
from modelkeep.domain.answers.found import Found, TextMatch
from modelkeep.domain.answers.maintenance import Verification, VerifyFinding
from modelkeep.domain.answers.reports import Lineage, LineageEdge, LineageNode, Status
from modelkeep.domain.answers.versions import Deletion


def test_models_are_a_matrix_the_busiest_first():
    assert drawn(ModelsView(None, [CHURN, FRAUD], ["staging", "production"])) == (
        "model   development   staging   production\n"
        "fraud   5  2h (+3)    4  1d     3  12d  ~ 4 at 10%\n"
        "churn   -             -         2  90d\n"
    )


def test_no_models_draw_nothing():
    assert drawn(ModelsView(None, [], ["staging"])).strip() == ""


def test_versions_leave_out_columns_that_nobody_uses():
    assert drawn(VersionsView(None, [version_row(4, stages=("production",), state="active"), version_row(3)])) == (
        "version   stage        state         created   author     size\n"
        "fraud@4   production   active        2d        ana      3.2 MB\n"
        "fraud@3   -            development   2d        ana      3.2 MB\n"
    )


def test_what_was_found_has_its_words_in_bold_and_only_the_part_around_them():
    long = f"{'before ' * 9}the \x1b[2J stolen\n\ncards of Zürich {'after ' * 20}"
    view = FoundView(
        None,
        [
            Found("fraud", (TextMatch("fraud", "name", "fraud"),), FRAUD, None),
            Found("fraud@4", (TextMatch("fraud@4", "description", long),), None, version_row(4)),
            Found("fraud@3", (TextMatch("fraud@3", "tag.card", ""),), None, version_row(3, stages=("production",))),
        ],
        "card zurich",
    )
    assert drawn(view, width=200) == (
        "ref       stage        created   in            text\n"
        "fraud                            name          fraud\n"
        "fraud@4   -            2d        description   …before the \\x1b[2J stolen cards of Zürich after after after after after after …\n"
        "fraud@3   production   2d        tag.card      -\n"
    )
    assert "\x1b[1mcards\x1b[0m of \x1b[1mZürich\x1b[0m" in drawn(view, width=200, color=True)
    narrow = drawn(FoundView(None, view.found, view.query, ["metric.auc"]), width=40)
    assert narrow.split("\n")[0].split() == ["ref", "metric.auc", "text"]
    # The reference stands once, also where it is asked for and the window is narrow.
    for width in (20, 30, 60, 200):
        asked = drawn(FoundView(None, view.found, view.query, ["ref", "digest", "created", "author"]), width=width)
        assert asked.count("fraud@3") == 1, width


def test_the_log_reads_as_sentences_by_day():
    earlier = replace(ENTRY, seq=9, time="2026-11-21T23:59:59.000000Z", actor="benedict", login="root")
    entries = [
        replace(earlier, seq=8, login=None),
        earlier,
        replace(ENTRY, seq=210, time=earlier.time[:9] + "2T08:00:00.000000Z"),
        replace(ENTRY, claimed="cho@x.org"),
    ]
    assert drawn(EntriesView(entries), width=120) == (
        "Sat 2026-11-21  2 entries\n"
        '  23:59:59  benedict                      promoted fraud@4 to production, in place of fraud@3: "march data"  #8\n'
        '  23:59:59  benedict (logged in as root)  promoted fraud@4 to production, in place of fraud@3: "march data"  #9\n'
        "\n"
        "Sun 2026-11-22 (yesterday)  1 entry\n"
        '  08:00:00  ana               promoted fraud@4 to production, in place of fraud@3: "march data"  #210\n'
        "\n"
        "Mon 2026-11-23 (today)  1 entry\n"
        '  01:09:51  ana (claims cho@x.org)  promoted fraud@4 to production, in place of fraud@3: "march data"  #211\n'
    )


def test_nothing_is_lost_in_sixty_columns():
    for view in (VersionView(VERSION, None), ModelView(MODEL, None), LineageView(LINEAGE)):
        shown = drawn(view, width=60)
        assert [line for line in shown.splitlines() if len(line) > 60] in ([], [f"    {DIGEST}"]), type(view)
        assert "…" not in shown
    narrow = drawn(EntriesView([ENTRY]), width=60)
    assert " ".join(narrow.split()) == " ".join(drawn(EntriesView([ENTRY]), width=200).split())
    assert max(map(len, narrow.splitlines())) <= 60


def test_a_versions_page_says_where_it_stands_and_what_made_it():
    shown = drawn(VersionView(VERSION, None))
    assert shown.splitlines()[:2] == ["fraud@3  2.0  active in production", "Scores card payments"]
    for wanted in (
        "champion",
        "9f2c4e1ab07d (dirty)",
        "data:transactions@2026-02",
        "max_depth  8",
        "owner=risk",
        "fine on weekends",
        "seeds        42, numpy=7\n",
        "missing     code dirty\n",
        "environment\n  python        CPython 3.11.7\n  machine       Linux x86_64\n  accelerators  4 x NVIDIA A100\n",
        "  packages      2  (modelkeep show fraud@3 --packages)\n  lock          uv.lock  sha256:2\n",
        "CI\n  system  github\n  run     https://github.com/acme/fraud/actions/runs/77\n  by      octo\n",
        "attachments\n  diff  1.2 kB\n",
    ):
        assert wanted in shown, wanted


def test_a_models_page_says_that_nothing_is_left_in_the_pipeline():
    for versions, out in ((2, "2 versions  archived"), (0, "0 versions  deleted")):
        shown = drawn(ModelView(replace(MODEL, versions=versions, archived=True), None))
        assert shown.splitlines()[0] == f"fraud  {out}"


def test_a_deleted_version_tells_who_deleted_it_and_why():
    deletion = Deletion(9, "2026-11-22T08:00:00.000000Z", "ben", "a trial")
    shown = drawn(VersionView(replace(VERSION, state="deleted", stages=(), deletion=deletion), None))
    assert shown.splitlines()[0] == "fraud@3  2.0  deleted"
    assert "  deleted     2026-11-22 08:00:00 by ben: a trial\n" in shown
    assert "by ben\n" in drawn(VersionView(replace(VERSION, deletion=replace(deletion, reason=None)), None))


def test_a_models_page_has_its_stages_and_newest_versions():
    shown = drawn(ModelView(MODEL, None))
    assert shown.startswith("fraud  5 versions\nScores card payments\n")
    assert "production    fraud@3 2.0  12d, by ana  ~ 4 at 10%" in shown
    assert "champion -> 3" in shown
    assert "fraud@5" in shown


def test_a_bad_version_that_holds_a_stage_is_called_both_in_lineage():
    node = LineageNode("fraud@4", "version", "bad", ("staging",))
    assert drawn(LineageView(Lineage("fraud@4", (node,), ()))) == "fraud@4  staging  bad\n"


def test_lineage_is_a_tree_up_and_down_with_every_node_once():
    assert drawn(LineageView(LINEAGE)) == (
        "fraud@4  production  made from\n"
        "├── data:transactions@2026-02  trained on\n"
        "└── fraud@3  superseded  derived from\n"
        "    └── data:transactions@2026-02  trained on  (see above)\n"
        "fraud@4  production  went into\n"
        "└── distilled@1  development  derived from\n"
    )


def test_a_tree_is_drawn_in_ascii_where_there_is_nothing_else():
    shown = drawn(LineageView(LINEAGE), encoding="ascii")
    assert shown.isascii()
    assert "fraud@3" in shown


def test_history_says_how_a_tenure_ended():
    shown = drawn(TenuresView(None, [TENURE]), width=120)
    assert '"autumn\\tdata"   replaced by fraud@4' in shown
    assert "Nov 11 13:00   Nov 23 01:09   11d   ana" in shown


def test_a_row_that_fits_no_table_is_a_block_and_loses_nothing():
    shown = drawn(TenuresView(None, [TENURE]), width=40)
    assert shown == (
        "fraud@3\n  stage  production\n  since  Nov 11 13:00\n  until  Nov 23 01:09\n  for    11d\n  by     ana\n"
        '  began  "autumn\\tdata"\n  ended  replaced by fraud@4\n'
    )


def test_a_table_fits_in_eighty_columns():
    assert drawn(TenuresView(None, [TENURE], "production"), width=80).startswith("version  since")
    assert drawn(VersionsView(None, [version_row(3, label="2.0.0-rc1", stages=("production",))]), width=80).startswith(
        "version"
    )


def test_markup_and_control_characters_of_users_are_shown_as_they_are():
    row = version_row(4, author="[red]x[/red]\x1b[2J", label="[/]")
    shown = drawn(VersionsView(None, [row]))
    assert "[red]x[/red]\\x1b[2J" in shown
    assert "\x1b" not in shown
    assert text("/srv/[store]/x").plain == "/srv/[store]/x"


def test_colours_are_there_only_when_asked_for():
    assert "\x1b[" in drawn(ModelsView(None, [FRAUD], ["production"]), color=True)
    assert "\x1b[" not in drawn(ModelsView(None, [FRAUD], ["production"]))


def test_findings_are_the_answer_and_the_summary_a_note():
    found = Verification(
        ok=False, entries=4, versions=2, blobs=2, size_bytes=6_400_000, head_seq=4, head_hash=None,
        findings=(VerifyFinding("error", "blob.corrupt", "fraud@2 model.onnx", "one byte differs"),),
        errors=1,
    )  # fmt: skip
    view = VerificationView(found)
    assert drawn(view).splitlines()[1:] == ["error   blob.corrupt   fraud@2 model.onnx   one byte differs"]
    assert view.notes() == ["NOT ok: 4 entries, 2 versions, 2 stored files, 6.4 MB: 1 error"]


def test_files_that_were_not_added_up_are_many():
    found = Status("/r", "flag", "ab", 1, 2, 3, None, "sha256:0", "production", {}, ())
    assert "holds     1 model, 2 versions, many files (status --size), 3 entries\n" in drawn(StatusView(found))
    assert "size_bytes\t-" in StatusView(found).lines()
    assert StatusView(found).document()["size_bytes"] is None


def test_a_request_is_a_row_and_one_of_a_version_a_page_with_what_each_approver_saw():
    assert drawn(RequestsView(None, [REQUEST]), width=140) == (
        "request   version   stage        state   asked           approvals   may approve                    reason\n"
        "17        fraud@4   production   open    1d ago by ana   0/1         user:rita, group:risk (risk)   march data\n"
    )
    narrow = drawn(RequestsView(None, [REQUEST]), width=80)
    assert narrow.splitlines()[0].split() == [
        "request",
        "version",
        "stage",
        "state",
        "approvals",
        "may",
        "approve",
        "reason",
    ]
    assert "march data" in " ".join(narrow.split())
    assert drawn(RequestsView(None, [REQUEST], detailed=True), width=140) == (
        "request 17  fraud@4 for production  open\n"
        '  asked            2026-11-22 09:00:00 by ana: "march data"\n'
        "  would replace    fraud@3\n"
        f"  plan             {DIGEST}\n"
        "  who may approve  user:rita, group:risk (risk)\n"
        "  rule                       value   must be\n"
        "  metric auc min     holds   0.93    >= 0.9\n"
        "  approval of risk   fails   0       1 person with the role risk\n"
        '  approved 2026-11-22 10:00:00 by rita (risk) in entry 18: "seen the report"  '
        "stale: metric auc min was 0.88, and is 0.93\n"
        "    saw it replace      fraud@3\n"
        "    saw metric auc min  0.88\n"
    )


def test_a_broken_glass_is_loud_in_every_list():
    held = replace(FRAUD.holders[0], waived=2)
    fraud = replace(FRAUD, holders=(held,))
    view = ModelsView(None, [fraud], ["staging", "production"])
    assert "3  12d  ~ 4 at 10%  BREAK-GLASS, 2 rules waived" in drawn(view, width=140)
    assert view.notes() == ["warning: fraud@3 is in production by breaking the glass, against rules of the policy"]
    tenure = replace(TENURE, waived=1)
    assert "BREAK-GLASS, 1 rule waived" in drawn(TenuresView(None, [tenure]), width=160)
    version = replace(version_row(3), break_glass=("production",))
    assert len(VersionsView(None, [version]).notes()) == 1


def test_shares_deployments_and_signals_fit_a_terminal():
    assert drawn(TenuresView(None, [replace(TENURE, share=12.5), TENURE])).splitlines()[5].split()[:4] == [
        "fraud@3",
        "production",
        "12.5%",
        "Nov",
    ]
    assert drawn(DeploymentsView(None, [DEPLOYMENT, replace(DEPLOYMENT, drift=None, share=None)]), width=120) == (
        "target   version   status        for          since       drift                   endpoint\n"
        "k8s/eu   fraud@3   running 20%   production   1d by ana   production is fraud@4   https://scorer.example/fraud\n"
        "k8s/eu   fraud@3   running       production   1d by ana   no                      https://scorer.example/fraud\n"
    )
    assert drawn(SignalsView(None, [SIGNAL])) == (
        "entry   version   signal   value   seen        source       then\n"
        "31      fraud@4   errors   0.2     1d by ana   prometheus   left production, marked bad, open\n"
    )


def test_an_evaluation_stands_below_each_version_and_leads_nowhere():
    found = Lineage(
        "a@1",
        (LineageNode("a@1", "version"), LineageNode("b@1", "version"), LineageNode("data:h@1", "data")),
        (
            LineageEdge("a@1", "b@1", "merge_of"),
            LineageEdge("data:h@1", "a@1", "evaluated_on"),
            LineageEdge("data:h@1", "b@1", "evaluated_on"),
        ),
        complete=False,
    )
    assert drawn(LineageView(found)) == (
        "a@1  went into\n├── b@1  merge of\n│   └── data:h@1  evaluated on\n└── data:h@1  evaluated on\n"
    )
    assert LineageView(found).notes() == [
        "warning: there is more than is shown: --up, --down and --depth 2 follow fewer nodes"
    ]
