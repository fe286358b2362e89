"""The rules about what is in the files of a version: formats, pickles, the signature; and two words of ``require``."""

import pytest
from history import History
from msgspec.structs import replace

from modelkeep.domain.checks import judge
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import (
    Environment,
    Field,
    FileInspection,
    Inspection,
    Interface,
    Problem,
    to_document,
)
from modelkeep.domain.policy.candidate import registered
from modelkeep.domain.policy.contents import content_results
from modelkeep.domain.policy.problems import find_problems
from modelkeep.domain.policy.rules import ContentRule, FormatsRule, Rules, StageRules
from modelkeep.domain.policy.verdict_size import largest_verdict
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.signature_changes import incompatibilities
from modelkeep.errors import Damaged, Denied
from modelkeep.store.db.ledger import entries, named_by, write
from modelkeep.store.db.sqlite.private_tables import in_memory
from modelkeep.store.db.state import SqlState


def production(**rules):
    return Rules(stages=(StageRules(name="staging"), StageRules(name="production", protected=True, **rules)))


def said(history, ref="fraud@1", stage="production"):
    """Return what each rule says: ``HOLDS formats: onnx, must be only onnx``."""
    marks = {(True, False): "HOLDS", (True, True): "HOLDS", (False, True): "WARNS", (False, False): "DENIES"}
    return [
        f"{marks[each.passed, each.warn]} {each.rule}: {each.value}, must be {each.bound}"
        for each in history.judgement(ref, stage).results
    ]


def inspection(*files, **more):
    return Inspection(files=tuple(files), **more)


def file(form, *problems, path=None):
    return FileInspection(path or f"model.{form}", form, problems=tuple(Problem(*each.split("|")) for each in problems))


@pytest.fixture
def history():
    return History()


ONNX = FormatsRule(only=("safetensors", "onnx"))
SAFE = ContentRule(level="safe")
DANGER = file("pickle", "dangerous|it imports os.system, which can run code as soon as the file is loaded")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, "DENIES formats: missing, must be only safetensors or onnx"),
        (inspection(file("onnx")), "HOLDS formats: onnx, must be only safetensors or onnx"),
        (
            inspection(file("safetensors"), kind="huggingface"),
            "HOLDS formats: safetensors, must be only safetensors or onnx",
        ),
        (inspection(file("onnx"), DANGER), "DENIES formats: pickle, must be only safetensors or onnx"),
        (inspection(kind="savedmodel"), "DENIES formats: savedmodel, must be only safetensors or onnx"),
        (inspection(kind="mlflow"), "DENIES formats: missing, must be only safetensors or onnx"),
        (
            inspection(file("onnx"), unread=3),
            "DENIES formats: 3 files were not read, must be only safetensors or onnx",
        ),
        (
            inspection(file("onnx", "invalid|it is cut off")),
            "DENIES formats: invalid: model.onnx: it is cut off, must be only safetensors or onnx",
        ),
    ],
)
def test_every_format_that_was_found_must_be_allowed(history, found, expected):
    history.register("fraud", inspected=found)
    history.policy(production(formats=ONNX))
    assert said(history) == [expected]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, "DENIES pickles: missing, must be safe"),
        (inspection(file("onnx")), "HOLDS pickles: safe, must be safe"),
        (inspection(file("pickle", "note|it has a persistent id")), "HOLDS pickles: safe, must be safe"),
        (inspection(DANGER), "DENIES pickles: dangerous: model.pickle: it imports os.system, must be safe"),
        (
            inspection(file("joblib", "unknown|it imports a.B, which is not known to be harmless"), DANGER),
            "DENIES pickles: dangerous: model.pickle: it imports os.system, and 1 more, must be safe",
        ),
        (inspection(file("pickle", "unverified|it breaks off")), "DENIES pickles: unverified: model.pickle: it breaks off, must be safe"),
        (inspection(problems=(Problem("dangerous", "x.py is code"),)), "DENIES pickles: dangerous: x.py is code, must be safe"),
        (inspection(file("pickle"), unread=1), "DENIES pickles: 1 files were not read, must be safe"),
    ],
)  # fmt: skip
def test_pickles_are_safe_where_no_problem_may_run_code(history, found, expected):
    history.register("fraud", inspected=found)
    history.policy(production(pickles=SAFE))
    assert said(history) == [expected]


