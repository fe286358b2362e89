"""A paper as one file of HTML, made from its Markdown: it runs nothing, asks for nothing, and prints on A4.

Its policy (CSP) allows the one style that it has, by its SHA-256. The Markdown has every text of a user escaped already
(`papers.markdown`); HTML in it stays text, and only addresses of the web become links.
"""

from __future__ import annotations

import base64
import hashlib
import html
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

_STYLE = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1.2rem; background: #fff; color: #1a1d23; font: 15px/1.5 system-ui, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { margin-top: 2rem; padding-bottom: .2rem; border-bottom: 1px solid #c9ced8; font-size: 1.2rem; }
h3 { margin-top: 1.4rem; font-size: 1rem; }
ul { padding-left: 1.2rem; }
li, p { overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: .8rem 0; font-size: .9em; }
th, td { padding: .3rem .45rem; border: 1px solid #c9ced8; text-align: left; vertical-align: top; }
th { background: #f1f3f7; }
td.long { min-width: 6em; overflow-wrap: anywhere; }
td:empty { height: 3rem; }
code, pre { font: .9em ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
blockquote { margin: .2rem 0; padding-left: .8rem; border-left: 3px solid #c9ced8; }
blockquote p { margin: .4rem 0; white-space: pre-line; }
@page { size: A4; margin: 16mm 14mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9px sans-serif; } }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 10pt; }
  thead { display: table-header-group; }
  tr, li, blockquote { break-inside: avoid; }
  h1, h2, h3 { break-after: avoid; }
}
"""
#: What is longer is a digest, an address or a name: it breaks across lines of its cell.
_LONGEST_WORD = 14


def html_paper(markdown: str) -> str:
    """Return the page of a paper; the front matter of a model card is no part of it."""
    from markdown_it import MarkdownIt  # few commands write HTML

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = _is_of_the_web  # type: ignore[method-assign,assignment]  # as its documentation says
    tokens = parser.parse(_without_front_matter(markdown))
    _let_long_words_break(tokens)
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{html.escape(_title(tokens))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{parser.renderer.render(tokens, parser.options, {})}</main>\n</body>\n</html>\n"
    )


def _is_of_the_web(address: str) -> bool:
    return address.lower().startswith(("https://", "http://"))


def _without_front_matter(markdown: str) -> str:
    if not markdown.startswith("---\n"):
        return markdown
    _, closed, rest = markdown[4:].partition("\n---\n")
    return rest if closed else markdown


def _let_long_words_break(tokens: list[Token]) -> None:
    """Mark each cell with a word that a column has no room for: only there words break inside."""
    for token, inside in pairwise(tokens):
        if token.type == "td_open" and any(len(word) > _LONGEST_WORD for word in inside.content.split()):
            token.attrSet("class", "long")


def _title(tokens: list[Token]) -> str:
    """Return the text of the first heading."""
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            return "".join(each.content for each in inside.children or ())
    return "Paper"
