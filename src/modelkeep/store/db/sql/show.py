"""What `show` reads: one version with its texts, notes and files; the notes of a model."""

from __future__ import annotations

from modelkeep.store.db.sql.statement import statement

# What a version's page has more than its line of a list.
VERSION = statement("""
SELECT seq, actor, form, symlinks,
    (SELECT value FROM version_fact
     WHERE version_fact.model = :model AND version_fact.version = :number AND kind = 'licence' AND name = ''
        AND KNOWN(version_fact.seq)
     ORDER BY version_fact.seq DESC LIMIT 1),
    code_commit, code_state, code_diff, trained_started, trained_ended, trained_guessed
FROM version WHERE model = :model AND number = :number
""")

TEXTS = """
SELECT field, value FROM entry_text WHERE seq = :seq ORDER BY position
"""

# The tags of the model itself are those of version 0.
TAGS = statement("""
SELECT key, value FROM tag WHERE model = :model AND version = :number AND HOLDS(tag) ORDER BY key
""")

FILES = """
SELECT path, size_bytes, digest FROM version_blob WHERE model = :model AND version = :number ORDER BY path
"""

NOTES = statement("""
SELECT entry_index.time, entry_action.actor, entry_text.value
FROM entry_about
JOIN entry_action ON entry_action.seq = entry_about.seq
JOIN entry_index ON entry_index.seq = entry_about.seq
JOIN entry_text ON entry_text.seq = entry_about.seq AND entry_text.field = 'note'
WHERE entry_about.model = :model AND entry_about.version = :number AND entry_action.action = 'note'
    AND KNOWN(entry_about.seq)
ORDER BY entry_about.seq
""")

# A model has an entry for each thing that happened to its versions, and few notes: begin with the notes.
# Which are about the model itself only the entry says.
MODEL_NOTES = statement("""
SELECT entry_index.time, entry_action.actor, entry_text.value, entry.bytes
FROM entry_action
JOIN entry_about ON entry_about.model = :model AND entry_about.version = 0 AND entry_about.seq = entry_action.seq
JOIN entry_index ON entry_index.seq = entry_action.seq
JOIN entry_text ON entry_text.seq = entry_action.seq AND entry_text.field = 'note'
JOIN entry ON entry.seq = entry_action.seq
WHERE entry_action.action = 'note' AND KNOWN(entry_action.seq)
ORDER BY entry_action.seq
""")

WAS_ASKED_FOR = """
SELECT 1 FROM request WHERE model = :model AND version = :version LIMIT 1
"""
