"""The numbered scripts lead to what the tables say, and the pinned fingerprint is of that."""

from modelkeep.store.db import generate
from modelkeep.store.db.sqlite import schema


def test_the_scripts_lead_to_the_schema_of_the_tables():
    assert generate.reached() == generate.wanted() == schema.FINGERPRINT
