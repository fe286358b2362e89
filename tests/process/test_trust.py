"""What somebody else owns is not used because it was found: not his registry, not his file, not his link."""

import json
import os

import people as people_
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.linux,
    pytest.mark.slow,
    pytest.mark.skipif(people_.cannot() is not None, reason=people_.WHY),
]


@pytest.fixture
def people(modelkeep):
    made = people_.People(modelkeep)
    yield made
    made.close()


@pytest.fixture
def project(people):
    """Return a directory of ana's in which anybody may write, as /tmp is."""
    project = people.root / "project"
    (project / "src").mkdir(parents=True)
    os.chown(project, people_.UIDS["ana"], people_.UIDS["ana"])
    project.chmod(0o1777)
    (project / "src").chmod(0o777)
    return project


@pytest.fixture
def anas(people, project):
    """Return a registry of ana's, shared with ml, in her project."""
    assert people("ana", "init", "--shared", "ml", cwd=project).exit_code == 0
    (project / "model.onnx").write_text("one")
    assert people("ana", "register", "fraud", "model.onnx", cwd=project).exit_code == 0
    return project / ".modelkeep"


def tab(people, who, cwd):
    done = people(who, "__complete", "--", "show", "fraud@", cwd=cwd)
    assert (done.stderr, done.exit_code) == ("", 0)
    return done.stdout


def test_a_registry_that_somebody_else_owns_is_used_only_when_asked_for_or_trusted(people, project, anas):
    inside = project / "src"
    refused = [
        f"error: {anas} belongs to ana, so it is not used without being asked for",
        f"hint: modelkeep config trust {anas}        (or name it: --registry DIR)",
    ]
    for words in (
        ["list"],
        ["promote", "fraud@1", "production"],
        ["status"],
        [],
        ["register", "fraud", "x"],
        ["verify"],
    ):
        done = people("bo", *words, cwd=inside)
        assert (done.exit_code, done.stdout, done.stderr.splitlines()) == (7, "", refused), words
    assert tab(people, "bo", inside) == ""
    assert people("ana", "list", cwd=inside).exit_code == 0
    assert tab(people, "ana", inside) != ""
    # asked for
    assert people("bo", "list", "--registry", anas, cwd=inside).exit_code == 0
    assert people("bo", "list", cwd=inside, env={"MODELKEEP_REGISTRY": str(anas)}).exit_code == 0
    # trusted, the registry or the directory that holds it
    for trusted in (anas, project):
        added = people("bo", "config", "trust", trusted, cwd=inside)
        file = people.home("bo") / ".config/modelkeep/config.toml"
        assert (added.exit_code, added.stdout, added.stderr) == (
            0,
            f"{trusted}\n",
            f"{trusted} is trusted now: written to {file}\n",
        )
        assert people("bo", "list", cwd=inside).stdout.startswith("fraud\t")
        assert tab(people, "bo", inside) != ""
        removed = people("bo", "config", "trust", trusted, "--remove", cwd=inside)
        said = f"{trusted} is trusted no longer: written to {file}\n"
        assert (removed.exit_code, removed.stdout, removed.stderr) == (0, "", said)
        assert people("bo", "list", cwd=inside).exit_code == 7


def test_config_tells_of_what_is_not_used_and_of_what_is_trusted(people, project, anas):
    done = people("bo", "config", "list", cwd=project)
    assert done.stdout.splitlines()[0] == f"registry\t{anas}\t{anas}"
    assert done.stderr.splitlines() == [
        f"warning: {anas} belongs to ana, so it is not used without being asked for",
        f"hint: modelkeep config trust {anas}        (or name it: --registry DIR)",
    ]
    assert people("bo", "config", "get", "registry", cwd=project).stderr == done.stderr
    people("bo", "config", "trust", project)
    after = people("bo", "config", "list", cwd=project)
    file = people.home("bo") / ".config/modelkeep/config.toml"
    assert (after.stdout.splitlines()[-1], after.stderr) == (f"trust\t{project}\t{file}", "")
    found = json.loads(people("bo", "config", "trust", "--json").stdout)
    assert found == {"schema": "modelkeep.trust/1", "directories": [str(project)], "changed": False}
    again = people("bo", "config", "trust", project)
    assert (again.stdout, again.stderr) == (f"{project}\n", "nothing to do\n")
    assert people("bo", "config", "set", "trust", "x").stderr.splitlines() == [
        "error: trust is a list of directories",
        "hint: modelkeep config trust DIR        (--remove takes one out; without DIR it lists them)",
    ]


def test_there_is_no_word_for_everything(people, project, anas):
    for word in ("*", "nowhere"):
        done = people("bo", "config", "trust", word, cwd=project)
        assert (done.exit_code, done.stderr.splitlines()[0]) == (3, f"error: there is no directory '{word}'")
    assert people("bo", "config", "trust", "--remove").exit_code == 2
    (people.home("bo") / ".config/modelkeep").mkdir(parents=True)
    (people.home("bo") / ".config/modelkeep/config.toml").write_text('trust = ["*"]\n')
    assert people("bo", "list", cwd=project).exit_code == 7


