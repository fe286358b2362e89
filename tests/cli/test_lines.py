"""What a pipe and a program get: lines, identifiers, documents."""

import json

import msgspec.structs
import pytest
from rows import (
    ATTACHMENT,
    CHURN,
    DEPLOYMENT,
    DIGEST,
    ENTRY,
    FRAUD,
    IDLE,
    LINEAGE,
    MODEL,
    PACKAGES,
    SIGNAL,
    TENURE,
    VERSION,
    drawn,
    version_row,
)

from modelkeep.cli.record_formats import Writer
from modelkeep.cli.views import interface
from modelkeep.cli.views.columns import VERSION_KEYS, require_columns, split_columns
from modelkeep.cli.views.found import FoundView
from modelkeep.cli.views.history import EntriesView, TenuresView
from modelkeep.cli.views.interface import View, as_json, json_pages
from modelkeep.cli.views.lists import ModelsView, VersionsView
from modelkeep.cli.views.origin import AttachmentView, PackagesView
from modelkeep.cli.views.relations import DiffView, IdentifiedView, LineageView
from modelkeep.cli.views.serving import DeploymentsView, PicksView, SignalsView
from modelkeep.cli.views.show import ModelView, VersionView
from modelkeep.cli.views.values import FieldView
from modelkeep.domain.answers.found import Found, TextMatch
from modelkeep.domain.answers.reports import Diff, DiffRow, Identified
from modelkeep.domain.answers.serving import Pick, Picks
from modelkeep.domain.answers.versions import AsOf, Evaluation, TenureChange, VersionRow
from modelkeep.domain.numbers import Number
from modelkeep.errors import UsageError
from modelkeep.rendering import beginning, ending
from modelkeep.store.db.sql.versions import values_of


class ThingView(View, frozen=True):
    name: str

    def identifiers(self):
        return [self.name]


def test_models_are_one_line_per_stage_held_by_name_highest_stage_first():
    assert ModelsView(None, [CHURN, FRAUD, IDLE]).lines() == [
        "churn\tproduction\t2\t-\t2026-08-25T09:12:44Z\t-",
        "fraud\tproduction\t3\t2.0\t2026-11-11T08:00:01Z\t4=10",
        "fraud\tstaging\t4\t-\t2026-11-22T08:40:17Z\t-",
        "idle\t-\t7\t1.2\t-\t-",
    ]


def test_no_models_are_no_lines():
    view = ModelsView(None, [])
    assert (view.lines(), view.identifiers()) == ([], [])
    assert as_json(view.document()) == '{"schema":"modelkeep.models/1","as_of":null,"models":[]}\n'


def test_quiet_models_are_names():
    assert ModelsView(None, [CHURN, FRAUD]).identifiers() == ["churn", "fraud"]


def test_versions_are_a_line_each_in_the_order_given():
    rows = [version_row(4, stages=("production", "staging"), state="active"), version_row(3, label="2.0")]
    assert VersionsView(None, rows).lines() == [
        "fraud\t4\t-\tproduction,staging\tactive\t2026-11-20T09:12:44Z\tana",
        "fraud\t3\t2.0\t-\tdevelopment\t2026-11-20T09:12:44Z\tana",
    ]


@pytest.mark.parametrize(
    ("typed", "columns"),
    [
        ("ref, param.a,b ,state", ("ref", "param.a,b", "state")),
        ("param.top-1, top-5,tag.x", ("param.top-1, top-5", "tag.x")),
        ("metric.auc,label", ("metric.auc", "label")),
    ],
)
def test_a_key_with_a_comma_is_one_column(typed: str, columns: tuple[str, ...]):
    assert split_columns(typed, list) == columns


def test_the_name_of_all_metrics_is_answered_with_the_key_of_one():
    with pytest.raises(UsageError) as error:
        split_columns("ref,metrics", lambda: ["metric.auc", "tag.owner"])
    assert error.value.hint == "there are metric.auc"
    assert error.value.correction == ("ref,metrics", "ref,metric.auc")


def test_what_is_no_column_and_follows_no_key_is_refused():
    with pytest.raises(UsageError, match="there is no column 'nope'"):
        split_columns("ref,nope", list)


