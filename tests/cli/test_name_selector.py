"""``NAME SELECTOR`` as two words, and words in the wrong order."""

import shlex

import pytest

from modelkeep.cli import app
from modelkeep.cli.name_selector import refs_to_compare
from modelkeep.errors import NotFound, UsageError


@pytest.fixture
def churn(world, monkeypatch):
    """Return a registry with churn@1 to 3, the second in production and labelled 1.0, and with fraud@1."""
    monkeypatch.setenv("MODELKEEP_REGISTRY", world.registry.directory)
    for number in (1, 2, 3):
        (world.work / "model.onnx").write_bytes(b"%d" % number)
        world.registry.register("churn", "model.onnx", code="none", metrics={"auc": f"0.9{number}"})
    world.registry.register("fraud", "model.onnx", code="none", if_exists="new")
    world.registry.promote("churn@2", "production")
    return world.registry


def refused(line: str) -> str | None:
    with pytest.raises(UsageError) as error:
        app.run(shlex.split(line))
    return error.value.hint


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("show churn 2 --field ref", "churn@2"),
        ("show churn production --field ref", "churn@2"),
        ("show --field ref -- churn v1", "churn@1"),
        ("get churn production out", "out"),
        ("get churn 1 out2 --force", "out2"),
        ("promote churn 1 staging -q", "churn@1"),
        ("promote churn 2 production -q", "churn@2"),
        ("retire churn 2 production", "production: churn@2 -> none"),
        ("label churn 2 1.0", "label: none -> 1.0"),
        ("mark churn 3 bad", "churn@3: good -> bad"),
        ("evaluate churn latest -M f1=0.5 -q", "churn@3"),
        ("tag churn 2 a=b", "a: none -> b"),
        ("alias churn 2 champion", "champion: none -> churn@2"),
    ],
)
def test_a_name_and_a_selector_are_a_reference(typed: str, printed: str, churn, capsys):
    assert app.run(shlex.split(typed)) == 0
    assert capsys.readouterr().out.splitlines() == [printed]


def test_a_file_of_a_version_is_found_behind_two_words(churn, capsys):
    assert app.run(["path", "churn", "2"]) == 0
    assert capsys.readouterr().out.endswith("/model.onnx\n")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rollback churn production 2", "rollback churn production --to 2"),
        ("rollback churn@3 2 -m x", "rollback churn@3 -m x --to 2"),
        ("rollback churn@3 production 1.0", "rollback churn@3 production --to 1.0"),
        ("describe churn 2", "describe churn@2"),
        ("describe churn 2 'the good one'", "describe churn@2 'the good one'"),
        ("note churn 2", "note churn@2 TEXT"),
        ("note churn 2 'the good one'", "note churn@2 'the good one'"),
        ("rename churn 2 new", "rename churn new"),
        ("archive churn 2", "archive churn@2"),
        ("delete churn 2", "delete churn@2"),
        ("delete churn 1 3 fraud@1 --yes", "delete churn@1 churn@3 fraud@1 --yes"),
        ("delete churn 2 --all-versions --yes", "delete churn@2 --yes"),
        ("verify churn 2", "verify churn@2"),
        ("history churn 2", "show churn@2"),
        ("list churn 2", "show churn@2"),
        ("lineage churn 2 --up", "lineage churn@2 --up"),
        ("audit churn production", "audit churn@production"),
        ("promote churn 2", "promote churn@2 STAGE"),
        ("get churn 2", "get churn@2 DEST"),
        ("mark churn 2", "mark churn@2 bad"),
        ("tag churn 2", "tag churn@2 K=V"),
        ("alias churn 2", "alias churn@2 ALIAS"),
    ],
)
def test_where_two_words_are_no_reference_the_line_that_was_meant_is_the_hint(typed: str, meant: str, churn):
    before = churn.audit()
    assert refused(typed) == f"modelkeep {meant}"
    assert churn.audit() == before


