"""What `inspect` prints: a line for each thing in a pipe, a page on a terminal with the dangers first."""

import re

from msgspec.structs import replace
from rows import INSPECTED, INSPECTION, SIGNATURE, VERSION, drawn

from modelkeep.cli.views.inspections import InspectedView
from modelkeep.cli.views.show import VersionView
from modelkeep.domain.answers.inspections import ProblemRow


def test_a_pipe_gets_a_line_for_each_thing():
    lines = list(InspectedView(None, INSPECTED, all_tensors=True).lines())
    assert lines == [
        "-\tformat\t-\tpickle",
        "-\tfact\tparameters\t6",
        "-\tfact\ttensors\t1",
        "-\tfact\tframework\tscikit-learn 1.5.0",
        "-\tproblem\tnote\tit was made by an old release",
        "model.pkl\tproblem\tdangerous\tit imports os.system",
        "model.pkl\tformat\t-\tpickle",
        "model.pkl\tfact\tprotocol\t4",
        "model.pkl\tglobal\tos.system\t-",
        "model.pkl\tglobal\tnumpy.ndarray\t-",
        "w.safetensors\tformat\t-\tsafetensors",
        "w.safetensors\tfact\ttensors\t1",
        "w.safetensors\tfact\tparameters\t6",
        "tokenizer.json\tpart.tokenizer\ttokenizer.json\tsha256:" + "0c41" * 16,
        "-\tinput\tamount\tfloat32[?, 30]",
        "-\tinput\tnote\tstring (optional)",
        "-\toutput\t-\tint64",
        "w.safetensors\ttensor\tw\tF32[2, 3]",
    ]
    assert list(InspectedView(None, INSPECTED).lines()) == lines[:-1]


def test_a_terminal_shows_the_dangers_first():
    assert drawn(InspectedView(None, INSPECTED), width=120) == (
        "fraud@3  pickle (6 parameters)\n"
        "  framework  scikit-learn 1.5.0\n"
        "  recorded   2026-11-10 10:00:00\n"
        "problems\n"
        "  dangerous  model.pkl: it imports os.system\n"
        "  note       it was made by an old release\n"
        "model.pkl  pickle\n"
        "  protocol  4\n"
        "  globals   os.system, numpy.ndarray\n"
        "w.safetensors  safetensors\n"
        "  tensors     1\n"
        "  parameters  6\n"
        "parts\n"
        f"  tokenizer  tokenizer.json  sha256:{'0c41' * 16}\n"
        "signature\n"
        "  input   amount float32[?, 30]\n"
        "  input   note string (optional)\n"
        "  output  int64\n"
        "tensors (all: --tensors)\n"
        "  F32  1 tensor\n"
        "  w    F32[2, 3]\n"
    )


def test_all_tensors_are_a_table():
    page = drawn(InspectedView(None, INSPECTED, all_tensors=True), width=120)
    assert page.endswith("tensors\n  name   dtype   shape\n  w      F32     [2, 3]\n")


def test_very_many_problems_are_counted():
    problems = tuple(ProblemRow("unknown", f"it imports x.y{number}", "model.pkl") for number in range(25))
    page = drawn(InspectedView(None, replace(INSPECTED, inspection=replace(INSPECTION, problems=problems))))
    assert "  unknown  model.pkl: it imports x.y19\n  ...      5 more (--json has all)\n" in page


def test_what_is_not_known_and_what_was_read_now_is_said():
    nothing = InspectedView(None, replace(INSPECTED, inspection=None, signature=None, tensors=()))
    assert list(nothing.lines()) == []
    assert nothing.notes() == ["no file of fraud@3 is of a format that modelkeep knows"]
    now = InspectedView(None, replace(INSPECTED, recorded=False))
    assert now.notes() == ["the stored bytes were read now; to record it: modelkeep supplement fraud@3 --inspect"]
    assert list(InspectedView(None, INSPECTED).identifiers()) == ["pickle", "safetensors"]


def test_the_page_of_a_version_has_its_format_its_dangers_and_its_signature():
    view = VersionView(replace(VERSION, inspection=INSPECTION, signature=SIGNATURE), None)
    page = drawn(view)
    assert re.search(r"^  format +pickle \(6 parameters\)$", page, re.MULTILINE)
    assert "\nproblems\n  dangerous  model.pkl: it imports os.system\n" in page
    assert "\nsignature\n  input   amount float32[?, 30]\n" in page
    lines = list(view.lines())
    assert "inspection.problems.1.text\tit imports os.system" in lines
    assert not any(line.startswith("inspection.files") for line in lines)