def test_columns_replace_the_usual_ones():
    row = version_row(
        4, evaluations=(Evaluation("auc", Number("0.9140"), None, "t1", "ana"),), tags={"owner": "risk"}, bad=True
    )
    keys = ["ref", "metric.auc", "metric.f1", "tag.owner", "bad", "size_bytes", "created"]
    assert VersionsView(None, [row], keys).lines() == ["fraud@4\t0.9140\t-\trisk\tyes\t3200000\t2026-11-20T09:12:44Z"]


def test_what_was_found_is_a_reference_a_field_its_text_and_the_columns():
    row = version_row(4, evaluations=(Evaluation("auc", Number("0.9140"), None, "t1", "ana"),))
    found = [
        Found("fraud", (TextMatch("fraud", "description", "Finds\tstolen\ncards"),), FRAUD, None),
        Found("fraud@4", (TextMatch("fraud@4", "tag.card", ""), TextMatch("fraud", "name", "fraud")), None, row),
    ]
    assert FoundView(None, found, "card").lines() == [
        "fraud\tdescription\tFinds\\tstolen\\ncards",
        "fraud@4\ttag.card\t-",
    ]
    assert FoundView(None, found, "card", ["metric.auc", "state"]).lines() == [
        "fraud\tdescription\tFinds\\tstolen\\ncards\t-\t-",
        "fraud@4\ttag.card\t-\t0.9140\tdevelopment",
    ]
    assert FoundView(None, found, "card").identifiers() == ["fraud", "fraud@4"]


def test_a_column_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="there is no column 'colour'") as refused:
        split_columns("colour", list)
    assert (refused.value.hint or "").endswith(
        ", created, author, digest, size_bytes, files, deleted, shares, break_glass, formats, description, metric.K, param.K, tag.K"
    )
    for typed, meant in (
        ("auc", "metric.auc"),
        ("metrc.auc", "metric.auc"),
        ("ownr", "tag.owner"),
        ("creatd", "created"),
    ):
        with pytest.raises(UsageError) as refused:
            split_columns(f"ref,{typed}", lambda: ["metric.auc", "tag.owner"])
        assert refused.value.correction == (f"ref,{typed}", f"ref,{meant}")


def test_columns_of_csv_are_whole_values_with_a_heading_also_without_rows():
    row = version_row(
        4, evaluations=(Evaluation("auc", Number("0.9140"), None, "t1", "ana"),), tags={"note": "a\tb"}, bad=True
    )
    view = VersionsView(None, [row], ["ref", "metric.auc", "metric.f1", "tag.note", "bad", "stages", "created"])
    assert Writer("csv").answer(view, "csv").split("\r\n") == [
        "ref,metric.auc,metric.f1,tag.note,bad,stages,created",
        f"fraud@4,0.9140,,a\tb,true,,{row.created}",
        "",
    ]
    assert Writer("csv").answer(VersionsView(None, [], ["ref", "label"]), "csv") == "ref,label\r\n"
    found = [Found("fraud", (TextMatch("fraud", "description", "Finds\tcards"),), FRAUD, None)]
    assert (
        Writer("csv").answer(FoundView(None, found, "card", ["state"]), "csv")
        == "ref,field,text,state\r\nfraud,description,Finds\tcards,\r\n"
    )


@pytest.mark.parametrize(
    ("form", "quiet"),
    [("json", False), ("jsonl", False), ("env", False), ("{ref}", False), ("lines", True), ("table", True)],
)
def test_columns_are_refused_where_the_answer_has_none(form: str, quiet: bool):
    with pytest.raises(UsageError, match="--columns chooses the columns of lines, tables and csv"):
        require_columns(form, quiet=quiet)
    require_columns("csv", quiet=quiet)


