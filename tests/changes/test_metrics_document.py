"""Metrics that do not fit into an entry of the log stand in a document, which everything about the log knows."""

import pytest
from changing import refused
from world import World, entries

from modelkeep.domain.entry import parse_entry
from modelkeep.domain.metrics_document import MetricsDocument
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.verbs.evaluate import Evaluate
from modelkeep.errors import Damaged

MANY = {f"metric-of-a-long-name-{number:06}": f"0.{number}" for number in range(3000)}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def command(world):
    return parse_entry(world.entries()[-1]).intent.command


def test_three_thousand_metrics_are_registered_and_found_again(world):
    made = world.register(metrics=MANY, on="holdout@3", tags={"owner": "ana"})
    assert (made.changed, len(made.verdict)) == (True, 3000)
    assert (command(world).metrics, command(world).metrics_on.name) == ((), "holdout")
    version = world.registry.version("fraud@1")
    assert version.metrics == {key: float(value) for key, value in MANY.items()}
    assert {each.data for each in version.evaluations} == {"holdout@3"}
    assert world.verify().findings == ()


def test_a_value_of_a_million_digits_is_kept_whole(world):
    digits = "0." + "3" * 1_000_000
    world.register(metrics={"third": digits, "count": "7" * 1_000_000}, params={"third": digits})
    version = world.registry.version("fraud@1")
    assert version.metrics["third"].text == digits
    assert version.params["third"].text == digits
    assert version.metrics["count"] == "7" * 1_000_000
    assert world.verify().findings == ()


def test_the_same_many_metrics_again_are_no_change(world):
    world.register(content=b"same")
    assert world.registry.evaluate("fraud@1", MANY).changed
    before = entries(world)
    again = world.registry.evaluate("fraud@1", MANY)
    assert (again.changed, again.why, entries(world)) == (False, "fraud@1 has these metrics", before)
    other = world.registry.evaluate("fraud@1", {**MANY, "auc": "0.9"})
    assert [(each.what, each.before, each.after) for each in other.effects] == [("auc", "none", "0.9")]
    assert world.register(content=b"same", metrics=MANY).changed is False
    assert "metric auc" in refused(world.register, content=b"same", metrics={**MANY, "auc": "0.8"})[1]
    assert world.verify().findings == ()


def test_the_past_a_backup_and_gc_know_the_document(world, tmp_path):
    world.register()
    world.registry.evaluate("fraud@1", MANY)
    assert world.registry.version("fraud@1", as_of="seq:2").metrics == {}
    assert len(world.registry.version("fraud@1", as_of="seq:3").metrics) == 3000
    world.registry.gc(grace="0")
    assert world.registry.backup(str(tmp_path / "backup")).ok
    assert world.verify().findings == ()
    assert "recorded metrics for fraud@1" in world.registry.audit()[-1].sentence


@pytest.mark.parametrize(
    "bad",
    [
        b"{}",
        encode_canonical(MetricsDocument(())),
        encode_canonical(MetricsDocument((("a", "1"), ("a", "2")))),
        b'{"format":"modelkeep metrics 1","metrics":[["a",1]]}',
        b'{"format":"modelkeep metrics 1","metrics": [["a","1"]]}',
    ],
)
def test_what_is_no_document_of_metrics_is_damage(bad):
    with pytest.raises(Damaged):
        MetricsDocument.from_bytes(bad)


def test_a_document_that_is_missing_or_changed_is_found(world):
    world.register(metrics=MANY)
    digest = command(world).metrics_document
    world.edit(
        f"UPDATE document SET bytes = CAST(replace(CAST(bytes AS TEXT), '0.17', '0.99') AS BLOB) WHERE digest = '{digest}'"
    )
    assert "document" in {each.code for each in world.verify().findings}
    world.edit(f"DELETE FROM document WHERE digest = '{digest}'")
    assert f"its metrics {digest} is missing" in {each.message for each in world.verify().findings}


def test_more_than_eight_megabytes_are_refused_before_a_byte_is_stored(world):
    huge = {"a": "1" * (8 << 20)}
    kind, message, _ = refused(world.register, metrics=huge)
    assert (kind, message) == ("UsageError", "more than 8 MiB of metrics")
    assert entries(world) == 1
    world.register()
    assert refused(world.registry.evaluate, "fraud@1", huge)[0] == "UsageError"


def test_metrics_stand_in_the_entry_or_in_a_document(history):
    history.register("fraud", metrics=[("auc", "0.9")])
    both = Evaluate((("auc", "0.9"),), metrics_document="sha256:" + "0" * 64)
    message = refused(history.tell, both, history.subject("fraud@1"), {})[1]
    assert message == "metrics stand in the entry or in a document, not in both"
