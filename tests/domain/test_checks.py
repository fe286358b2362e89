"""What must be true of every entry, in the words that `verify` says it with."""

import pytest
from history import History, at
from log_kinds import intents
from msgspec.structs import replace
from stories import GOLDEN

from modelkeep.domain.checks import Link, check_details, check_document, check_frame, check_link, judge
from modelkeep.domain.details import Details
from modelkeep.domain.entry import Signature, hash_entry, parse_entry
from modelkeep.domain.hashing import digest_of as sha256
from modelkeep.domain.verbs.mark import VersionMarked
from modelkeep.store.db.state import SqlState

FIRST = parse_entry((GOLDEN / "init.json").read_bytes())
SECOND = parse_entry((GOLDEN / "register.json").read_bytes())
BEFORE = Link(1, hash_entry(FIRST.to_bytes()), FIRST.time)
TEXT = (GOLDEN / "register.details.txt").read_bytes().decode()


def said(problems):
    return [f"{each.severity} {each.code}: {each.message}" for each in problems]


def test_an_entry_that_holds_on_to_the_one_before_it_has_no_problem():
    assert said(check_link(FIRST, 1, None)) == []
    assert said(check_link(SECOND, 2, BEFORE)) == []
    assert said(check_frame(SECOND, FIRST.intent.registry)) == []


def test_a_wrong_place_is_told():
    assert said(check_link(SECOND, 3, BEFORE)) == ["error seq: it says it is entry 2"]
    assert said(check_link(replace(FIRST, prev="sha256:0"), 1, None)) == [
        "error chain: it is the first and holds on to another one: sha256:0",
    ]
    for prev, shown in (("sha256:0", "sha256:0"), (None, "nothing")):
        assert said(check_link(replace(SECOND, prev=prev), 2, BEFORE)) == [
            (
                f"error chain: it holds on to {shown}, and entry 1 has the hash {BEFORE.hash}: "
                "one of the two is not what was written"
            ),
        ]


def test_the_time_is_the_clock_or_the_time_before():
    late = replace(BEFORE, time=at(5))
    assert said(check_link(replace(SECOND, time=at(5), clock=at(2)), 2, late)) == []
    assert said(check_link(SECOND, 2, late)) == [
        f"error time: its time {at(2)} is before the one of the entry before it, {at(5)}",
    ]
    assert said(check_link(replace(SECOND, time=at(4), clock=at(2)), 2, BEFORE)) == [
        f"error time: its time {at(4)} is neither its clock's {at(2)} nor the entry's before it",
    ]
    assert said(check_link(SECOND, 2, replace(BEFORE, time=None))) == []
    for bent in (
        replace(SECOND, time="yesterday"),
        replace(SECOND, clock="yesterday"),
        replace(SECOND, intent=replace(SECOND.intent, time="yesterday")),
    ):
        assert said(check_link(bent, 2, BEFORE)) == ["error time: not a time of the log: 'yesterday'"]


def test_a_clock_that_is_more_than_five_minutes_behind_is_odd_and_not_wrong():
    for minutes, found in (
        (7, []),
        (8, ["warning clock: the clock of the machine that wrote it was 6 minutes behind the log"]),
    ):
        entry = replace(SECOND, time=at(minutes), clock=at(2))
        assert said(check_link(entry, 2, replace(BEFORE, time=at(minutes)))) == found


@pytest.mark.parametrize(
    ("intent", "entry", "problem"),
    [
        ({"registry": "x"}, {}, "error damaged: not an id of a registry: x"),
        ({"id": "x\x1b[2J"}, {}, "error damaged: not an id of an intent: x\\x1b[2J"),
        ({"registry": "9" * 32}, {}, f"error registry: it belongs to the registry {'9' * 32}, this one is {FIRST.intent.registry}"),
        ({}, {"signatures": (Signature("sshsig", "AAAA"),)}, "error signature: it bears a signature or a key, which this modelkeep cannot check"),
        ({"actor": intents.Actor(key="ssh-ed25519 AAAA")}, {}, "error signature: it bears a signature or a key, which this modelkeep cannot check"),
        ({"actor": intents.Actor(ci=intents.CiIdentity("i", "s"))}, {}, "error signature: it bears a signature or a key, which this modelkeep cannot check"),
        ({"actor": intents.Actor("the boss")}, {}, "error signature: it names a person, and nothing proves it"),
        ({"not_after": at(9)}, {}, "error signature: it has a date to expire at, which only what is signed has"),
    ],
)  # fmt: skip
def test_what_no_rule_reads_is_looked_at_all_the_same(intent, entry, problem):
    bent = replace(SECOND, intent=replace(SECOND.intent, **intent), **entry)
    assert problem in said(check_frame(bent, FIRST.intent.registry))
    assert "registry" in intent or said(check_frame(bent, None)) == [problem]