def test_every_plain_field_of_a_version_is_a_column():
    rest = {"metrics", "evaluations", "params", "tags"}
    assert {each.name for each in msgspec.structs.fields(VersionRow)} - rest == set(VERSION_KEYS)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("digest", DIGEST),
        ("label", "2.0"),
        ("reason", ""),
        ("reason.of.it", ""),
        ("metric.auc", "0.9070"),
        ("metric.auc@transactions@2026-02", "0.9070"),
        ("metric.auc@data:transactions@2026-02", "0.9070"),
        ("param.layers", "[64,32]"),
        ("param.seed", ""),
        ("metrics", '{"auc":0.9070}'),
        ("stages", "production"),
        ("param.max_depth", "8"),
        ("tag.owner", "risk"),
        ("aliases", "champion"),
        ("children", "fraud@4"),
        ("runs", ""),
        ("bad", "false"),
        ("code.dirty", "true"),
        ("params", '{"max_depth":8,"rate":1e-3,"layers":[64,32],"shuffle":true,"seed":null}'),
        ("size_bytes", "3200000"),
    ],
)
def test_a_field_is_one_line_null_an_empty_one(field: str, text: str):
    assert FieldView.of("fraud@3", VersionView(VERSION, None).document(), field).lines() == [text]


def measured(*values):
    """Return a version with these values, each of a name, a value and the data, the newest first."""
    evaluations = tuple(Evaluation(name, Number(value), data, "t", "ana") for name, value, data in values)
    return VersionView(msgspec.structs.replace(VERSION, metrics=values_of(evaluations), evaluations=evaluations), None)


def field(view, name):
    """Return what a field prints, or the hint of its refusal."""
    try:
        return FieldView.of("fraud@3", view.document(), name).lines()
    except UsageError as error:
        return error.hint


def test_a_metric_means_the_value_without_data_else_the_only_one():
    view = measured(("auc", "0.7", "a@1"), ("auc", "0.9", None), ("f1", "0.5", "a@1"))
    assert field(view, "metric.auc") == ["0.9"]
    assert field(view, "metric.f1") == ["0.5"]
    assert field(view, "metric.auc@a@1") == ["0.7"]
    assert field(view, "metric.auc@") == ["0.9"]
    assert field(view, "metric.f1@") == "there are metric.f1, metric.f1@a@1"
    assert field(view, "metrics.auc@a@1") == ["0.7"]


def test_a_metric_on_several_data_and_never_without_has_no_one_value():
    view = measured(("auc", "0.7", "a@1"), ("auc", "0.8", "b@1"))
    with pytest.raises(UsageError, match=r"auc of fraud@3 was measured on a@1 and b@1: which is meant\?"):
        FieldView.of("fraud@3", view.document(), "metric.auc")
    assert field(view, "metric.auc") == "metric.auc@a@1 or metric.auc@b@1"
    with pytest.raises(UsageError):
        VersionsView(None, [view.answer], ["metric.auc"]).lines()
    assert VersionsView(None, [view.answer], ["metric.auc@b@1"]).lines() == ["0.8"]


def test_an_at_sign_splits_a_metric_from_its_data_only_where_it_is_no_name():
    view = measured(("recall@5", "0.1", None), ("recall", "0.2", "5"), ("recall@5", "0.3", "b@1"))
    assert field(view, "metric.recall@5") == ["0.1"]
    assert field(view, "metric.recall@5@b@1") == ["0.3"]
    view = measured(("k", "0.1", "a@b"), ("k@a", "0.2", "b"))
    assert field(view, "metric.k@a@b") == "metric.k@data:a@b or metric.k@a@data:b"
    assert field(view, "metric.k@data:a@b") == ["0.1"]
    assert field(view, "metric.k@a@data:b") == ["0.2"]


def test_a_metric_that_has_the_name_of_another_on_data_hides_no_value():
    view = measured(("auc@h@1", "0.5", None), ("auc", "0.4", "h@1"))
    lines = [line for line in view.lines() if line.startswith("metric.")]
    assert lines == ["metric.auc@h@1\t0.5", "metric.auc\t0.4", "metric.auc@data:h@1\t0.4"]
    assert field(view, "metric.auc@h@1") == ["0.5"]
    assert field(view, "metric.auc@data:h@1") == ["0.4"]


def test_a_column_means_the_same_metric_in_every_row():
    named = measured(("auc@h@1", "0.5", None)).answer
    on_data = measured(("auc", "0.9", "h@1")).answer
    columns = ["metric.auc@h@1", "metric.auc@data:h@1"]
    assert VersionsView(None, [named, on_data], columns).lines() == ["0.5\t-", "-\t0.9"]


