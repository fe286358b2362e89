import pytest

from modelkeep.domain.answers.reports import Identified, LineageEdge, LineageNode
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import Conflict, NotFound

COMMIT = "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7"


@pytest.fixture
def family(history):
    """base@1 -> fraud@1 -> child@1, with data, code, a run and a parent elsewhere."""
    from history import sha

    history.register("base", parents=["https://hub/bert"], parent__0="https://hub/bert")
    history.register(
        "fraud",
        "one",
        data=[Data(name="transactions", version="2026-02"), Data(digest=sha("x"), name="val.csv", role="val")],
        parents=["base@1"],
        runs=["run-1"],
        commit=COMMIT,
        stage="production",
    )
    history.register("child", parents=["fraud@1"], data=[Data(name="transactions", version="2026-03")])
    history.register("other", data=[Data(name="transactions", role="train", version="2026-02")], commit=COMMIT)
    return history


def lineage(family, node, **options):
    return family.registry.lineage(node, **options)


def edges(answer):
    return [(edge.source, edge.relation, edge.target) for edge in answer.edges]


def test_what_made_a_version_stands_above_and_what_was_made_of_it_below(family):
    from history import sha

    answer = lineage(family, "fraud@1")
    assert answer.root == "fraud@1"
    assert edges(answer) == [
        ("data:transactions@2026-02", "trained_on", "fraud@1"),
        (f"data:val.csv@{sha('x')[:19]}", "validated_on", "fraud@1"),
        (f"code:{COMMIT}", "built_from", "fraud@1"),
        ("run:run-1", "tracked_by", "fraud@1"),
        ("base@1", "derived_from", "fraud@1"),
        ("https://hub/bert", "derived_from", "base@1"),
        ("fraud@1", "derived_from", "child@1"),
    ]
    assert answer.nodes[0] == LineageNode(
        "fraud@1", "version", "active", ("production",), "2026-01-01T00:03:00.000000Z"
    )
    assert LineageNode("https://hub/bert", "uri") in answer.nodes
    assert len({node.id for node in answer.nodes}) == len(answer.nodes) == 8


def test_one_direction_and_few_steps_can_be_asked_for(family):
    assert edges(lineage(family, "fraud", up=False)) == [("fraud@1", "derived_from", "child@1")]
    assert edges(lineage(family, "base@1", up=False, depth=1)) == [("base@1", "derived_from", "fraud@1")]
    assert edges(lineage(family, "base@1", up=False)) == [
        ("base@1", "derived_from", "fraud@1"),
        ("fraud@1", "derived_from", "child@1"),
    ]
    assert [edge[0] for edge in edges(lineage(family, "child", down=False, depth=1))] == [
        "data:transactions@2026-03", "fraud@1",
    ]  # fmt: skip
    assert lineage(family, "fraud@1", depth=0).edges == ()


def test_data_leads_to_all_that_it_went_into(family):
    assert edges(lineage(family, "data:transactions@2026-02")) == [
        ("data:transactions@2026-02", "trained_on", "fraud@1"),
        ("data:transactions@2026-02", "trained_on", "other@1"),
        ("fraud@1", "derived_from", "child@1"),
    ]


def test_data_without_a_version_is_all_versions_of_it(family):
    assert edges(lineage(family, "data:transactions", depth=2)) == [
        ("data:transactions", "version_of", "data:transactions@2026-02"),
        ("data:transactions", "version_of", "data:transactions@2026-03"),
        ("data:transactions@2026-02", "trained_on", "fraud@1"),
        ("data:transactions@2026-02", "trained_on", "other@1"),
        ("data:transactions@2026-03", "trained_on", "child@1"),
    ]


def test_data_is_found_by_the_beginning_of_its_digest(family):
    from history import sha

    assert edges(lineage(family, f"data:val.csv@{sha('x')}", depth=1)) == [
        (f"data:val.csv@{sha('x')}", "validated_on", "fraud@1"),
    ]
    assert edges(lineage(family, f"data:val.csv@{sha('x')[:15]}", depth=1))[0][2] == "fraud@1"


def test_a_commit_is_found_by_its_beginning(family):
    answer = lineage(family, "code:9F2C4E", depth=1)
    assert answer.root == f"code:{COMMIT}"
    assert edges(answer) == [
        (f"code:{COMMIT}", "built_from", "fraud@1"),
        (f"code:{COMMIT}", "built_from", "other@1"),
    ]
    family.register("fraud", commit="9f2c" + "0" * 36)
    with pytest.raises(Conflict, match="code:9f2c means several commits"):
        lineage(family, "code:9f2c")


def test_a_run_leads_to_its_versions(family):
    family.evaluate("other@1", [("auc", "1")], runs=["run-1"])
    assert edges(lineage(family, "run:run-1", depth=1)) == [
        ("run:run-1", "tracked_by", "fraud@1"),
        ("run:run-1", "tracked_by", "other@1"),
    ]


@pytest.mark.parametrize("node", ["data:nothing", "data:transactions@1", "code:abcdef", "run:x", "deployment:x", "x@1"])
def test_what_nothing_names_is_not_found(family, node):
    with pytest.raises(NotFound):
        lineage(family, node)


