"""Flipped bits: those of a blob are found and never delivered, those of the database found or without effect."""

import os
import random
import shutil

import pytest
from answering import Answers

from harm import Place
from modelkeep.errors import IntegrityError
from modelkeep.registry import open_registry

pytestmark = [pytest.mark.slow]

ASKED = (
    ("list", "--json"),
    ("list", "fraud", "--all", "--json"),
    ("show", "fraud", "--json"),
    *(("show", f"fraud@{number}", "--json") for number in (1, 2, 3)),
    ("show", "fraud@production", "--json"),
    ("audit", "--json"),
    ("history", "fraud", "--json"),
    ("lineage", "fraud@3", "--json"),
    ("identify", "m1", "--json"),
    *(("get", f"fraud@{number}", f"got{number}", "--json") for number in (1, 2, 3)),
)
VERIFY = ("verify", "--json")


@pytest.fixture
def place(memory, beginning):
    """Return what every scene begins with."""
    made = Place(memory / "place", memory / "kept")
    made.root.mkdir()
    made.bring_back(beginning)
    for number in (2, 3):
        made.must("tag", f"fraud@{number}", "tier=1", "-m", "because")
        made.must("alias", f"fraud@{number}", f"alias-{number}")
    made.must(
        "register", "churn", "new", "--code", "none", "--metric", "auc=0.9", "--data", "train@1", "--parent", "fraud@1"
    )
    made.keep()
    return made


def flip(path, bit):
    """Turn over one bit of a file, whatever its mode."""
    mode = path.stat().st_mode
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))
    path.chmod(mode)


def flip_blobs(count, place, toll):
    chance = random.Random(count)
    blobs = sorted((place.registry / "store" / "blobs").rglob("*/*/*"))
    assert len(blobs) == 6
    with place.at_home():
        registry = open_registry(place.registry)
        holders = {
            file.digest: version.ref
            for version in registry.versions()
            for file in registry.version(version.ref).contents
        }
        for _ in range(count):
            blob = chance.choice(blobs)
            bit = chance.randrange(blob.stat().st_size * 8)
            flip(blob, bit)
            digest, out = f"sha256:{blob.name}", place.root / "out"
            toll.points += 1
            found = registry.verify(log=False)
            if [finding for finding in found.findings if digest in finding.message + finding.place] == []:
                toll.add("lost", f"bit {bit} of {digest} was not found: {found.findings}")
            try:
                registry.get(holders[digest], out)
                toll.add("lost", f"bit {bit} of {digest} was delivered")
            except IntegrityError:
                pass
            assert not os.path.lexists(out)
            flip(blob, bit)
        assert registry.verify().findings == ()


def test_a_sample_of_flipped_bits_of_blobs_is_found_and_never_delivered(place, toll):
    flip_blobs(60, place, toll)


@pytest.mark.full
def test_a_thousand_flipped_bits_of_blobs_are_found_and_never_delivered(place, toll):
    flip_blobs(1000, place, toll)


def asked(place, answers):
    """Return what each question is answered with, what was fetched, and the verification's answer."""
    for number in (1, 2, 3):
        fetched = place.work / f"got{number}"
        shutil.rmtree(fetched) if fetched.is_dir() else fetched.unlink(missing_ok=True)
    told = answers.to((*ASKED, VERIFY))
    if isinstance(told, str):
        return told, {}, told
    return (
        told[:-1],
        {name: content for name, content in place.look_outside().items() if name.startswith("got")},
        told[-1],
    )


def flip_database(count, place, toll):
    chance = random.Random(count)
    database = place.registry / "registry.db"
    pristine = database.read_bytes()
    written = [at for at, byte in enumerate(pristine) if byte]
    answers = Answers(place.environ, place.work)
    try:
        before = asked(place, answers)
        assert [code for code, _, _ in [*before[0], before[2]]] == [0] * (len(ASKED) + 1)
        assert asked(place, answers) == before
        for turn in range(count):
            # every second one where something is written: most of a small database is empty
            at = chance.choice(written) if turn % 2 else chance.randrange(len(pristine))
            bit = at * 8 + chance.randrange(8)
            flip(database, bit)
            judge(bit, before, asked(place, answers), toll)
            database.write_bytes(pristine)
        assert asked(place, answers) == before
    finally:
        answers.close()
    assert toll.found, "no bit was one that matters"
    toll.note = f", {toll.found} found by verify, the rest without effect on any answer"


def judge(bit, before, after, toll):
    """Count what came of one flipped bit."""
    toll.points += 1
    told, fetched, verified = after
    if isinstance(told, str):
        toll.add("rude", f"bit {bit}: {told}")
        return
    for words, (code, out, err) in zip((*ASKED, VERIFY), (*told, verified), strict=True):
        if code not in {0, 3, 4, 5, 7} or "Traceback" in err:
            toll.add("rude", f"bit {bit}: {words} ended {code}: {out} {err}")
    if verified[0] in {5, 7}:
        toll.found += 1
    else:
        for words, was, now in zip(ASKED, before[0], told, strict=True):
            if was != now:
                toll.add("lost", f"bit {bit} was not found: {words} said {was}, says {now}")
    for name, content in fetched.items():
        if content != before[1].get(name):
            toll.add("lost", f"bit {bit}: {name} is wrong")


def test_a_sample_of_flipped_bits_of_the_database_is_found_or_without_effect(place, toll):
    flip_database(60, place, toll)


@pytest.mark.full
def test_a_thousand_flipped_bits_of_the_database_are_found_or_without_effect(place, toll):
    flip_database(1000, place, toll)
