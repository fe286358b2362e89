"""Papers as HTML: the same words as the Markdown, nothing that runs, and no text of a user that is more than text."""

import base64
import hashlib
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from governed_story import HOSTILE, pages
from markdown_it import MarkdownIt

from modelkeep.cli import app
from modelkeep.papers.html_paper import html_paper
from modelkeep.papers.markdown import escape, facts, table

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "code", "pre",
    "blockquote", "table", "thead", "tbody", "tr", "th", "td", "a", "hr", "br",
}  # fmt: skip


class Reader(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words, self._inside = set(), [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *each) for each in attrs]
        self._inside.append(tag)

    def handle_endtag(self, tag):
        self._inside.append(f"/{tag}")

    def handle_data(self, data):
        if "style" not in self._inside or "/style" in self._inside:
            self.words.append(data)


def words_of(page):
    return " ".join(Reader(page).words).split()


@pytest.mark.parametrize("name", ["report.md", "report-quarter.md", "annex.md", "annex-hostile.md", "notes.md"])
def test_a_page_has_the_words_of_its_markdown_and_nothing_that_runs(name):
    markdown = pages()[name]
    page = html_paper(markdown)
    assert page == html_paper(markdown)
    found = Reader(page)
    assert found.tags <= ALLOWED
    assert {(tag, key) for tag, key, _ in found.attributes} <= {
        ("html", "lang"), ("meta", "charset"), ("meta", "http-equiv"), ("meta", "content"), ("meta", "name"), ("a", "href"), ("ol", "start"), ("td", "class"),
    }  # fmt: skip
    shown = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    assert words_of(page.partition("<main>")[2]) == words_of(shown)


def test_its_policy_allows_its_own_style_and_nothing_else():
    page = html_paper("# Report\n")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "<title>Report</title>" in page


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "<https://evil.example>",
     "[x]: javascript:alert(1)\n[x]", "`a` | b", "</title><img src=x onerror=alert(1)>", "&lt;b&gt;", "a\nb\n# c"],
)  # fmt: skip
def test_a_text_of_a_user_stays_text(text):
    shown = escape(text)
    page = html_paper("\n".join([f"# {shown}", "", *facts([("Because", text)]), "", *table(["A"], [[text]]), ""]))
    found = Reader(page)
    assert found.tags <= ALLOWED - {"a"}
    assert page.count("<tr>") == 2


def test_only_addresses_of_the_web_are_links_and_no_image_is_loaded():
    page = html_paper(
        "[a](https://example.org/x) [b](javascript:alert) [c](data:text/html,x) [d](file:///etc/passwd) ![e](https://example.org/i.png)\n"
    )
    assert [each for each in Reader(page).attributes if each[0] == "a"] == [
        ("a", "href", "https://example.org/x"), ("a", "href", "https://example.org/i.png"),
    ]  # fmt: skip


def test_front_matter_is_no_part_of_the_page():
    assert "license" not in html_paper("---\nlicense: mit\n---\n\n# fraud\n")
    assert "<hr" in html_paper("---\n\nnot closed\n")


def test_only_cells_with_a_long_word_break_words():
    page = html_paper("\n".join(table(["Stage", "Digest"], [["production since May", f"sha256:{'0' * 64}"]])))
    assert page.count("<td>") == page.count('<td class="long">') == 1
    assert "<td>production since May</td>" in page


def test_the_ending_of_the_file_says_what_is_written(world, monkeypatch):
    monkeypatch.setenv("MODELKEEP_REGISTRY", world.registry.directory)
    world.register()
    for words in (["report"], ["report", "fraud@1", "--annex-iv"], ["card", "fraud@1"], ["bom", "fraud@1"]):
        written = []
        for name in ("a.html", "b.HTM", "c.md", "d.html.txt"):
            assert app.run([*words, "-o", name, "-q"]) == 0
            written.append(Path(name).read_text(encoding="utf-8"))
            os.remove(name)
        paper = written[2]
        assert written == ([paper] * 4 if words[0] == "bom" else [html_paper(paper), html_paper(paper), paper, paper])
