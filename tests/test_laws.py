"""The laws of the log over random histories: rebuild = live, as-of = a replay, no tampering unseen, no way forth by going back."""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from history import History
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from world import World, changed, rechained

from modelkeep.domain.details import Details
from modelkeep.domain.entry import parse_entry
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.shares import SLOTS, parse_slots
from modelkeep.domain.verbs.rollback import find_target
from modelkeep.errors import Conflict, ModelkeepError, NotFound, SchemaMismatch, UsageError
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import IntentDraft, replay
from modelkeep.store.db.sqlite.connection import Transaction
from modelkeep.store.db.sqlite.private_tables import in_memory
from modelkeep.store.db.state import SqlState

KEYS = [f"user-{number}" for number in range(20)]
NAMES = ("fraud", "churn", "risk/Credit")
STAGES = ("staging", "production")

# mostly what there is: the histories begin with three versions of fraud and two of churn
names = st.sampled_from(["fraud", "fraud", "churn", "risk/Credit"])
numbers = st.integers(1, 4)
refs = st.sampled_from(
    [
        "fraud@1",
        "fraud@2",
        "fraud@3",
        "fraud@1",
        "fraud@2",
        "churn@1",
        "churn@2",
        "fraud@production",
        "fraud@champion",
        "fraud@9",
    ]
)
stages = st.sampled_from(STAGES)
scores = st.sampled_from(["0.9", "0.91", "NaN", "1e-3"])
reasons = st.none() | st.sampled_from(["why not", "Zürich \u2028 東京", "x" * 300])

_SIGNALS = """
[[signals]]
name = "errors"
then = "rollback"
above = 0.5
[[signals]]
name = "p99"
stage = "production"
then = "mark"
above = 1
[[signals]]
name = "lift"
then = "open"
below = 0.1
"""
_STAGES = '[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\nprotected = true\n'
#: What a team may put in force.
POLICIES = {"observe": _STAGES, "act": _STAGES + _SIGNALS}

#: What may happen to a registry: a verb and what it is given.
ACTIONS = {
    "register": st.fixed_dictionaries(
        {"name": names, "content": st.integers(0, 5), "message": reasons},
        optional={
            "stage": stages,
            "alias": st.just(("champion",)),
            "label": st.sampled_from(["1.0", "1.1", "2.0-rc1"]),
            "metrics": st.dictionaries(st.sampled_from(["auc", "f1"]), scores),
            "tags": st.dictionaries(st.sampled_from(["owner", "pii"]), st.sampled_from(["a", "b"])),
            "params": st.just({"depth": "8"}),
            "description": st.just("what it is for"),
            "data": st.sampled_from([("train=lake@1",), ("val=lake@2", "lake@1"), ("feature=store/view@1", "lake")]),
            "derived": st.tuples(refs, st.none() | st.just("quantize")),
            "if_exists": st.sampled_from(["new", "skip"]),
        },
    ),
    "evaluate": st.tuples(
        refs,
        st.dictionaries(st.sampled_from(["auc", "f1"]), scores, min_size=1),
        st.sampled_from([None, "lake@2", "lake"]),
    ),
    "data": st.fixed_dictionaries(
        {"name": st.sampled_from(["lake@1", "lake@2", "raw@1"])},
        optional={
            "source": st.sampled_from(["s3://lake/1?sig=secret", "s3://lake/2", "work.csv"]),
            "rows": st.integers(0, 2),
            "schema": st.just("schema.json"),
            "parents": st.sampled_from([("raw@1",), ("raw@1", "lake@1"), ("raw",)]),
        },
    ),
    "supplement": st.tuples(
        refs,
        st.sampled_from(["MIT", "Apache-2.0", None]),
        st.sampled_from([None, {"inputs": [{"name": "amount", "dtype": "float32"}]}]),
    ),
    "promote": st.tuples(refs, stages, st.booleans()),
    "share": st.tuples(refs, stages, st.sampled_from(["0.01", "10", "10", "33.33", "50", "99.99"])),
    "deploy": st.tuples(
        refs,
        st.sampled_from(["eu", "us"]),
        st.sampled_from(["running", "starting", "stopped", "failed"]),
        st.none() | st.just("25"),
    ),
    "signal": st.tuples(refs, st.sampled_from(["errors", "p99", "lift"]), st.sampled_from(["0", "0.7", "1e3"])),
    "policy": st.sampled_from(sorted(POLICIES)),
    "rollback": st.tuples(names | refs, stages, st.none() | numbers.map(str), st.booleans(), st.booleans()),
    "retire": st.tuples(names | refs, stages),
    "mark": st.tuples(refs, st.sampled_from(["bad", "good"])),
    "archive": st.tuples(names | refs, st.booleans()),
    "delete": st.tuples(refs, st.booleans()),
    "alias": st.tuples(refs, st.sampled_from(["champion", "canary"]), st.booleans()),
    "tag": st.tuples(names | refs, st.sampled_from(["owner", "pii"]), st.sampled_from(["a", "b", None])),
    "describe": st.tuples(names | refs, st.sampled_from(["one", "other", ""])),
    "note": st.tuples(names | refs, st.just("look")),
    "rename": st.tuples(names, st.sampled_from([*NAMES, "new-name"])),
    "pass": st.integers(-30, 60),
}


