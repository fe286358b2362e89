"""As-of: every answer about a past moment equals the answer of a registry that was replayed up to it."""

import random

import pytest
from history import registry_of, sha
from msgspec.structs import replace

from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.known_documents import Environment, to_document
from modelkeep.domain.refs import parse_ref
from modelkeep.errors import ModelkeepError, NotFound, UsageError
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.references import resolve as resolve_ref
from modelkeep.store.db.sql.version_states import stages as stages_of

ENVIRONMENT = Environment(python="3.12.3", implementation="CPython", system="Linux", machine="x86_64")
NEWER = replace(ENVIRONMENT, python="3.13.0")
NODES = (
    "deployment:k8s/eu", "data:test", *(f"environment:{sha(to_document(each).decode())}" for each in (ENVIRONMENT, NEWER)),
)  # fmt: skip


@pytest.fixture
def story(history):
    """A story in which everything that can change does, and changes back."""
    from modelkeep.domain.verbs.evaluate import Data

    test = Data(name="test", version="2026-02")
    history.data("raw@1", rows=7, location="s3://lake/raw")
    history.data("test@2026-02", sha("t"), parents=["raw@1"], schema="a: int")
    history.register("fraud", "one", label="1.0", metrics=[("auc", "0.9")], data=[test], author="bo", tag__owner="risk")
    history.register("fraud", "two", metrics=[("auc", "0.91")], parents=["fraud@1"], runs=["run-1"], param__depth="8")
    history.register("churn", "one", commit="9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7")
    history.promote("fraud@1", "production")
    history.alias("fraud@1", "champion", "old")
    history.promote("fraud@2", "staging", reason="try it")
    history.promote("fraud@2", "production", reason="good")
    history.evaluate("fraud@2", [("auc", "0.8")], on=test, runs=["run-2"])
    history.evaluate("fraud@2", [("auc", "0.7"), ("f1", "0.5")])
    history.rollback("fraud@2", 1, reason="p99")
    history.tag("fraud@1", owner="ml", tier="gold")
    history.tag("fraud@1", remove=["tier"])
    history.describe("fraud", "finds fraud")
    history.describe("fraud@1", "the first")
    history.describe("fraud@1", "the very first")
    history.note("fraud", "about all")
    history.note("fraud@1", "about one")
    history.alias("fraud@2", "champion", remove=["old"])
    history.mark("fraud@2", "good")
    history.archive("fraud@2")
    history.rename("fraud", "risk/fraud")
    history.register("fraud", "three", parents=["churn@1"], data=[test])
    history.archive("fraud@2", undo=True)
    history.retire("risk/fraud", "production", reason="gone")
    history.archive("churn")
    history.archive("risk/fraud")
    history.archive("risk/fraud@2", undo=True)
    history.promote("risk/fraud@3", "production", force=True)
    history.rename("risk/fraud", "fraud")
    history.tag("fraud", team="a")
    history.tag("fraud", remove=["team"])
    history.describe("fraud", "")
    history.register("fraud", "four", parents=["fraud@2"], aliases=["old"], stage="staging")
    history.delete("fraud@4", reason="a trial")
    history.mark("churn@1")
    history.delete("churn@1")
    history.register("churn", "one")
    history.delete("fraud@2", force=True)
    history.register(
        "small", parents=["fraud@3"], by="quantize", environment=ENVIRONMENT, data=[Data("t", digest=sha("t"))]
    )
    history.supplement("small@1", environment=NEWER, licence="MIT")
    history.deploy("small@1", "k8s/eu")
    history.deploy("small@1", "k8s/eu", "stopped")
    history.data("test@2026-03", parents=["test@2026-02", "raw@1"])
    return history


