"""Many processes write to one registry at once: nothing is lost, nothing twice, nobody waits in vain."""

import os
import sqlite3
import threading

import pytest
from processes import start

from modelkeep.registry import create_registry, open_registry

pytestmark = [pytest.mark.slow]


REGISTERS = """
import sys
from modelkeep.registry import open_registry
registry, number, count = open_registry(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
for turn in range(count):
    with open(f"m-{number}", "w") as file:
        file.write(f"model {number} {turn}")
    print(registry.register("fraud", f"m-{number}", code="none").version, flush=True)
"""

PROMOTES = """
import sys
from modelkeep.errors import Conflict
from modelkeep.registry import open_registry
registry, number = open_registry(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    try:
        done = registry.promote(f"fraud@{number}", "production", expect=line.strip())
        print("won" if done.changed else "is it", flush=True)
    except Conflict as error:
        assert error.exit_code == 4
        print("lost", flush=True)
"""


@pytest.fixture
def place(tmp_path):
    registry, _ = create_registry(tmp_path / "registry")
    return registry.directory


def test_eight_processes_register_twenty_five_versions_each_and_no_number_is_lost(place, tmp_path, started):
    started += [start(REGISTERS, tmp_path, place, number, 25) for number in range(8)]
    for writer in started:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    checked = []
    while any(writer.poll() is None for writer in started):
        checked.append(open_registry(place).verify())  # beside the writers, and in nobody's way
    given = []
    for writer in started:
        out, err = writer.communicate()
        assert (err, writer.returncode) == ("", 0)
        numbers = [int(line) for line in out.split()]
        assert numbers == sorted(numbers)
        given += numbers
    assert sorted(given) == list(range(1, 201))
    found = open_registry(place).verify()
    assert found.findings == ()
    assert (found.entries, found.versions, found.blobs) == (201, 200, 200)
    assert [each.findings for each in checked if each.findings] == []
    assert any(1 < each.entries < 201 for each in checked)


def test_of_thirty_two_processes_that_expect_the_same_holder_exactly_one_wins_each_round(place, tmp_path, started):
    registry = open_registry(place)
    for number in range(1, 33):
        (tmp_path / "m").write_text(f"model {number}")
        registry.register("fraud", tmp_path / "m", code="none")
    started += [start(PROMOTES, tmp_path, place, number) for number in range(1, 33)]
    assert [writer.stdout.readline() for writer in started] == ["ready\n"] * 32
    holder = "none"
    for _ in range(4):
        for writer in started:
            writer.stdin.write(f"{holder}\n")
            writer.stdin.flush()
        said = [writer.stdout.readline().strip() for writer in started]
        # who holds it already is told so, whatever it expected
        assert [str(number) for number, word in enumerate(said, start=1) if word == "is it"] in ([holder], [])
        assert sorted(word for word in said if word != "is it") == ["lost"] * (31 - said.count("is it")) + ["won"]
        holder = str(said.index("won") + 1)
        assert registry.version("fraud@production").version == int(holder)
    assert [writer.communicate()[1] for writer in started] == [""] * 32
    assert registry.verify().findings == ()
    assert len(registry.history("fraud", "production")) == 4


def test_a_reader_waits_for_who_is_writing_the_pages_and_then_answers(place):
    registry = open_registry(place)
    writer = sqlite3.connect(os.path.join(place, "registry.db"), isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN EXCLUSIVE")
    done = threading.Timer(0.3, writer.execute, ["COMMIT"])
    done.start()
    assert registry.models() == ()
    done.join()
    writer.close()


def test_threads_of_one_process_share_a_registry_and_so_does_a_child_after_fork(place, tmp_path):
    registry, given = open_registry(place), []

    def writes(number):
        for turn in range(5):
            path = tmp_path / f"m-{number}"
            path.write_text(f"model {number} {turn}")
            given.append(registry.register("fraud", path, code="none").version)

    threads = [threading.Thread(target=writes, args=(number,)) for number in range(7)]
    for thread in threads:
        thread.start()
    writes("main")  # which waits in the kernel, while the others poll
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 41))
    child = os.fork()
    if child == 0:
        os._exit(registry.promote("fraud@40", "production").changed - 1)
    assert os.waitpid(child, 0)[1] == 0
    assert registry.version("fraud@production").version == 40
    assert registry.verify().findings == ()
