"""The page in a real browser: Debian's chromium, driven by Playwright. Nothing may leave it, and its console stays empty.

One browser serves all tests of this module; each has a page of its own.
"""

import csv
import re
import shutil
from pathlib import Path

import pytest
from governed_story import pages
from page_stories import (
    branching_history,
    hostile_history,
    large_page,
    measured_history,
    page_of,
    rich_history,
    waiting_history,
)

from modelkeep.domain.numbers import difference
from modelkeep.papers.html_paper import html_paper
from modelkeep.web import page as web

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,  # a browser takes a second to start, and axe one a view
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VIEWS = (
    "#/", "#/fraud", "#/fraud/2", "#/risk/limits", "#/risk/limits/4", "#timeline", "#timeline?stage=staging",
    "#compare", "#compare?ref=fraud@1&ref=fraud@2&ref=fraud@3&show=all", "#lineage", "#lineage?node=risk/limits@4",
    "#data", "#data?node=data:features@7", "#serving", "#governance", "#governance?show=items", "#governance?show=changes",
    "#governance?show=exceptions", "#governance?show=checks", "#governance?show=policy", "#governance?show=roles",
    "#audit", "#audit?q=promoted", "#search?q=limits", "#/nothing", "#nothing",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return what writes a page into a file, once each."""
    directory = tmp_path_factory.mktemp("pages")

    def write(name, make):
        path = directory / f"{name}.html"
        if not path.exists():
            path.write_text(make(), encoding="utf-8")
        return path

    return write


@pytest.fixture
def rich(files):
    return files("rich", lambda: page_of(rich_history().registry))


@pytest.fixture
def measured(files):
    return files("measured", lambda: page_of(measured_history().registry))


@pytest.fixture
def branching(files):
    return files("branching", lambda: page_of(branching_history().registry))


@pytest.fixture
def hostile(files):
    return files("hostile", lambda: page_of(hostile_history().registry))


@pytest.fixture
def large(files):
    return files("large", lambda: large_page(5_000))


@pytest.fixture
def visit(browser):
    """Return what opens a page at an address in it; whatever it asks for, prints or raises fails the test."""
    wrong, contexts = [], []

    def open_page(path: Path, at="#/", **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: wrong.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: request.url.partition("#")[0] == path.as_uri() or wrong.append(f"request: {request.url}"),
        )
        page.on("popup", lambda popup: wrong.append(f"popup: {popup.url}"))
        page.goto(path.as_uri() + at)
        page.wait_for_selector("main h1")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def go(page, at):
    """Go to an address in the page, and wait for its view: the one before is marked, and goes with it."""
    if page.evaluate("location.hash") == at:
        return
    page.evaluate("() => document.querySelector('main').firstElementChild.setAttribute('data-before', '')")
    page.evaluate("at => { location.hash = at }", at)
    page.wait_for_selector("main:not(:has([data-before])) h1")


def headings(page):
    return page.locator("main h1").inner_text()


def column(page, table, place):
    """Return the texts of a column, from 1."""
    return page.locator(f'[aria-label="{table}"] tbody tr > :nth-child({place})').all_inner_texts()


def test_one_goes_from_the_matrix_to_a_model_and_a_version_and_back(visit, rich):
    page = visit(rich)
    assert page.title() == "Model registry"
    assert [each.split("\n")[0] for each in column(page, "Models and stages", 1)] == ["risk/limits", "fraud", "churn"]
    page.get_by_role("link", name="risk/limits").first.click()
    page.wait_for_selector("h1:has-text('risk/limits')")
    assert page.url.endswith("#/risk/limits")
    page.get_by_role("link", name="v4", exact=True).last.click()
    page.wait_for_selector("h1:has-text('risk/limits@4')")
    assert page.title() == "risk/limits@4 \N{EN DASH} Model registry"
    assert "Reviewed with the credit desk." in page.locator("main").inner_text()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.go_back()
    playwright.expect(page).to_have_title("risk/limits \N{EN DASH} Model registry")
    page.go_back()
    playwright.expect(page).to_have_title("Model registry")


@pytest.mark.parametrize(
    ("at", "heading"),
    [
        ("#/fraud/2", "fraud@2 2.0.0"), ("#/FRAUD/2.0.0", "fraud@2 2.0.0"), ("#/fraud/production/", "fraud@2 2.0.0"), ("#/fraud@production", "fraud@2 2.0.0"),
        ("#/risk/limits/champion", "risk/limits@4"), ("#/risk/limits/latest", "risk/limits@4"), ("#/fraud/99", "Not found"),
        ("#/%E0%A4%A", "Not found"), ("#compare?ref=fraud@1&ref=fraud@zzz", "Compare versions"), ("#lineage?node=nobody@1", "Lineage of nobody@1"),
        ("#audit?seq=18", "Audit"), ("#data?node=data:none", "Not found"), ("#/constructor", "Not found"), ("#__proto__", "Not found"),
    ],
)  # fmt: skip
def test_an_address_can_be_sent(visit, rich, at, heading):
    assert headings(visit(rich, at)) == heading


def test_a_version_is_shown_with_all_that_is_known_of_it(visit, rich):
    page = visit(rich, "#/risk/limits/4")
    text = page.locator("main").inner_text()
    for known in (
        "auc",
        "0.9",
        "holdout@3",
        "fine-tune",
        "risk/limits@3",
        "features@7",
        "run-4",
        "k8s/us",
        "latency",
        "champion",
    ):
        assert known in text, known
    run = page.get_by_role("link", name="https://tracker.example.org/runs/4")
    assert (run.get_attribute("href"), run.get_attribute("rel")) == (
        "https://tracker.example.org/runs/4",
        "noopener noreferrer",
    )


def test_a_table_is_sorted_by_its_headings(visit, rich):
    page = visit(rich, "#/risk/limits")
    table = page.locator('[aria-label="Versions"][role="region"]')
    table.get_by_role("button", name="auc", exact=True).click()
    assert column(page, "Versions", 3) == ["0.9", "0.86", "0.84", "0.81"]
    table.get_by_role("button", name="auc", exact=True).click()
    assert column(page, "Versions", 3) == ["0.81", "0.84", "0.86", "0.9"]
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_each_metric_on_each_data_has_a_column_and_the_best_is_of_one(visit, measured):
    page = visit(measured, "#/fraud")
    table = page.locator('[aria-label="Versions"][role="region"]')
    names = [each.strip() for each in table.locator("thead th").all_inner_texts()]
    assert names[2:9] == ["auc on hold@1", "loss", "auc", "auc on easy@2", "huge", "tiny", "zero"]
    assert column(page, "Versions", 3) == ["0.99", "0.888", "0.9", "0.8999999999", ""]
    assert column(page, "Versions", 5) == ["", "", "", "", "0.95"]
    assert column(page, "Versions", 6) == ["", "", "0.97", "", ""]
    assert table.locator(".best").all_inner_texts() == ["0.9", "1"]
    drawn = page.locator(".u-legend .u-label").all_inner_texts()
    assert drawn == ["version", "auc on hold@1", "auc", "auc on easy@2", "was in production"]


def test_numbers_are_shown_with_the_digits_that_were_given(visit, measured):
    page = visit(measured, "#/fraud")
    assert [column(page, "Versions", at)[1] for at in (7, 8, 9)] == ["1.7e308", "1e-05", "-0.0"]
    assert column(page, "Versions", 4) == ["", "", "1", "2.0", ""]
    go(page, "#compare?ref=fraud@2&ref=fraud@3&ref=fraud@9")
    rows = {each.split("\t")[0]: each.split("\t")[1:] for each in page.locator("table.side tbody tr").all_inner_texts()}
    assert rows["auc on hold@1"] == ["0.8999999999", "0.9 (+0.0000000001, better)"]
    assert rows["loss"] == ["2.0", "1 (\N{MINUS SIGN}1, \N{MINUS SIGN}50 %, better)"]
    assert page.get_by_role("alert").inner_text() == "There is no version fraud@9."


def test_differences_have_the_digits_that_diff_has(browser):
    values = (
        "0.1",
        "0.3",
        "-0.30",
        "2",
        "2.0",
        "-0.0",
        "1e-05",
        "1.25e-30",
        "3E+25",
        "1.7e308",
        "9007199254740993",
        "9007199254740992",
        "120",
    )
    pairs = [[a, b] for a in values for b in values]
    page = browser.new_page()
    found = page.evaluate(
        "([script, pairs]) => { const of = new Function(`${script}; return difference;`)(); return pairs.map((each) => of(...each)); }",
        [web._text("format.js"), pairs],
    )
    page.close()
    assert [each.replace("\N{MINUS SIGN}", "-") for each in found] == [difference(b, a) for a, b in pairs]


def test_a_measurement_that_was_replaced_is_shown_beside_the_one_that_counts(visit, measured):
    page = visit(measured, "#/fraud/4")
    rows = page.locator('[aria-label="Metrics"][role="region"] tbody tr').all_inner_texts()
    assert rows[0].split("\t")[:3] == ["auc ↑", "0.888", "hold@1"]
    assert re.search(r"by ana\s+0\.7827\s+20\d\d-\d\d-\d\d \d\d:\d\d by ana$", rows[0]), rows


def test_a_dataset_says_what_was_made_from_it_and_what_was_measured_on_it(visit, rich):
    page = visit(rich, "#data")
    rows = {
        each.split("\t")[0]: each.split("\t")[1:3]
        for each in page.locator('[aria-label="Datasets"] tbody tr').all_inner_texts()
    }
    assert (rows["features@7"], rows["holdout@3"]) == (["4", "0"], ["0", "1"])


def test_why_a_version_is_bad_and_who_rolled_back_is_said(visit, rich):
    page = visit(rich, "#/fraud/3")
    text = page.locator("main").inner_text()
    assert re.search(r"Marked bad\s+2026-01-01 00:19 by ana: p99 \| latency #19", text), text
    assert re.search(r"rolled back to fraud@2 by ana: p99 \| latency", text), text


def test_a_spreadsheet_gets_exact_numbers_and_no_formulas(visit, measured):
    def saved(page, name):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"{name} as CSV").first.click()
        return list(csv.reader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))

    heading, *rows = saved(visit(measured, "#/fraud"), "Versions")
    found = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [each["loss"] for each in found] == ["", "", "1", "2.0", ""]
    assert (found[1]["zero"], found[1]["tiny"]) == ("-0.0", "1e-05")
    page = visit(measured, "#/fraud")
    page.get_by_label("with parameters").check()
    heading, *rows = saved(page, "Versions")
    assert [row[heading.index("f")] for row in rows] == ["a=b", "'@x", "+3", "'-1+2", "'=1+1"]


def test_what_held_a_stage_on_a_day_and_who_approved_it_is_one_address(visit, rich):
    page = visit(rich, "#timeline?on=2026-01-01")
    table = page.locator('[aria-label="On 2026-01-01"][role="region"]')
    assert column(page, "On 2026-01-01", 2) == ["fraud@1", "fraud@2 2.0.0", "fraud@3", "fraud@2 2.0.0"]
    assert column(page, "On 2026-01-01", 6) == ["", "bo", "", ""]
    assert table.get_by_text("now").count() == 1
    page.get_by_label("On", exact=True).fill("2025-12-31")
    page.wait_for_selector("text=Nothing held it on that day.")
    assert page.url.endswith("on=2025-12-31")


def test_stage_changes_are_narrowed_by_words_and_days(visit, rich):
    page = visit(rich, "#governance?show=changes")
    rows = page.locator('[aria-label="Stage changes"] tbody tr')
    assert rows.count() == 4
    page.get_by_label("Filter").fill("bo fraud@2")
    playwright.expect(rows).to_have_count(1)
    page.get_by_label("Filter").fill("")
    page.get_by_label("to", exact=True).fill("2025-12-31")
    page.wait_for_selector("text=No change is like that.")


def test_an_approval_has_what_its_approver_saw(visit, rich):
    page = visit(rich, "#governance")
    page.locator("summary", has_text="what was seen").click()
    assert column(page, "What was seen", 1) == ["metric auc min", "metric recall min", "check bias"]
    assert column(page, "What was seen", 2)[:2] == ["0.93", "0.4"]
    assert "in place of fraud@1" in page.locator("main").inner_text()


def test_the_search_finds_versions_by_data_checks_and_targets(visit, rich):
    page = visit(rich)
    for words, where, refs in (
        ("holdout@3", "metric: auc=0.88 on holdout@3", ["risk/limits@4"]),
        ("bias", "check: bias pass", ["fraud@2"]),
        ("k8s/us", "runs at: k8s/us", ["risk/limits@4"]),
    ):
        go(page, f"#search?q={words}")
        page.wait_for_selector('[aria-label="Versions found"]')
        assert [each.split()[0] for each in column(page, "Versions found", 1)] == refs
        assert any(where in each for each in column(page, "Versions found", 3))


def test_the_last_change_of_a_model_is_its_newest_entry(visit, rich):
    page = visit(rich)
    assert [each.split()[0] for each in column(page, "Models and stages", 1)] == ["risk/limits", "fraud", "churn"]
    assert column(page, "Models and stages", 6) == ["under 1 min", "17 min", "19 min"]


def test_an_empty_stage_and_a_wrong_version_say_so(visit, measured):
    page = visit(measured, "#/fraud/staging")
    assert headings(page) == "staging of fraud is empty"
    assert "fraud has no version in it. staging over time" in page.locator("main").inner_text()
    page.get_by_role("link", name="staging over time").click()
    playwright.expect(page).to_have_title("Timeline of staging \N{EN DASH} Model registry")
    for address, text in (
        ("#/fraud/nope", "fraud has no version, label, stage or alias nope."),
        ("#/fraud/99", "There is no version 99 of fraud."),
        ("#/nope", "There is no model nope in this registry."),
    ):
        go(page, address)
        assert text in page.locator("main").inner_text()


def test_a_share_and_a_deleted_model_are_said(visit, measured):
    page = visit(measured)
    assert "1 deleted" in page.locator(".cards").inner_text()
    assert "auc on hold@1 0.888" in column(page, "Models and stages", 4)[0].split("\n")
    for address, text in (
        ("#/gone", "every version is deleted"),
        ("#/fraud/2", "production 12.5 %"),
    ):
        go(page, address)
        assert text in page.locator("main").inner_text()
    go(page, "#lineage?node=fraud@2")
    assert page.locator("svg .root .node-kind").text_content() == "in production 12.5 %"


def test_a_request_says_what_it_would_change_and_why_an_approval_does_not_count(visit, files):
    page = visit(files("waiting", lambda: page_of(waiting_history().registry)), "#governance")
    text = page.locator("main").inner_text()
    assert "It holds production already." in text
    assert "does not count stale: it would replace fraud@2, and now fraud@1" in text


def test_the_log_begins_only_where_nothing_is_left_out(visit, rich):
    page = visit(rich, "#audit")
    for address, text in (
        ("#audit", "The log begins here."),
        ("#audit?q=promoted", "No older entry is like that."),
        ("#audit?until=2026-01-01", "The log begins here."),
        ("#audit?q=zzz", "No entry is like that."),
    ):
        go(page, address)
        assert page.locator(".pager").inner_text() == text, address


def test_a_model_of_many_versions_is_narrowed_by_words(visit, large):
    page = visit(large, "#/fraud")
    page.get_by_label("Filter").fill("ana depth=7")
    page.get_by_label("with parameters").check()
    place = next(
        at
        for at, each in enumerate(page.locator('[aria-label="Versions"] thead th').all_inner_texts(), start=1)
        if each.startswith("depth")
    )
    assert set(column(page, "Versions", place)) == {"7"}


def test_versions_are_chosen_and_compared(visit, rich):
    page = visit(rich, "#/risk/limits")
    page.get_by_label("compare risk/limits@4").check()
    page.get_by_label("compare risk/limits@2").check()
    page.get_by_role("link", name="Compare", exact=True).last.click()
    page.wait_for_selector("h1:text-is('Compare versions')")
    assert page.url.endswith("#compare?ref=risk%2Flimits%404&ref=risk%2Flimits%402")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="auc", exact=True))
    assert row.locator("td").all_inner_texts() == ["0.9", "0.86 (\N{MINUS SIGN}0.04, \N{MINUS SIGN}4.44 %, worse)"]
    page.get_by_label("Add a version").fill("fraud@production")
    page.get_by_role("button", name="Add").click()
    page.wait_for_selector("th:has-text('fraud@2')")
    page.get_by_label("Add a version").fill("fraud@77")
    page.get_by_role("button", name="Add").click()
    assert page.get_by_role("alert").inner_text() == "There is no version fraud@77."


def test_a_plot_is_read_with_the_arrows_and_opens_a_version(visit, rich):
    page = visit(rich, "#/risk/limits?metric=loss")
    place = page.get_by_role("group", name="loss over the versions")
    place.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#told:has-text('risk/limits@1: loss 0.8')", state="attached")
    page.keyboard.press("End")
    page.wait_for_selector("#told:has-text('risk/limits@4: loss 0.5')", state="attached")
    assert place.locator("canvas").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('risk/limits@4')")


def test_the_keyboard_alone_is_enough(visit, rich):
    page = visit(rich)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    page.keyboard.type("credit")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Search: credit')")
    page.wait_for_selector("text=1 version")
    assert page.locator('[aria-label="Versions found"] tbody th').all_inner_texts() == ["risk/limits@4"]
    for _ in range(40):  # no trap: the focus goes through the page
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "risk/limits":
            break
    page.keyboard.press("Enter")
    playwright.expect(page).to_have_title("risk/limits \N{EN DASH} Model registry")


def test_the_log_is_searched_by_words_and_action(visit, rich):
    page = visit(rich, "#audit")
    page.get_by_label("Search", exact=True).fill("break")
    page.get_by_label("Action").select_option("acknowledge")
    page.wait_for_selector("text=No entry is like that.")
    page.get_by_label("Search", exact=True).fill("")
    page.wait_for_selector(".entries li")
    assert page.locator(".entries .sentence").count() == 1
    assert "acknowledged entry 18 about fraud@3" in page.locator(".entries").inner_text()
    assert page.url.endswith("#audit?action=acknowledge")


def test_the_log_of_a_version_is_what_is_about_it_or_names_it(visit, rich):
    page = visit(rich, "#/fraud/2")
    page.get_by_role("link", name="Its entries in the log").click()
    playwright.expect(page).to_have_title("Audit \N{EN DASH} Model registry")
    text = page.locator("main").inner_text()
    assert "promoted fraud@3 to production, in place of fraud@2" in text
    assert "churn" not in text
    page.get_by_label("By").select_option("bo")
    playwright.expect(page.locator(".entries li")).to_have_count(1)
    page.get_by_label("to", exact=True).fill("2025-12-31")
    page.wait_for_selector("text=No entry is like that.")
    page.get_by_role("link", name="Show all").click()
    playwright.expect(page.locator(".entries li")).to_have_count(41)


def test_a_table_is_taken_along_for_a_spreadsheet(visit, rich):
    page = visit(rich, "#/risk/limits")
    with page.expect_download() as download:
        page.get_by_role("button", name="Versions as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename == "Versions.csv"
    assert text.splitlines()[:2] == [
        "version,state,stages,aliases,auc,loss,auc on holdout@3,created,author,size",
        "v4,active,staging,champion,0.9,0.5,0.88,2026-01-01T00:30:00.000000Z,ana,8",
    ]


def test_lineage_is_drawn_and_followed(visit, rich):
    page = visit(rich, "#lineage?node=risk/limits@4")
    names = page.locator("svg .node-name").all_text_contents()
    assert {"risk/limits@4", "risk/limits@3", "features@7", "holdout@3", "k8s/us", "run-4"} <= set(names)
    page.locator("svg a", has_text="features@7").click()
    page.wait_for_selector("h1:has-text('Lineage of data:features@7')")
    assert "transactions@2026-03" in page.locator("svg .node-name").all_text_contents()
    field = page.get_by_label("Version, data, run or target")
    for typed, heading in (("k8s/us", "deployment:k8s/us"), ("risk/limits", "risk/limits@4"), ("FEATURE", "FEATURE")):
        field.fill(typed)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"h1:has-text('Lineage of {heading}')")
    assert page.locator("main li").all_inner_texts() == ["data:features@7"]


def boxes_of(page, selector):
    """Return left, top, right and bottom of each element, in pixels of the window."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].map(each => {
            const { left, top, right, bottom } = each.getBoundingClientRect();
            return [left, top, right, bottom];
        })""",
        selector,
    )


def overlapping(boxes):
    """Return the pairs of boxes that share more than a pixel."""
    return [
        (a, b)
        for place, a in enumerate(boxes)
        for b in boxes[place + 1 :]
        if min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1
    ]


def inside(inner, outer):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def test_a_large_lineage_begins_at_its_root_and_names_each_relation(visit, branching):
    page = visit(branching, "#lineage?node=whole@1")
    page.wait_for_function("document.querySelector('.graph').scrollTop > 0")
    nodes = boxes_of(page, ".node rect")
    assert len(nodes) == 55
    assert overlapping(nodes) == []
    (graph,), (root,) = boxes_of(page, ".graph"), boxes_of(page, ".root rect")
    assert inside(root, graph)
    names = page.locator(".relation").all_text_contents()
    assert {each: names.count(each) for each in names} == {
        "merge of": 40, "quantize of": 10, "trained on": 40, "validated on": 1,
    }  # fmt: skip
    assert overlapping(boxes_of(page, ".line rect")) == []
    page.get_by_role("button", name="Fit all of it").click()
    (graph,) = boxes_of(page, ".graph")
    assert all(inside(each, graph) for each in boxes_of(page, ".node rect"))
    page.get_by_role("button", name="Full size").click()
    assert page.locator(".root rect").bounding_box()["width"] == pytest.approx(208, abs=4)
    page.get_by_role("link", name="data shard-1@1", exact=True).focus()
    assert page.locator(".lit .relation").all_text_contents() == ["trained on"] * 10
    (graph,) = boxes_of(page, ".graph")
    assert inside(boxes_of(page, ".node:focus rect")[0], graph)
    assert page.locator('[aria-label="Relations"] tbody tr').count() == 50
    assert "1 to 50 of 91" in page.locator(".pager").inner_text()


def test_lineage_without_a_node_says_where_to_begin(visit, rich, branching):
    page = visit(rich, "#lineage")
    assert page.locator("main li").all_inner_texts() == ["fraud@2"]
    page = visit(branching, "#lineage")
    assert "Nothing is in production: type the name of a version or of data above." in page.locator("main").inner_text()
    assert page.locator("main li").count() == 0


def test_what_waits_for_a_person_is_said_at_the_top(visit, rich):
    page = visit(rich)
    assert page.get_by_role("link", name=re.compile(r"Governance\s*, 2 to look at")).count() == 1
    go(page, "#governance")
    assert "waits for bo" in page.locator("main").inner_text()


#: Of the dark colours only the contrast differs.
@pytest.mark.parametrize(
    ("scheme", "rules"), [("light", {}), ("dark", {"runOnly": ["color-contrast"]})], ids=["light", "dark"]
)
def test_axe_finds_nothing_in_any_view(visit, rich, scheme, rules):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(rich, color_scheme=scheme)
    found = []
    for at in VIEWS:
        go(page, at)
        for each in axe.run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]:
            found += [
                f"{at}: {each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}" for node in each["nodes"][:3]
            ]
    assert found == []


def test_a_paper_is_read_and_printed_as_it_is(visit, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    path = tmp_path / "report.html"
    path.write_text(html_paper(pages()["annex-hostile.md"] + pages()["report.md"]), encoding="utf-8")
    page = visit(path, "", viewport={"width": 700, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert [each["id"] for each in axe.run(page).response["violations"]] == []
    cells = page.eval_on_selector_all("td", "all => all.map(each => [each.innerText, each.offsetHeight])")
    assert min(height for text, height in cells if not text) >= 40  # room for a signature
    page.set_viewport_size({"width": 690, "height": 980})  # A4 between its margins
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 690
    assert "</script>\n[link](https:" in page.locator("blockquote").last.inner_text()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_no_view_is_wider_than_a_narrow_phone(visit, rich):
    page = visit(rich, viewport={"width": 340, "height": 700})
    wide = []
    for at in VIEWS:
        go(page, at)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 340:
            wide.append((at, width))
    assert wide == []


def test_a_phone_shows_names_and_dates_whole_and_that_a_table_goes_on(visit, rich):
    page = visit(rich, "#timeline?stage=staging", viewport={"width": 390, "height": 844})
    assert len(boxes_of(page, ".ticks span")) > 1
    assert overlapping([each for each in boxes_of(page, ".ticks span") if each[2] > each[0]]) == []
    names = page.locator(".lane .name")
    assert names.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth).length") == 0
    go(page, "#governance?show=changes")
    edge = {"x": 374, "y": page.locator("main table").bounding_box()["y"] + 2, "width": 2, "height": 2}  # no text
    before = page.screenshot(clip=edge)
    page.evaluate("() => { const at = document.querySelector('main .scroll'); at.scrollLeft = at.scrollWidth; }")
    assert page.screenshot(clip=edge) != before


def test_the_colours_follow_the_system_and_a_switch(visit, rich):
    page = visit(rich, color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Use light colours").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.reload()
    page.wait_for_selector("main h1")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_a_hostile_registry_runs_nothing(visit, hostile):
    page = visit(hostile)
    views = [
        each.replace("risk/limits", "fraud").replace("fraud/4", "fraud/1").replace("fraud@3", "fraud@2")
        for each in VIEWS
    ]
    for at in [*views, "#/fraud/1", "#lineage?node=fraud@1&env=1", "#search?q=harmed", "#audit?q=harmed"]:
        go(page, at)
        assert page.evaluate("window.harmed") is None, at
        inside = page.evaluate("""() => ({
            elements: document.querySelectorAll('main :is(img, script, iframe, object, embed, base, style, link, meta)').length,
            handlers: [...document.querySelectorAll('main *')].filter((each) => [...each.attributes].some((one) => /^on/i.test(one.name))).length,
            links: [...document.querySelectorAll('main a')].map((each) => each.getAttribute('href')).filter((each) => !each.startsWith('#')),
            turned: /[\\u202a-\\u202e]/.test(document.body.innerText),
        })""")
        assert inside == {"elements": 0, "handlers": 0, "links": [], "turned": False}, at
    go(page, "#/fraud/1")
    text = page.locator("main").inner_text()
    assert "window.harmed = 1" in text
    assert re.search(r"__proto__\s+1e400", text)
    assert re.search(r"constructor\s+NaN", text)
    go(page, "#/fraud/1/")
    assert headings(page) == "fraud/1"


def test_even_a_mistake_runs_nothing(browser, rich):
    """The policy of the page: markup from a text is refused, and so is a script, a style or a connection."""
    context = browser.new_context()
    page = context.new_page()
    failed, answered = [], []
    page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
    page.on("requestfinished", lambda request: answered.append(request.url))
    page.goto(rich.as_uri())
    page.wait_for_selector("main h1")
    refused = page.evaluate("""async () => {
        const refused = [];
        try { document.body.innerHTML += '<img src=x onerror="window.harmed = 1">'; } catch (error) { refused.push(error.name); }
        const script = document.createElement('script');
        try { script.textContent = 'window.harmed = 2'; } catch (error) { refused.push(error.name); }
        script.append('window.harmed = 3');
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'http://127.0.0.1:9/x.png';
        document.body.append(image);
        const link = document.createElement('a');
        link.href = 'javascript:window.harmed=4';
        document.body.append(link);
        link.click();
        try { await fetch('http://127.0.0.1:9/'); } catch (error) { refused.push(error.name); }
        return refused;
    }""")
    assert refused == ["TypeError", "TypeError", "TypeError"]
    assert page.evaluate("window.harmed") is None
    assert failed == [("http://127.0.0.1:9/x.png", "csp")]
    assert answered == [rich.as_uri()]
    context.close()


def test_five_thousand_versions_are_small_and_drawn_a_part_at_a_time(visit, large):
    assert large.stat().st_size < 3_000_000
    page = visit(large)
    assert len(column(page, "Models and stages", 1)) == 50
    go(page, "#/fraud")
    page.wait_for_selector("canvas")
    assert len(column(page, "Versions", 1)) == 50
    assert page.evaluate("document.querySelectorAll('*').length") < 4_000
    page.get_by_role("button", name="Last", exact=True).first.click()
    assert column(page, "Versions", 1)[-1].strip() == "v1"
    go(page, "#/fraud/1234")
    assert headings(page) == "fraud@1234"
    go(page, "#search?q=risk/model-7@3")
    page.wait_for_selector("text=Version risk/model-7@3")
    go(page, "#audit")
    page.get_by_role("button", name="Older entries").click()
    page.wait_for_selector(".entries li >> nth=700")


def paper_of(page):
    """Return the number of pages that the view is printed on, and the first one's width and height in mm."""
    data = page.pdf(prefer_css_page_size=True)
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data).groups())
    return len(re.findall(rb"/Type /Page\b", data)), round(width * 25.4 / 72), round(height * 25.4 / 72)


