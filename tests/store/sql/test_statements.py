"""Every statement fits the schema, and those that people wait for find their rows through an index."""

import importlib
import itertools
import pkgutil
import re

import pytest

from modelkeep.store.db import sql
from modelkeep.store.db.sql import audit, shared
from modelkeep.store.db.sql.statement import Statement, statement
from modelkeep.store.db.sqlite.private_tables import in_memory

_VALUES = re.compile(r":([a-z_]+[0-9]*)")


def _statements():
    for info in pkgutil.iter_modules(sql.__path__):
        module = importlib.import_module(f"modelkeep.store.db.sql.{info.name}")
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                yield f"{info.name}.{name} now", value.now
                yield f"{info.name}.{name} past", value.past
            elif (
                name.isupper()
                and not name.startswith("_")
                and isinstance(value, str)
                and value.lstrip().startswith("SELECT")
            ):
                yield f"{info.name}.{name}", shared.now(value)


STATEMENTS = dict(_statements())
for asked in itertools.product((False, True), repeat=4):
    about, action, actor, forwards = asked
    words = [word for word, given in zip(("about", "action", "actor", "forwards"), asked, strict=True) if given]
    STATEMENTS[" ".join(["audit.select", *words])] = audit.select(
        about=about, action=action, actor=actor, people=2 * actor, newest_first=not forwards
    )


@pytest.fixture(scope="module")
def connection():
    return in_memory().connection


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_fits_the_schema(connection, name):
    text = STATEMENTS[name]
    assert connection.execute(f"EXPLAIN {text}", _values(text)).fetchall()


def test_there_are_statements_to_look_at():
    assert len(STATEMENTS) > 100


#: What may be read from one end to the other, and by which statement: all the rest goes by an index.
ALLOWED = {
    "status.COUNTS": {"model", "version", "deleted"},
    "status.SIZE": {"version_blob", "blob"},
    # `verify` reads everything on purpose
    "reachable.TOTAL_BYTES": {"version_blob", "content"},
    "reachable.VERSIONS": {"version", "deleted"},
    # the first few of them
    "status.FILES": {"version_blob", "first_few"},
    "searching.COUNT": {"first_ones"},
    # the newest hundred of a model
    "training.FROM_COMMIT": {"newest"},
    "status.IN_STAGE": {"model_name"},
    "shared.STAGES": {"stage"},
    "shared.HOLDERS": {"stage"},
    "version_states.HOLDERS now": {"stage"},
    "version_states.STAGES now": {"stage"},
    "version_states.STAGES past": {"stage"},
    # a row for each policy that was in force, and for each account or group that bears a role
    "deciding.POLICY now": {"policy"},
    "deciding.BINDINGS now": {"role_binding"},
    "deciding.BINDINGS past": {"role_binding"},
    "deciding.ROLES_OF now": {"role_binding"},
    "deciding.ROLES_OF past": {"role_binding"},
    "policies.IN_FORCE now": {"policy"},
    "policies.ALL now": {"policy"},
    "roles.POLICY now": {"policy"},
    "roles.RULES now": {"policy"},
    "roles.BINDINGS now": {"role_binding"},
    "roles.BINDINGS past": {"role_binding"},
    # what is open, by partial indexes
    "status.OPEN_ITEMS": {"open_item"},
    "status.OPEN_COUNTS": {"open_item", "request"},
    "serving.OPEN_SIGNALS now": {"open_item"},
    # a row for each version that runs
    "serving.DEPLOYMENTS now": {"deployment"},
    "serving.DEPLOYMENTS past": {"deployment"},
    # `prune` goes through every model; a row for each stage of each policy
    "retention.MODELS": {"model_name"},
    "retention.PRUNABLE": {"stage"},
    # only where a policy is put in force
    "deciding.OPEN_REQUESTS": {"request"},
    # only where a policy names its stages
    "deciding.ALIAS_OF_ANY_MODEL": {"alias"},
    # the error for a name that is not there offers near ones
    "references.SIMILAR now": {"model_name"},
    "references.SIMILAR past": {"model_name"},
    # the newest entry is at the end of the key
    "deciding.HEAD": {"entry_index", "registry"},
}