def answers(connection, at):
    """Return everything that can be asked of a registry after an entry, None for now."""
    registry, moment = registry_of(connection), None if at is None else f"seq:{at}"
    found = {"stages": stages_of(connection, at)}
    for everything in (False, True):
        found["models", everything] = registry.models(all=everything, as_of=moment)
        for sort in (
            None,
            "name:desc",
            "created",
            "size",
            "label:desc",
            "author",
            "metric.auc:desc",
            "param.depth",
            "tag.owner",
        ):
            found["versions", sort, everything] = _sorted(registry, sort, everything, moment)
        for stage in ("development", "staging", "production"):
            found["stage", stage, everything] = registry.versions(stage=stage, all=everything, as_of=moment)
    found["history"] = registry.history(as_of=moment)
    for (model,) in connection.rows("SELECT seq FROM model WHERE seq <= :at", at=at or 2**62):
        name = name_of(connection, at, model)
        found["model", model] = registry.model(name, as_of=moment)
        found["history", model] = registry.history(name, as_of=moment)
        found["limited", model] = registry.versions(name, sort="version:desc", limit=1, as_of=moment)
        rows = found["versions", model] = registry.versions(name, all=True, as_of=moment)
        for row in rows:
            found["version", row.ref] = registry.version(row.ref, as_of=moment)
            found["row", row.ref] = registry.resolve(row.ref, as_of=moment)
            found["lineage", row.ref] = registry.lineage(row.ref, as_of=moment)
    for row in registry.datasets(as_of=moment):
        found["dataset", row.node] = registry.dataset(row.node, as_of=moment)
        found["lineage", row.node] = registry.lineage(row.node, as_of=moment)
    for name in ("raw", "data:test"):
        found["datasets", name] = _known(lambda name=name: registry.datasets(name, as_of=moment))
    for node in NODES:
        found["lineage", node] = _known(lambda node=node: registry.lineage(node, as_of=moment))
    for ref in ("fraud", "risk/fraud@latest", "FRAUD@production", "fraud@staging", "fraud@dev", "fraud@champion",
                "fraud@old", "fraud@1.0", "churn@latest", "fraud@2"):  # fmt: skip
        found["resolve", ref] = _resolved(connection, at, ref)
    return found


def _sorted(registry, sort, everything, moment):
    try:
        return registry.versions(sort=sort, all=everything, as_of=moment)
    except ModelkeepError as error:  # no version had the key then, or it was measured on several data
        return error.message


def _known(ask):
    try:
        return ask()
    except ModelkeepError as error:
        return type(error)


def _resolved(connection, at, ref):
    try:
        return resolve_ref(connection, at, parse_ref(ref))
    except ModelkeepError as error:
        return type(error)


def test_every_answer_about_the_past_is_that_of_a_replay_up_to_it(story):
    (last,) = story.connection.connection.execute("SELECT max(seq) FROM entry").fetchone()
    assert last > 30
    for seq in range(1, last + 1):
        then, replayed = answers(story.connection, seq), answers(story.until(seq), None)
        for question, answer in replayed.items():
            assert then[question] == answer, (seq, question)
        assert then.keys() == replayed.keys()


def test_the_present_is_the_past_of_the_last_entry(story):
    (last,) = story.connection.connection.execute("SELECT max(seq) FROM entry").fetchone()
    assert answers(story.connection, None) == answers(story.connection, last)


def test_random_stories_have_a_past_too(history):
    chance = random.Random(7)
    history.register("fraud")
    history.register("churn")
    for _ in range(120):
        name = chance.choice(["fraud", "churn"])
        newest = max(each.version for each in history.registry.versions(name, all=True))
        ref = f"{name}@{chance.randint(1, newest)}"
        verbs = [
            lambda name=name: history.register(name, aliases=chance.sample(["a", "b"], 1)),
            lambda name=name: history.register(name, metrics=[("auc", str(chance.random()))]),
            lambda ref=ref: history.promote(ref, chance.choice(["staging", "production"]), force=True),
            lambda ref=ref: history.promote(ref, chance.choice(["staging", "production"])),
            lambda ref=ref: history.mark(ref, chance.choice(["bad", "good"])),
            lambda ref=ref: history.archive(ref, undo=chance.random() < 0.4),
            lambda name=name: history.archive(name, undo=chance.random() < 0.7),
            lambda ref=ref: history.alias(ref, chance.choice("abc")),
            lambda ref=ref: history.tag(ref, owner=str(chance.random())),
            lambda name=name: history.retire(name, chance.choice(["staging", "production"])),
            lambda ref=ref: history.evaluate(ref, [("auc", str(chance.random()))]),
        ]
        try:
            chance.choice(verbs)()
        except (ModelkeepError, AssertionError):  # refused, or so already
            continue
    (last,) = history.connection.connection.execute("SELECT max(seq) FROM entry").fetchone()
    for seq in chance.sample(range(3, last + 1), 12):
        then, replayed = answers(history.connection, seq), answers(history.until(seq), None)
        for question, answer in replayed.items():
            assert then[question] == answer, (seq, question)


