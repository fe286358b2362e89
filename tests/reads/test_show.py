import pytest
from changing import refused
from governed_story import governed_history
from msgspec.structs import asdict
from world import World

from modelkeep.domain.answers.pages import CodeState, Dataset, FileRow, NoteText, ParentRef, RunRef, Training
from modelkeep.domain.answers.versions import (
    Evaluation,
    Holder,
    InDevelopment,
    ModelRow,
    Tenure,
    TenureChange,
    VersionRow,
)
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import UsageError


@pytest.fixture
def fraud(history):
    """Entries 2 to 9: three versions, 1 in production, then 3 and back, 2 in staging, a champion."""
    history.register("fraud", "one", label="1.0", stage="production", author="bo", param__depth="8", tag__owner="risk")
    history.register("fraud", "two", metrics=[("auc", "0.91")], stage="staging")
    history.register("fraud", "three", metrics=[("auc", "0.92")], aliases=["champion"])
    history.promote("fraud@3", "production", reason="march data")
    history.user = "bo"
    history.rollback("fraud@3", 1, reason="p99 latency")
    history.register("fraud", "four")
    history.evaluate("fraud@4", [("auc", "0.9")], Data(name="test", version="2026-02"))
    history.describe("fraud", "finds fraud")
    return history


def test_the_line_of_a_model_tells_its_holders_and_what_waits(fraud):
    from history import at

    (row,) = fraud.registry.models()
    assert row == ModelRow(
        name="fraud",
        newest=4,
        newest_label=None,
        latest=4,
        versions=4,
        created=at(2),
        archived=False,
        holders=(
            Holder("production", 1, "1.0", at(6), "bo"),
            Holder("staging", 2, None, at(3), "ana"),
        ),
        development=InDevelopment(4, None, at(7), 0),
        description="finds fraud",
    )


def test_what_waits_in_development_is_counted_behind_the_newest(fraud):
    for _ in range(3):
        fraud.register("fraud")
    (row,) = fraud.registry.models()
    assert (row.development.version, row.development.more) == (7, 3)
    fraud.archive("fraud@5")
    fraud.mark("fraud@7")
    (row,) = fraud.registry.models()
    assert (row.development.version, row.development.more) == (6, 1)
    for ref in ("fraud@4", "fraud@6"):
        fraud.promote(ref, "staging")
    (row,) = fraud.registry.models()
    assert row.development is None


def test_the_line_of_a_version(fraud):
    from history import at

    row = fraud.registry.resolve("fraud@1")
    assert row == VersionRow(
        ref="fraud@1",
        name="fraud",
        version=1,
        label="1.0",
        state="active",
        stages=("production",),
        aliases=(),
        bad=False,
        archived=False,
        created=at(2),
        author="bo",
        digest=row.digest,
        size_bytes=3,
        files=1,
        metrics={},
        evaluations=(),
        params={"depth": 8},
        tags={"owner": "risk"},
    )


def test_the_state_is_the_first_that_applies(fraud):
    def states():
        rows = fraud.registry.versions("fraud", all=True)
        return {row.version: row.state for row in rows}

    assert states() == {1: "active", 2: "active", 3: "bad", 4: "development"}
    fraud.mark("fraud@3", "good")
    fraud.mark("fraud@2")
    assert states() == {1: "active", 2: "bad", 3: "superseded", 4: "development"}
    fraud.archive("fraud@2")
    fraud.archive("fraud@4")
    assert states() == {1: "active", 2: "archived", 3: "superseded", 4: "archived"}