def test_a_file_that_somebody_else_owns_is_not_even_read(people, project, anas):
    elsewhere = project / "src"
    file = elsewhere / "modelkeep.toml"
    file.write_text("this is [ no TOML")
    os.chown(file, people_.UIDS["otto"], people_.UIDS["otto"])
    done = people("bo", "list", cwd=elsewhere)
    assert (done.exit_code, done.stderr.splitlines()) == (
        7,
        [
            f"error: {file} belongs to otto, so it is not used without being asked for",
            f"hint: modelkeep config trust {elsewhere}        (or name it: --registry DIR)",
        ],
    )
    assert people("bo", cwd=elsewhere).exit_code == 7
    assert tab(people, "bo", elsewhere) == ""
    assert people("bo", "config", "list", cwd=elsewhere).exit_code == 0
    people("bo", "config", "trust", elsewhere)
    assert people("bo", "list", cwd=elsewhere).stderr.startswith(f"error: {file} is not TOML")
    file.write_text(f'registry = "{anas}"\n')
    assert people("bo", "list", cwd=elsewhere).stdout.startswith("fraud\t")


def test_ones_own_file_or_link_that_leads_to_somebody_elses_registry_came_with_a_checkout_perhaps(
    people, project, anas
):
    elsewhere = project / "src"
    for name in ("modelkeep.toml", ".modelkeep"):
        path = elsewhere / name
        if name == ".modelkeep":
            path.symlink_to(anas)
            named = f"{path}"
        else:
            path.write_text(f'registry = "{anas}"\n')
            named = f"{anas}, which {path} names,"
        os.chown(path, people_.UIDS["bo"], people_.UIDS["bo"], follow_symlinks=False)
        done = people("bo", "list", cwd=elsewhere)
        assert (done.exit_code, done.stderr.splitlines()[0]) == (
            7,
            f"error: {named} belongs to ana, so it is not used without being asked for",
        )
        people("bo", "config", "trust", anas)
        assert people("bo", "list", cwd=elsewhere).exit_code == 0
        people("bo", "config", "trust", anas, "--remove")
        path.unlink()


def test_a_link_that_somebody_else_made_is_not_followed_to_ones_own_registry(people, project):
    assert people("bo", "init", people.home("bo") / "mine").exit_code == 0
    link = project / ".modelkeep"
    link.symlink_to(people.home("bo") / "mine")
    os.chown(link, people_.UIDS["otto"], people_.UIDS["otto"], follow_symlinks=False)
    assert people("bo", "list", cwd=project).stderr.startswith(f"error: {link} belongs to otto, ")


def test_a_trusted_link_that_leads_elsewhere_by_now_is_trusted_no_longer(people, project, anas):
    link = project / "src/.modelkeep"
    link.symlink_to(anas)
    os.chown(link, people_.UIDS["otto"], people_.UIDS["otto"], follow_symlinks=False)
    people("bo", "config", "trust", link)
    assert people("bo", "list", cwd=project / "src").exit_code == 0
    link.unlink()
    link.symlink_to(people.home("otto"))
    os.chown(link, people_.UIDS["otto"], people_.UIDS["otto"], follow_symlinks=False)
    assert people("bo", "list", cwd=project / "src").exit_code == 7


def test_what_root_owns_is_as_good_as_ones_own_and_under_sudo_the_callers_too(people, project, anas):
    (project / "src/modelkeep.toml").write_text(f'registry = "{anas}"\n')  # of root
    assert people("ana", "list", cwd=project / "src").exit_code == 0
    assert people("root", "list", cwd=project).exit_code == 7
    assert people("root", "list", cwd=project, env={"SUDO_UID": str(people_.UIDS["ana"])}).exit_code == 0
    # only root is believed about who called it
    assert people("bo", "list", cwd=project, env={"SUDO_UID": str(people_.UIDS["ana"])}).exit_code == 7


@pytest.mark.parametrize("place", ["private/registry", "/proc/1/root/registry", "loop/registry", "/dev/null/registry"])
def test_a_file_that_names_a_place_that_may_not_be_entered_is_a_matter_of_the_place(people, place):
    project = people.root / "own"
    (project / "private").mkdir(parents=True)
    (project / "private").chmod(0o700)
    (project / "loop").symlink_to("loop")
    (project / "modelkeep.toml").write_text(f'registry = "{place}"\n')
    os.chown(project / "modelkeep.toml", people_.UIDS["bo"], -1)
    for words in (["list"], ["promote", "fraud@1", "production"], ["register", "fraud", "modelkeep.toml"], ["status"]):
        done = people("bo", *words, cwd=project)
        assert done.exit_code == 7, done.stderr
        assert place.removesuffix("/registry") in done.stderr
    assert people("bo", "config", "list", cwd=project).exit_code == 0
    assert tab(people, "bo", project) == ""


def test_a_config_that_cannot_be_looked_for_is_not_taken_for_none(people, project, anas):
    config = people.home("bo") / ".config/modelkeep"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'registry = "{anas}"\n')
    config.chmod(0)  # root's, as after `sudo modelkeep config set`
    for words in (["list"], ["register", "fraud", "model.onnx"], ["config", "list"]):
        done = people("bo", *words, cwd=people.home("bo"))
        assert (done.exit_code, done.stderr.splitlines()) == (7, [
            f"error: cannot read {config}/config.toml: Permission denied",
            "hint: it may name the registry to use: make it readable, or name one by --registry",
        ])  # fmt: skip


def test_init_where_somebody_else_has_one_says_what_using_it_takes(people, project, anas):
    done = people("bo", "init", cwd=project)
    assert (done.exit_code, done.stdout) == (0, f"{anas}\n")
    assert done.stderr.splitlines() == [
        "nothing to do: there is a registry already",
        "who may write: the group ml",
        f"{anas} belongs to ana, so it is not used without being asked for",
        f"hint: modelkeep config trust {anas}        (or name it: --registry DIR)",
    ]
