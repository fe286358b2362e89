"""The rows that deciding reads: each statement finds its few rows through an index.

What the rules of a policy ask has a form for the past too, by which a request is judged as it stood then.
"""

from __future__ import annotations

from modelkeep.store.db.sql.statement import statement

# With the registry's id, which every change and every read asks too.
HEAD = """
SELECT seq, hash, time, (SELECT id FROM registry) FROM entry_index ORDER BY seq DESC LIMIT 1
"""

HASH_AT = """
SELECT hash FROM entry_index WHERE seq = :seq
"""

INTENT = """
SELECT seq FROM entry_index WHERE intent_id = :intent
"""

IMPORTED = """
SELECT fact FROM origin WHERE system = :system AND source = :source AND entry = :entry
"""

# A present bearer of the name comes before one who bore it once.
MODEL_NAMED = """
SELECT model FROM model_name WHERE folded = :folded
ORDER BY until_seq IS NOT NULL, since_seq DESC LIMIT 1
"""

MODEL = """
SELECT name, coalesce((
        SELECT max(number) FROM (
            SELECT max(number) AS number FROM version WHERE model = :model
            UNION ALL SELECT max(version) FROM deleted WHERE model = :model) AS highest), 0), until_seq IS NOT NULL
FROM model_name WHERE model = :model ORDER BY since_seq DESC LIMIT 1
"""

# Of the past the highest number is found by halving: a maximum would read every later version.
MODEL_NAME = statement("""
SELECT name, NOT (HOLDS(model_name)) FROM model_name
WHERE model = :model AND KNOWN(model_name.since_seq) ORDER BY since_seq DESC LIMIT 1
""")

VERSION = statement("""
SELECT digest, CASE WHEN KNOWN(version.label_seq) THEN label END, form,
    EXISTS (SELECT 1 FROM mark WHERE mark.model = :model AND mark.version = :number AND HOLDS(mark)),
    EXISTS (SELECT 1 FROM archived
            WHERE archived.model = :model AND first <= :number AND last >= :number AND HOLDS(archived)),
    EXISTS (SELECT 1 FROM deleted
            WHERE deleted.model = :model AND deleted.version = :number AND KNOWN(deleted.seq))
FROM version WHERE model = :model AND number = :number AND KNOWN(version.seq)
""")

VERSION_LABELLED = """
SELECT number FROM version WHERE model = :model AND label_key = :key
"""

HIGHEST_LABEL = """
SELECT label FROM version WHERE model = :model AND number = (
    SELECT version FROM label_order WHERE model = :model ORDER BY sort_key DESC, version DESC LIMIT 1)
"""

VERSION_WITH_DIGEST = """
SELECT max(number) FROM version
WHERE digest = :digest AND model = :model
    AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = number)
"""

VERSIONS_WITH_DIGEST = """
SELECT number FROM version
WHERE digest = :digest AND model = :model
    AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = number)
ORDER BY number DESC LIMIT 20
"""

# The newest version of a model that is one file with these bytes, and what the file is called.
WITH_FILE_ALONE = """
SELECT version.number, version_blob.path
FROM version_blob JOIN version ON version.model = version_blob.model AND version.number = version_blob.version
WHERE version_blob.digest = :digest AND version_blob.model = :model AND version.files = 1
    AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = version.number)
ORDER BY version.number DESC LIMIT 1
"""

LAST_HOLDER = statement("""
SELECT since_seq, version, share, came_from, CASE WHEN KNOWN(tenure.until_seq) THEN until_seq END FROM tenure
WHERE model = :model AND stage = :stage AND share IS NULL AND KNOWN(tenure.since_seq) ORDER BY since_seq DESC LIMIT 1
""")

SHARES = """
SELECT since_seq, version, share, slots FROM tenure
WHERE model = :model AND stage = :stage AND until_seq IS NULL AND share IS NOT NULL ORDER BY version
"""

STAGES_HELD = statement("""
SELECT DISTINCT stage FROM tenure
WHERE model = :model AND version = :version AND KNOWN(tenure.since_seq) ORDER BY stage
""")

