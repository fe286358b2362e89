"""Many processes change one registry at once while it is verified: none fails, nothing is lost or twice, and all is in order."""

import json
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from harm import Place
from modelkeep.registry import open_registry

pytestmark = [pytest.mark.slow]

#: A process that changes things at random until its turns or its seconds are over, and tells what came of it.
WRITER = """
import json, random, sys, time
from modelkeep.errors import Conflict, ModelkeepError, NotFound
from modelkeep.registry import open_registry

number, turns, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
registry, chance = open_registry(), random.Random(number)
numbers, refused, errors, waits = [], 0, [], []

def register(turn):
    with open(f"written-{number}", "w") as file:
        file.write(f"{number} {turn}")
    numbers.append(registry.register("fraud", f"written-{number}", code="none").version)

def promote(turn):
    newest = registry.model("fraud").newest
    registry.promote(f"fraud@{chance.randint(1, newest)}", chance.choice(("staging", "production")), force=True)

def rollback(turn):
    registry.rollback(f"fraud@{registry.version('fraud@production').version}", keep_good=True)

def tag(turn):
    registry.tag("fraud@1", {"writer": str(number), "turn": str(turn)})

def delete(turn):
    registry.delete(f"fraud@{chance.randint(1, registry.model('fraud').newest)}")

def gc(turn):
    registry.gc(grace="0")

ACTS = (register, register, register, promote, rollback, tag, delete, gc)

print("ready", flush=True)
sys.stdin.readline()
began = time.monotonic()
for turn in range(turns):
    if seconds and time.monotonic() - began > seconds:
        break
    act = chance.choice(ACTS)
    since = time.monotonic()
    try:
        act(turn)
    except (Conflict, NotFound) as error:
        refused += 1
    except ModelkeepError as error:
        errors.append(f"{act.__name__}: {error!r}")
    waits.append(time.monotonic() - since)
print(json.dumps({"numbers": numbers, "refused": refused, "errors": errors, "waits": waits}))
"""


@pytest.fixture
def place(tmp_path, beginning):
    """Return what every scene begins with, on a real disk."""
    made = Place(tmp_path / "place", tmp_path / "kept")
    made.root.mkdir()
    made.bring_back(beginning)
    return made


def write_together(place, count, turns, seconds, tell):
    """Let so many writers loose on a registry, verify it meanwhile, and judge what they left."""
    with place.at_home():
        before = open_registry(place.registry).verify()
        writers = [start(place, number, turns, seconds) for number in range(count)]
        try:
            assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * count
            for writer in writers:
                writer.stdin.write("go\n")
                writer.stdin.flush()
            verified = []
            while any(writer.poll() is None for writer in writers):
                verified.append(open_registry(place.registry).verify())
            told = [writer.communicate() for writer in writers]
        finally:
            for writer in writers:
                writer.kill()
        registry = open_registry(place.registry)
        after = registry.verify()
        assert [err for _, err in told] == [""] * count
        given = [json.loads(out) for out, _ in told]
        assert [error for each in given for error in each["errors"]] == []
        # each number was given once, and each that was given is there
        numbers = sorted(number for each in given for number in each["numbers"])
        assert numbers == list(range(4, 4 + len(numbers)))
        assert registry.model("fraud").newest == numbers[-1]
        # nothing is amiss afterwards, and nothing was while they wrote
        assert [each.findings for each in [*verified, after] if each.findings] == []
        assert any(before.entries < each.entries < after.entries for each in verified)
        assert [entry.seq for entry in registry.audit()] == list(range(1, after.entries + 1))
        for stage in ("staging", "production"):
            tenures = sorted(registry.history("fraud", stage), key=lambda tenure: tenure.since_seq)
            pairs = [(one.until_seq, next_.since_seq) for one, next_ in pairwise(tenures)]
            assert all(until is not None and until <= since for until, since in pairs), stage
            if stage == "production":  # protected: nobody who holds it is deleted, so it is never empty
                assert all(until == since for until, since in pairs)
                assert tenures[-1].until_seq is None
            assert len(tenures) > 3
    waits = sorted(wait for each in given for wait in each["waits"])
    tell(
        f"{count} writers, {after.entries - before.entries} changes, {sum(each['refused'] for each in given)} refused, "
        f"0 errors, {len(verified)} verifications beside them; "
        f"waited {waits[len(waits) // 2]:.3f} s in the middle, {waits[-1]:.3f} s at the longest"
    )


def start(place, number, turns, seconds):
    words = [str(number), str(turns), str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-S", "-c", WRITER, *words],
        cwd=place.work,
        env={**os.environ, **place.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_eight_writers_beside_a_verification_lose_nothing_and_wait_for_nothing_in_vain(place, record_property):
    write_together(place, 8, 25, 0, lambda figures: record_property("toll", figures))


@pytest.mark.full
def test_sixty_four_writers_for_a_minute_lose_nothing_and_wait_for_nothing_in_vain(place, record_property):
    write_together(place, 64, 1_000_000, 60, lambda figures: record_property("toll", figures))