def test_a_printed_view_is_whole_and_says_what_it_is_a_copy_of(visit, rich, branching):
    page = visit(rich, "#governance?show=changes")
    assert paper_of(page) == (1, 297, 210)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1030, "height": 700})  # A4 on its side between the margins
    page.evaluate("() => { window.dispatchEvent(new Event('beforeprint')) }")
    head = page.locator("#paper").inner_text()
    assert head.startswith("Model registry")
    assert re.search(r"as of 2026-\S+Z \(UTC\), entry \d+, sha256:[0-9a-f]{64}$", head)
    assert page.locator("td details").count() > 0
    assert page.locator("td details[open]").count() == 0
    for at in VIEWS:
        go(page, at)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1030, at
    page = visit(branching, "#lineage?node=whole@1")
    assert paper_of(page)[0] <= 6
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1030, "height": 700})
    (graph,) = boxes_of(page, ".graph svg")
    assert graph[2] - graph[0] <= 1030
    assert graph[3] - graph[1] <= 625
    rows = page.locator('[aria-label="Relations"] tbody tr')
    page.evaluate("() => { window.dispatchEvent(new Event('beforeprint')) }")
    printed = rows.count()
    page.evaluate("() => { window.dispatchEvent(new Event('afterprint')) }")
    assert (printed, rows.count()) == (91, 50)


def test_an_old_browser_is_told(browser, rich):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(rich.as_uri())
    page.wait_for_selector("text=This browser is too old")
    context.close()


def test_without_javascript_the_page_says_so(browser, rich):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(rich.as_uri())
    assert "switched off" in page.locator("noscript").inner_text()
    context.close()


def test_on_paper_it_is_light_and_details_are_open(visit, rich):
    page = visit(rich, "#/risk/limits", color_scheme="dark")
    page.evaluate("() => { window.dispatchEvent(new Event('beforeprint')) }")
    page.emulate_media(media="print")
    playwright.expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.locator("#views").is_hidden()
    assert page.locator('[aria-label="Tenures"] tbody tr').count() == 2
    assert page.locator('[aria-label="Tenures"]').first.is_visible()