LATEST_TENURE = statement("""
SELECT since_seq, version, share, came_from, CASE WHEN KNOWN(tenure.until_seq) THEN until_seq END FROM tenure
WHERE model = :model AND version = :version AND stage = :stage AND share IS NULL AND KNOWN(tenure.since_seq)
ORDER BY since_seq DESC LIMIT 1
""")

TENURE = """
SELECT since_seq, version, share, came_from, until_seq FROM tenure
WHERE model = :model AND stage = :stage AND since_seq = :seq AND share IS NULL
"""

OPEN_TENURES = """
SELECT since_seq, stage, version, share, came_from FROM tenure
WHERE model = :model AND version BETWEEN :first AND :last AND until_seq IS NULL
ORDER BY since_seq, stage
"""

WAS_LEFT = """
SELECT EXISTS (
    SELECT 1 FROM tenure
    WHERE model = :model AND version = :version AND stage = :stage AND ended_by = 'rollback'
        AND until_seq > (SELECT coalesce(max(since_seq), 0) FROM tenure
                         WHERE model = :model AND version = :version AND stage = :stage
                            AND share IS NULL AND opened_by <> 'rollback')
)
"""

LAST_ROLLBACK = """
SELECT entry_index.time FROM tenure JOIN entry_index ON entry_index.seq = tenure.since_seq
WHERE tenure.model = :model AND tenure.stage = :stage AND tenure.opened_by = 'rollback'
ORDER BY tenure.since_seq DESC LIMIT 1
"""

ARCHIVED_RANGES = """
SELECT first, last FROM archived
WHERE model = :model AND first <= :last AND last >= :first AND until_seq IS NULL
ORDER BY first, last
"""

ALL_ARCHIVED = """
SELECT NOT EXISTS (
    SELECT 1 FROM version
    WHERE version.model = :model AND NOT EXISTS (
        SELECT 1 FROM archived
        WHERE archived.model = version.model AND first <= number AND last >= number AND until_seq IS NULL)
        AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.model = version.model AND deleted.version = number)
)
"""

ALIAS = """
SELECT version FROM alias WHERE model = :model AND alias = :alias AND until_seq IS NULL
"""

ALIASES_OF = """
SELECT alias FROM alias WHERE model = :model AND version = :version AND until_seq IS NULL ORDER BY alias
"""

TAG_LINE = """
SELECT 1 FROM tag
WHERE model = :model AND version = :version AND line = :line AND until_seq IS NULL
"""

# NULL is equal to NULL here. The standard's IS NOT DISTINCT FROM needs SQLite 3.39, and PostgreSQL's IS takes no value.
_SAME = "({0} = :{0} OR {0} IS NULL AND CAST(:{0} AS TEXT) IS NULL)"
NEWEST_METRIC = f"""
SELECT value FROM metric
WHERE model = :model AND version = :version AND name = :name
    AND {_SAME.format("on_name")} AND {_SAME.format("on_version")} AND {_SAME.format("on_digest")}
ORDER BY seq DESC LIMIT 1
"""

RUN = """
SELECT 1 FROM run WHERE model = :model AND version = :version AND id = :run LIMIT 1
"""

POLICY = statement("""
SELECT since_seq, digest, rules, source FROM policy WHERE HOLDS(policy)
""")

BINDINGS = statement("""
SELECT role, kind, name FROM role_binding WHERE HOLDS(role_binding) ORDER BY role, kind, name
""")

ROLES_OF = statement("""
SELECT role FROM role_binding WHERE kind = :kind AND name = :name AND HOLDS(role_binding) ORDER BY role
""")

IDENTITY = statement("""
SELECT account, uid, login, login_user, user_namespace FROM entry_action WHERE seq = :seq
""")

STAGE_IS_HELD = """
SELECT 1 FROM tenure WHERE stage = :stage AND until_seq IS NULL LIMIT 1
"""

ALIAS_OF_ANY_MODEL = """
SELECT alias FROM alias WHERE alias = :alias AND until_seq IS NULL LIMIT 1
"""