def test_a_number_after_rollback_may_be_the_version_to_return_to_or_to_leave_and_both_lines_are_the_hint(churn):
    before = churn.audit()
    assert refused("rollback churn 1 -m x") == (
        "modelkeep rollback churn -m x --to 1        (return to 1)\nmodelkeep rollback churn@1 -m x        (leave 1)"
    )
    assert churn.audit() == before


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("promote production churn@2", "promote churn@2 production"),
        ("promote production churn@2 -m x", "promote churn@2 production -m x"),
        ("promote production churn 2", "promote churn@2 production"),
        ("promote churn staging 2", "promote churn@2 staging"),
        ("retire churn production 2", "retire churn@2 production"),
        ("promote staging churn", "promote churn@latest staging"),
        ("retire production churn@2", "retire churn@2 production"),
        ("retire production churn", "retire churn production"),
        ("rollback production churn", "rollback churn production"),
        ("history production churn", "history churn production"),
        ("mark bad churn@2", "mark churn@2 bad"),
        ("mark bad churn", "mark churn@latest bad"),
        ("mark bad churn 2", "mark churn@2 bad"),
        ("label 1.0 churn@2", "label churn@2 1.0"),
        ("alias champion churn@2", "alias churn@2 champion"),
        ("alias churn champion 2", "alias churn@2 champion"),
        ("tag owner=risk churn@2", "tag churn@2 owner=risk"),
        ("get out churn@2", "get churn@2 out"),
        ("note 'looks good' churn@2", "note churn@2 'looks good'"),
    ],
)
def test_words_in_the_wrong_order_are_answered_with_the_right_line(typed: str, meant: str, churn):
    before = churn.audit()
    assert refused(typed) == f"modelkeep {meant}"
    assert churn.audit() == before


def test_where_a_word_is_missing_behind_name_and_selector_the_message_names_it(churn):
    with pytest.raises(UsageError, match=r"^modelkeep promote needs STAGE$"):
        app.run(["promote", "churn", "2"])
    with pytest.raises(UsageError, match=r"^modelkeep mark needs bad\|good$"):
        app.run(["mark", "churn", "2"])


def test_what_was_legal_before_means_what_it_meant(churn):
    assert app.run(["tag", "churn", "a=b", "c=d", "-q"]) == 0
    assert app.run(["tag", "churn", "a-", "c-", "-q"]) == 0
    assert app.run(["describe", "churn", "the 2 of us", "-q"]) == 0
    assert app.run(["alias", "churn@1", "one", "two", "-q"]) == 0
    assert app.run(["retire", "churn", "production", "-q"]) == 0
    assert churn.show("churn").description == "the 2 of us"
    assert churn.show("churn").aliases == {"one": 1, "two": 1}


def ask(word: str) -> tuple[bool, bool]:
    return word in {"production", "champion", "both"}, word in {"churn", "both"}


@pytest.mark.parametrize(
    ("words", "refs"),
    [
        ("fraud 3 4", ["fraud@3", "fraud@4"]),
        ("fraud@3 @4", ["fraud@3", "fraud@4"]),
        ("fraud production @latest 1.2", ["fraud@production", "fraud@latest", "fraud@1.2"]),
        ("fraud champion latest", ["fraud@champion", "fraud@latest"]),
        ("fraud@3 churn@2", ["fraud@3", "churn@2"]),
        ("fraud churn", ["fraud", "churn"]),
        ("fraud 3 churn", ["fraud@3", "churn"]),
        ("fraud fraud@3", ["fraud", "fraud@3"]),
        ("fraud prodution", ["fraud@prodution"]),
        ("fraud@4", ["fraud@4"]),
        ("fraud", ["fraud"]),
        ("sha256:0c416566 fraud@4", ["sha256:0c416566", "fraud@4"]),
    ],
)
def test_diff_takes_versions_of_the_first_model_or_other_models(words: str, refs: list[str]):
    assert refs_to_compare(words.split(), ask) == refs


def test_a_word_that_is_a_selector_and_a_model_is_refused():
    with pytest.raises(UsageError) as error:
        refs_to_compare(["fraud", "both"], ask)
    assert error.value.message == "'both' is a version of fraud, and a model too"
    assert error.value.hint == "modelkeep diff fraud@both"


@pytest.mark.parametrize("words", ["", "@3", "@3 @4", "sha256:0c416566 @4"])
def test_a_selector_without_a_model_is_refused(words: str):
    with pytest.raises(UsageError):
        refs_to_compare(words.split(), ask)


def test_diff_asks_the_registry_which_word_is_a_model(churn, capsys):
    assert app.run(["diff", "churn", "1", "production", "--json"]) == 0
    assert app.run(["diff", "churn", "fraud"]) == 0
    assert "note: fraud is taken as fraud@latest" in capsys.readouterr().err


def test_a_request_is_meant_by_a_name_and_a_selector_too(churn, capsys):
    for line in ("approve churn 2 production", "reject churn v2 prod"):
        with pytest.raises(NotFound, match="nobody asks for churn@2 in production"):
            app.run(shlex.split(line))
    assert app.run(["requests", "churn", "2"]) == 0
    assert refused("approve churn 2") == "modelkeep approve churn@2 STAGE"
