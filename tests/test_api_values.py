"""The Python API: what people hand to it is understood, or refused with a `UsageError` that says what it got."""

import inspect
import io
import os
import pydoc
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_values import MAKERS, Broken, Colour, Training, Unbound

import modelkeep
from modelkeep import registry as api
from modelkeep.errors import ModelkeepError, UsageError

#: All but the base of them, which is a bug.
OURS = ModelkeepError.__subclasses__()
#: What each function is called with; a method without arguments of its own stands here too.
VALID = {
    "register": (("fraud", "model.onnx"), {"code": "none"}), "evaluate": (("fraud@1", {"auc": 0.9}), {}), "promote": (("fraud@1", "staging"), {}),
    "rollback": (("fraud@1",), {}), "retire": (("fraud", "staging"), {}), "mark": (("fraud@1", "good"), {}), "archive": (("fraud@2",), {}), "delete": (("fraud@2",), {"dry_run": True}),
    "alias": (("fraud@1", "champion"), {}), "tag": (("fraud", {"a": "b"}), {}), "label": (("fraud@1", "1.0"), {}), "describe": (("fraud", "x"), {}), "note": (("fraud", "x"), {}),
    "rename": (("fraud", "fraud"), {"dry_run": True}), "stages": ((), {}), "resolve": (("fraud@1",), {}), "version": (("fraud@1",), {}), "model": (("fraud",), {}), "show": (("fraud",), {}),
    "description": (("fraud",), {}), "models": ((), {}), "keys": (("metric", "fraud"), {}), "versions": (("fraud",), {}), "search": (("fra",), {}), "get": (("fraud@1", "out"), {}), "path": (("fraud@1",), {}), "identify": (("model.onnx",), {}),
    "diff": ((["fraud@1", "fraud@2"],), {}), "trend": (("fraud",), {}), "lineage": (("fraud@1",), {}), "audit": ((), {"limit": 3}), "audit_pages": ((), {"limit": 3}), "history": ((), {"limit": 3}), "status": ((), {}), "whoami": ((), {}), "as_of": (("seq:1",), {}),
    "is_bare": (("fraud",), {}), "verify": ((), {"bytes": False, "quick": True}), "gc": ((), {"dry_run": True}), "doctor": ((), {}), "access": ((), {}), "backup": (("backup",), {"dry_run": True}), "migrate": ((), {}),
    "policy": ((), {}), "policies": ((), {}), "policy_diff": ((["policy.toml"],), {}), "set_policy": (("policy.toml",), {"dry_run": True}),
    "grant_role": (("owner", "user:root"), {"dry_run": True}), "revoke_role": (("owner", "user:root"), {}), "roles": ((), {}),
    "record_check": (("fraud@1", "bias", "pass"), {"dry_run": True}), "run_check": (("fraud@1", "scan", ["true"]), {"dry_run": True}),
    "checks": (("fraud@1",), {}), "check": (("fraud@1", "bias"), {}), "check_evidence": (("fraud@1", "bias", "out"), {}),
    "request": (("fraud@1", "production"), {"dry_run": True}), "approve": (("fraud@1", "production"), {"dry_run": True}), "reject": (("fraud@1", "production"), {}), "requests": ((), {}),
    "acknowledge": ((3,), {}), "supplement": (("fraud@1",), {"licence": "MIT", "dry_run": True}), "attachment": (("fraud@1", "notes.md"), {}), "packages": (("fraud@1",), {}),
    "inspect": (("model.onnx",), {}),
    "prune": ((), {"dry_run": True}), "prune_pages": ((), {"dry_run": True, "plans": {"fraud@1": "sha256:00"}}),
    "report": ((), {}), "annex_iv": (("fraud@1",), {}), "card": (("fraud@1",), {}), "bom": (("fraud@1",), {}), "release_notes": ((["fraud@1", "fraud@2"],), {}), "page": ((), {}),
    "hooks": ((), {}), "test_hook": (("notify",), {}), "hold_hooks": ((), {}), "run_hooks": ((), {}),
    "pick": (("fraud@production", ["user-1"]), {}), "record_deployment": (("fraud@1", "k8s/eu"), {"dry_run": True}), "deployments": ((), {}),
    "signal": (("fraud@1", "p99", 0.5), {"dry_run": True}), "signal_report": (("fraud@1", "report.json"), {"dry_run": True}), "signals": ((), {}),
    "add_dataset": (("transactions@2026-02", "model.onnx"), {"dry_run": True}), "datasets": ((), {}), "dataset": (("holdout@3",), {}), "dataset_schema": (("holdout@3",), {}),
    "session": ((), {}), "open_registry": (("registry",), {}), "create_registry": (("registry",), {}), "read_pairs": ((["a=1"], [], "param"), {}),
}  # fmt: skip
PARAMETERS = [
    (name, parameter.name)
    for name in VALID
    for parameter in inspect.signature(getattr(api, name, None) or getattr(api.Registry, name)).parameters.values()
    if parameter.name != "self"
]