DEPLOYMENTS = """
SELECT since_seq, version, status, share, stage FROM deployment
WHERE model = :model AND target = :target AND until_seq IS NULL ORDER BY since_seq
"""

STAGE_OF_TARGET = """
SELECT stage FROM deployment
WHERE model = :model AND target = :target AND stage IS NOT NULL ORDER BY since_seq DESC LIMIT 1
"""

OPEN_SIGNAL = """
SELECT 1 FROM open_item JOIN signal ON signal.seq = open_item.since_seq AND signal.name = :name
WHERE open_item.model = :model AND open_item.version = :number AND open_item.until_seq IS NULL LIMIT 1
"""

OPEN_ITEM = """
SELECT since_seq, item, model, version, until_seq FROM open_item WHERE since_seq = :seq
"""

TIME_OF = statement("""
SELECT time FROM entry_index WHERE seq = :seq
""")

PARTICULARS = statement("""
SELECT seq,
    (SELECT value FROM version_fact
     WHERE version_fact.model = :model AND version_fact.version = :number AND kind = 'licence' AND name = ''
        AND KNOWN(version_fact.seq)
     ORDER BY version_fact.seq DESC LIMIT 1),
    code_commit, code_state,
    EXISTS (SELECT 1 FROM dataset WHERE dataset.model = :model AND dataset.version = :number),
    (SELECT text FROM description
     WHERE description.model = :model AND description.version = :number AND HOLDS(description))
FROM version WHERE model = :model AND number = :number
""")

NAMES_GIVEN = statement("""
SELECT value FROM entry_text WHERE seq = :seq AND field IN ('author', 'claimed') ORDER BY position
""")

REGISTRANTS = statement("""
SELECT DISTINCT account, uid, login, login_user, user_namespace
FROM version JOIN entry_action ON entry_action.seq = version.seq
WHERE digest = :digest AND KNOWN(version.seq) ORDER BY account, uid, login, login_user, user_namespace
""")

TAGS = statement("""
SELECT key, value FROM tag WHERE model = :model AND version = :number AND HOLDS(tag) ORDER BY key
""")

METRIC_VALUES = statement("""
SELECT value, on_name, on_version, on_digest FROM metric
WHERE model = :model AND version = :number AND name = :name AND KNOWN(metric.seq) ORDER BY seq DESC
""")

CHECK = statement("""
SELECT check_result.seq, entry_index.time, result, expires
FROM check_result JOIN entry_index ON entry_index.seq = check_result.seq
WHERE model = :model AND version = :number AND name = :name AND KNOWN(check_result.seq)
ORDER BY check_result.seq DESC LIMIT 1
""")

REQUEST = """
SELECT since_seq, model, version, stage, share, until_seq, ended_by FROM request WHERE since_seq = :seq
"""

OPEN_REQUEST = statement("""
SELECT since_seq, model, version, stage, share, NULL, NULL FROM request
WHERE model = :model AND version = :number AND stage = :stage AND HOLDS(request)
""")

OPEN_REQUESTS = """
SELECT since_seq, model, version, stage, share, until_seq, ended_by FROM request
WHERE until_seq IS NULL ORDER BY since_seq
"""

APPROVALS = statement("""
SELECT approval.seq, plan, roles, in_groups, entry_index.time, account, uid, login, login_user, user_namespace
FROM approval JOIN entry_index ON entry_index.seq = approval.seq JOIN entry_action ON entry_action.seq = approval.seq
WHERE request = :request AND KNOWN(approval.seq) ORDER BY approval.seq
""")

FACT = statement("""
SELECT value FROM version_fact
WHERE model = :model AND version = :version AND kind = :kind AND name = :name AND KNOWN(version_fact.seq)
ORDER BY seq DESC LIMIT 1
""")

#: A document never changes, so it is the same at every moment.
DOCUMENT = statement("SELECT bytes FROM document WHERE digest = :digest")

DATASET = """
SELECT seq, digest, checksum, row_count, schema_digest FROM data_version WHERE name = :name AND data_version = :version
"""

DATASET_PARENTS = """
SELECT parent_name, parent_version, digest FROM data_parent
WHERE name = :name AND data_version = :version ORDER BY position
"""