def test_the_page_of_a_version_tells_all_that_is_known(history):
    from history import at, sha

    test, train = Data(name="test", version="2026-02"), Data(digest=sha("x"), name="train.csv", role="train")
    history.register("base", "zero")
    history.register(
        "fraud",
        {"model.onnx": "one", "tokens.json": "{}"},
        form="tree",
        data=[train, test],
        parents=["base@1", "https://hub/bert"],
        runs=["run-1"],
        commit="9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7",
        metrics=[("auc", "0.9")],
        on=test,
        stage="production",
        reason="first",
        claimed="ana@x",
        host="trainer-3",
        source=["a", "b"],
        description="the first",
        param__depth="8",
        param__rate="0.1",
        code__branch="main",
        data__0="train.csv",
        parent__1="https://hub/bert",
        run__0="https://tracker/run-1",
    )
    history.evaluate("fraud@1", [("auc", "0.8")])
    history.evaluate("fraud@1", [("auc", "0.91")], test, ["run-2"], run__0="https://tracker/run-2")
    history.note("fraud@1", "look at this")
    history.register("child", parents=["fraud@1"])
    history.tag("fraud@1", owner="risk")
    page = history.registry.version("fraud@1")
    assert page.data == (
        Dataset(f"data:train.csv@{sha('x')[:19]}", "train", "train.csv", None, sha("x"), "train.csv"),
        Dataset("data:test@2026-02", None, "test", "2026-02", None, None),
    )
    assert page.code == CodeState("9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7", False, None, None, "main")
    assert page.parents == (ParentRef("base@1", None), ParentRef(None, "https://hub/bert"))
    assert page.children == ("child@1",)
    assert page.runs == (
        RunRef("run-1", "https://tracker/run-1"),
        RunRef("run-2", "https://tracker/run-2"),
    )
    assert page.evaluations == (
        Evaluation("auc", 0.91, "test@2026-02", at(5), "ana"),
        Evaluation("auc", 0.8, None, at(4), "ana"),
        Evaluation("auc", 0.9, "test@2026-02", at(3), "ana"),
    )
    assert page.metrics == {"auc": 0.8}
    assert page.params == {"depth": 8, "rate": 0.1}
    assert page.tags == {"owner": "risk"}
    assert page.notes == (NoteText(at(6), "ana", "look at this"),)
    assert page.stages == ("production",)
    assert page.contents == (
        FileRow("model.onnx", 3, sha("one")),
        FileRow("tokens.json", 2, sha("{}")),
    )
    assert (page.ref, page.form, page.files, page.size_bytes, page.seq) == ("fraud@1", "tree", 2, 5, 3)
    assert (page.reason, page.claimed, page.host, page.source) == ("first", "ana@x", "trainer-3", ("a", "b"))
    assert (page.description, page.author, page.actor, page.state) == ("the first", "ana", "ana", "active")
    assert [tenure.stage for tenure in page.tenures] == ["production"]
    assert page.trained == Training(None, None, False)


def test_what_a_list_says_of_a_version_or_a_model_is_a_part_of_its_page(fraud):
    fraud.tag("fraud@1", team="a")
    registry = fraud.registry
    for row in (*registry.versions("fraud", all=True), *registry.model("fraud").recent, registry.resolve("fraud@2")):
        page = asdict(registry.version(row.ref))
        assert {name: page[name] for name in asdict(row)} == asdict(row)
    (model,) = registry.models()
    page = asdict(registry.model("fraud"))
    assert {name: page[name] for name in asdict(model)} == asdict(model)


def test_the_page_of_a_model(fraud):
    from history import at

    fraud.tag("fraud", team="a")
    fraud.note("fraud", "about the model")
    fraud.note("fraud@1", "about a version")
    fraud.rename("fraud", "risk/fraud")
    fraud.archive("risk/fraud@2")
    page = fraud.registry.model("risk/fraud")
    assert (page.name, page.former_names, page.created, page.actor) == ("risk/fraud", ("fraud",), at(2), "ana")
    assert (page.description, page.tags, page.aliases) == ("finds fraud", {"team": "a"}, {"champion": 3})
    assert (page.newest, page.latest, page.versions, page.archived) == (4, 4, 4, False)
    assert [holder.stage for holder in page.holders] == ["production"]
    assert [row.ref for row in page.recent] == ["risk/fraud@4", "risk/fraud@3", "risk/fraud@1"]
    assert page.notes == (NoteText(at(11), "bo", "about the model"),)


