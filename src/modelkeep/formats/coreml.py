"""Core ML: a protocol buffer, alone (``.mlmodel``) or in a directory (``.mlpackage``) with its weights beside it.

https://github.com/apple/coremltools/tree/main/mlmodel/format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from modelkeep.domain.known_documents import Field, FileInspection, Interface
from modelkeep.formats.findings import MOST_FIELDS, count, counted, facts, field, numbered, problems
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile
from modelkeep.formats.protobuf import Message, number_of, signed, text_of
from modelkeep.formats.ranges import Ranges

_MODELS = {
    200: "pipelineClassifier", 201: "pipelineRegressor", 202: "pipeline", 300: "glmRegressor", 301: "supportVectorRegressor",
    302: "treeEnsembleRegressor", 303: "neuralNetworkRegressor", 304: "bayesianProbitRegressor", 400: "glmClassifier",
    401: "supportVectorClassifier", 402: "treeEnsembleClassifier", 403: "neuralNetworkClassifier",
    404: "kNearestNeighborsClassifier", 500: "neuralNetwork", 501: "itemSimilarityRecommender", 502: "mlProgram",
    555: "customModel", 556: "linkedModel", 600: "oneHotEncoder", 601: "imputer", 602: "featureVectorizer",
    603: "dictVectorizer", 604: "scaler", 606: "categoricalMapping", 607: "normalizer", 609: "arrayFeatureExtractor",
    610: "nonMaximumSuppression", 900: "identity", 2000: "textClassifier", 2001: "wordTagger", 2002: "visionFeaturePrint",
    2003: "soundAnalysisPreprocessing", 2004: "gazetteer", 2005: "wordEmbedding", 2006: "audioFeaturePrint",
    3000: "serializedModel",
}  # fmt: skip
_PROGRAM, _CUSTOM = 502, 555
_ARRAY_TYPES = {65552: "float16", 65568: "float32", 65600: "float64", 131080: "int8", 131104: "int32"}
_SIMPLE = {1: "int64", 2: "float64", 3: "string", 6: "dictionary", 7: "sequence", 8: "state"}
_DEEPEST = 16


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the kind of model, its signature, and the operators of a program."""
    version, kind = 0, ""
    described: Message | None = None
    operators: Counter[str] = Counter()
    custom: list[str] = []
    for number, value in Message(Ranges(file, budget), 0, file.size).fields():
        if number == 1:
            version = number_of(value)
        elif number == 2 and isinstance(value, Message):
            described = value
        elif number in _MODELS and isinstance(value, Message):
            kind = _MODELS[number]
            if number == _PROGRAM:
                _count(value, operators)
            elif number == _CUSTOM and not custom:
                custom.append(f"it needs the class {text_of(value.last(10))!r}, which is not in the file")
    if described is None or not kind:
        message = "has no description of a model"
        raise Malformed(message)
    about = described.last(100)
    inspection = FileInspection(
        path=file.path,
        format="coreml",
        facts=(
            *facts(
                format_version=version,
                architecture=kind,
                nodes=operators.total() or None,
                operators=counted(operators),
                author=text_of(about.last(3)) if isinstance(about, Message) else None,
                licence=text_of(about.last(4)) if isinstance(about, Message) else None,
            ),
            *numbered("metadata", _metadata(about)),
        ),
        problems=problems("unknown", custom),
    )
    inputs, outputs = (tuple(map(_field, islice(described.messages(each), MOST_FIELDS))) for each in (1, 10))
    return FoundInFile(inspection, Interface(inputs, outputs))


def _metadata(about: int | Message | None) -> Iterator[str]:
    if isinstance(about, Message):
        for each in about.messages(100):
            yield f"{text_of(each.last(1))}={text_of(each.last(2))}"


def _count(program: Message, operators: Counter[str]) -> None:
    """Count the operators of a program: functions by name, in them blocks by opset."""
    for function in program.messages(2):
        for body in _values(function):
            for block in body.messages(3):
                for each in _values(block):
                    _count_block(each, operators, 0)


def _values(entry: Message) -> Iterator[Message]:
    """Yield the value of an entry of a map."""
    value = entry.last(2)
    if isinstance(value, Message):
        yield value


def _count_block(block: Message, operators: Counter[str], depth: int) -> None:
    if depth > _DEEPEST:
        message = "has blocks that are nested too deeply"
        raise Malformed(message)
    for operation in block.messages(3):
        count(operators, text_of(operation.last(1)))
        for inner in operation.messages(4):
            _count_block(inner, operators, depth + 1)


def _field(feature: Message) -> Field:
    """Return a FeatureDescription as an input or output."""
    dtype, shape, optional = "?", list[object](), False
    kind = feature.last(3)
    for number, value in kind.fields() if isinstance(kind, Message) else ():
        if number == 1000:
            optional = bool(value)
        elif number in _SIMPLE:
            dtype = _SIMPLE[number]
        elif number == 4 and isinstance(value, Message):
            dtype, shape = "image", [number_of(value.last(2)), number_of(value.last(1))]
        elif number == 5 and isinstance(value, Message):
            code = number_of(value.last(2))
            dtype, shape = _ARRAY_TYPES.get(code, str(code)), list(islice(_sizes(value), 64))
    return field(text_of(feature.last(1)), dtype, shape, optional=optional)


def _sizes(array: Message) -> Iterator[int]:
    for number, value in array.fields():
        if number == 1:
            yield from ((signed(each) for each in value.varints()) if isinstance(value, Message) else (signed(value),))
