"""The committed schemas are those of the answers, and every document keeps to its own."""

import json
from pathlib import Path

import jsonschema
import pytest
from documents import DOCUMENTS

from modelkeep.cli import command_table, error_output, schemas
from modelkeep.cli.views import output
from modelkeep.errors import NotFound

GOLDEN = Path(__file__).with_name("golden")


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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_keeps_to_its_schema_and_has_no_field_beside(name: str):
    document = json.loads(json.dumps(DOCUMENTS[name].document))
    thing = document["schema"].removeprefix("modelkeep.").removesuffix("/1")
    jsonschema.validate(document, closed(schemas.schema(thing)))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_word_for_word_the_one_that_scripts_were_written_for(name: str):
    golden = (GOLDEN / f"{name}.json").read_text()
    assert output.as_json(DOCUMENTS[name].document, pretty=True) == golden, "python tests/cli/documents.py renews it"


def test_there_is_a_golden_file_of_every_document():
    things = {str(page.document["schema"]).removeprefix("modelkeep.").removesuffix("/1") for page in DOCUMENTS.values()}
    assert things == schemas.DOCUMENTS.keys() - {"error"}
    assert {path.stem for path in GOLDEN.iterdir()} == DOCUMENTS.keys()


def test_an_error_keeps_to_its_schema():
    document = json.loads(error_output.as_json(NotFound("fraud has no version 7", "modelkeep list fraud")))
    jsonschema.validate(document, closed(schemas.schema("error")))
    assert document["error"] == {
        "code": "not_found",
        "exit": 3,
        "message": "fraud has no version 7",
        "hint": "modelkeep list fraud",
    }


def test_every_command_names_schemas_that_are_there():
    rows = [each for row in command_table.COMMANDS for each in (row, *row.commands)]
    named = {name for row in rows for name in row.schema}
    assert named <= schemas.DOCUMENTS.keys()
    assert schemas.DOCUMENTS.keys() - named <= {"error", "field"}
