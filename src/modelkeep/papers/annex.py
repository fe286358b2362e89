"""The technical documentation of a version after Annex IV of the AI Act, as one Markdown file."""

from __future__ import annotations

from modelkeep.domain.answers.annex import AnnexIv, AnnexSection
from modelkeep.papers.markdown import code, escape, facts, heading, minute, page

_CHAPTERS = {"1(a)": "1 General description", "2(a)": "2 Elements of the system and its development"}
_ABOUT = (
    "This pack follows Annex IV of Regulation (EU) 2024/1689 (the AI Act). Each section lists what the model registry holds, "
    "what could be recorded in it and is not, and by name what a registry cannot know. It is no legal advice and declares no "
    "conformity. Names are accounts of the operating system, as the program saw them."
)


def annex_page(found: AnnexIv) -> str:
    """Return the page; the same version and head make the same bytes."""
    return page(
        [
            heading(1, f"Technical documentation of {escape(found.ref)} (Annex IV)"),
            facts(
                [
                    ("Version", found.ref),
                    ("Digest", found.digest),
                    ("Registry", found.registry),
                    ("As it stood after", f"entry {found.head.seq}, {minute(found.head.time)}, {found.head.hash}"),
                    ("Policy in force", found.policy or "none"),
                ]
            ),
            ["", _ABOUT],
            *(_section(each) for each in found.sections),
        ]
    )


def _section(section: AnnexSection) -> list[str]:
    chapter = _CHAPTERS.get(section.number)
    is_part = "(" in section.number
    lines = [] if chapter is None else heading(2, chapter)
    lines += heading(3 if is_part else 2, f"{section.number} {section.title}")
    lines += facts((escape(each.name), each.value) for each in section.known) or ["The registry knows nothing of this."]
    if section.unrecorded:
        lines += ["", "Not recorded, and could be:", ""]
        lines += [f"- {each.name}: {code(each.command)}" for each in section.unrecorded]
    return [*lines, "", "Not known to a registry:", "", *(f"- {each}" for each in section.unknown)]