_QUIET = ["retire", "mark", "archive", "alias", "tag", "describe", "note", "evaluate"]


def perform(world, verb, given_):
    """Let something happen; what the rules refuse changes nothing. Return the answer, None where it was refused."""
    r = world.registry
    before = len(world.entries())
    try:
        match verb, given_:
            case "register", dict():
                more = {key: value for key, value in given_.items() if key not in ("name", "content")}
                parent, word = more.pop("derived", (None, None))
                more |= {} if parent is None else {"parents": parent, "derived_by": word}
                done = world.register(given_["name"], b"content %d" % given_["content"], **more)
            case "evaluate", (ref, metrics, on):
                done = r.evaluate(ref, metrics, on=on)
            case "data", dict():
                done = r.add_dataset(**given_)
            case "supplement", (ref, licence, signature):
                done = r.supplement(ref, licence=licence, signature=signature)
            case "promote", (ref, stage, force):
                done = r.promote(ref, stage, force=force)
            case "share", (ref, stage, share):
                done = r.promote(ref, stage, share=share)
            case "deploy", (ref, target, status, share):
                done = r.record_deployment(ref, target, status=status, share=share, endpoint="https://scorer.example/x")
            case "signal", (ref, name, value):
                done = r.signal(ref, name, value, source="prometheus")
            case "policy", name:
                path = world.work / "policy.toml"
                path.write_text(POLICIES[name])
                done = r.set_policy(path)
            case "rollback", (ref, stage, to, keep_good, confirmed):
                done = r.rollback(ref, stage, to=to, keep_good=keep_good, confirmed=confirmed)
            case "retire", (ref, stage):
                done = r.retire(ref, stage)
            case "mark", (ref, mark):
                done = r.mark(ref, mark)
            case "archive", (ref, undo):
                done = r.archive(ref, undo=undo, all_versions="@" not in ref)
            case "delete", (ref, force):
                done = r.delete(ref, force=force)
            case "alias", (ref, alias, remove):
                done = r.alias(ref, remove=[alias]) if remove else r.alias(ref, add=[alias])
            case "tag", (ref, key, value):
                done = r.tag(ref, remove=[key]) if value is None else r.tag(ref, {key: value})
            case "describe", (ref, text):
                done = r.describe(ref, text)
            case "note", (ref, text):
                done = r.note(ref, text)
            case "rename", (name, new):
                done = r.rename(name, new)
            case "pass", minutes:
                world.pass_time(minutes=minutes)
                return None
    except (Conflict, NotFound, UsageError):
        assert len(world.entries()) == before
        return None
    assert len(world.entries()) == before + done.changed
    return done


def with_data(world):
    """Put the files there that datasets are made of."""
    (world.work / "work.csv").write_text("a,b\n")
    (world.work / "schema.json").write_text("{}")
    return world


