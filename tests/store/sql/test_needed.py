"""Which contents versions need: their files and large evidence, whatever was registered, checked and deleted before."""

from history import History, sha
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.domain.subset import EVERYTHING, parse_subset
from modelkeep.store.db.sql import reachable

LARGE = 2 << 20
contents = st.sampled_from(["one", "two", "three"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("register"), contents),
        st.tuples(st.just("document"), st.integers(1, 4), contents),
        st.tuples(st.just("stored"), st.integers(1, 4), contents),
        st.tuples(st.just("delete"), st.integers(1, 4)),
    ),
    max_size=12,
)


def told(story):
    """Return the history of a story, and what it needs: digest, size, version and path."""
    history, needed, alive, count = History(), set(), set(), 0
    for what, *rest in story:
        if what == "register":
            history.register("fraud", rest[0])
            count += 1
            alive.add(count)
            needed.add((sha(rest[0]), len(rest[0]), count, "model.onnx"))
        elif rest[0] not in alive:
            continue
        elif what == "delete":
            history.delete(f"fraud@{rest[0]}")
            alive.discard(rest[0])
            needed = {each for each in needed if each[2] != rest[0]}
        else:
            number, text = rest
            evidence = f"report of {text}"
            history.check(f"fraud@{number}", text, evidence=evidence, stored=LARGE if what == "stored" else None)
            if what == "stored":
                needed.add((sha(evidence), LARGE, number, f"evidence of the check {text}"))
    return history.connection, needed


@settings(max_examples=60, deadline=None)
@given(steps)
def test_what_is_needed_is_what_the_story_says(story):
    reader, needed = told(story)
    found = reachable.needed(reader, None)
    rows = [(each.digest, each.size, each.version, each.path) for each in found]
    assert [each.digest for each in found] == sorted(each.digest for each in found)
    assert set(rows) == needed
    sizes = {(digest, size) for digest, size, _, _ in needed}
    assert reachable.total_bytes(reader) == sum(size for _, size in sizes)
    everything = [sha(text) for text in ("one", "two", "three")] + [
        sha(f"report of {text}") for text in ("one", "two", "three")
    ]
    for digest in everything:
        users = {version for each, _, version, _ in needed if each == digest}
        assert reachable.is_needed(reader, digest) == bool(users)
        assert {each.version for each in reachable.needing(reader, digest, 10)} == users


@settings(max_examples=30, deadline=None)
@given(steps, st.integers(1, 3))
def test_parts_and_pages_make_the_whole(story, pages):
    reader, _ = told(story)
    parts = [parse_subset(f"{number}/{pages}") for number in range(1, pages + 1)]
    rows = [row for part in parts for row in reachable.needed(reader, None, part)]
    assert rows == reachable.needed(reader, None)
    assert sum(reachable.total_bytes(reader, part) for part in parts) == reachable.total_bytes(reader, EVERYTHING)
    for at, row in enumerate(rows):
        following = {each.digest for each in reachable.needed(reader, row)}
        assert {each.digest for each in rows[at + 1 :]} == following


def test_the_reason_of_garbage_names_the_version_whose_evidence_it_was():
    reader, _ = told([("register", "one"), ("stored", 1, "two"), ("delete", 1)])
    gone = reachable.was_needed(reader, sha("report of two"))
    assert (gone.ref, gone.more, gone.actor) == ("fraud@1", 0, "ana")
    assert reachable.was_needed(reader, sha("never")) is None
