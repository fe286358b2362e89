"""Pages that people sign: word for word, the same for the same head, and no text of a user is more than text."""

from datetime import UTC, datetime, timedelta

import pytest
from governed_story import GOLDEN, HOSTILE, QUARTER, governed_history, pages
from history import History
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from modelkeep.domain.answers.period import Checked, Head
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound, UsageError
from modelkeep.papers.markdown import code, escape, facts, page, table
from modelkeep.papers.report import report_page
from modelkeep.registry import Registry

PARSER = MarkdownIt("commonmark").enable("table")


@pytest.fixture(scope="module")
def history():
    return governed_history()


@pytest.mark.parametrize("name", ["report.md", "report-quarter.md", "annex.md", "annex-hostile.md", "notes.md"])
def test_the_page_is_word_for_word_the_one_that_people_know(name):
    expected = (GOLDEN / name).read_text(encoding="utf-8")
    assert pages()[name] == expected, "python tests/support/governed_story.py renews it; look at the difference"


def test_release_notes_go_from_a_version_to_a_later_one_of_the_same_model(history):
    registry = history.registry
    for refs, said in (
        (["fraud@2", "fraud@1"], "go to a later version, not from fraud@2 to fraud@1"),
        (["fraud@2", "fraud@2"], "go to a later version, not from fraud@2 to fraud@2"),
        (["fraud@1", "churn@1"], "of two versions of one model, not of fraud and churn"),
        (["fraud@1", "fraud@2", "fraud@3"], "of two versions, not of 3"),
        ([], "of two versions, not of 0"),
    ):
        with pytest.raises(UsageError, match=said):
            registry.release_notes(refs)
    found = registry.release_notes("fraud@3")  # against production
    assert (found.before, [each.ref for each in found.versions], found.metric) == ("fraud@2", ["fraud@3"], "auc")
    assert (found.versions[0].point.against, found.versions[0].point.verdict) == ("fraud@2", "worse")


def test_release_notes_compare_with_the_last_version_that_stands_and_show_that_values_differ():
    history = History()
    for number, auc in enumerate(("0.9123456789", "0.95", "0.99", "0.92", "0.9123456791")):
        history.register("fraud", str(number), metrics=[("auc", auc)])
    history.mark("fraud@2")
    history.archive("fraud@3")
    found = history.registry.release_notes(["fraud@1", "fraud@5"])
    assert [(each.ref, each.point.against, each.point.verdict) for each in found.versions] == [
        ("fraud@5", "fraud@4", "worse"),
        ("fraud@4", "fraud@1", "better"),
        ("fraud@3", "fraud@1", "better"),
        ("fraud@2", "fraud@1", "better"),
    ]
    assert "| auc | 0.9123456789 | 0.9123456791 | \\+0.0000000002 (+2.2e-08%) | better |" in found.page
    # what was named is compared with, also where it is bad
    (only,) = history.registry.release_notes(["fraud@2", "fraud@3"]).versions
    assert (only.point.against, only.point.verdict) == ("fraud@2", "better")


def test_no_text_of_a_user_is_markup_of_release_notes_and_only_the_newest_versions_are_told():
    history = History()
    for number in range(53):
        history.register("fraud", f"{number}", metrics=[("auc", f"0.{number + 10}")], reason=HOSTILE)
    history.delete("fraud@20")
    history.describe("fraud@53", HOSTILE)
    history.describe("fraud@52", HOSTILE)
    found = history.registry.release_notes(["fraud@1", "fraud@53"])
    assert (
        [each.version for each in map(history.registry.resolve, (each.ref for each in found.versions))],
        found.more,
    ) == ([number for number in range(53, 2, -1) if number != 20], 1)
    assert "20" not in {each.ref.rpartition("@")[2] for each in found.versions}
    assert not {each.type for each in tokens(found.page)} & {
        "link_open",
        "html_block",
        "html_inline",
        "em_open",
        "hr",
        "ordered_list_open",
        "image",
    }
    assert found.page == history.registry.release_notes(["fraud@1", "fraud@53"]).page
    assert "and 1 older version after fraud@1" in found.page


def test_there_is_no_other_golden():
    assert {path.name for path in GOLDEN.iterdir()} == set(pages())


def test_the_report_of_a_period_is_the_same_whatever_happened_since(history):
    before = report_page(history.registry.report(until="seq:15"))
    history.note("churn", "later")
    after = report_page(history.registry.report(until="seq:15"))
    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert [old.partition("**: ")[0] for old, _ in changed] == ["- **Head of the log"]