def answers(registry, as_of=None):
    """Return every answer that can be had for the past."""
    found = {
        "models": registry.models(all=True, as_of=as_of),
        "shown": registry.models(as_of=as_of),
        "versions": registry.versions(all=True, as_of=as_of),
        "listed": registry.versions(as_of=as_of),
        "history": registry.history(as_of=as_of),
        "deployments": registry.deployments(as_of=as_of),
        "signals": registry.signals(as_of=as_of),
        "open": registry.signals(open_only=True, as_of=as_of),
        "datasets": registry.datasets(as_of=as_of),
    }
    for dataset in found["datasets"]:
        found[dataset.node] = registry.dataset(dataset.node, as_of=as_of)
        found[f"{dataset.node} lineage"] = registry.lineage(dataset.node, as_of=as_of)
    for model in found["models"]:
        found[model.name] = registry.model(model.name, as_of=as_of)
        found[f"{model.name} versions"] = registry.versions(model.name, all=True, as_of=as_of)
        for stage in STAGES:
            found[f"{model.name} {stage}"] = registry.versions(model.name, stage=stage, as_of=as_of)
            if any(held.stage == stage for held in model.holders):
                found[f"{model.name} {stage} keys"] = registry.pick(f"{model.name}@{stage}", KEYS, as_of=as_of)
    for version in found["versions"]:
        found[version.ref] = registry.version(version.ref, as_of=as_of)
        found[f"{version.ref} lineage"] = registry.lineage(version.ref, as_of=as_of)
    for question in [each for each in found if each.endswith(" lineage")]:
        below_is_the_reverse_of_above(registry, found[question], as_of)
    return found


def below_is_the_reverse_of_above(registry, lineage, as_of):
    """Whatever stands above a node has the node below it, by the same edge; of evaluations, which stand below, both ways."""
    for edge in lineage.edges:
        down = registry.lineage(edge.source, up=False, depth=1, as_of=as_of)
        assert edge in down.edges, edge
        if edge.relation not in ("evaluated_on", "version_of"):
            assert edge in registry.lineage(edge.target, down=False, depth=1, as_of=as_of).edges, edge


def tables(reader):
    """Return every row of every table."""
    found = {}
    for (name,) in reader.rows("SELECT name FROM sqlite_schema WHERE type = 'table'"):
        found[name] = sorted(reader.rows(f"SELECT * FROM {name}"), key=repr)
    return found


