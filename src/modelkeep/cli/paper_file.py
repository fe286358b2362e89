"""The file that a paper is written to: ``report -o``, ``card -o``, ``bom -o``, ``page -o``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from modelkeep.cli.call import Call
    from modelkeep.cli.views.papers import PaperView


def show_paper(call: Call, view: PaperView, output: str | None, *, force: bool) -> None:
    """Print a paper, or write it to the file that was named and print its path.

    Markdown is written as HTML where the name of the file ends with ``.html`` or ``.htm``.
    """
    if output is not None:
        from modelkeep.papers.paper_file import write_paper

        text = view.page
        if view.is_markdown and output.lower().endswith((".html", ".htm")):
            from modelkeep.papers.html_paper import html_paper

            text = html_paper(text)
        write_paper(output, [text.encode()], force=force)
        view = replace(view, file=output)
    call.show(view)
