"""The page of `modelkeep page`: one HTML file that holds the documents of a registry and the program that shows them.

The file asks for nothing outside of itself: its policy (CSP) allows the one style and the one script that it has, by
their SHA-256, and no connection. Documents are compressed and spelled in base64, in which no text of a user can become
markup; the script puts texts into the page as text. The same documents make the same bytes.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import html
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from modelkeep._version import __version__
from modelkeep.domain.json_values import to_json
from modelkeep.domain.text import escape_json, printable

#: The libraries for plots and for the layout of graphs, as they are published, and their licences.
LIBRARIES = ("uPlot.iife.min.js", "dagre.min.js")
LICENCES = ("uPlot.LICENSE", "dagre.LICENSE")
#: The parts of the style and of our script, in their order.
STYLES = ("uPlot.min.css", "page.css")
SCRIPTS = (
    "dom.js", "format.js", "data.js", "table.js", "plots.js", "timeline.js", "overview.js",
    "model.js", "version.js", "compare.js", "lineage.js", "datasets.js", "serving.js", "governance.js", "audit.js",
    "search.js", "main.js",
)  # fmt: skip


def html_page(title: str, parts: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield the text of the page, a part of the documents at a time."""
    before, _, after = _template().partition("<!-- documents -->")
    begun = False
    for name, document in parts:
        if not begun:  # what cannot be read fails before anything is written
            yield before.replace("{{title}}", html.escape(printable(title)))
            begun = True
        yield f'<script type="application/gzip" id="{name}">{_packed(document)}</script>\n'
    yield after


def _packed(document: Any) -> str:
    """Return a document as compressed JSON in base64."""
    data = escape_json(to_json(document)).encode()
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


@functools.cache
def _template() -> str:
    """Return the page with its style, its script and the policy that allows them, without documents."""
    style, ours = "".join(map(_text, STYLES)), "".join(map(_text, SCRIPTS))
    libraries = "\n".join(map(_text, LIBRARIES))
    script = f'{libraries}\n(() => {{\n"use strict";\n{ours}}})();\n'
    values = {
        "policy": "; ".join(
            [
                "default-src 'none'", f"script-src {_source(script)}", f"style-src {_source(style)}", "img-src data:",
                "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
            ]
        ),
        "program": __version__,
        "licences": "\n\n".join(_text(each).strip() for each in LICENCES),
        "style": style,
        "script": script,
    }  # fmt: skip
    page = _text("page.html")
    for name, value in values.items():
        page = page.replace(f"{{{{{name}}}}}", value)
    return page


def _source(text: str) -> str:
    """Return what a policy calls a style or a script by: its SHA-256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(name: str) -> str:
    return (files("modelkeep.web") / "static" / name).read_text(encoding="utf-8")