class Histories(RuleBasedStateMachine):
    """Whatever happens, the laws hold after it."""

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=_memory()))
        self.world = with_data(World(self.root))
        self.told = {}
        self.given = {}
        self.left = {}
        for name in ("fraud", "churn", "fraud", "churn", "fraud"):
            done = self.world.register(name, tags={"owner": "a"})
            self.given.setdefault(self._model(name), []).append(done.version)

    def teardown(self):
        try:
            self._rebuild_is_live()
            for seq, before in self.told.items():
                assert answers(self.world.registry, as_of=f"seq:{seq}") == before
            self._a_retried_intent_does_nothing_twice()
            assert [each for each in self.world.verify().findings if each.code != "clock"] == []
        finally:
            shutil.rmtree(self.root)

    @rule(given_=ACTIONS["register"])
    def register(self, given_):
        self._remember()
        newest = max(self.given.get(self._model(given_["name"]), [0]))
        done = perform(self.world, "register", given_)
        if done is None:
            return
        model = self._model(given_["name"])
        if done.changed:
            assert done.version == newest + 1
            self.given.setdefault(model, []).append(done.version)
            self._promoted(model, given_.get("stage"), done.version)
        else:
            assert done.version in self.given[model]

    @rule(given_=ACTIONS["promote"])
    def promote(self, given_):
        ref, stage, _ = given_
        before = self._version(ref)
        done = self._do("promote", given_)
        if done is not None and done.changed:
            self._promoted(self._model(before.name), stage, before.version)

    @rule(
        moves=st.lists(
            st.tuples(st.sampled_from(["fraud@1", "fraud@2", "fraud@3", "back"]), stages), min_size=2, max_size=6
        )
    )
    def move(self, moves):
        """Change who holds a stage of the model that has the most versions, several times in a row."""
        for what, stage in moves:
            if what == "back":
                self.rollback(("fraud", stage, None, False, True))
            else:
                self.promote((what, stage, True))

    @rule(given_=ACTIONS["rollback"])
    def rollback(self, given_):
        ref, stage, to, *_ = given_
        name = ref.split("@")[0]
        before = {each.version: each for each in self._versions(name)}
        live = self._holder(name, stage)
        done = self._do("rollback", given_)
        if done is None or not done.changed:
            return
        number = self._holder(name, stage)
        if done.effects[0].what == f"share of {stage}":
            assert number == live
            self.left.setdefault((self._model(name), stage), set()).add(int(done.left.rpartition("@")[2]))
            return
        assert number != live
        assert not before[number].bad
        assert not before[number].archived
        assert not before[number].deleted
        left = self.left.setdefault((self._model(name), stage), set())
        assert to is not None or number not in left, "a bare rollback went back to what a rollback had left"
        left.add(live)

    @rule(
        verb=st.sampled_from(["retire", "mark", "archive", "alias", "tag", "describe", "note", "evaluate"]),
        data=st.data(),
    )
    def change(self, verb, data):
        self._do(verb, data.draw(ACTIONS[verb]))

    @rule(given_=ACTIONS["share"])
    def share(self, given_):
        self._do("share", given_)

    @rule(
        growing=st.lists(st.tuples(st.sampled_from(["fraud@1", "fraud@2", "fraud@3"]), st.integers(1, 40)), max_size=6)
    )
    def a_key_keeps_its_version_while_shares_grow(self, growing):
        def served():
            found = self.world.registry.pick("fraud@staging", KEYS)
            return {each.key: each.version for each in found.picks}, {each.version: each.share for each in found.parts}

        if self._holder("fraud", "staging") is None:
            return
        for ref, more in growing:
            (before, shares), version = served(), int(ref.rpartition("@")[2])
            holder = self._holder("fraud", "staging")
            done = self._do("share", (ref, "staging", f"{shares.get(version, 0) + more:g}"))
            if done is None or not done.changed:
                continue
            after, _ = served()
            assert all(after[key] in (now, version) for key, now in before.items())
            assert all(after[key] == now for key, now in before.items() if now != holder)

    @rule(given_=ACTIONS["data"])
    def dataset(self, given_):
        before = {each.node: each for each in self.world.registry.datasets() if each.recorded}
        done = self._do("data", given_)
        after = {each.node: each for each in self.world.registry.datasets() if each.recorded}
        for node, row in before.items():
            assert (after[node].digest, after[node].rows) == (row.digest, row.rows), "a dataset changed"
        assert len(after) == len(before) + (done is not None and done.changed)

    @rule(given_=ACTIONS["supplement"])
    def supplement(self, given_):
        self._do("supplement", given_)

    @rule(given_=ACTIONS["deploy"])
    def deploy(self, given_):
        self._do("deploy", given_)

    @rule(given_=ACTIONS["policy"])
    def policy(self, given_):
        self._do("policy", given_)

    @rule(given_=ACTIONS["signal"])
    def signal(self, given_):
        before = self._version(given_[0])
        done = self._do("signal", given_)
        if done is None or before is None:
            return
        after = self.world.registry.version(before.ref)
        for effect in done.effects:
            stage = effect.what.removeprefix("share of ")
            if stage in STAGES:
                assert after.bad
                assert stage not in (*after.stages, *(each.stage for each in after.shares))
                self.left.setdefault((self._model(before.name), stage), set()).add(before.version)

    @rule(given_=ACTIONS["delete"])
    def delete(self, given_):
        before = self._version(given_[0])
        done = self._do("delete", given_)
        if done is None or not done.changed:
            return
        after = self.world.registry.version(before.ref)
        assert (after.state, after.stages, after.aliases) == ("deleted", (), ())
        assert (after.digest, after.label, after.contents) == (before.digest, before.label, before.contents)
        protected = [each.stage for each in before.tenures if each.stage == "production"]
        assert given_[1] or not protected, "what was in production was deleted without force"

    @rule(data=st.data())
    def nothing_more_happens_to_what_was_deleted(self, data):
        gone = [each.ref for each in self.world.registry.versions(all=True) if each.deleted]
        if not gone:
            return
        ref = data.draw(st.sampled_from(gone))
        before = self.world.entries()
        for change in (
            lambda: self.world.registry.promote(ref, "staging", force=True),
            lambda: self.world.registry.alias(ref, add=["canary"]),
            lambda: self.world.registry.mark(ref, "bad"),
            lambda: self.world.registry.archive(ref),
        ):
            with pytest.raises(Conflict, match="was deleted"):
                change()
        assert self.world.entries() == before

    @rule(given_=ACTIONS["rename"])
    def rename(self, given_):
        old, new = given_
        model, there = self._model(old), self._model(new)
        done = self._do("rename", given_)
        if done is not None and done.changed:
            assert there in (None, model), "a name that one model bore was given to another"

    @rule(minutes=ACTIONS["pass"])
    def time_passes(self, minutes):
        self._do("pass", minutes)

    @invariant()
    def a_stage_has_one_holder(self):
        doubled = self.world.rows(
            "SELECT model, stage FROM tenure WHERE until_seq IS NULL AND share IS NULL GROUP BY model, stage HAVING count(*) > 1"
        )
        assert doubled == []

    @invariant()
    def shares_stand_beside_a_holder_and_own_slots_of_their_own(self):
        held = self.world.rows("SELECT model, stage, version, share, slots FROM tenure WHERE until_seq IS NULL")
        holders = {(model, stage): version for model, stage, version, share, _ in held if share is None}
        owned = {}
        for model, stage, version, share, ranges in held:
            if share is None:
                continue
            assert holders[model, stage] != version
            slots = {slot for first, last in parse_slots(ranges) for slot in range(first, last + 1)}
            assert len(slots) == share
            assert not slots & owned.setdefault((model, stage), set())
            owned[model, stage] |= slots
        assert all(len(slots) < SLOTS for slots in owned.values())

    @invariant()
    def a_version_runs_once_at_a_target(self):
        rows = self.world.rows("SELECT model, target, version, share FROM deployment WHERE until_seq IS NULL")
        assert len(rows) == len({row[:3] for row in rows})

    @invariant()
    def what_was_deleted_holds_nothing_and_is_meant_by_nothing_that_moves(self):
        for table in ("tenure", "alias"):
            assert (
                self.world.rows(
                    f"SELECT 1 FROM {table} JOIN deleted USING (model, version) WHERE {table}.until_seq IS NULL"
                )
                == []
            )
        assert not [each.ref for each in self.world.registry.versions() if each.deleted]
        for model in self.world.registry.models():
            shown = [model.newest, model.latest, model.development and model.development.version]
            gone = {each.version for each in self.world.registry.versions(model.name, all=True) if each.deleted}
            assert not gone & set(shown)
            assert model.versions == model.newest + sum(number > model.newest for number in gone) - len(gone)

    def _do(self, verb, given_):
        self._remember()
        return perform(self.world, verb, given_)

    def _remember(self):
        """Keep what is answered now, before something else happens."""
        seq = len(self.world.entries())
        if seq not in self.told and seq % 2 == 0:
            self.told[seq] = answers(self.world.registry)

    def _rebuild_is_live(self):
        connection = Transaction(sqlite3.connect(self.world.database))
        rebuilt = in_memory()
        try:
            replay(connection, rebuilt)
            assert tables(rebuilt) == tables(connection)
        finally:
            rebuilt.close()
            connection.close()

    def _a_retried_intent_does_nothing_twice(self):
        before = self.world.entries()
        for data in before[-4:]:
            entry = parse_entry(data)
            row = self.world.rows("SELECT text FROM details WHERE digest = ?", entry.intent.details)
            draft = IntentDraft(entry.intent, Details.parse(row[0][0]) if row else None)
            with self.world.context.database.writing() as connection:
                outcome = ledger.append(connection, draft, entry.observed, self.world.context.now())
            assert outcome.entry == entry
            other = parse_entry(changed(data, lambda value: value["intent"].update(time="2026-11-23T00:00:00.000000Z")))
            with (
                pytest.raises(Conflict, match="the log has another intent with the id"),
                self.world.context.database.writing() as connection,
            ):
                ledger.append(connection, IntentDraft(other.intent), entry.observed, self.world.context.now())
        assert self.world.entries() == before

    def _promoted(self, model, stage, number):
        if stage is not None:
            self.left.setdefault((model, stage), set()).discard(number)

    def _model(self, name):
        row = self.world.rows(
            "SELECT model FROM model_name WHERE folded = lower(?) ORDER BY until_seq IS NOT NULL", name
        )
        return row[0][0] if row else None

    def _version(self, ref):
        try:
            return self.world.registry.version(ref)
        except ModelkeepError:
            return None

    def _versions(self, name):
        try:
            return self.world.registry.versions(name, all=True)
        except ModelkeepError:
            return ()

    def _holder(self, name, stage):
        found = self._version(f"{name}@{stage}")
        return None if found is None else found.version


