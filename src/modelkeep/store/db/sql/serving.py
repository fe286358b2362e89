"""Versions in use: the slots of a stage, deployments, and signals of monitoring."""

from __future__ import annotations

from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import statement

SLOTS = statement("""
SELECT version, share, slots FROM tenure
WHERE model = :model AND stage = :stage AND share IS NOT NULL AND HOLDS(tenure) ORDER BY version
""")

_TEXT = "(SELECT value FROM entry_text WHERE seq = {} AND field = '{}' ORDER BY position LIMIT 1)"

_DEPLOYMENT = f"""
SELECT deployment.since_seq, deployment.model, deployment.version, deployment.target, deployment.status, deployment.share,
    deployment.stage, {_TEXT.format("deployment.since_seq", "endpoint")}, entry_index.time, entry_action.actor
FROM deployment
JOIN entry_index ON entry_index.seq = deployment.since_seq
JOIN entry_action ON entry_action.seq = deployment.since_seq
WHERE HOLDS(deployment) AND (CAST(:target AS TEXT) IS NULL OR deployment.target = :target)
"""
_IN_ORDER = " ORDER BY deployment.target, deployment.model, deployment.since_seq"

DEPLOYMENTS = statement(_DEPLOYMENT + _IN_ORDER)
OF_MODEL = statement(_DEPLOYMENT + "AND deployment.model = :model" + _IN_ORDER)
OF_VERSION = statement(_DEPLOYMENT + "AND deployment.model = :model AND deployment.version = :version" + _IN_ORDER)

# An item that was closed after the moment asked for is still open there.
_SIGNAL = f"""
SELECT signal.seq, signal.model, signal.version, signal.name, signal.value, signal.observations, signal.window_seconds,
    {_TEXT.format("signal.seq", "source")}, entry_index.time, entry_action.actor, open_item.item, open_item.until_seq,
    EXISTS (SELECT 1 FROM mark
            WHERE mark.model = signal.model AND mark.version = signal.version AND mark.since_seq = signal.seq)
FROM signal
JOIN entry_index ON entry_index.seq = signal.seq
JOIN entry_action ON entry_action.seq = signal.seq
LEFT JOIN open_item ON open_item.since_seq = signal.seq
WHERE signal.seq > :after AND signal.seq <= :last
"""
_NEWEST = " ORDER BY signal.seq DESC LIMIT :count"

SIGNALS = statement(_SIGNAL + _NEWEST)
SIGNALS_OF_MODEL = statement(_SIGNAL + "AND signal.model = :model" + _NEWEST)
SIGNALS_OF_VERSION = statement(_SIGNAL + "AND signal.model = :model AND signal.version = :version" + _NEWEST)
OPEN_SIGNALS = statement(
    _SIGNAL + "AND signal.seq IN (SELECT open_item.since_seq FROM open_item WHERE HOLDS(open_item))" + _NEWEST
)

# Stages that a version left in the entry of a signal; the index begins with the version.
STAGES_LEFT = """
SELECT stage FROM tenure WHERE model = :model AND version = :version AND until_seq = :seq ORDER BY stage
"""

NEWEST_VALUE = """
SELECT value FROM signal WHERE model = :model AND version = :version AND name = :name ORDER BY seq DESC LIMIT 1
"""


def targets_of(reader: Reader, model: int, version: int) -> list[str]:
    """Return where a version runs: ``k8s/eu``."""
    return [str(row[3]) for row in OF_VERSION.rows(reader, None, model=model, version=version, target=None)]
