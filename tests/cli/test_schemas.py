"""The committed schemas are those of the answers, and every document keeps to its own."""

import json
from pathlib import Path

import jsonschema
import pytest
from rows import CHURN, ENTRY, FRAUD, LINEAGE, MODEL, PROMOTED, REGISTERED, TENURE, VERSION, version_row

from modelkeep.cli import batch, commands, failures, pages, schemas, told
from modelkeep.domain import answers
from modelkeep.errors import NotFound

AS_OF = answers.AsOf(12, "2026-11-20T00:00:00.000000Z")
FOUND = answers.VerifyFinding("error", "chain", "entry 3", "its hash is another")

DOCUMENTS = [
    pages.models([FRAUD, CHURN], None),
    pages.models([FRAUD], AS_OF),
    pages.versions([version_row(3, metrics=(("auc", "0.9"),))], AS_OF),
    pages.version(VERSION, None),
    pages.model(MODEL, AS_OF),
    pages.tenures([TENURE], None),
    pages.entries([ENTRY]),
    pages.identified([answers.Identified("fraud@3", None, None, None, "development", None, "sha256:00")]),
    pages.diff(answers.Diff(("a@1", "a@2"), same=False, rows=(answers.DiffRow("metrics", "auc", ("1", None)),))),
    pages.lineage(LINEAGE),
    pages.verification(answers.Verification(False, 1, 1, 1, 1, 1, None, (FOUND,))),
    pages.status(
        answers.Status(
            "/r", "flag", "ab", 1, 2, 3, 4, "sha256:0", "production", (("fraud", FRAUD.holders[0]),), (ENTRY,)
        )
    ),
    pages.identity(answers.Identity("ana", 1000, user_namespace=False, claimed=None)),
    pages.fetched(answers.Fetched("a@1", "sha256:0", "out", changed=True, files=1, size_bytes=2)),
    pages.settings([("registry", None, "default")]),
    told.change(PROMOTED),
    told.reference(REGISTERED, "registered"),
    batch.page([batch.Fate("a@1", PROMOTED, None), batch.Fate("a@2", None, NotFound("no", "hint"))]),
]


def closed(found: dict[str, object]) -> dict[str, object]:
    """Return a schema that lets no further field through: what the tests hold today's output to."""
    made = {key: closed(value) if isinstance(value, dict) else value for key, value in found.items()}
    if made.get("type") == "object" and "properties" in made:
        made["additionalProperties"] = False
    return made


def test_the_committed_schemas_are_those_of_the_program():
    directory = Path(schemas.DIRECTORY)
    committed = {path.name: path.read_text() for path in directory.iterdir()}
    assert committed == schemas.texts(), "python -m modelkeep.cli.schemas renews them"


@pytest.mark.parametrize("thing", schemas.DOCUMENTS)
def test_each_schema_is_one(thing: str):
    jsonschema.Draft202012Validator.check_schema(schemas.schema(thing))


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.document["schema"]))
def test_a_document_keeps_to_its_schema_and_has_no_field_beside(page):
    document = json.loads(json.dumps(page.document))
    thing = document["schema"].removeprefix("modelkeep.").removesuffix("/1")
    jsonschema.validate(document, closed(schemas.schema(thing)))


def test_an_error_keeps_to_its_schema():
    document = json.loads(failures.as_json(NotFound("fraud has no version 7", "modelkeep list fraud")))
    jsonschema.validate(document, closed(schemas.schema("error")))
    assert document["error"] == {
        "code": "not_found",
        "exit": 3,
        "message": "fraud has no version 7",
        "hint": "modelkeep list fraud",
    }


def test_every_command_names_schemas_that_are_there():
    rows = [each for row in commands.COMMANDS for each in (row, *row.commands)]
    named = {name for row in rows for name in row.schema}
    assert named <= schemas.DOCUMENTS.keys()
    assert schemas.DOCUMENTS.keys() - named <= {"error", "field"}