def _memory():
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


# Nothing is made smaller after a failure: a step costs what commits cost, and the story is told as it was.
_SLOWLY = settings(
    max_examples=int(os.environ.get("LAWS", "15")),
    stateful_step_count=10,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
TestHistories = Histories.TestCase
TestHistories.settings = _SLOWLY
TestHistories = pytest.mark.slow(TestHistories)

# going back and forth, mostly: what else happens to a version in between is rare
_MOVES = [
    "promote 1",
    "promote 2",
    "promote 3",
    "back",
    "back",
    "back",
    "back and mark",
    "bad 2",
    "good 2",
    "archive 1",
    "restore 1",
    "retire 1",
    "delete 1",
]
moves = st.lists(st.sampled_from(_MOVES), min_size=6, max_size=30)


@settings(max_examples=400)
@given(moves)
def test_going_back_never_returns_to_what_was_left_or_is_bad_or_archived_or_deleted(moves):
    history = History(stages=("production",))
    for number in range(1, 5):
        history.register("fraud", f"content {number}")
    state, left = SqlState(history.connection), set()
    for move, what in (text.partition(" ")[::2] for text in moves):
        holder = state.holder(2, "production")
        if move == "back":
            back = None if holder is None else find_target(state, 2, holder, ()).tenure
            if back is None:
                continue
            before = state.version(2, back.version)
            assert not before.bad
            assert not before.archived
            assert not before.deleted
            assert back.version not in left | {holder.version}
            history.rollback(f"fraud@{holder.version}", back.version, keep_good=not what)
            assert state.holder(2, "production").version == back.version
            left.add(holder.version)
            continue
        with contextlib.suppress(AssertionError, Conflict):  # what is so already, or may not be
            match move:
                case "promote":
                    history.promote(f"fraud@{what}", "production", force=True)
                    left.discard(int(what))
                case "bad" | "good":
                    history.mark(f"fraud@{what}", move)
                case "archive" | "restore":
                    history.archive(f"fraud@{what}", undo=move == "restore")
                case "delete":
                    history.delete(f"fraud@{what}", force=True)
                case "retire":
                    history.retire("fraud", "production")


stories = st.lists(
    st.sampled_from([verb for verb in ACTIONS if verb != "pass"]).flatmap(
        lambda verb: st.tuples(st.just(verb), ACTIONS[verb])
    ),
    min_size=4,
    max_size=12,
)


def _edits(value):
    """Yield every way to change one text or number somewhere in a value."""
    if isinstance(value, dict):
        for key in value:
            for other in _edits(value[key]):
                yield {**value, key: other}
    elif isinstance(value, list):
        for place, item in enumerate(value):
            for other in _edits(item):
                yield [*value[:place], other, *value[place + 1 :]]
        yield value[:-1] if value else [0]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield value + "x"
        yield value[:-1] + ("0" if value[-1:] != "0" else "1")
    else:
        yield "x"


@pytest.mark.slow
@settings(parent=_SLOWLY, max_examples=int(os.environ.get("LAWS", "60")))
@given(story=stories, data=st.data())
def test_no_tampering_with_the_log_goes_unseen(story, data):
    root = Path(tempfile.mkdtemp(dir=_memory()))
    try:
        world = with_data(World(root))
        for name in NAMES[:2]:
            world.register(name, stage="production")
        for verb, given_ in story:
            perform(world, verb, given_)
        entries = world.entries()
        place = data.draw(st.integers(0, len(entries) - 1))
        how = data.draw(st.sampled_from(["change", "remove", "swap", "insert", "cut"]))
        forged = list(entries)
        if how == "change":
            choices = list(_edits(json.loads(forged[place])))
            forged[place] = encode_canonical(data.draw(st.sampled_from(choices)))
        elif how == "remove":
            del forged[place]
        elif how == "swap":
            other = data.draw(st.integers(0, len(entries) - 1).filter(lambda other: other != place))
            forged[place], forged[other] = forged[other], forged[place]
        elif how == "insert":
            forged.insert(place, forged[data.draw(st.integers(0, len(entries) - 1))])
        else:
            del forged[place:]
        if data.draw(st.booleans()):
            forged = rechained(forged)
        assume(forged != entries)  # a changed `prev` that is chained again is as it was
        world.write_log(forged)
        with contextlib.suppress(SchemaMismatch):  # an entry at the end that says it is of a later format
            assert not world.verify(bytes_=False).ok
        world.write_log(entries)
        assert world.verify(bytes_=False).ok
    finally:
        shutil.rmtree(root)