def test_details_are_held_against_their_digest():
    details, problems = check_details(SECOND, TEXT, new=True)
    assert (details.text, problems) == (TEXT, ())
    assert check_details(FIRST, None, new=True) == (None, ())
    digest = SECOND.intent.details
    details, problems = check_details(SECOND, None, new=True)
    assert (details, said(problems)) == (None, [f"error details: its details {digest} are missing"])
    details, problems = check_details(SECOND, "something", new=True)
    begins = "not details: they begin with 'modelkeep details 1', then come lines, each with an end"
    assert (details, said(problems)) == (None, [f"error details: its details {digest}: {begins}"])
    other = TEXT.replace("first good one", "last good one")
    details, problems = check_details(SECOND, other, new=True)
    assert details == Details.parse(other)
    assert said(problems) == [
        f"error details: its details were changed: they are {Details.parse(other).digest}, not {digest}",
    ]
    details, problems = check_details(SECOND, TEXT, new=False)
    assert said(problems) == [f"error details: its details {digest} belong to an entry before it"]
    line = Details.parse(TEXT).lines[1]
    details, problems = check_details(SECOND, Details.parse(TEXT).redact(line.line_digest).text, new=True)
    assert said(problems) == ["error details: line 2 of its details was taken out, and no entry says so"]


def test_a_manifest_is_held_against_its_digest():
    manifest = (GOLDEN / "example-manifest.json").read_bytes()
    assert check_document(sha256(manifest), "manifest", manifest) is None
    assert said([check_document("sha256:1", "manifest", None)]) == ["error document: its manifest sha256:1 is missing"]
    assert said([check_document("sha256:1", "manifest", b"[]")]) == [
        f"error document: its manifest was changed: the bytes are {sha256(b'[]')}, not sha256:1",
    ]
    assert check_document(sha256(b"[]"), "manifest", b"[]").message.startswith(f"its manifest {sha256(b'[]')}: ")


def test_an_entry_is_decided_again():
    history = History()
    history.register("fraud")
    state = SqlState(history.connection)
    head = state.head()
    arguments, subject = intents.Mark("bad"), history.subject("fraud@1")
    intent = replace(
        SECOND.intent, id="f" * 32, command=arguments, subject=subject, details=None, seen=intents.Seen(head.hash, 2)
    )
    right = replace(SECOND, seq=3, intent=intent, events=(VersionMarked("bad", 2, 1),))
    assert judge(state, right) is None
    wrong = replace(right, events=(VersionMarked("bad", 2, 2),))
    assert judge(state, wrong).message == (
        'event 1 is {"kind":"VersionMarked","mark":"bad","model":2,"version":2}, '
        'by the rules it is {"kind":"VersionMarked","mark":"bad","model":2,"version":1}'
    )
    more = replace(right, events=(*right.events, VersionMarked("bad", 2, 2)))
    assert judge(state, more).message.endswith("by the rules it is none")
    fewer = replace(right, events=())
    assert judge(state, fewer).message.startswith("event 1 is none, by the rules it is ")
    idle = replace(right, intent=replace(intent, command=intents.Mark("good")))
    assert judge(state, idle).message == ("mark could not have been written: nothing to do, fraud@1 is not marked bad")
    refused = replace(right, intent=replace(intent, command=intents.Mark("ugly")))
    assert judge(state, refused).message == (
        "mark could not have been written: a version is marked bad or good, not 'ugly'"
    )
