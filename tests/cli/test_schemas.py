"""The committed schemas are those of the answers, and every document keeps to its own."""

import json
from pathlib import Path

import jsonschema
import pytest
from documents import DOCUMENTS
from schemas import closed

import modelkeep
from modelkeep.cli.views import errors
from modelkeep.cli.views.interface import as_json
from modelkeep.errors import NotFound
from tools import json_schemas

GOLDEN = Path(__file__).with_name("golden")
SCHEMAS = Path(modelkeep.__file__).with_name("schemas")
THINGS = json_schemas.documents().keys()


def test_the_committed_schemas_are_those_of_the_program():
    committed = {path.name: path.read_text() for path in SCHEMAS.iterdir()}
    assert committed == json_schemas.texts(), "make docs renews them"


@pytest.mark.parametrize("thing", THINGS)
def test_each_schema_is_one(thing: str):
    jsonschema.Draft202012Validator.check_schema(json_schemas.schema(thing))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_keeps_to_its_schema_and_has_no_field_beside(name: str):
    document = json.loads(as_json(DOCUMENTS[name].document()))
    thing = document["schema"].removeprefix("modelkeep.").removesuffix("/1")
    jsonschema.validate(document, closed(json_schemas.schema(thing)))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_word_for_word_the_one_that_scripts_were_written_for(name: str):
    golden = (GOLDEN / f"{name}.json").read_text()
    assert as_json(DOCUMENTS[name].document(), pretty=True) == golden, "python tests/cli/documents.py renews it"


def test_there_is_a_golden_file_of_every_document():
    schemas = {json.loads(as_json(view.document()))["schema"] for view in DOCUMENTS.values()}
    things = {name.removeprefix("modelkeep.").removesuffix("/1") for name in schemas}
    assert things == THINGS - {"error", "event"}  # tests/hooks/ holds what hooks got to the schema of an event
    assert {path.stem for path in GOLDEN.iterdir()} == DOCUMENTS.keys()


def test_an_error_keeps_to_its_schema():
    document = json.loads(errors.as_json(NotFound("fraud has no version 7", "modelkeep list fraud")))
    jsonschema.validate(document, closed(json_schemas.schema("error")))
    assert document["error"] == {
        "code": "not_found",
        "exit": 3,
        "message": "fraud has no version 7",
        "hint": "modelkeep list fraud",
    }
