"""Answers as records for scripts: JSON Lines, CSV, variables of a shell, templates, the outputs of GitHub Actions."""

import csv
import io
import json
import subprocess

import pytest

from modelkeep.cli import app
from modelkeep.cli.record_formats import Writer, github_output, is_template, records
from modelkeep.domain.numbers import Number
from modelkeep.errors import UsageError

ROWS = {
    "schema": "modelkeep.versions/1",
    "as_of": None,
    "versions": [
        {
            "ref": "fraud@2",
            "stages": ["staging", "production"],
            "metrics": {"auc": Number("0.90"), "a.b": 1},
            "label": None,
        },
        {"ref": 'x "y", z\n', "stages": [], "metrics": {}, "label": "1.0"},
    ],
}
ONE = {"schema": "modelkeep.field/1", "ref": "fraud@2", "name's": "it's $HOME `x`\n", "bad": False, "tags": {"a": 1}}


def test_the_records_are_the_rows_of_the_only_list_else_the_document():
    assert [each["ref"] for each in records(ROWS)] == ["fraud@2", 'x "y", z\n']
    assert records(ONE) == [{key: value for key, value in ONE.items() if key != "schema"}]
    assert records({"schema": "x", "refs": ["a"]}) == [{"refs": ["a"]}]


def test_json_lines_are_a_document_a_line_with_exact_numbers():
    lines = Writer("jsonl").write(ROWS).splitlines()
    assert '"auc":0.90' in lines[0]
    assert [json.loads(line)["ref"] for line in lines] == ["fraud@2", 'x "y", z\n']
    assert Writer("jsonl", "\0").write(ROWS).count("\0") == 2


def test_csv_has_a_header_once_and_is_read_back_by_any_reader():
    writer = Writer("csv")
    text = writer.write(ROWS) + writer.write(ROWS)
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [each["ref"] for each in found] == ["fraud@2", 'x "y", z\n'] * 2
    assert found[0] == {
        "ref": "fraud@2",
        "stages": "staging,production",
        "metrics": '{"auc":0.90,"a.b":1}',
        "label": "",
    }


def test_variables_of_a_shell_are_what_was_given_whatever_is_in_it():
    text = Writer("env").write(ONE)
    script = text + 'printf "%s|%s|%s|%s" "$MK_REF" "$MK_NAME_S" "$MK_BAD" "$MK_TAGS"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == 'fraud@2|it\'s $HOME `x`\n|false|{"a":1}'
    with pytest.raises(UsageError, match="takes an answer of one record, and this one has 2"):
        Writer("env").write(ROWS)


@pytest.mark.parametrize(
    ("template", "lines"),
    [
        ("{ref}", ["fraud@2", 'x "y", z\n']),
        ("{ref}\\t{ metrics.auc }|{label}", ["fraud@2\t0.90|", 'x "y", z\n\t|1.0']),
        ("{{{stages}}}", ["{staging,production}", "{}"]),
        ("{metrics.a.b}\\\\", ["1\\", "\\"]),
        ("{ref}\\0", ["fraud@2", 'x "y", z\n']),
    ],
)
def test_a_template_names_fields(template, lines):
    assert is_template(template)  # a NUL at its end is the only end
    assert Writer(template, "\0").write(ROWS).split("\0")[:-1] == lines


@pytest.mark.parametrize("template", ["{ref", "{ref}}"])
def test_a_brace_without_a_partner_is_refused_at_once(template):
    with pytest.raises(UsageError, match="a brace of the template has no partner"):
        Writer(template)


@pytest.mark.parametrize("template", ["{reff}", "{}", "{ref.x}", "{nope.x}"])
def test_an_unknown_field_is_refused_with_close_ones(template):
    with pytest.raises(UsageError, match="a record has no field"):
        Writer(template).write(ROWS)


def test_a_key_of_a_singular_field_is_answered_with_the_field_of_a_record():
    with pytest.raises(UsageError, match="a record has no field") as error:
        Writer("{metric.a.b}").write({"ref": "m@1", "metrics": {"a.b": 1}})
    assert error.value.hint == "there are metrics.a.b"