def test_a_field_that_is_none_is_answered_with_the_metric_that_was_meant():
    view = measured(("auc", "0.7", "a@1"), ("auc", "0.8", "b@1"), ("f1", "0.5", None))
    assert field(view, "auc") == "there are metric.auc@a@1, metric.auc@b@1"
    assert field(view, "metric.auc@") == "there are metric.auc@a@1, metric.auc@b@1"
    assert field(view, "metric.acu") == "there are metric.auc@a@1, metric.auc@b@1"
    assert field(view, "metric.auc@c@1") == "there are metric.auc@a@1, metric.auc@b@1"
    hint = field(view, "colour")
    assert "ref, name, version" in hint
    assert hint.endswith("metric.K, param.K, tag.K")


def test_each_field_that_a_pipe_names_is_a_field():
    view = VersionView(VERSION, None)
    for line in view.lines():
        name, value = line.split("\t")
        if value not in {"-", "yes", "no", "null"}:
            assert field(view, name) == [value], name


def test_a_metric_of_a_model_is_one_of_its_latest_version():
    with pytest.raises(UsageError) as error:
        FieldView.of("fraud", ModelView(MODEL, None).document(), "metric.auc")
    assert error.value.hint == "modelkeep show fraud@latest --field metric.auc"


def test_an_unknown_field_is_refused():
    with pytest.raises(UsageError, match=r"there is no field 'metric\.auk'"):
        FieldView.of("fraud@3", VersionView(VERSION, None).document(), "metric.auk").lines()


def test_a_version_in_a_pipe_is_a_line_a_field():
    lines = VersionView(VERSION, None).lines()
    assert "ref\tfraud@3" in lines
    assert "metric.auc\t0.9070" in lines
    assert "metric.auc@transactions@2026-02\t0.9070" in lines
    assert "param.max_depth\t8" in lines
    assert "stages\tproduction" in lines
    assert "reason\t-" in lines
    assert [line for line in lines if "package" in line] == ["environment.package_count\t2"]
    assert "ci.url\thttps://github.com/acme/fraud/actions/runs/77" in lines
    assert "missing\tclean-code" in lines
    assert all(len(line.split("\t")) == 2 and all(line.split("\t")) for line in lines)


def test_packages_are_lines_and_with_q_what_pip_installs():
    view = PackagesView(PACKAGES)
    assert view.lines() == ["numpy\t2.4.6", "scikit-learn\t1.7.2"]
    assert view.identifiers() == ["numpy==2.4.6", "scikit-learn==1.7.2"]
    assert view.notes() == ["2 packages of Python 3.11.7"]


def test_an_attachment_on_a_terminal_has_no_control_characters():
    found = msgspec.structs.replace(ATTACHMENT, content=b"+a\t\x1b[31m\n\xff\n")
    assert AttachmentView.of(found).lines() == ["+a\t\\x1b[31m", "\\xff"]


def test_a_model_in_a_pipe_names_its_newest_versions():
    lines = ModelView(MODEL, None).lines()
    assert "name\tfraud" in lines
    assert "alias" not in lines
    assert "aliases.champion\t3" in lines
    assert "recent\tfraud@5,fraud@4" in lines


def test_history_has_escaped_cells():
    assert TenuresView(None, [TENURE]).lines() == [
        'fraud@3\tproduction\t2026-11-11T13:00:01Z\t2026-11-23T01:09:51Z\tana\t"autumn\\tdata"\treplaced by fraud@4\t-'
    ]


def test_history_says_why_a_tenure_began_and_ended():
    beginnings = [
        (TenureChange("promoted", "ana", "autumn", "fraud@2"), '"autumn"'),
        (TenureChange("promoted", "ana", None, None), "promoted"),
        (TenureChange("registered", "ana", None, None), "registered"),
        (TenureChange("registered", "ana", "nightly", None), 'registered: "nightly"'),
        (TenureChange("rolled_back", "ben", None, "fraud@4"), "rollback from fraud@4"),
    ]
    for began, said in beginnings:
        assert beginning(msgspec.structs.replace(TENURE, began=began)) == said
    ends = [
        (None, None),
        (TenureChange("replaced", "ben", None, "fraud@4"), "replaced by fraud@4"),
        (TenureChange("rolled_back", "ben", "p99", "fraud@2"), 'rolled back: "p99"'),
        (TenureChange("rolled_back", "ben", None, "fraud@2"), "rolled back"),
        (TenureChange("retired", "ben", "merged", None), 'retired by ben: "merged"'),
        (TenureChange("archived", "ben", None, None), "archived by ben"),
        (TenureChange("model_deleted", "ben", "gdpr", None), 'model deleted by ben: "gdpr"'),
    ]
    for ended, said in ends:
        assert ending(msgspec.structs.replace(TENURE, ended=ended)) == said


