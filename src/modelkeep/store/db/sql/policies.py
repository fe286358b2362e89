"""The policies that were in force, and what holds stages while another one is thought of."""

from __future__ import annotations

from modelkeep.store.db.sql.statement import statement

_POLICY = """
SELECT policy.since_seq, entry_index.time, entry_action.actor,
    (SELECT value FROM entry_text WHERE seq = policy.since_seq AND field = 'reason' ORDER BY position LIMIT 1),
    policy.digest, policy.until_seq, policy.source, policy.rules
FROM policy
JOIN entry_index ON entry_index.seq = policy.since_seq
JOIN entry_action ON entry_action.seq = policy.since_seq
"""

IN_FORCE = statement(_POLICY + "WHERE HOLDS(policy)")

ALL = statement(_POLICY + "WHERE KNOWN(policy.since_seq) ORDER BY policy.since_seq")

SOURCE = """
SELECT bytes FROM document WHERE digest = :digest
"""

HOLDERS = """
SELECT tenure.model, tenure.version, model_name.name
FROM tenure JOIN model_name ON model_name.model = tenure.model AND model_name.until_seq IS NULL
WHERE tenure.stage = :stage AND tenure.until_seq IS NULL
ORDER BY tenure.since_seq DESC LIMIT :most
"""