def test_a_metric_means_in_a_template_what_it_means_everywhere():
    fields = {"since": "t", "actor": "ana"}
    on_hold = {"name": "auc", "value": Number("0.50"), "data": "hold@1", **fields}
    plain = {"name": "auc", "value": Number("0.90"), "data": None, **fields}
    row = {"ref": "m@1", "evaluations": [on_hold, plain], "params": {"rate": 2}, "tags": {"a.b": "x"}}
    text = "{metric.auc}|{metric.auc@hold@1}|{metric.f1}|{param.rate}|{tag.a.b}"
    assert Writer(text).write(row) == "0.90|0.50||2|x\n"
    assert Writer("{metric.auc}").write({**row, "evaluations": [on_hold]}) == "0.50\n"
    assert Writer("{metric.auc}|{tag.a}").write({"ref": "m@1", "evaluations": None, "tags": None}) == "|\n"
    two = [on_hold, {**on_hold, "data": "t@1"}]
    with pytest.raises(UsageError, match="auc"):
        Writer("{metric.auc}").write({**row, "evaluations": two})


def test_what_stands_below_null_is_empty():
    assert Writer("{ref} {label.of.it}").write({"ref": "m@1", "label": None}) == "m@1 \n"


def test_a_long_name_that_is_unknown_is_cut_and_looked_up_at_once():
    with pytest.raises(UsageError) as error:
        Writer("{" + "a." * 200_000 + "}").write(ROWS)
    assert error.value.message == f"a record has no field '{'a.' * 50}...'"


def test_the_records_of_an_answer_are_the_rows_that_its_view_names():
    document = {"schema": "x", "refs": ["a", "b"], "same": False, "rows": [{"key": "auc", "values": [1, None]}]}
    assert Writer("{key} {values}").write(document, "rows") == "auc [1,null]\n"
    assert Writer("env").write(document, "rows").startswith("MK_REFS=a,b\nMK_SAME=false\n")


@pytest.mark.parametrize("form", [["--format", "env"], ["--github-output"]])
def test_a_change_of_several_things_is_refused_before_where_the_format_takes_one(world, monkeypatch, form):
    world.work.joinpath("m").write_bytes(b"m")
    for _ in range(2):
        world.registry.register("m", ["m"], if_exists="new")
    monkeypatch.chdir(world.work)
    monkeypatch.setenv("GITHUB_OUTPUT", str(world.work / "outputs"))
    registry = ["--registry", str(world.home)]
    for line, has in (
        (["archive", "m@1", "m@2"], "has 2"),
        (["delete", "m@1", "m@2", "--yes"], "has 2"),
        (["prune", "--yes"], "may have several"),
        (["signal", "m@1", "--evidently", "m"], "may have several"),
    ):
        with pytest.raises(UsageError, match=f"takes an answer of one record, and this one {has}"):
            app.run([*registry, *line, *form])
    assert [row.state for row in world.registry.versions()] == ["development"] * 2
    assert app.run([*registry, "archive", "m@1", *form]) == 0


def test_json_and_another_format_contradict_each_other():
    for line in (["list", "--json", "--format", "csv"], ["--format", "{ref}", "list", "--json"]):
        with pytest.raises(UsageError, match="--json and --format"):
            app.run(line)


def test_nul_ends_lines_and_records_and_no_document():
    for line in (
        ["list", "-0", "--json"],
        ["-0", "list", "--format", "csv"],
        ["list", "-0", "--format", "table"],
        ["lineage", "m@1", "-0", "--format", "dot"],
    ):
        with pytest.raises(UsageError, match="-0 ends lines and records, and"):
            app.run(line)


def test_outputs_of_github_cannot_be_broken_out_of():
    document = {"schema": "x", "ref": "fraud@2", "text": "a\nref=evil\nb"}
    assert github_output(document, lambda: "RANDOM") == (
        "ref=fraud@2\ntext<<modelkeep-RANDOM\na\nref=evil\nb\nmodelkeep-RANDOM\n"
    )


def test_an_answer_without_records_has_a_heading_and_refuses_unknown_fields_all_the_same():
    empty = {"schema": "modelkeep.versions/1", "as_of": None, "versions": []}
    assert Writer("csv").write(empty).startswith("ref,name,version,label,state,")
    pages = Writer("csv")
    assert [pages.write(empty).count("\r\n"), pages.write(empty)] == [1, ""]
    assert Writer("jsonl").write(empty) == Writer("{ref} {metrics.auc} {metric.auc} {created}").write(empty) == ""
    for template in ("{nope}", "{ref.x.y} {nope}", "{metrik.auc}"):
        with pytest.raises(UsageError, match="a record has no field"):
            Writer(template).write(empty)