def test_a_model_of_which_all_is_archived_still_shows_its_versions(history):
    history.register("fraud")
    history.archive("fraud")
    page = history.registry.model("fraud")
    assert (page.archived, page.latest, page.development) == (True, None, None)
    assert [row.ref for row in page.recent] == ["fraud@1"]


def test_history_tells_when_by_whom_for_whom_and_why(fraud):
    from history import at

    first, _staging, second, third = fraud.registry.history("fraud")
    assert first == Tenure(
        ref="fraud@1", name="fraud", version=1, label="1.0", stage="production",
        since=at(2), since_seq=2, until=at(5), until_seq=5,
        began=TenureChange("registered", "ana", None, None),
        ended=TenureChange("replaced", "ana", None, "fraud@3"),
    )  # fmt: skip
    assert (second.ref, second.began, second.ended) == (
        "fraud@3",
        TenureChange("promoted", "ana", "march data", "fraud@1"),
        TenureChange("rolled_back", "bo", "p99 latency", "fraud@1"),
    )
    assert (third.ref, third.began, third.ended) == (
        "fraud@1",
        TenureChange("rolled_back", "bo", None, "fraud@3"),
        None,
    )


def test_history_tells_every_way_in_which_a_tenure_ends(history):
    for _ in range(5):
        history.register("fraud")
    for number, end in enumerate((history.retire, history.archive, history.delete), start=1):
        history.promote(f"fraud@{number}", "staging")
        end(f"fraud@{number}", *(["staging"] if end == history.retire else []), reason=f"reason {number}")
    history.promote("fraud@4", "staging")
    history.retire("fraud", "staging")
    history.promote("fraud@5", "staging")
    history.delete("fraud", reason="the end")
    told = [
        (tenure.ref, tenure.ended.what, tenure.ended.reason) for tenure in history.registry.history(stage="staging")
    ]
    assert told == [
        ("fraud@1", "retired", "reason 1"),
        ("fraud@2", "archived", "reason 2"),
        ("fraud@3", "deleted", "reason 3"),
        ("fraud@4", "retired", None),
        ("fraud@5", "model_deleted", "the end"),
    ]


def test_history_without_a_model_is_production_of_all(fraud):
    fraud.register("churn", stage="production")
    fraud.promote("churn@1", "staging")
    told = [(tenure.ref, tenure.stage) for tenure in fraud.registry.history()]
    assert told == [
        ("fraud@1", "production"),
        ("fraud@3", "production"),
        ("fraud@1", "production"),
        ("churn@1", "production"),
    ]


@pytest.mark.parametrize(
    ("since", "until", "seqs"),
    [
        (None, None, [2, 5, 6]),
        ("2026-01-01T00:05:30Z", None, [5, 6]),
        ("2026-01-01T00:05:00Z", None, [5, 6]),
        ("2026-01-01T00:04:59Z", None, [2, 5, 6]),
        (None, "2026-01-01T00:05:00Z", [2]),
        ("2026-01-01T00:05:10Z", "2026-01-01T00:05:20Z", [5]),
        ("seq:6", None, [6]),
        (None, "seq:2", [2]),
    ],
)
def test_history_between_two_moments_is_what_held_then(fraud, since, until, seqs):
    told = fraud.registry.history("fraud", "production", since=since, until=until)
    assert [tenure.since_seq for tenure in told] == seqs


def test_the_audit_is_the_log_as_sentences_newest_last(fraud):
    told = fraud.registry.audit()
    assert [(entry.seq, entry.actor, entry.action, entry.subject, entry.sentence) for entry in told] == [
        (1, "ana", "init", None, "created the registry with the stages staging and production"),
        (2, "ana", "register", "fraud@1", "registered fraud@1 as 1.0, put it in production"),
        (3, "ana", "register", "fraud@2", "registered fraud@2, put it in staging"),
        (4, "ana", "register", "fraud@3", "registered fraud@3, called it champion"),
        (5, "ana", "promote", "fraud@3", 'promoted fraud@3 to production, in place of fraud@1: "march data"'),
        (6, "bo", "rollback", "fraud@3", 'rolled fraud production back from 3 to 1, 3 marked bad: "p99 latency"'),
        (7, "bo", "register", "fraud@4", "registered fraud@4"),
        (8, "bo", "evaluate", "fraud@4", "recorded auc 0.9 for fraud@4 on test@2026-02"),
        (9, "bo", "describe", "fraud", "described fraud: finds fraud"),
    ]
    assert [entry.reason for entry in told if entry.reason] == ["march data", "p99 latency"]
    assert told[4].entry.startswith(
        '{"events":[{"came_from":2,"ends":[{"stage":"production","tenure":2,"version":1}],"kind":"VersionPromoted"'
    )
    assert told[4].hash.startswith("sha256:")