def test_a_name_that_a_model_got_later_means_it_and_the_answer_has_the_name_of_then(world):
    world.register("fraud", stage="production")
    before = world.register("churn", content=b"other").seq
    world.registry.rename("fraud", "risk")
    world.registry.rename("risk", "scorer")
    moment, r = AsOf(before, "2026-11-23T09:00:05.000000Z"), world.registry
    for name in ("scorer", "Risk"):
        world.said.clear()
        assert r.show(f"{name}@production", as_of=moment).ref == "fraud@1"
        assert r.show(name, as_of=moment).name == "fraud"
        assert [row.name for row in r.models(name, as_of=moment)] == ["fraud"]
        assert [row.ref for row in r.versions(name, as_of=moment)] == ["fraud@1"]
        assert [row.ref for row in r.history(name, as_of=moment)] == ["fraud@1"]
        assert r.lineage(f"{name}@1", as_of=moment).nodes[0].id == "fraud@1"
        assert world.said == [f"note: {name} was called fraud then"] * 6
    assert [entry.subject for entry in r.audit("scorer", until=f"seq:{before}")] == ["fraud@1"]
    with pytest.raises(NotFound, match=r"^there was no model churn then$"):
        r.show("churn", as_of=f"seq:{before - 1}")


def test_a_moment_that_was_read_once_is_the_same_for_every_answer(world):
    world.register("fraud")
    world.pass_time(seconds=10)
    moment = world.registry.as_of("8s")
    world.register("fraud", content=b"two")
    world.pass_time(hours=1)
    assert [row.version for row in world.registry.versions("fraud", as_of=moment)] == [1]
    assert [row.version for row in world.registry.versions("fraud", as_of="8s")] == [2, 1]
    assert len([text for text in world.said if text.startswith("as of ")]) == 2


READS = {
    "models": lambda registry, moment: registry.models(as_of=moment),
    "versions": lambda registry, moment: registry.versions("fraud", as_of=moment),
    "show": lambda registry, moment: registry.show("fraud@1", as_of=moment),
    "history": lambda registry, moment: registry.history("fraud", as_of=moment),
    "lineage": lambda registry, moment: registry.lineage("fraud@1", as_of=moment),
    "path": lambda registry, moment: registry.path("fraud@1", as_of=moment),
    "as_of": lambda registry, moment: registry.as_of(moment),
    "audit": lambda registry, moment: registry.audit(since=moment),
    "tenures": lambda registry, moment: registry.history("fraud", since=moment),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("moment", ["2026-11-24", "2026-11-23T10:00:00Z", "2099-01-01"])
def test_a_moment_in_the_future_is_refused(world, read, moment):
    world.register("fraud")
    with pytest.raises(UsageError) as refused:
        read(world.registry, moment)
    assert refused.value.message.startswith(f"that moment is in the future: '{moment}' is 20")
    assert refused.value.hint == "the last entry is seq:2, of 2026-11-23T09:00:03.000000Z"


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_today_is_not_over_and_no_moment_in_the_future(world, read):
    world.register("fraud")
    read(world.registry, "2026-11-23")
    assert not any("T23:59" in text for text in world.said)


def test_as_of_today_means_now(world):
    world.register("fraud")
    assert world.registry.as_of("2026-11-23") == AsOf(2, "2026-11-23T09:00:05.000000Z")


def test_a_moment_that_the_log_has_reached_is_none_in_the_future_whatever_this_clock_says(world):
    world.pass_time(hours=2)
    made = world.register("fraud")
    world.pass_time(hours=-2)
    (entry,) = world.registry.audit(limit=1)
    assert world.registry.as_of(entry.time).seq == entry.seq
    assert world.registry.version(made.ref, as_of=entry.time).ref == "fraud@1"
    with pytest.raises(UsageError, match="in the future"):
        world.registry.as_of("2026-11-23T11:30:00Z")


def test_until_may_be_in_the_future_and_since_may_be_the_next_entry(world):
    world.register("fraud")
    assert [entry.seq for entry in world.registry.audit(until="2099-01-01")] == [1, 2]
    assert [entry.seq for entry in world.registry.audit(until="seq:99")] == [1, 2]
    assert world.registry.audit(since="seq:3") == ()


@pytest.mark.parametrize(("since", "until"), [("2026-11-23T09:00:03Z", "2026-11-23T09:00:02Z"), ("seq:2", "seq:1")])
def test_an_interval_that_ends_before_it_begins_is_refused(world, since, until):
    world.register("fraud")
    for read in (world.registry.audit, world.registry.history):
        with pytest.raises(UsageError) as refused:
            read(since=since, until=until)
        assert refused.value.message == f"since '{since}' is after until '{until}'"