def test_a_rule_about_contents_that_warns_lets_a_version_in(history):
    history.register("fraud", inspected=inspection(DANGER))
    only = FormatsRule(only=("onnx",), warn=True)
    history.policy(production(formats=only, pickles=ContentRule(level="safe", warn=True)))
    assert [each.partition(":")[0] for each in said(history)] == ["WARNS formats", "WARNS pickles"]
    history.promote("fraud@1", "production")


def test_what_was_found_later_counts(history):
    history.register("fraud", inspected=inspection(DANGER))
    history.policy(production(formats=ONNX, pickles=SAFE))
    history.supplement("fraud@1", inspected=inspection(file("onnx")))
    assert [each.partition(" ")[0] for each in said(history)] == ["HOLDS", "HOLDS"]


def test_a_version_that_is_registered_into_a_stage_brings_its_own_documents(history):
    history.policy(
        production(formats=ONNX, pickles=SAFE, require=("environment",), signature=ContentRule(level="compatible"))
    )
    good = {"interface": Interface(outputs=(Field("float32"),)), "environment": Environment(python="3.11")}
    with pytest.raises(Denied, match="formats: pickle"):
        history.register("fraud", stage="production", inspected=inspection(DANGER), **good)
    with pytest.raises(Denied, match="signature: missing, must be there: nothing is in production"):
        history.register("fraud", stage="production", inspected=inspection(file("onnx")), environment=Environment())
    history.register("fraud", stage="production", inspected=inspection(file("onnx")), **good)
    assert history.registry.version("fraud@production").ref == "fraud@1"


def test_a_signature_and_an_environment_can_be_required(history):
    history.register("fraud")
    history.policy(production(require=("signature",), recommend=("environment",)))
    assert said(history) == [
        "DENIES signature: missing, must be there",
        "WARNS environment: missing, must be there",
    ]
    history.supplement("fraud@1", interface=Interface(outputs=(Field("float32"),)), environment=Environment(python="3"))
    assert said(history) == ["HOLDS signature: there, must be there", "HOLDS environment: there, must be there"]


AMOUNT, COUNTRY = Field("float32", "amount"), Field("string", "country", optional=True)
SCORE = Field("float32", "score", ("batch", "2"))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (Interface((AMOUNT, COUNTRY), (SCORE,)), ()),
        (Interface((COUNTRY, AMOUNT), (SCORE, Field("int64", "label"))), ()),
        (Interface((AMOUNT, COUNTRY, Field("int64", "age", optional=True)), (SCORE,)), ()),
        (Interface((AMOUNT, COUNTRY), (Field("float32", "score", ("N", "2")),)), ()),
        (Interface((AMOUNT, COUNTRY, Field("int64", "age")), (SCORE,)), ("input age is new, and required",)),
        (Interface((AMOUNT,), (SCORE,)), ("input country is gone",)),
        (Interface((AMOUNT, COUNTRY), ()), ("output score is gone",)),
        (Interface((Field("int64", "amount"), COUNTRY), (SCORE,)), ("input amount: int64, was float32",)),
        (
            Interface((AMOUNT, COUNTRY), (Field("float32", "score", ("batch", "3")),)),
            ("output score: float32[batch, 3], was float32[batch, 2]",),
        ),
        (Interface((AMOUNT, Field("string", "country")), (SCORE,)), ("input country is required, was optional",)),
        (Interface((Field("float32"), COUNTRY), (SCORE,)), ("input amount is gone", "input number 1 is new, and required")),
    ],
)  # fmt: skip
def test_callers_of_a_signature_can_call_a_compatible_one(after, expected):
    assert incompatibilities(Interface((AMOUNT, COUNTRY), (SCORE,)), after) == expected