USER = """\
from datetime import datetime
from pathlib import Path

import modelkeep

made = modelkeep.register(
    "fraud", Path("model.onnx"), metrics={"auc": 0.9}, params=[("depth", 8)], data=Path("train.csv"), trained_at=datetime.now(), expect=1
)
registry = modelkeep.open_registry()
registry.promote(made, "production", expect=2)
reveal_type(made.ref)
modelkeep.register("fraud", "model.onnx", metric={})
registry.promote("fraud@1")
registry.versions("fraud", limit="3")
"""
WRONG = """\
user.py:11: note: Revealed type is "str | None"
user.py:12: error: Unexpected keyword argument "metric"; did you mean "metrics"?  [call-arg]
user.py:13: error: Missing positional argument "stage" in call to "promote" of "Registry"  [call-arg]
user.py:14: error: Argument "limit" to "versions" of "Registry" has incompatible type "str"; expected "int | None"  [arg-type]
"""


def write_files(root):
    names = ("model.onnx", "other.onnx")
    for name in names:
        (root / name).write_bytes(name.encode())
    (root / "report.json").write_text('{"metrics": [{"metric_name": "RowCount()", "value": 7}]}')
    (root / "policy.toml").write_text('[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\n')
    return names


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a registry with two versions of one model; its directory is the working directory."""
    root = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for variable in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.setenv(variable, str(root / "home"))
        patch.setenv("MODELKEEP_REGISTRY", str(root / "registry"))
        made, _ = api.create_registry("registry")
        for name in write_files(root):
            made.register("fraud", name, code="none")
        yield made


@pytest.fixture
def home(kept):
    """Return that registry, with its files where a call has moved or replaced them."""
    write_files(Path(kept.directory).parent)
    return kept


def call(registry, function, parameter, value):
    """Call a function with one argument replaced; what it raises must be one of our errors."""
    given_args, given_kwargs = VALID[function]
    called = getattr(api, function, None) or getattr(registry, function)
    if function == "register":
        called = registry.register
    signature = inspect.signature(called)
    bound = signature.bind(*given_args, **given_kwargs)
    kind = signature.parameters[parameter].kind
    bound.arguments[parameter] = (value,) if kind is inspect.Parameter.VAR_POSITIONAL else value
    with suppress(*OURS):
        answer = called(*bound.args, **bound.kwargs)
        if function in {"audit_pages", "page"}:
            list(answer)


def test_every_public_function_is_called_here():
    public = {name for name in dir(api.Registry) if name[0] != "_" and callable(getattr(api.Registry, name))}
    assert public | {"register", "open_registry", "create_registry", "read_pairs"} == set(VALID)


def annotation(function, parameter):
    called = getattr(api, function, None) or getattr(api.Registry, function)
    return str(inspect.signature(called).parameters[parameter].annotation)


#: One parameter of each annotation, which gets every kind of value.
FIRST = {annotation(*each): each for each in reversed(PARAMETERS)}.values()
#: What every parameter gets, beside each eighth kind, with which a parameter begins one later than the one before it.
ALWAYS = {"none", "surrogate", "object", "unbound", "rude", "broken", "tf vector", "looped dict"}


def values_for(at, *, every):
    """Return the kinds of value for one of the parameters."""
    if every or PARAMETERS[at] in FIRST:
        return list(MAKERS)
    return [name for number, name in enumerate(MAKERS) if name in ALWAYS or (number + at) % 8 == 0]


@pytest.mark.slow  # 5,000 calls of the whole API, together half a minute
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.full)], ids=["some", "every"])
@pytest.mark.parametrize("at", range(len(PARAMETERS)), ids=[" ".join(each) for each in PARAMETERS])
def test_no_value_ends_in_a_raw_error(home, at, every):
    function, parameter = PARAMETERS[at]
    for name in values_for(at, every=every):
        make = MAKERS[name]
        if parameter in {"progress", "say", "output"} and callable(make()) and name != "unbound":
            continue  # what a function of the caller raises is the caller's
        call(home, function, parameter, make())


def test_the_sample_has_each_kind_of_value_at_each_annotation():
    assert set(MAKERS) >= ALWAYS
    seen = {}
    for at, each in enumerate(PARAMETERS):
        seen.setdefault(annotation(*each), set()).update(values_for(at, every=False))
    assert {kind for kind, names in seen.items() if names != set(MAKERS)} == set()


plain = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3) | st.dates()
)
odd = st.recursive(
    plain | st.datetimes() | st.timedeltas() | st.decimals() | st.fractions() | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([each for each in PARAMETERS if each[1] not in {"dest", "location", "store"}]), odd)
def test_no_generated_value_ends_in_a_raw_error(home, where, value):
    call(home, *where, value)


@pytest.mark.parametrize(
    ("called", "message", "hint"),
    [
        (lambda r: r.register("fraud", "model.onnx", metric={"auc": 0.9}), "register() has no argument 'metric'", "metrics=…"),
        (lambda r: r.register("fraud", "model.onnx", hyperparameters={}), "register() has no argument 'hyperparameters'", "params=…"),
        (lambda r: r.register("fraud", path="model.onnx"), "register() has no argument 'path'", "register(name, *paths, …): paths are given without a keyword"),
        (lambda r: r.evaluate("fraud@1", {"auc": 0.9}, data="holdout@1"), "evaluate() has no argument 'data'", "on=…"),
        (lambda r: r.evaluate("fraud@1", {"auc": 0.9}, dataset="holdout@1"), "evaluate() has no argument 'dataset'", "on=…"),
        (lambda r: r.promote("fraud@1", "staging", reason="x"), "promote() has no argument 'reason'", "message=…"),
        (lambda r: r.promote("fraud@1", "staging", mesage="x"), "promote() has no argument 'mesage'", "message=…"),
        (lambda r: r.retire("fraud", "staging", qqq=1), "retire() has no argument 'qqq'", "its arguments are ref, stage, expect, message, dry_run"),
        (lambda r: r.promote("fraud@1"), "promote(): missing a required argument: 'stage'", "promote(ref, stage, …)"),
        (lambda r: r.diff("fraud@1", "fraud@2"), "diff(): too many positional arguments", "diff(refs, …)"),
        (lambda r: r.promote(None, "staging"), "ref is a text, not None", None),
        (lambda r: r.promote(["fraud@1"], "staging"), "ref is a text, not the list ['fraud@1']", None),
        (lambda r: r.promote("fraud@1", "staging", force="no"), "force is True or False, not the str 'no'", None),
        (lambda r: r.promote("fraud@1", "staging", expect=1.0), "expect is a text or a version's whole number, not the float 1.0", 'expect="1.10"'),
        (lambda r: r.label("fraud@1", 1.10), "label is a text or a version's whole number, not the float 1.1", 'label="1.10"'),
        (lambda r: r.versions("fraud", limit=-1), "limit is a whole number that is not negative, not the int -1", None),
        (lambda r: r.register("fraud", 3), "paths is a path, not the int 3", None),
        (lambda r: r.register("fraud", "a\0b"), "paths is a path, which has no NUL and no surrogates, not the str 'a\\x00b'", None),
        (lambda r: r.register("fraud", "model.onnx", runs={"train": "x"}), "runs is one text or several, not the dict {'train': 'x'}", 'runs=["…", "…"]'),
        (lambda r: r.promote("staging", "fraud@1"), "promote() takes the ref first: 'fraud@1', then 'staging'", "promote('fraud@1', 'staging')"),
        (lambda r: r.alias("best-one", ["fraud@1"]), "alias() takes the ref first: 'fraud@1', then 'best-one'", "alias('fraud@1', 'best-one')"),
        (lambda r: r.mark("bad", "fraud@1"), "mark() takes the ref first: 'fraud@1', then 'bad'", "mark('fraud@1', 'bad')"),
        (lambda r: r.label("1.0", "fraud@1"), "label() takes the ref first: 'fraud@1', then '1.0'", "label('fraud@1', '1.0')"),
        (lambda r: r.get("out", "fraud@1"), "get() takes the ref first: 'fraud@1', then 'out'", "get('fraud@1', 'out')"),
        (lambda r: r.register("model.onnx", "fraud"), "there is no file 'fraud' here, and 'model.onnx' is a file: the name comes first", "modelkeep register fraud model.onnx"),
        (lambda r: r.register("fraud", "-", stdin=io.StringIO("x")), "stdin is a binary stream, not the StringIO <_io.StringIO object>", "stdin=stream.buffer, or io.BytesIO(…)"),
        (lambda r: r.register("fraud", "model.onnx", author=Unbound()), "author cannot be read: RuntimeError: Working outside of application context.", "give it as a plain value: text, a number, a list or a dict"),
        (lambda r: r.register("fraud", "model.onnx", metrics=Broken(a=1)), "metrics cannot be read: OSError: connection lost", "give it as a plain value: text, a number, a list or a dict"),
        (lambda _: api.Registry("registry"), "a Registry is made by open_registry or create_registry", "modelkeep.open_registry(DIRECTORY)"),
        (lambda _: api.Registry("registry", "x"), "a Registry is made by open_registry or create_registry", "modelkeep.open_registry(DIRECTORY)"),
        (lambda r: r.gc(grace=timedelta(days=-1)), "grace is a length of time that is not negative, not the timedelta datetime.timedelta(days=-1)", None),
    ],
)  # fmt: skip
def test_a_wrong_call_is_told_with_the_right_one(home, called, message, hint):
    with pytest.raises(UsageError) as caught:
        called(home)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_wrong_call_in_a_notebook_makes_no_registry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith(("XDG_", "MODELKEEP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    with pytest.raises(UsageError, match=r"register\(\) has no argument 'nme'"):
        modelkeep.register(nme="x")
    assert list(tmp_path.iterdir()) == []


def test_what_python_people_hold_is_understood(home, tmp_path):
    (tmp_path / "data.csv").write_text("x")
    made = home.register(
        "held", Path("model.onnx"), code="none", label=Decimal("1.10"), data=tmp_path / "data.csv", on=Path("other.onnx"), metrics=[("auc", np.float32(0.9))],
        params=Training(), tags={Colour.RED: datetime(2026, 1, 2, tzinfo=UTC)}, trained_at=datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1))),
        description=0.5, alias={"b", "a"}, stage="staging", expect=None, message=Path("x"), exclude="*.csv",
    )  # fmt: skip
    roles = home.register("held", "model.onnx", code="none", data={"train": tmp_path / "data.csv", "test": "t@1"}, dry_run=True, if_exists="new")  # fmt: skip
    assert roles.notes[0].split(", ")[2:] == ["data data.csv@sha256:2d711642b726", "data t@1"]
    version = home.version(made)
    assert version.label == "1.10"
    assert [each.name for each in version.data] == ["data.csv"]
    assert dict(version.params) == {"lr": 0.1, "layers": [64, 32]}
    assert dict(version.tags) == {"red": "2026-01-02T00:00:00+00:00"}
    assert version.trained.ended == "2026-01-02T02:00:00.000000Z"
    assert (version.description, set(version.aliases)) == ("0.5", {"a", "b"})
    assert home.promote(made, "staging", expect=np.int64(1), dry_run=np.bool_(True)).why == "held@1 is in staging"
    assert (
        home.audit(made, since=timedelta(hours=1), until=datetime.now(UTC) + timedelta(minutes=1), limit=np.int64(1))[
            0
        ].action
        == "register"
    )
    assert home.versions("held", as_of=home.as_of(datetime.now(UTC)))[0].ref == "held@1"


def test_none_is_the_same_as_leaving_an_argument_out(home):
    made = home.register(
        "none",
        "model.onnx",
        code=None,
        alias=None,
        data=None,
        metrics=None,
        exclude=None,
        if_exists=None,
        move=None,
        dry_run=None,
    )
    assert made.ref == "none@1"


def test_the_signature_is_the_real_one():
    function, method = inspect.signature(modelkeep.register), inspect.signature(modelkeep.Registry.register)
    assert list(function.parameters.values()) == list(method.parameters.values())[1:]
    assert function.return_annotation == "Registered"
    text = pydoc.render_doc(modelkeep.register, renderer=pydoc.plaintext)
    assert "register(name: 'str', *paths: 'Paths', stage: 'str | None' = None" in text
    assert "Raises `UsageError`" in text


def test_a_type_checker_sees_it(tmp_path):
    """What an editor shows comes from the same source."""
    (tmp_path / "user.py").write_text(USER)
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", tmp_path / "cache", "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == WRONG