def test_a_dataset_leads_to_its_versions_that_only_metrics_name(family):
    for version in ("1", "2"):
        family.evaluate("other@1", [("auc", version)], Data(name="hold", version=version))
    assert [edge for edge in edges(lineage(family, "data:hold")) if edge[0] == "data:hold"] == [
        ("data:hold", "version_of", "data:hold@1"),
        ("data:hold", "version_of", "data:hold@2"),
    ]
    with pytest.raises(NotFound, match=r"^no version was made from data:hold@3$") as error:
        lineage(family, "data:hold@3")
    assert error.value.hint == "modelkeep lineage data:hold@1        (or data:hold@2)"


@pytest.mark.parametrize("node", ["transactions@2026-02", "transactions"])
def test_a_dataset_without_its_kind_is_answered_with_the_node_that_was_meant(family, node):
    with pytest.raises(NotFound) as error:
        lineage(family, node)
    assert (error.value.message, error.value.hint) == (
        "there is no model transactions",
        f"modelkeep lineage data:{node}",
    )


def test_a_diamond_is_walked_once(history):
    history.register("a")
    history.register("b", parents=["a@1"])
    history.register("c", parents=["a@1"])
    history.register("d", parents=["b@1", "c@1"])
    answer = lineage(history, "d@1")
    assert len(answer.nodes) == 4
    assert LineageEdge("a@1", "b@1", "derived_from") in answer.edges
    assert len(answer.edges) == len(set(answer.edges)) == 4


def test_a_circle_comes_to_an_end(history):
    history.register("a")
    history.register("b", parents=["a@1"])
    # no history makes one, but tables can be edited
    history.connection.connection.execute("INSERT INTO parent VALUES (2, 1, 0, 3, 1, NULL, NULL)")
    assert edges(lineage(history, "a@1")) == [("b@1", "derived_from", "a@1"), ("a@1", "derived_from", "b@1")]


def test_what_came_later_is_not_in_the_past(family):
    answer = family.registry.lineage("fraud@1", as_of="seq:3")
    assert [node.id for node in answer.nodes if node.kind == "version"] == ["fraud@1", "base@1"]
    with pytest.raises(NotFound):
        family.registry.lineage("run:run-1", as_of="seq:2")


def test_the_lineage_of_a_renamed_model_bears_its_new_name(family):
    family.rename("base", "foundation")
    assert ("foundation@1", "derived_from", "fraud@1") in edges(lineage(family, "fraud@1"))


@pytest.fixture
def fraud(history):
    history.register("fraud", "one", stage="staging")
    history.register("fraud", {"model.onnx": "one", "tokens.json": "{}"}, form="tree")
    history.promote("fraud@1", "production")
    history.promote("fraud@2", "production")
    return history


def test_bytes_are_known_from_every_tenure_of_every_version_that_has_them(fraud):
    from history import at, sha

    file = sha("one")
    assert fraud.registry.identify(file) == (
        Identified("fraud@2", "production", at(5), None, "active", "model.onnx", file),
        Identified("fraud@1", "staging", at(2), None, "active", "model.onnx", file),
        Identified("fraud@1", "production", at(4), at(5), "superseded", "model.onnx", file),
    )


def test_a_version_is_known_by_its_digest_and_by_the_beginning_of_it(fraud):
    digest = fraud.resolved("fraud@2").digest
    for given in (digest, digest[:15], digest.removeprefix("sha256:")):
        (found,) = fraud.registry.identify(given)
        assert (found.ref, found.file, found.digest) == ("fraud@2", None, digest)


def test_a_version_that_never_held_a_stage_is_one_line(fraud):
    from history import sha

    fraud.register("churn", "mine")
    (found,) = fraud.registry.identify(sha("mine"))
    assert found == Identified("churn@1", None, None, None, "development", "model.onnx", sha("mine"))


def test_unknown_bytes_are_not_found(fraud):
    from history import sha

    with pytest.raises(NotFound) as error:
        fraud.registry.identify(sha("nobody"))
    assert error.value.message == f"no version has these bytes: {sha('nobody')}"


def test_a_manifest_is_not_looked_up_among_files(history):
    from history import sha

    from modelkeep.domain.manifest import Manifest, ManifestFile

    manifest = Manifest.of([ManifestFile(sha("one"), "model.onnx", 3)])
    history.register("fraud", "one")
    history.register("trap", manifest.to_bytes().decode())
    found = history.registry.identify(manifest.digest)
    assert [(each.ref, each.file) for each in found] == [("fraud@1", None), ("trap@1", "model.onnx")]


def test_a_bare_name_needs_a_version_that_is_latest(fraud):
    fraud.register("churn")
    fraud.mark("churn@1")
    with pytest.raises(NotFound, match="churn has no version that is neither archived, deleted nor bad"):
        lineage(fraud, "churn")


def test_a_parent_whose_address_was_redacted_is_left_out(history):
    history.register("fraud", parents=["https://hub/bert"])
    assert lineage(history, "fraud@1").edges == ()