@pytest.mark.parametrize(
    ("options", "seqs"),
    [
        ({"limit": 2}, [8, 9]),
        ({"limit": 2, "reverse": True}, [9, 8]),
        ({"actor": "ana"}, [1, 2, 3, 4, 5]),
        ({"action": "register"}, [2, 3, 4, 7]),
        ({"action": "register", "actor": "bo"}, [2, 7]),  # bo is the author of 2
        ({"action": "register", "actor": "bo", "reverse": True, "limit": 1}, [7]),
        ({"actor": "bo", "limit": 2}, [8, 9]),
        ({"actor": "bo", "since": "seq:2", "until": "seq:6"}, [2, 6]),
        ({"since": "seq:3", "until": "seq:5"}, [3, 4, 5]),
        ({"since": "2026-01-01T00:03:00Z", "until": "2026-01-01T00:05:00Z"}, [3, 4]),
        ({"about": "fraud"}, [2, 3, 4, 5, 6, 7, 8, 9]),
        ({"about": "fraud@1"}, [2, 5, 6]),
        ({"about": "fraud@1", "action": "promote"}, [5]),
        ({"about": "fraud@3", "actor": "bo"}, [6]),
        ({"about": "fraud@1", "actor": "bo"}, [2, 6]),
        ({"about": "fraud@1", "actor": "bo", "action": "register"}, [2]),
        ({"about": "fraud@3", "actor": "ana", "action": "register"}, [4]),
        ({"actor": "nobody"}, []),
    ],
)
def test_the_audit_leaves_what_was_asked_for(fraud, options, seqs):
    about = options.pop("about", None)
    found = fraud.registry.audit(about, **options)
    assert [entry.seq for entry in found] == seqs


@pytest.mark.parametrize(
    "actor", ["Bo Kern <bo@example.org>", "Bo Kern", "bo kern", "bo@example.org", "BO@EXAMPLE.ORG"]
)
def test_the_audit_finds_who_claimed_a_name_and_who_is_the_author(history, actor):
    history.register("fraud", "one", author="Bo Kern <bo@example.org>")
    history.register("fraud", "two", claimed="Bo Kern <bo@example.org>")
    history.register("fraud", "three", claimed="Bo Kernel <bo@example.organ>", author="Cy")
    history.register("fraud", "four", claimed="Bo Kern")
    entries = history.registry.audit(actor=actor)
    assert (entries[0].author, entries[1].author) == ("Bo Kern <bo@example.org>", None)
    found = [entry.seq for entry in entries]
    assert found == ([2, 3, 5] if actor.casefold() == "bo kern" else [2, 3])


def test_the_audit_comes_in_pages_that_leave_out_what_is_written_meanwhile(history):
    for number in range(450):
        history.note("fraud", f"note {number}") if number else history.register("fraud", "one")
    for reverse in (False, True):
        pages = history.registry.audit_pages(reverse=reverse)
        told = [next(pages)]
        history.note("fraud", "meanwhile")
        told += pages
        assert [len(page) for page in told][:-1] == [200, 200]
        seqs = [entry.seq for page in told for entry in page]
        last = len(seqs)
        assert seqs == (list(range(last, 0, -1)) if reverse else list(range(1, last + 1)))
    assert [entry.seq for entry in history.registry.audit(limit=300)] == list(range(154, 454))
    assert [len(page) for page in history.registry.audit_pages(limit=200)] == [200]
    assert [len(page) for page in history.registry.audit_pages(limit=400)] == [200, 200]
    assert list(history.registry.audit_pages(actor="nobody")) == [()]


