"""A signature as people write it: our own shape, MLflow's, and what is refused with words that help."""

import json

import pytest

from modelkeep.domain.known_documents import Field, Interface, parse_interface, to_document
from modelkeep.domain.signatures import parse_signature, signature_words
from modelkeep.errors import UsageError


def test_our_own_shape_is_read():
    found = parse_signature(
        {
            "inputs": [{"name": "amount", "dtype": "float32", "shape": [None, 30]}, {"name": "note", "dtype": "string", "optional": True}],
            "outputs": [{"dtype": "float32", "shape": ["batch"]}],
            "params": [{"name": "threshold", "dtype": "double"}],
        }
    )  # fmt: skip
    assert found == Interface(
        inputs=(Field("float32", "amount", ("?", "30")), Field("string", "note", optional=True)),
        outputs=(Field("float32", shape=("batch",)),),
        params=(Field("double", "threshold"),),
    )
    assert signature_words(found) == "(amount float32[?, 30], note? string) -> (float32[batch]), 1 param"
    assert parse_interface(to_document(found)) == found


def test_mlflows_columns_tensors_and_params_are_read_from_its_json_texts_too():
    columns = [{"type": "double", "name": "x", "required": True}, {"type": "string", "name": "y", "required": False}]
    nested = [{"type": "array", "items": {"type": "object", "properties": {"a": {"type": "long", "required": False}}}, "name": "rows"}]  # fmt: skip
    tensor = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]
    params = [{"name": "temperature", "dtype": "double", "default": 0.5, "shape": None}]
    said = {"inputs": json.dumps([*columns, *nested]), "outputs": json.dumps(tensor), "params": json.dumps(params)}
    expected = Interface(
        inputs=(Field("double", "x"), Field("string", "y", optional=True), Field("array<object<a?: long>>", "rows")),
        outputs=(Field("float64", shape=("?", "4")),),
        params=(Field("double", "temperature"),),
    )
    assert parse_signature(said) == expected
    assert parse_signature({"flavors": {}, "signature": said}) == expected  # an MLmodel


def test_many_fields_are_counted_in_words():
    fields = tuple(Field("double", f"feature_{number}") for number in range(30))
    assert signature_words(Interface(fields, (Field("double"),))) == "(30 fields) -> (double)"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "a signature has inputs, outputs or params"),
        ({"inputs": "[{"}, "the inputs of the signature are no JSON: Input data was truncated"),
        ({"inputs": {"a": 1}}, "the inputs of a signature are a list, not {'a': 1}"),
        ({"inputs": ["float"]}, "inputs[0] of the signature is no object with a dtype: 'float'"),
        ({"outputs": [{"name": "x"}]}, "outputs[0] of the signature has no dtype"),
        ({"inputs": [{"dtype": ""}]}, "inputs[0] of the signature has no dtype"),
        ({"inputs": [{"dtype": 3}]}, "the dtype of inputs[0] is a text of 1 to 1000 characters, not 3"),
        ({"inputs": [{"dtype": "x", "shape": "3"}]}, "the shape of inputs[0] is a list of numbers and names, not '3'"),
        ({"inputs": [{"dtype": "x", "shape": [1.5]}]}, "a dimension of inputs[0] is a number or a name, not 1.5"),
        *(
            ({"inputs": [{"dtype": "x", "shape": [size]}]}, f"a dimension of inputs[0] is a whole number, not '{size}'")
            for size in ("1e400", "1.5", "+3", "-2.5")
        ),
        ({"inputs": [{"dtype": "x\0"}]}, "the dtype of inputs[0] has a NUL character in it: x\\x00"),
        ({"inputs": [{"dtype": "x" * 900} for _ in range(2000)]}, "a signature has at most 1 MiB"),
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused(document, message):
    with pytest.raises(UsageError) as error:
        parse_signature(document)
    assert error.value.message == message


def test_a_type_that_is_nested_without_end_is_refused():
    kind = {"type": "long"}
    for _ in range(30):
        kind = {"type": "array", "items": kind}
    with pytest.raises(UsageError, match="nested too deep"):
        parse_signature({"inputs": [kind]})