def test_audit_is_a_line_an_entry_and_keeps_the_raw_entry_in_json():
    view = EntriesView([ENTRY])
    assert view.lines() == [
        (
            "211\t2026-11-23T01:09:51Z\tana\tpromote\tfraud@4\t"
            'promoted fraud@4 to production, in place of fraud@3: "march data"'
        )
    ]
    assert view.document()["entries"][0]["entry"] == '{"seq":211}'


def test_identify_is_a_line_a_tenure():
    row = Identified("fraud@3", "production", "2026-11-11T13:00:01.000000Z", None, "active", "model.onnx", DIGEST)
    assert IdentifiedView(None, [row]).lines() == [
        "fraud@3\tproduction\t2026-11-11T13:00:01Z\t-\tactive\tmodel.onnx\t-\t-"
    ]


def test_lineage_lines_are_edges_from_cause_to_result():
    assert LineageView(LINEAGE).lines() == [
        "data:transactions@2026-02\ttrained_on\tfraud@4\t-\tproduction",
        "data:transactions@2026-02\ttrained_on\tfraud@3\t-\t-",
        "fraud@3\tderived_from\tfraud@4\t-\tproduction",
        "fraud@4\tderived_from\tdistilled@1\tproduction\t-",
    ]


def test_a_diff_has_a_cell_a_version():
    found = Diff(
        ("fraud@3", "fraud@4"),
        same=False,
        rows=(
            DiffRow("metrics", "auc", (Number("0.907"), None), (Number("-0.1"),)),
            DiffRow("metrics", "f1", (0.5, 0.6), (0.1,), changes=(0.2,), better="higher", verdicts=("better",)),
        ),
        commits="a..b",
    )
    assert DiffView(found).lines() == [
        "version\tref\tfraud@3\tfraud@4\t-\t-\t-",
        "metrics\tauc\t0.907\t-\t-0.1\t-\t-",
        "metrics\tf1\t0.5\t0.6\t+0.1\t+20.00%\tbetter",
    ]
    assert drawn(DiffView(found)).splitlines()[-1].endswith("+0.1 (+20.00%) better")
    assert list(DiffView(found).notes()) == ["the code: git log --oneline a..b"]
    assert DiffView(Diff(("fraud@3", "fraud@3"), same=True, rows=())).lines() == []


def test_the_records_of_a_diff_name_its_versions_and_can_be_read_back():
    rows = (DiffRow("files", "b,in", ("sha256:1", None)), DiffRow("format", "dtypes", ("<f8 2, <i4 1", "<f8 2")))
    view = DiffView(Diff(("fraud@3", "fraud@4"), same=False, rows=rows))
    assert Writer("{section} {key} {values}").write(view.record_document("csv"), view.record_field) == (
        'version ref fraud@3,fraud@4\nfiles b,in ["sha256:1",null]\nformat dtypes ["<f8 2, <i4 1","<f8 2"]\n'
    )
    assert len(view.document()["rows"]) == 2


def test_a_diff_of_several_names_each_and_has_digits_that_tell_them_apart():
    rows = (
        DiffRow(
            "metrics", "log_loss", (Number("0.43079343268405085"), Number("0.4307931434189738"), Number("0.5")),
            (Number("-0.00000028926507705"), Number("0.06920656731594915")), changes=(-6.7e-07, 0.160649), better="lower",
            verdicts=("better", "worse"),
        ),
        DiffRow("params", "C", (Number("0.01"), 10000, None), (Number("9999.99"), None), changes=(999999.0, None)),
    )  # fmt: skip
    assert drawn(DiffView(Diff(("fraud@1", "fraud@2", "fraud@3"), same=False, rows=rows)), width=200) == (
        "                     fraud@1     fraud@2     fraud@3   difference from fraud@1\n"
        "metrics   log_loss   0.4307934   0.4307931   0.5       fraud@2 -2.89265e-7 better\n"
        "                                                       fraud@3 +0.0692066 (+16.06%) worse\n"
        "params    C          0.01        10000       -         fraud@2 +9999.99\n"
    )


