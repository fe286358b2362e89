"""Requests for promotions with their approvals, newest request first."""

from __future__ import annotations

from modelkeep.store.db.sql.statement import statement

_REASON = "(SELECT value FROM entry_text WHERE seq = {} AND field = 'reason' ORDER BY position LIMIT 1)"

# An end after the moment asked for is not known there, so the bound is a parameter of every form.
_REQUEST = f"""
SELECT request.since_seq, request.model, request.version, request.stage, request.share, began.time, opener.actor,
    {_REASON.format("request.since_seq")},
    request.until_seq, request.ended_by, ended.time, ender.actor, {_REASON.format("request.until_seq")}
FROM request
JOIN entry_index AS began ON began.seq = request.since_seq
JOIN entry_action AS opener ON opener.seq = request.since_seq
LEFT JOIN entry_index AS ended ON ended.seq = request.until_seq
LEFT JOIN entry_action AS ender ON ender.seq = request.until_seq
WHERE request.since_seq <= :last
"""
_NEWEST = " ORDER BY request.since_seq DESC"

ALL = statement(_REQUEST + _NEWEST)
OPEN = statement(_REQUEST + "AND HOLDS(request)" + _NEWEST)
ONE = statement(_REQUEST + "AND request.since_seq = :request")
OF_MODEL = statement(_REQUEST + "AND request.model = :model" + _NEWEST)
OF_VERSION = statement(_REQUEST + "AND request.model = :model AND request.version = :version" + _NEWEST)

APPROVALS = statement(f"""
SELECT approval.seq, entry_index.time, entry_action.actor, roles, {_REASON.format("approval.seq")}, plan, document.bytes
FROM approval
JOIN entry_index ON entry_index.seq = approval.seq
JOIN entry_action ON entry_action.seq = approval.seq
JOIN document ON document.digest = approval.plan
WHERE request = :request AND KNOWN(approval.seq) ORDER BY approval.seq
""")

OPEN_OF_VERSION = """
SELECT since_seq, stage FROM request
WHERE model = :model AND version = :version AND until_seq IS NULL ORDER BY since_seq
"""

OPEN_OF_MODEL = """
SELECT since_seq, version, stage FROM request WHERE model = :model AND until_seq IS NULL ORDER BY since_seq LIMIT 20
"""