def test_a_report_tells_every_change_of_a_protected_stage_once_and_who_answers_for_it(history):
    found = history.registry.report()
    assert [(each.seq, each.what, each.before, each.after, each.waived) for each in found.changes] == [
        (3, "promoted", None, "fraud@1", 0),
        (14, "promoted", "fraud@1", "fraud@2", 0),
        (18, "promoted", "fraud@2", "fraud@3", 3),
        (19, "rolled_back", "fraud@3", "fraud@2", 0),
    ]
    by_rules = found.changes[1]
    assert (by_rules.asked_by, by_rules.request, by_rules.reason) == ("ana", 12, "march data")
    assert [(each.actor, each.roles) for each in by_rules.approvals] == [("bo", ("reviewer",))]
    assert [(each.kind, each.seq) for each in found.exceptions] == [("break-glass", 18), ("forced", 24)]
    assert [(each.item, each.closed, each.closed_by, each.answer) for each in found.items] == [
        ("signal", None, None, None), ("break-glass", 20, "bo", "agreed"),
    ]  # fmt: skip


def test_what_left_a_stage_without_another_is_a_change(history):
    later = governed_history()
    later.retire("fraud@2", "production", reason="replaced by rules")
    (change,) = later.registry.report(since="seq:25").changes
    assert (change.what, change.before, change.after, change.reason) == (
        "retired",
        "fraud@2",
        None,
        "replaced by rules",
    )


def test_a_share_that_began_and_was_taken_back_is_two_changes():
    from history import History

    from modelkeep.domain.policy.rules import Rules, SignalRule, StageRules

    story = History()
    story.policy(
        Rules(
            stages=(StageRules(name="staging"), StageRules(name="production", protected=True)),
            signals=(SignalRule(name="errors", then="rollback", above="0.1"),),
        )
    )
    story.register("fraud")
    story.promote("fraud@1", "production")
    story.register("fraud")
    story.promote("fraud@2", "production", share=1000)
    story.signal("fraud@2", "errors", "0.5")
    found = story.registry.report()
    assert [(each.what, each.before, each.after, each.share) for each in found.changes] == [
        ("promoted", None, "fraud@1", None), ("promoted", None, "fraud@2", 10), ("rolled_back", "fraud@2", None, 10),
    ]  # fmt: skip
    text = report_page(found)
    assert "production: beside the holder -> fraud@2 at 10% (promoted)" in text
    assert "production: fraud@2 at 10% -> none (rolled back)" in text


def test_a_model_has_a_report_of_its_own(history):
    found = history.registry.report(model="churn")
    assert (found.changes, found.checks, found.exceptions, found.deployments, found.registered) == ((), (), (), (), 1)
    assert [each.ref for each in found.requests] == ["churn@1"]
    assert history.registry.report(model="fraud").registered == 3
    with pytest.raises(NotFound):
        history.registry.report(model="nothing")


def test_a_period_has_its_bounds(history):
    found = history.registry.report(since=QUARTER, until="seq:14")
    assert (found.period.first, found.period.last) == (6, 14)
    assert [each.seq for each in found.changes] == [14]
    assert (found.end.seq, found.head.seq >= 24) == (14, True)
    assert [each.item for each in found.items] == []
    with pytest.raises(UsageError):
        history.registry.report(since="seq:9", until="seq:3")
    with pytest.raises(NotFound):
        history.registry.report(until="2020-01-01")


def test_an_age_is_a_whole_day_so_that_a_report_made_twice_is_the_same_file(history):
    def made(since, clock):
        context = replace(history.registry._context, clock=lambda: clock)
        return report_page(Registry(context, history.registry._located).report(since=since))

    noon = datetime(2026, 12, 31, 12, 0, 59, 900_000, tzinfo=UTC)
    first = made("364d", noon)
    assert first == made("52w", noon + timedelta(hours=2)) == made("2026-01-01", noon)
    assert first != made("364d", noon + timedelta(days=1))
    assert "- **Asked for**: since 2026-12-31 00:00 UTC\n" in made("12h", noon)
    assert "- **Asked for**: since 2026-01-01T00:00:30.500000Z\n" in made("2026-01-01T00:00:30.5Z", noon)
    with pytest.raises(UsageError):
        made("999999999d", noon)


def test_without_a_protected_stage_the_last_one_counts():
    from history import History

    from modelkeep.domain.policy.rules import Rules, StageRules

    story = History()
    story.policy(Rules(stages=(StageRules(name="staging"), StageRules(name="live"))))
    story.register("fraud")
    story.promote("fraud@1", "staging")
    story.promote("fraud@1", "live")
    found = story.registry.report()
    assert (found.stages, [each.stage for each in found.changes]) == (("live",), ["live"])


def test_what_verify_said_is_said_only_where_it_ran(history):
    from msgspec.structs import replace

    found = history.registry.report()
    assert "not verified" in report_page(found)
    head = Head(24, "2026-01-01T00:24:00.000000Z", "sha256:0")
    good = report_page(
        replace(found, verified=Checked(ok=True, entries=24, errors=0, warnings=0, findings=(), head=head))
    )
    assert "The log is intact: 0 errors, 0 warnings." in good
    assert "not verified" not in good
    bad = Checked(
        ok=False, entries=24, errors=1, warnings=0, findings=("error chain entry 3: its <hash> is another",), head=head
    )
    told = report_page(replace(found, verified=bad))
    assert "The log is **NOT intact**: 1 error, 0 warnings." in told
    assert "- error chain entry 3: its \\<hash> is another" in told