def test_of_equal_versions_the_newest_comes_first(history):
    history.register("fraud", "one")
    history.register("churn", "one")
    history.register("fraud", "one")
    found = history.registry.identify(history.subject("churn@1").digest)
    assert [each.ref for each in found] == ["fraud@2", "churn@1", "fraud@1"]


def test_data_that_metrics_were_measured_on_is_not_what_a_version_was_made_from(history):
    history.register("fraud")
    history.evaluate("fraud@1", [("auc", "0.9")], Data(name="holdout", version="1"))
    assert lineage(history, "fraud@1", down=False).edges == ()
    assert edges(lineage(history, "fraud@1", up=False)) == [("data:holdout@1", "evaluated_on", "fraud@1")]
    assert edges(lineage(history, "data:holdout@1")) == [("data:holdout@1", "evaluated_on", "fraud@1")]


def test_a_walk_ends_after_two_thousand_steps_and_says_so(history):
    history.register("fraud")
    connection = history.connection.connection
    names = [name for _, name, *_ in connection.execute("PRAGMA table_info(version)")]
    columns = ", ".join({"number": "n", "seq": "n + 1000"}.get(name, name) for name in names)
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2100)"
    # no history of so many entries is told for this: the rows are what counts
    connection.execute(f"{numbers} INSERT INTO version SELECT {columns} FROM version, numbers")
    connection.execute(f"{numbers} INSERT INTO parent SELECT 2, n, 0, 2, n - 1, NULL, NULL FROM numbers")
    found = lineage(history, "fraud@1", up=False)
    assert (len(found.nodes), len(found.edges), found.complete) == (2001, 2000, False)
    assert lineage(history, "fraud@2100", depth=100).complete
    connection.execute(f"{numbers} INSERT INTO dataset SELECT 2, n, 0, NULL, 'd', '1', NULL FROM numbers")
    users = lineage(history, "data:d@1", up=False, depth=1)
    assert (len(users.nodes), users.complete) == (2100, True)


def test_the_environment_of_a_version_is_its_newest_one(history):
    from history import sha

    from modelkeep.domain.known_documents import Environment, to_document

    old, new = (
        Environment(python=each, implementation="CPython", system="Linux", machine="x86_64")
        for each in ("3.12.0", "3.13.0")
    )
    nodes = [f"environment:{sha(to_document(each).decode()).removeprefix('sha256:')[:12]}" for each in (old, new)]
    history.register("fraud", environment=old)
    history.register("churn", environment=new)
    history.supplement("fraud@1", environment=new)
    assert edges(lineage(history, "fraud@1", down=False)) == [(nodes[1], "ran_in", "fraud@1")]
    assert edges(lineage(history, nodes[1])) == [(nodes[1], "ran_in", "churn@1"), (nodes[1], "ran_in", "fraud@1")]
    assert lineage(history, nodes[0]).edges == ()
    assert edges(history.registry.lineage(nodes[0][:17], as_of="seq:3")) == [(nodes[0], "ran_in", "fraud@1")]
    with pytest.raises(NotFound, match=r"^no version was made from environment:abcd$"):
        lineage(history, "environment:abcd")


def test_where_versions_run_is_below_them_and_they_are_above_it(history):
    history.register("fraud")
    history.register("fraud")
    history.deploy("fraud@1", "k8s/eu")
    history.deploy("fraud@2", "k8s/eu", share=1000)
    assert edges(lineage(history, "deployment:k8s/eu")) == [
        ("fraud@1", "runs_at", "deployment:k8s/eu"), ("fraud@2", "runs_at", "deployment:k8s/eu"),
    ]  # fmt: skip
    assert edges(lineage(history, "fraud@2")) == [("fraud@2", "runs_at", "deployment:k8s/eu")]
    history.deploy("fraud@2", "k8s/eu", "stopped")
    assert lineage(history, "fraud@2").edges == ()
    with pytest.raises(NotFound, match=r"^nothing runs at k8s/us$"):
        lineage(history, "deployment:k8s/us")


def test_datasets_that_were_made_from_each_other_end(history):
    history.data("a@1", parents=["b@1"])
    history.data("b@1", parents=["a@1"])
    assert edges(lineage(history, "data:a@1", up=False)) == [
        ("data:a@1", "made_from", "data:b@1"), ("data:b@1", "made_from", "data:a@1"),
    ]  # fmt: skip
    assert lineage(history, "data:a@1", down=False).edges == lineage(history, "data:b@1", up=False).edges


def test_an_evaluation_is_no_way_to_other_versions(history):
    history.data("raw@1")
    history.data("holdout@1", parents=["raw@1"])
    for _ in range(3):
        history.register("fraud", metrics=[("auc", "1")], on=Data("holdout", "1"))
    assert edges(lineage(history, "fraud@2")) == [("data:holdout@1", "evaluated_on", "fraud@2")]
    assert edges(lineage(history, "data:raw@1")) == [
        ("data:raw@1", "made_from", "data:holdout@1"), *(("data:holdout@1", "evaluated_on", f"fraud@{n}") for n in (1, 2, 3)),
    ]  # fmt: skip
