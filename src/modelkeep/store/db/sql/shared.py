"""SELECTs that both the reads and completion run, as text, and names made of their cells.

It imports nothing: completion must start at once.

``HOLDS(tenure)`` and ``KNOWN(version.seq)`` stand for conditions on a moment; `now` fills them in for
the present, `past` for an entry ``:at`` of the log.
"""

#: What no name has in it: it sorts behind whatever follows a prefix.
LAST = "\U0010ffff"

#: Joins tables in the order of the text. SQLite's planner begins with a table of many rows where plain JOIN lets it
#: choose. PostgreSQL has no such word (its CROSS JOIN takes no ON): for it this is JOIN.
IN_ORDER = "CROSS JOIN"

MODEL_NAMES = """
SELECT model, name, folded FROM model_name
WHERE folded >= :low AND folded < :end AND HOLDS(model_name) ORDER BY folded LIMIT :count
"""

# A name that a model bore once still means it.
BEARER = """
SELECT model, name FROM model_name
WHERE folded = :folded AND KNOWN(model_name.since_seq) ORDER BY since_seq DESC LIMIT 1
"""

NEWEST_NUMBER = """
SELECT max(number) FROM version WHERE model = :model
"""

IS_DELETED = """EXISTS (
    SELECT 1 FROM deleted
    WHERE deleted.model = version.model AND deleted.version = version.number AND KNOWN(deleted.seq))"""

STAGES = """
SELECT name, protected, synonyms FROM stage WHERE HOLDS(stage) ORDER BY position
"""

# Who holds the stages of a model, highest stage first. A stage has one holder; a canary has a share.
HOLDERS = f"""
SELECT stage.name, tenure.version, CASE WHEN KNOWN(version.label_seq) THEN version.label END,
    entry_index.time, entry_action.actor, tenure.waived
FROM stage
{IN_ORDER} tenure ON tenure.model = :model AND tenure.stage = stage.name AND HOLDS(tenure) AND tenure.share IS NULL
{IN_ORDER} version ON version.model = :model AND version.number = tenure.version
{IN_ORDER} entry_index ON entry_index.seq = tenure.since_seq
{IN_ORDER} entry_action ON entry_action.seq = tenure.since_seq
WHERE HOLDS(stage) ORDER BY stage.position DESC
"""

ALIASES = """
SELECT alias, version FROM alias WHERE model = :model AND HOLDS(alias) ORDER BY alias
"""


def now(text: str) -> str:
    """Return a SELECT about the present."""
    return _filled(_filled(text, "HOLDS", "{0}.until_seq IS NULL"), "KNOWN", "TRUE")


def past(text: str) -> str:
    """Return a SELECT about the moment right after entry ``:at``."""
    held = "{0}.since_seq <= :at AND ({0}.until_seq IS NULL OR {0}.until_seq > :at)"
    return _filled(_filled(text, "HOLDS", held), "KNOWN", "{0} <= :at")


def _filled(text: str, word: str, condition: str) -> str:
    """Return a text in which each ``WORD(name)`` is replaced by a condition on the name."""
    first, *others = text.split(f"{word}(")
    for other in others:
        name, _, rest = other.partition(")")
        first += condition.format(name) + rest
    return first