def test_a_diff_shows_an_empty_text_and_a_null_where_they_are_values():
    found = Diff(
        ("fraud@3", "fraud@4"),
        same=False,
        rows=(DiffRow("tags", "note", ("", None)), DiffRow("params", "seed", (None, None), (), (1,))),
    )
    assert DiffView(found).lines()[1:] == ['tags\tnote\t""\t-\t-\t-\t-', "params\tseed\t-\tnull\t-\t-\t-"]
    assert drawn(DiffView(found)).splitlines() == [
        "                fraud@3   fraud@4",
        'tags     note   ""        -',
        "params   seed   -         null",
    ]


def test_an_empty_tag_is_shown_and_a_missing_one_is_not():
    rows = [version_row(4, tags={"note": ""}, params={"seed": None}), version_row(3)]
    view = VersionsView(None, rows, ["ref", "tag.note", "param.seed"])
    assert view.lines() == ['fraud@4\t""\tnull', "fraud@3\t-\t-"]
    assert drawn(view).splitlines()[1:] == ['fraud@4   ""         null', "fraud@3   -          -"]
    page = VersionView(msgspec.structs.replace(VERSION, tags={"note": ""}), None)
    assert 'tag.note\t""' in page.lines()
    assert FieldView.of("fraud@3", page.document(), "tag.note").lines() == [""]


def test_json_has_pairs_as_objects_and_nulls_present():
    found = json.loads(as_json(VersionView(VERSION, AsOf(12, "2026-11-20T00:00:00.000000Z")).document()))
    assert found["schema"] == "modelkeep.version/1"
    assert found["params"] == {"max_depth": 8, "rate": 0.001, "layers": [64, 32], "shuffle": True, "seed": None}
    assert found["reason"] is None
    assert found["as_of"] == {"seq": 12, "time": "2026-11-20T00:00:00.000000Z"}
    assert found["created"] == "2026-11-10T10:00:00.000000Z"


def test_json_is_one_line_in_a_pipe():
    assert as_json(ThingView("modèle\n").document()) == '{"schema":"modelkeep.thing/1","name":"modèle\\n"}\n'


def test_json_carries_names_that_are_no_utf_8_and_shows_control_characters():
    assert as_json(ThingView("\udcff\x9b").document()) == '{"schema":"modelkeep.thing/1","name":"\\udcff\\u009b"}\n'


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "-"),
        ("", "-"),
        ((), "-"),
        ("a\tb\nc\\d", r"a\tb\nc\\d"),
        ("\x1b[31m", r"\x1b[31m"),
        (True, "yes"),
        (0, "0"),
        (("a", "b"), "a,b"),
    ],
)
def test_no_cell_is_empty_or_breaks_a_line(value: object, cell: str):
    assert interface.cell(value) == cell


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("pages", [[0], [2], [2, 1], [1, 2, 0], [0, 0, 3]])
def test_a_document_in_pages_is_the_document(pages, pretty):
    odd = msgspec.structs.replace(ENTRY, sentence='said "]" and "[", twice:\n]}')
    parts = list(json_pages((EntriesView([odd] * rows) for rows in pages), pretty=pretty))
    assert "".join(parts) == as_json(EntriesView([odd] * sum(pages)).document(), pretty=pretty)
    assert len(parts) == len(pages) + 1


def test_what_is_in_use_is_lines():
    assert DeploymentsView(None, [DEPLOYMENT]).lines() == [
        "k8s/eu\tfraud@3\trunning\t20\tproduction\t2026-11-22T09:00:00Z\tana\tproduction is fraud@4\thttps://scorer.example/fraud"
    ]
    assert SignalsView(None, [SIGNAL]).lines() == [
        "31\tfraud@4\terrors\t0.2\t2026-11-22T09:00:00Z\tana\t1200\t3600\tprometheus\tsignal\t-\tproduction\tyes"
    ]
    pick = Pick("a\tkey", "fraud@3", 3, 9990)
    picks = PicksView(None, Picks("fraud", "production", "0" * 32, 2, (), (pick,)))
    assert (picks.lines(), picks.identifiers()) == (["fraud@3\ta\\tkey\t9990"], ["fraud@3"])
