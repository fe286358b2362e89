"""What papers about a version say besides its page."""

from __future__ import annotations

PARENT_FACTS = """
SELECT parent.parent_model, parent.parent_version, parent.digest, parent.derived_by,
    (SELECT value FROM entry_text
     WHERE entry_text.seq = version.seq AND entry_text.field = 'parent.' || CAST(parent.position AS TEXT))
FROM parent JOIN version ON version.model = parent.model AND version.number = parent.version
WHERE parent.model = :model AND parent.version = :number ORDER BY parent.position
"""