#: What SQLite takes and PostgreSQL refuses: a value after IS, a value of no type, a unary plus, names of SQLite's own.
OF_SQLITE = re.compile(
    r"\bIS (NOT )?:|\(:\w+ IS NULL|[(=<>,] ?\+\w|\b(rowid|sqlite_\w+|INDEXED|GLOB|IFNULL|OR REPLACE)\b"
)
#: These join in the order of the text; see `shared.IN_ORDER`.
IN_ORDER = {"shared.HOLDERS", "version_states.HOLDERS now", "version_states.HOLDERS past", "status.IN_STAGE"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_has_what_sqlite_alone_takes(name):
    assert OF_SQLITE.search(STATEMENTS[name]) is None
    assert ("CROSS JOIN" in STATEMENTS[name]) == (name in IN_ORDER)


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_table_from_end_to_end(connection, name):
    plan = _plan(connection, STATEMENTS[name])
    scanned = {match[1] for line in plan if (match := re.match(r"SCAN (?!CONSTANT)(\w+)", line))}
    assert scanned - ALLOWED.get(name, set()) == set(), plan


#: Where an answer is limited, its order comes from the index too: nothing is sorted before it is cut.
LIMITED = [
    "versions.NEWEST_OF_ALL now",
    "versions.NEWEST_OF_ALL past",
    "models.NAMES now",
    *(name for name in STATEMENTS if name.startswith("audit.")),
    "moments.NOT_LATER",
    "moments.EARLIER",
    "version_states.SEQ_AT_LEAST",
    *(f"serving.{name} {form}" for name in ("SIGNALS", "SIGNALS_OF_VERSION") for form in ("now", "past")),
    "serving.NEWEST_VALUE",
]


@pytest.mark.parametrize("name", LIMITED)
def test_what_is_limited_is_not_sorted_first(connection, name):
    assert [line for line in _plan(connection, STATEMENTS[name]) if "B-TREE" in line] == []


PINNED = {
    "version_states.NEWEST": ["SEARCH version USING COVERING INDEX sqlite_autoindex_version_1 (model=?)"],
    "version_states.HOLDERS now": [
        "SCAN stage USING INDEX stage_now",
        "SEARCH tenure USING INDEX tenure_holder (model=? AND stage=?)",
        "SEARCH version USING INDEX sqlite_autoindex_version_1 (model=? AND number=?)",
        "SEARCH entry_index USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH entry_action USING INTEGER PRIMARY KEY (rowid=?)",
        "USE TEMP B-TREE FOR ORDER BY",
    ],
    "version_states.HOLDERS past": [
        "SEARCH stage USING INDEX sqlite_autoindex_stage_1 (since_seq<?)",
        "SEARCH tenure USING INDEX tenure_stage (model=? AND stage=? AND since_seq=?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH newest USING INDEX tenure_stage (model=? AND stage=? AND since_seq<?)",
        "SEARCH version USING INDEX sqlite_autoindex_version_1 (model=? AND number=?)",
        "SEARCH entry_index USING INTEGER PRIMARY KEY (rowid=?)",
        "REUSE SUBQUERY 1",
        "SEARCH entry_action USING INTEGER PRIMARY KEY (rowid=?)",
        "REUSE SUBQUERY 1",
        "USE TEMP B-TREE FOR ORDER BY",
    ],
    "moments.NOT_LATER": ["SEARCH entry_index USING COVERING INDEX entry_index_time (time<?)"],
    "references.OF_VERSION now": [
        "SEARCH version USING INDEX version_digest (digest>? AND digest<?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH deleted USING PRIMARY KEY (model=? AND version=?)",
        "USE TEMP B-TREE FOR ORDER BY",
    ],
    "versions.NEWEST_OF_ALL now": [
        "SEARCH version USING INDEX version_seq (seq<?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH deleted USING PRIMARY KEY (model=? AND version=?)",
    ],
    "version_states.DELETED_COUNT now": ["SEARCH deleted USING PRIMARY KEY (model=? AND version>? AND version<?)"],
    "version_states.DELETION now": [
        "SEARCH deleted USING PRIMARY KEY (model=? AND version=?)",
        "SEARCH entry_index USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH entry_action USING INTEGER PRIMARY KEY (rowid=?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH entry_text USING PRIMARY KEY (seq=?)",
    ],
    "deciding.VERSION_WITH_DIGEST": [
        "SEARCH version USING COVERING INDEX version_digest (digest=? AND model=?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH deleted USING PRIMARY KEY (model=? AND version=?)",
    ],
    "deciding.HIGHEST_LABEL": [
        "SEARCH version USING INDEX sqlite_autoindex_version_1 (model=? AND number=?)",
        "SCALAR SUBQUERY 1",
        "SEARCH label_order USING PRIMARY KEY (model=?)",
    ],
    "deciding.STAGES_HELD now": [
        "SEARCH tenure USING COVERING INDEX sqlite_autoindex_tenure_1 (model=? AND version=?)"
    ],
    # `data list` counts what names a dataset, and needs for it no more than the indexes of the names
    "datasets.MENTIONED now": [
        "COMPOUND QUERY",
        "LEFT-MOST SUBQUERY",
        "SEARCH dataset USING COVERING INDEX dataset_name (name>? AND name<?)",
        "USE TEMP B-TREE FOR count(DISTINCT)",
        "UNION ALL",
        "SEARCH metric USING COVERING INDEX metric_on (on_name>? AND on_name<?)",
        "USE TEMP B-TREE FOR count(DISTINCT)",
        "UNION ALL",
        "SEARCH data_parent USING INDEX data_parent_child (parent_name>? AND parent_name<?)",
        "USE TEMP B-TREE FOR GROUP BY",
    ],
    "audit.select": ["SEARCH entry_action USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    "audit.select about": ["SEARCH entry_about USING PRIMARY KEY (model=? AND version=? AND seq>? AND seq<?)"],
    "audit.select actor": [
        "MERGE (UNION)",
        "LEFT",
        "MERGE (UNION)",
        "LEFT",
        "SEARCH entry_action USING COVERING INDEX entry_action_actor (actor=? AND seq>? AND seq<?)",
        "RIGHT",
        "SEARCH entry_action USING COVERING INDEX entry_action_login (login_user=? AND seq>? AND seq<?)",
        "RIGHT",
        "MERGE (UNION)",
        "LEFT",
        "SEARCH entry_text USING COVERING INDEX entry_text_person (value=? AND seq>? AND seq<?)",
        "RIGHT",
        "SEARCH entry_text USING COVERING INDEX entry_text_person (value=? AND seq>? AND seq<?)",
    ],
    "audit.PEOPLE": ["SEARCH entry_text USING COVERING INDEX entry_text_person (value>?)"],
    "audit.ENTRY": [
        "SEARCH entry USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH entry_index USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH entry_action USING INTEGER PRIMARY KEY (rowid=?)",
    ],
}


@pytest.mark.parametrize("name", PINNED)
def test_the_plan_of_a_hot_read_is_the_one_that_was_measured(connection, name):
    assert _plan(connection, STATEMENTS[name]) == PINNED[name]


def test_a_statement_is_written_once_for_now_and_then():
    made = statement("SELECT 1 FROM tag, version WHERE HOLDS(tag) AND KNOWN(version.seq)")
    assert made.now == "SELECT 1 FROM tag, version WHERE tag.until_seq IS NULL AND TRUE"
    assert made.past == (
        "SELECT 1 FROM tag, version WHERE tag.since_seq <= :at AND (tag.until_seq IS NULL OR tag.until_seq > :at)"
        " AND version.seq <= :at"
    )


def _values(text):
    return (1,) * text.count("?") or dict.fromkeys(_VALUES.findall(text), 1)


def _plan(connection, text):
    rows = connection.execute(f"EXPLAIN QUERY PLAN {text}", _values(text)).fetchall()
    return [row[3] for row in rows]
