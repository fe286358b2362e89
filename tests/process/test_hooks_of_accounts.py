"""Hooks where several accounts share a registry: whose hooks run, as which account, and which never do."""

import os

import people as people_
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.slow,
    pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY),
]

#: Says as whom it runs.
WHO = '[hooks.{}]\non = ["tag"]\ncommand = ["sh", "-c", "id -un; exit 1"]\n'


class Team:
    """A registry that ana shares with bo, in a directory of hers; each tag has another value, so that it is a change."""

    def __init__(self, people):
        self.people = people
        self.place = people.root / "team"
        self.place.mkdir()
        os.chown(self.place, people_.UIDS["ana"], people_.GIDS["ml"])
        self.directory = self.place / ".modelkeep"
        self.file = self.directory / "hooks.toml"
        self.values = iter(range(100))
        self.sh(
            "ana", f"cd {self.place} && modelkeep init --shared ml -q && echo one > m && modelkeep register fraud m -q"
        )

    def sh(self, who, script):
        done = self.people.run(who, ["sh", "-ec", script])
        assert done.exit_code == 0, done.stderr
        return done

    def write(self, who, path, text, mode=0o644):
        self.sh(who, f"mkdir -p {path.parent}; rm -f {path}; cat > {path} <<'E'\n{text}E\nchmod {mode:o} {path}")

    def own(self, who):
        """Return the path of an account's config."""
        return self.people.home(who) / ".config" / "modelkeep" / "config.toml"

    def tag(self, who, **more):
        """Return what an account is told besides the answer when it makes a change, which stands whatever the hooks do."""
        value = next(self.values)
        done = self.people(who, "tag", "fraud@1", f"n={value}", "--registry", self.directory, **more)
        assert done.exit_code == 0, done.stderr
        assert done.stdout.endswith(f"-> {value}\n")
        return done.stderr.splitlines()

    def trust(self, who):
        assert self.people(who, "config", "trust", self.place).exit_code == 0


@pytest.fixture
def team(modelkeep):
    people = people_.People(modelkeep)
    yield Team(people)
    people.close()


def test_the_hooks_of_a_registry_run_as_each_account_that_trusts_it_and_those_of_an_account_for_it_alone(team):
    team.write("ana", team.file, WHO.format("theirs"))
    team.write("bo", team.own("bo"), WHO.format("own"))
    note = f"note: {team.file} does not run: modelkeep config trust {team.directory}"
    assert team.tag("ana") == [note]
    assert team.tag("bo") == [note, "warning: hook own: exit code 1: bo"]
    assert team.tag("root") == [note]
    for who in ("ana", "bo"):
        team.trust(who)
    assert team.tag("ana") == ["warning: hook theirs: exit code 1: ana"]
    assert team.tag("bo") == ["warning: hook own: exit code 1: bo", "warning: hook theirs: exit code 1: bo"]
    assert team.tag("root", env={"SUDO_UID": str(people_.UIDS["ana"])}) == [note]


def test_a_file_that_a_colleague_wrote_runs_for_nobody_else_and_stops_no_hook_of_the_account(team):
    for who in ("ana", "bo"):
        team.write(who, team.own(who), WHO.format("own"))
        team.trust(who)
    team.write("bo", team.file, WHO.format("theirs"))
    refused = f"{team.file}: it belongs to another account"
    assert team.tag("ana") == [
        f"warning: no hook of the registry runs: {refused}",
        "warning: hook own: exit code 1: ana",
    ]
    listed = team.people("ana", "hook", "list", "-q", "--registry", team.directory)
    assert (listed.exit_code, listed.stdout, listed.stderr) == (0, "own\n", f"warning: {refused}\n")
    tried = team.people("ana", "hook", "test", "own", "--registry", team.directory)
    assert (tried.exit_code, tried.stdout) == (1, "own\tno\texit code 1\n")
    team.write("ana", team.file, WHO.format("theirs"), mode=0o664)
    assert team.tag("ana")[0] == f"warning: no hook of the registry runs: {team.file}: others may write it: chmod go-w"


def test_a_registry_that_a_colleague_put_in_the_place_of_a_trusted_one_runs_nothing(team):
    team.place.chmod(0o3775)  # sticky: nobody else renames what is ana's
    team.trust("ana")
    team.write("ana", team.file, WHO.format("theirs"))
    assert team.tag("ana") == ["warning: hook theirs: exit code 1: ana"]
    team.trust("bo")
    os.chown(team.place, people_.UIDS["ana"], people_.UIDS["ana"])  # a group of ana's own, as many systems make one
    team.place.chmod(0o775)
    assert team.tag("bo") == ["warning: hook theirs: exit code 1: bo"]
    os.chown(team.place, people_.UIDS["ana"], people_.GIDS["ml"])
    team.place.chmod(0o2775)
    team.sh("bo", f"cd {team.place}; cp -r .modelkeep new; chmod -R g+w new; mv .modelkeep old; mv new .modelkeep")
    team.write("bo", team.file, WHO.format("theirs"))
    why = f"another account may rename in {team.place}, and so replace the registry"
    assert team.tag("ana") == [f"warning: no hook of the registry runs: {team.file}: {why}"]


def test_root_that_keeps_the_home_of_another_account_runs_no_hook_of_it(team):
    team.write("bo", team.own("bo"), WHO.format("own"))
    home = {"HOME": str(team.people.home("bo"))}
    assert team.tag("root", env=home) == [f"warning: no hook runs: {team.own('bo')}: it belongs to another account"]
    assert team.tag("root", env={**home, "SUDO_UID": str(people_.UIDS["bo"])}) == [
        "warning: hook own: exit code 1: root"
    ]
