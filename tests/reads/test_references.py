"""Names: a model may get another one, keeps answering to those it bore, and none is given to another."""

import pytest
from changing import effects, overtaken, refused
from world import World, entries


@pytest.fixture
def world(tmp_path):
    """Return a registry with fraud@1 (label 1.0, in production, champion) and churn@1."""
    world = World(tmp_path)
    world.register(label="1.0", stage="production", alias=["champion"])
    world.register("churn")
    return world


def test_a_renamed_model_keeps_its_versions_stages_labels_and_aliases(r):
    assert effects(r.rename("fraud", "risk/Fraud")) == ["name: fraud -> risk/Fraud"]
    refs = ("risk/fraud@1", "RISK/FRAUD@v1.0", "risk/Fraud@prod", "risk/Fraud@champion")
    assert [r.resolve(ref).ref for ref in refs] == ["risk/Fraud@1"] * 4


def test_the_old_name_keeps_answering_and_says_the_new_one(world, r):
    r.rename("fraud", "risk")
    assert r.resolve("Fraud@1").ref == "risk@1"
    assert effects(r.promote("fraud@1", "staging")) == ["staging: none -> risk@1"]
    assert world.register("fraud").ref == "risk@2"
    assert world.said == ["note: fraud is called risk now"] * 3


def test_the_new_name_says_nothing(world, r):
    r.rename("fraud", "risk")
    r.resolve("risk@1")
    world.register("RISK")
    assert world.said == []


@pytest.mark.parametrize("name", ["churn", "CHURN", "fraud", "Fraud"])
def test_a_name_that_another_model_bears_or_ever_bore_is_refused(world, r, name):
    r.rename("fraud", "risk")
    r.rename("risk", "scorer")
    world.register("third")
    before = entries(world)
    bearer = "churn" if name.lower() == "churn" else "scorer"
    assert refused(r.rename, "third", name) == (
        "Conflict",
        f"the name {name} belongs to the model {bearer}",
        "a name that a model ever bore is never given to another",
    )
    assert entries(world) == before


def test_a_model_may_have_an_old_name_of_its_own_again(r):
    r.rename("fraud", "risk")
    assert effects(r.rename("risk", "fraud")) == ["name: risk -> fraud"]
    assert (r.resolve("risk@1").ref, r.resolve("fraud@1").ref) == ("fraud@1", "fraud@1")


def test_a_model_may_change_the_case_of_its_name(r):
    assert effects(r.rename("fraud", "Fraud")) == ["name: fraud -> Fraud"]
    assert r.resolve("fraud@1").ref == "Fraud@1"


def test_the_name_it_has_changes_nothing(world, r):
    before = entries(world)
    change = r.rename("fraud", "fraud")
    assert (change.changed, change.why, entries(world)) == (False, "the model is called fraud", before)


def test_a_version_has_no_name_to_change(r):
    assert refused(r.rename, "fraud@1", "risk") == (
        "UsageError",
        "rename takes a model, not the version fraud@1",
        "modelkeep rename fraud risk",
    )


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("run/x", "a model's name cannot begin with the reserved word 'run': 'run/x'"),
        ("Model", "a model's name cannot begin with the reserved word 'Model': 'Model'"),
        ("a b", "not a legal name for a model: 'a b'"),
        ("a@1", "not a legal name for a model: 'a@1'"),
        ("a//b", "not a legal name for a model: 'a//b'"),
        ("-a", "not a legal name for a model: '-a'"),
        ("", "not a legal name for a model: ''"),
    ],
)
def test_what_no_model_may_be_called_is_refused(world, r, new, message):
    before = entries(world)
    assert refused(r.rename, "fraud", new)[:2] == ("UsageError", message)
    assert entries(world) == before


def test_a_model_that_is_none_is_not_found_and_near_names_are_told(r):
    kind, message, hint = refused(r.rename, "frod", "risk")
    assert (kind, message) == ("NotFound", "there is no model frod")
    assert "fraud" in hint


def test_a_dry_run_of_rename_writes_nothing(world, r):
    before = entries(world)
    assert effects(r.rename("fraud", "risk", dry_run=True)) == ["name: fraud -> risk"]
    assert (entries(world), r.resolve("fraud@1").ref) == (before, "fraud@1")
    assert refused(r.rename, "fraud", "churn", dry_run=True) == refused(r.rename, "fraud", "churn")


def test_a_name_that_somebody_else_took_meanwhile_is_refused(world, r):
    late = overtaken(world, lambda: world.register("risk"))
    assert refused(late.rename, "fraud", "risk")[:2] == ("Conflict", "the name risk belongs to the model risk")


def test_a_model_of_a_name_that_another_one_got_meanwhile_becomes_a_version_of_that(world, r):
    late = overtaken(world, lambda: r.rename("fraud", "risk"))
    assert late.register("risk", world.model(), code="none").ref == "risk@2"


def test_the_log_keeps_the_name_of_then(world, r):
    r.rename("fraud", "risk", message="the team's word")
    assert r.resolve("fraud@1", as_of="seq:3").ref == "fraud@1"
    assert r.resolve("risk@1", as_of="seq:3").ref == "fraud@1"  # the same model, under its name of then
    assert world.verify().findings == ()


# Words for stages


def test_a_stage_of_ones_own_is_the_last_one_where_production_is_meant(tmp_path):
    world = World(tmp_path, stages=["qa", "live-eu"])
    world.register(stage="live-eu")
    world.register(stage="live-eu")
    r = world.registry
    assert effects(r.rollback("fraud@2")) == ["live-eu: fraud@2 -> fraud@1"]
    assert refused(r.promote, "fraud@1", "prod")[:2] == ("NotFound", "there is no stage 'prod'")
    assert refused(r.archive, "fraud@1")[1] == "fraud@1 is in live-eu, which is protected"
