"""What a version was trained from, to find one that was trained from the same."""

from __future__ import annotations

# Only the newest hundred are looked at: a sweep may register thousands from one commit.
FROM_COMMIT = """
SELECT number, seq FROM (
    SELECT model, number, seq, code_commit, code_state, code_diff FROM version
    WHERE model = :model ORDER BY number DESC LIMIT 100
) AS newest
WHERE code_commit = :commit AND code_state = :state AND COALESCE(code_diff, '') = :diff
    AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = newest.model AND deleted.version = newest.number)
ORDER BY number DESC LIMIT 20
"""

DATA = """
SELECT name, data_version, digest, role FROM dataset WHERE model = :model AND version = :number ORDER BY position
"""

SEEDS = """
SELECT value FROM version_fact WHERE model = :model AND version = :number AND kind = 'seed'
"""

PARAMS = """
SELECT field, value FROM entry_text WHERE seq = :seq AND substr(field, 1, 6) = 'param.'
"""