def test_the_log_can_be_verified_for_a_report(tmp_path):
    from world import World

    world = World(tmp_path)
    world.register()
    found = world.registry.report(verify=True)
    assert (found.verified.ok, found.verified.entries, found.verified.head) == (True, 2, found.head)
    world.edit("UPDATE version SET code_commit = 'x'")
    assert not world.registry.report(verify=True).verified.ok


def test_an_annex_has_every_section_and_names_what_it_cannot_know(history):
    found = history.registry.annex_iv("fraud@2")
    assert [each.number for each in found.sections] == [
        *(f"1({letter})" for letter in "abcdefgh"), *(f"2({letter})" for letter in "abcdefgh"), *"3456789",
    ]  # fmt: skip
    assert all(each.unknown for each in found.sections)
    by = {each.number: each for each in found.sections}
    assert ("Commit", "c0ffee" * 6 + "0000") in [(each.name, each.value) for each in by["1(c)"].known]
    assert [each.name for each in by["1(d)"].known if each.name == "Runs at"] == ["Runs at"]
    assert [each.command for each in by["2(d)"].unrecorded] == [
        "modelkeep register fraud PATH --data train=NAME@VERSION"
    ]
    assert by["8"].known == ()


def test_an_annex_lists_the_newest_entries_and_says_where_the_earlier_ones_are():
    history = History()
    history.register("fraud", "one")
    for number in range(201):
        history.signal("fraud@1", "p99", str(number))
    by = {each.number: [one.value for one in each.known] for each in history.registry.annex_iv("fraud@1").sections}
    assert len(by["6"]) == len(by["9"]) == 201
    assert by["6"][0] == "and earlier ones: modelkeep audit fraud@1"
    assert by["9"][-1] == "and earlier ones: modelkeep signals fraud@1"
    assert by["6"][-1].endswith("(entry 203)")
    assert by["9"][0].startswith("p99 = 200 ")


def test_an_annex_of_the_past_knows_nothing_of_later(history):
    past = history.registry.annex_iv("fraud@2", as_of="seq:10")
    known = {each.name for section in past.sections for each in section.known}
    assert {"Metric", "Commit", "Change"} <= known
    assert known.isdisjoint({"In a stage", "Runs at", "Check", "Signal", "Approved", "Marked as bad"})
    assert past.head.seq == 10
    assert past == governed_history().registry.annex_iv("fraud@2", as_of="seq:10")


def tokens(text):
    """Return every token of a page."""
    found = []
    for token in PARSER.parse(text):
        found += [token, *(token.children or ())]
    return found


def test_a_short_code_of_github_is_no_emoji():
    assert escape("a :bug: :100: :+1: at 10:30:00, k:v") == r"a \:bug: \:100: \:+1: at 10:30:00, k:v"


@pytest.mark.parametrize("name", ["report.md", "annex-hostile.md"])
def test_no_text_of_a_user_makes_a_link_html_or_a_heading(name):
    text = pages()[name]
    kinds = {token.type for token in tokens(text)}
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "image", "hr", "fence", "ordered_list_open"})
    assert "a heading" not in [
        token.content
        for before, token in zip(tokens(text), tokens(text)[1:], strict=False)
        if before.type == "heading_open"
    ]
    assert "\x1b" not in text


texts = st.text(st.characters(codec="utf-8"), max_size=60) | st.text("#*_`[]()<>|~-+=.:1 \\!&;/w@\n\t", max_size=30)


@given(texts)
@example("1. one")
@example("1) one")
@example("https://evil.example")
@example("&lt;b&gt;")
@example("a  \nb")
@example("+ x")
@example("===")
def test_an_escaped_text_reads_as_the_text(text):
    shown = escape(text)
    assert "\n" not in shown
    kinds = tokens(f"- **name**: {shown}\n")
    assert {token.type for token in kinds} <= {
        "bullet_list_open", "list_item_open", "paragraph_open", "inline", "strong_open", "strong_close", "text",
        "text_special", "paragraph_close", "list_item_close", "bullet_list_close",
    }  # fmt: skip
    read = "".join(token.content for token in kinds if token.type in ("text", "text_special"))
    assert read == f"name: {printable(text).strip() or '-'}"


@given(texts, texts)
def test_a_cell_is_one_cell(one, two):
    made = PARSER.parse("\n".join(table(("A", "B"), [(one, two)])))
    cells = [token for token in made if token.type == "td_open"]
    assert len(cells) == 2


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
@example("`")
@example("``a`")
def test_a_line_to_be_typed_is_a_code_span(text):
    if not printable(text).strip():
        return
    (inline,) = (token for token in PARSER.parse(f"x {code(text)}") if token.type == "inline")
    (span,) = (child for child in inline.children if child.type == "code_inline")
    assert span.content.strip() == printable(text).strip()


@given(texts)
def test_a_text_of_several_lines_stays_in_its_quotation(text):
    made = PARSER.parse(page([facts([("name", text), ("next", "x")])]))
    assert not {token.type for token in made} & {
        "heading_open",
        "html_block",
        "hr",
        "fence",
        "code_block",
        "table_open",
    }
