"""The template of a model card: the built-in one, which a team may copy and own."""

from __future__ import annotations

from pathlib import Path

import modelkeep


def built_in() -> str:
    """Return the built-in template."""
    return (Path(modelkeep.__file__).parent / "templates" / "MODEL_CARD.md").read_text(encoding="utf-8")