def test_an_action_that_there_is_not_is_refused(fraud):
    with pytest.raises(UsageError) as error:
        fraud.registry.audit(action="promoted")
    assert error.value.message == "there is no action 'promoted'"
    assert error.value.hint.startswith("actions are init, create, register, label, evaluate, promote, rollback")


def test_one_forged_entry_locks_nobody_out_of_the_audit(fraud):
    fraud.connection.connection.execute("DROP TRIGGER entry_is_not_updated")
    fraud.connection.connection.execute(
        "UPDATE entry SET bytes = ? WHERE seq = 5", (b'{"format":"modelkeep entry 1"}',)
    )
    told = fraud.registry.audit()
    assert len(told) == 9
    assert told[3].sentence == "registered fraud@3, called it champion"
    assert told[4].sentence.startswith("cannot be read: entry: Object missing required field `seq`")
    assert told[4].subject is None


def test_the_status_is_the_registry_at_a_glance(fraud):
    from history import REGISTRY, at

    fraud.register("churn", "one")
    status = fraud.registry.status()
    assert (status.registry, status.origin, status.id) == ("/registry", "flag", REGISTRY)
    assert (status.models, status.versions, status.entries) == (2, 5, 10)
    assert status.size_bytes == len("one" + "two" + "three" + "four")
    assert status.production_stage == "production"
    assert status.production == {"fraud": Holder("production", 1, "1.0", at(6), "bo")}
    assert [entry.seq for entry in status.last] == [6, 7, 8, 9, 10]
    assert status.head_hash == status.last[-1].hash


def test_a_description_is_read_alone(fraud):
    assert fraud.registry.description("fraud") == "finds fraud"
    assert fraud.registry.description("fraud", as_of="seq:8") is None
    assert fraud.registry.description("fraud@1") is None


def test_the_audit_names_the_tags_that_were_set(fraud):
    fraud.tag("fraud@1", tier="gold", owner="ml")
    fraud.tag("fraud@1", remove=["tier"])
    fraud.note("fraud@1", "look at this")
    assert [entry.sentence for entry in fraud.registry.audit(limit=3)] == [
        "tagged fraud@1 tier=gold and owner=ml",
        "took the tag tier off fraud@1",
        "noted on fraud@1: look at this",
    ]


def test_a_registry_with_an_empty_log_has_no_status():
    from history import registry_of

    from modelkeep.errors import Damaged
    from modelkeep.store.db.sqlite.private_tables import in_memory

    with pytest.raises(Damaged, match="the log of this registry is empty"):
        registry_of(in_memory()).status()


@pytest.mark.parametrize("edit", ["digest = (SELECT digest FROM version WHERE number = 1)", "form = 'tree'"])
def test_an_artifact_that_the_tables_and_the_log_describe_differently_is_never_handed_out(tmp_path, edit):
    world = World(tmp_path)
    world.register(content=b"one")
    world.register(content=b"two")
    world.edit(f"UPDATE version SET {edit} WHERE number = 2")
    kind, message, hint = refused(world.registry.get, "fraud@2", tmp_path / "out")
    assert (kind, message) == ("Damaged", "the tables have another artifact for version 2 than the log")
    assert hint == "modelkeep verify --log"
    assert not (tmp_path / "out").exists()


def test_a_model_tells_which_versions_are_asked_for_now_and_at_a_moment():
    registry = governed_history().registry
    (asked,) = registry.model("churn").requests
    assert (asked.stage, asked.version, asked.actor) == ("production", 1, "ana")
    assert registry.models("churn")[0].requests == (asked,)
    assert registry.models("churn", as_of=f"seq:{asked.request - 1}")[0].requests == ()
    assert registry.model("fraud").requests == ()
    during = registry.model("fraud", as_of="seq:13").requests
    assert [(each.version, each.request) for each in during] == [(2, 12)]
