"""The numbered scripts lead to what the tables say, and the pinned fingerprint is of that."""

from modelkeep.store.db.sqlite import schema
from tools import schema_sql


def test_the_scripts_lead_to_the_schema_of_the_tables():
    assert schema_sql.fingerprint_of_migrations() == schema_sql.fingerprint_of_tables() == schema.FINGERPRINT