def test_a_signature_is_compared_with_that_of_what_is_in_production(history):
    before = Interface((AMOUNT,), (SCORE,))
    history.register("fraud", interface=before)
    history.register("fraud", interface=Interface((AMOUNT, COUNTRY), (SCORE,)))
    history.register("fraud", interface=Interface((COUNTRY,), (SCORE,)))
    history.register("fraud")
    history.policy(production(signature=ContentRule(level="compatible")))
    assert said(history) == ["HOLDS signature: there, must be there: nothing is in production"]
    history.promote("fraud@1", "production")
    assert said(history, "fraud@2") == ["HOLDS signature: compatible, must be compatible with fraud@1"]
    assert said(history, "fraud@3") == ["DENIES signature: input amount is gone, must be compatible with fraud@1"]
    assert said(history, "fraud@4") == ["DENIES signature: missing, must be compatible with fraud@1"]
    history.register("fraud", form="file", stage=None, interface=before)
    history.retire("fraud@1", "production")
    assert said(history, "fraud@3") == ["DENIES signature: input amount is gone, must be compatible with fraud@1"]


def test_where_production_has_no_signature_none_is_compatible_until_it_gets_one(history):
    history.register("fraud")
    history.promote("fraud@1", "production")
    history.register("fraud", interface=Interface((AMOUNT,), (SCORE,)))
    history.policy(production(signature=ContentRule(level="compatible")))
    assert said(history, "fraud@2") == [
        "DENIES signature: there, must be compatible with fraud@1, which has no signature"
    ]
    history.supplement("fraud@1", interface=Interface((AMOUNT,), (SCORE,)))
    assert said(history, "fraud@2") == ["HOLDS signature: compatible, must be compatible with fraud@1"]


def test_rules_about_contents_are_judged_by_what_was_known_then(history):
    clean = inspection(file("onnx"))
    history.register("fraud", inspected=clean)  # entry 2
    history.policy(production(formats=ONNX, pickles=SAFE))
    history.promote("fraud@1", "production")  # entry 4
    history.supplement("fraud@1", inspected=inspection(DANGER))  # entry 5
    replayed = in_memory()
    for _, data in entries(history.connection):
        entry = parse_entry(data)
        named = named_by(history.connection, entry)
        assert judge(SqlState(replayed), entry, *named) is None
        write(replayed, entry, data, *named)
    digests = [SqlState(history.connection, at).fact(2, 1, "inspection", "") for at in (4, 5, None)]
    assert digests[0] == digest_of(to_document(clean))
    assert digests[0] != digests[1] == digests[2]
    assert SqlState(history.connection, 2).document(digests[0]) == to_document(clean)


def test_what_the_rules_find_fits_into_an_entry_however_long_paths_and_names_are(history):
    name = "ä" * 60
    long = file("pickle", f"dangerous|it imports {'ö' * 500}", path=f"{'ü' * 200}.pkl")
    fields = tuple(Field("float32", "\U0001f600" * 200 + str(each)) for each in range(50))
    history.register("fraud", interface=Interface(fields))
    history.promote("fraud@1", "production")
    history.register("fraud", inspected=inspection(long), interface=Interface((Field("int64", name),)))
    formats = tuple(f"format-{each}" for each in range(50))
    stage = StageRules(
        name="production",
        protected=True,
        formats=FormatsRule(only=formats),
        pickles=SAFE,
        signature=ContentRule(level="compatible"),
    )
    history.policy(Rules(stages=(StageRules(name="staging"), stage)))
    found = history.judgement("fraud@2").results
    assert len(encode_canonical(found)) <= largest_verdict(stage)


def test_a_stage_allows_50_formats_at_most():
    rules = production(formats=FormatsRule(only=tuple(f"f{each}" for each in range(51))))
    assert [each.message for each in find_problems(rules)] == ["a stage allows 50 formats at most"]


def test_a_document_that_is_missing_is_damage(history):
    history.register("fraud", inspected=inspection(file("onnx")))
    history.policy(production(formats=ONNX))
    proposal, model, version = history.proposal("fraud@1")
    candidate = registered(proposal.state, model, version)

    class WithoutDocuments:
        def document(self, _digest):
            return None

        def __getattr__(self, name):
            return getattr(proposal.state, name)

    stage = proposal.state.policy().rules.stage("production")
    with pytest.raises(Damaged, match="is not among the documents"):
        tuple(content_results(replace(proposal, state=WithoutDocuments()), candidate, stage))
