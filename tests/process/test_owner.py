"""One run as root, or as another account, leaves a registry that its owner can go on with."""

import os
import shlex

import people as people_
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY),
]

ANA = people_.UIDS["ana"]
MANY = """
import sys
import modelkeep
registry = modelkeep.open_registry(sys.argv[1])
for number in range(40):
    with open("many.bin", "w") as file:
        file.write(str(number))
    print(registry.register("many", "many.bin", code="none", if_exists="new").ref)
"""


@pytest.fixture(scope="module")
def people(modelkeep):
    made = people_.People(modelkeep)
    yield made
    made.close()


@pytest.fixture
def registry(people, request):
    directory = people.root / "home/ana" / request.node.name.replace("[", "-").replace("]", "")
    assert people("ana", "init", directory).exit_code == 0
    put(people, "ana", directory, "one")
    return directory


def put(people, who, directory, content, **more):
    line = f"printf %s {content} > new.bin && modelkeep register fraud new.bin --registry {shlex.quote(str(directory))}"
    done = people.run(who, ["sh", "-c", line], **more)
    assert done.exit_code == 0, done.stderr


def owners(directory):
    return {os.lstat(path).st_uid for path in (directory, *directory.rglob("*"))}


@pytest.mark.slow  # 50 registrations, some a process each
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_after_a_registration_by_root_all_of_the_owners_succeed(people, registry, umask):
    for content in ("two", "three", "four"):
        put(people, "root", registry, content, umask=umask)
    assert people("root", "promote", "fraud@2", "production", "--registry", registry, umask=umask).exit_code == 0
    assert people("root", "gc", "--grace", "0", "--registry", registry, umask=umask).exit_code == 0
    assert owners(registry) == {ANA}
    done = people.python("ana", MANY, registry)
    assert (done.exit_code, len(done.stdout.split())) == (0, 40), done.stderr
    assert "\towners\t" not in "".join(
        line
        for line in people("ana", "doctor", "--registry", registry).stdout.splitlines()
        if not line.startswith("ok")
    )


def test_the_heads_that_root_remembers_in_the_home_of_an_account_are_that_accounts(people, registry):
    home = {"HOME": str(people.home("ana"))}
    state = people.home("ana") / ".local/state/modelkeep"
    assert people("root", "promote", "fraud@1", "staging", "--registry", registry, env=home).exit_code == 0
    assert owners(state) == {ANA}
    people.run("ana", ["rm", "-rf", people.home("ana") / ".local"])
    assert people("root", "promote", "fraud@1", "production", "--registry", registry, env=home).exit_code == 0
    assert owners(people.home("ana") / ".local") == {ANA}


def test_a_registry_that_root_makes_in_a_directory_of_an_account_is_that_accounts(people):
    directory = people.root / "home/ana/empty"
    directory.mkdir()
    os.chown(directory, ANA, ANA)
    assert people("root", "init", directory).exit_code == 0
    assert owners(directory) == {ANA}
    put(people, "ana", directory, "one")


def test_what_an_older_version_left_as_root_is_found_and_the_printed_line_gives_it_back(people, registry):
    for path in registry.glob("store/blobs/sha256/*"):
        os.chown(path, 0, 0)
    first = min(registry.glob("store/blobs/sha256/*"))
    done = people("ana", "doctor", "--registry", registry)
    row = next(line.split("\t") for line in done.stdout.splitlines() if line.startswith("error\towners"))
    assert (done.exit_code, row[2]) == (5, str(first))
    assert row[3] == "it belongs to root, and bars the registry's owner"
    assert row[4] == f"sudo find {registry} -xdev ! -uid {ANA} -execdir chown -h {ANA}:{ANA} {{}} +"
    mended = people.run("root", ["sh", "-c", row[4].removeprefix("sudo ")])
    assert (mended.exit_code, mended.stderr) == (0, "")
    assert owners(registry) == {ANA}
    assert people("ana", "doctor", "--registry", registry).exit_code == 0


def test_an_account_whose_files_the_owner_could_not_change_registers_nothing(people):
    directory = people.root / "open"
    directory.mkdir(exist_ok=True)
    os.chown(directory, ANA, ANA)
    assert people("ana", "init", directory).exit_code == 0
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    line = f"printf x > new.bin && modelkeep register fraud new.bin --registry {directory}"
    done = people.run("bo", ["sh", "-c", line])
    said = (
        f"error: the store {directory}/store belongs to ana, who could not change what this account makes there\n"
        f"hint: ana can share it: modelkeep init {directory} --shared GROUP\n"
    )
    assert (done.exit_code, done.stderr) == (7, said)
    assert owners(directory) == {ANA}
