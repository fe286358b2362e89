"""What each word of a command line could become."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.cli import command_table
from modelkeep.cli.complete import completers, grammar, system_completers
from modelkeep.cli.complete import completion as complete
from modelkeep.cli.complete.filter_words import FilterEnd
from modelkeep.domain.filters.parse import parse_filter

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return the directory of a registry with two models and an archived one."""
    from history import History

    from modelkeep.domain.policy.rules import RoleRules, Rules
    from modelkeep.domain.verbs.evaluate import Data

    story = History()
    data = [Data(name="cards", role="train", version="2026-02")]
    story.register("fraud", label="1.0", metrics=[("auc", "0.9"), ("f1", "0.8")], data=data, commit="a1b2c3d4" * 5)
    story.register("fraud", runs=["abc"])
    story.register("fraud", param__depth="8")
    story.register("fraud-batch")
    story.register("old", metrics=[("rmse", "3")])
    story.promote("fraud@1", "production")
    story.alias("fraud@1", "champion")
    story.tag("fraud@1", owner="risk")
    story.evaluate("fraud@3", [("auc", "0.7"), ("recall@5", "0.6")], Data(name="cards", version="2026-02"))
    story.evaluate("fraud@3", [("auc", "0.8")], Data(name="file", digest="sha256:0c41566e9a2b" + "0" * 52))
    story.evaluate("fraud@3", [("auc", "0.6")], Data(name="hold", version="7"))
    story.archive("fraud@2")
    story.archive("old")
    story.policy(Rules(roles=(RoleRules("owner", ("*",)), RoleRules("auditor", ("annotate",)))))
    story.role("auditor", "group:ml")
    directory = tmp_path_factory.mktemp("home")
    story.connection.connection.execute("VACUUM INTO ?", (str(directory / "registry.db"),))
    return directory


@pytest.fixture
def tab(home):
    """Return what completes a line: words divided by blanks, the last one may be empty."""

    def press(line, **environ):
        environ = {"MODELKEEP_REGISTRY": str(home), "HOME": "/nowhere"} | environ
        words = line.split("," if line.startswith("list,") else " ")
        return [word for word, _ in complete.candidates(words, environ, "/")]

    return press


def test_an_empty_line_offers_the_everyday_commands_first(tab):
    everyday = [row.name for row in command_table.COMMANDS if row.panel == command_table.EVERYDAY]
    assert tab("")[: len(everyday)] == everyday
    assert len(tab("")) == len(command_table.COMMANDS)


def test_commands_and_those_below_them_are_completed_with_a_line_of_help(tab, home):
    assert complete.candidates(["pro"], {}, "/") == [("promote", "Give a version a stage")]
    assert tab("config ") == ["list", "get", "set", "trust"]
    assert tab("config s") == ["set"]
    assert tab("--json li") == ["list", "lineage"]
    assert tab("nonsense ") == tab("config nonsense ") == tab("config nonsense get ") == []


def test_options_are_those_of_the_command_and_of_all(tab):
    assert tab("promote --e") == ["--expect"]
    assert tab("promote --reg") == ["--registry"]
    assert tab("--ver") == ["--version", "--verbose"]
    assert tab("promote --ver") == ["--verbose"]
    assert "--exit-code" not in tab("promote --")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # versions and models
        ("promote fr", "fraud@ fraud-batch@"),
        ("promote fraud@", "fraud@production fraud@champion fraud@latest fraud@3 fraud@1 fraud@1.0"),
        ("promote FRAUD@P", "FRAUD@production"),
        ("promote fraud@1 ", "staging production"),
        ("promote fraud@1 production ", ""),
        ("rollback fraud", "fraud fraud-batch"),
        ("rollback fraud-batch", "fraud-batch fraud-batch@"),
        ("rollback fraud --to=fraud@c", "--to=fraud@champion"),
        ("mark fraud@3 ", "bad good"),
        ("history fraud s", "staging"),
        ("rename fraud ", ""),
        ("note fraud ", ""),
        # archived ones where they are wanted
        ("show o", "old"),
        ("promote o", ""),
        ("get fraud@2", "fraud@2"),
        ("promote fraud@2", ""),
        ("promote --force fraud@2", "fraud@2"),
        ("archive --undo fraud@", "fraud@2"),
        ("archive --undo ", "fraud@ old@"),
        ("delete fraud@3 fraud@", "fraud@production fraud@champion fraud@latest fraud@3 fraud@2 fraud@1 fraud@1.0"),
        ("archive fraud@3 fraud@", "fraud@production fraud@champion fraud@latest fraud@3 fraud@1 fraud@1.0"),
        ("list --all o", "old"),
        ("list o", ""),
        # two versions side by side
        ("diff fraud 1", "1 1.0"),
        ("diff fraud@1 @c", "@champion"),
        ("diff fraud@1 fraud@3 fr", "fraud@ fraud-batch@"),
        # roles of the policy, and accounts and groups of the system
        ("role grant ", "owner auditor"),
        ("role revoke au", "auditor"),
        ("role grant auditor ", "user: group:"),
        ("role grant auditor user:roo", "user:root"),
        ("role grant auditor group:roo", "group:root"),
        ("role revoke auditor ", "group:ml"),
        ("role revoke owner u", "user:ana"),
        # fixed words
        ("list --format=", "--format=table --format=lines --format=json --format=jsonl --format=csv --format=env"),
        ("lineage x --format t", "tree table"),
        ("--format j", "json jsonl"),
        ("register m f --if-exists s", "skip"),
        ("completion ", "bash zsh fish"),
        ("audit --action ro", "rollback role"),
        ("help e", "exit-codes environment"),
        ("help schema ann", "annex"),
        ("help states au", ""),
        ("config get lock", "lock_wait"),
        ("show fraud --field dig", "digest"),
        ("list --columns name,st", "name,state name,stages"),
        ("gc --grace ", "0 12h 1d 7d 30d"),
        ("gc --grace=3", "--grace=30d"),
        ("verify --bytes --subset ", "1/7 2/7 3/7 4/7 5/7 6/7 7/7"),
        ("verify --subset=3", "--subset=3/7"),
        ("promote fraud@1 staging --lock-wait ", "0 5s 30s 5m"),
        ("lineage fraud --depth ", "1 2 3"),
        ("audit --since ", "1h 1d 7d 30d seq:"),
        ("show fraud --as-of s", "seq:"),
        ("register m f --trained-at ", ""),
        ("config set color a", "auto always"),
        ("config set progress ", "auto plain none"),
        ("config set lock_wait 3", "30s"),
        ("config set actor ", ""),
        # keys and people
        ("list --sort metric.", "metric.auc metric.f1 metric.recall@5 metric.rmse"),
        ("list fraud --sort=metric.", "--sort=metric.auc --sort=metric.f1 --sort=metric.recall@5"),
        ("list --sort metric.auc:", "metric.auc:desc metric.auc:asc"),
        ("list --sort param.", ""),
        ("list fraud --sort param.", "param.depth"),
        ("list fraud --sort metric.rec", "metric.recall@5"),
        (
            "list fraud --sort metric.auc@",
            "metric.auc@cards@2026-02 metric.auc@file@sha256:0c41566e9a2b metric.auc@hold@7",
        ),
        ("list fraud --sort metric.auc@file@sha256:0", "metric.auc@file@sha256:0c41566e9a2b"),
        ("list fraud --sort metric.auc@cards@2026-02:d", "metric.auc@cards@2026-02:desc"),
        ("list fraud --columns ref,metric.auc@c", "ref,metric.auc@cards@2026-02"),
        ("show fraud@3 --field metric.recall@", "metric.recall@5 metric.recall@5@cards@2026-02"),
        ("list fraud --tag ", "owner"),
        ("list --tag=o", "--tag=owner"),
        ("list --tag owner=", "owner=risk"),
        ("list fraud-batch --tag owner=", ""),
        ("register fraud f -p d", "depth="),
        ("register fraud f --author a", "ana"),
        ("register new f -p d", ""),
        ("register m f --licence ap", "Apache-2.0"),
        # the field that a filter ends with; the words of such a line are divided by commas
        ("list,--where,st", "stage state"),
        ("list,--where=me", "--where=metric."),
        ("list,--where,stage = 'production' AND al", "stage = 'production' AND alias"),
        ("list,--where,NOT (name", "NOT (name"),
        ("list,fraud,--where,metric.", "metric.auc metric.f1 metric.recall@5"),
        ("list,fraud,--where,param.depth >= 8 or (tag.", "param.depth >= 8 or (tag.owner"),
        # NAME SELECTOR as two words
        ("show fraud p", "production"),
        ("get fraud 3", "3"),
        ("promote fraud 1", "1 1.0"),
        ("promote fraud 1 p", "production"),
        ("retire fraud ", "staging production champion latest 3 1 1.0"),
        ("mark fraud 3 b", "bad"),
        ("mark fraud@3 b", "bad"),
        ("tag fraud 1", "1 1.0"),
        ("tag fraud 1 o", "owner= owner-"),
        ("alias fraud 3", "3"),
        ("alias fraud 3 c", "champion champion-"),
        ("evaluate fraud@1 -M a", "auc="),
        ("register new f -M r", "recall@5= rmse="),
        ("tag fraud@1 o", "owner= owner-"),
        ("tag fraud-batch o", "owner="),
        ("alias fraud@3 c", "champion champion-"),
        ("alias fraud c", "champion-"),
        ("audit --actor a", "ana"),
        ("promote fraud@1 staging --expect ", "none 3 2 1 1.0"),
        # what versions are made from
        ("register m f --data c", "cards "),
        ("register m f --data train=cards@", "train=cards@2026-02 "),
        ("data show c", "cards"),
        ("data show hold@", "hold@7"),
        ("lineage data:h", "data:hold"),
        ("data show cards", "cards cards@"),
        ("evaluate fraud@1 --on cards@", "cards@2026-02 "),
        ("lineage d", "data: deployment:"),
        ("lineage data:c", "data:cards"),
        ("lineage code:a1", "code:" + "a1b2c3d4" * 5),
        ("lineage run:", "run:abc"),
        ("lineage nonsense:", ""),
        # anything goes
        ("promote -m ", ""),
        ("promote --nonsense=", ""),
        # after -- no word is an option
        ("show -- fraud-", "fraud-batch"),
        ("get fraud@1 - --f", "--force --format"),
        ("promote - st", "staging"),
        ("show -- --", ""),
        ("promote -- fraud@1 ", "staging production"),
    ],
)
def test_a_word_becomes(tab, line, expected):
    assert " ".join(tab(line)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "register fraud ",
        "register fraud a ",
        "register m f --params ",
        "get fraud@1 ",
        "get fraud 1 ",
        "get sha256:0c41566e ",
        "identify ",
        "register m f --params=",
    ],
)
def test_files_are_left_to_the_shell(line, home):
    environ = {"MODELKEEP_REGISTRY": str(home)}
    assert complete.candidates(line.split(" "), environ, "/") == [("", "files")]


@pytest.mark.parametrize(
    "line", ["config set registry ", "config set registries.team ", "--registry ", "init ", "demo --keep "]
)
def test_directories_are_too(line):
    assert complete.candidates(line.split(" "), {}, "/") == [("", "directories")]


@pytest.mark.parametrize(
    ("where", "offered"),
    [
        ("stage ", "= != LIKE ILIKE IN·( IS·NULL IS·NOT·NULL"),
        ("stage i", "ILIKE IN·( IS·NULL IS·NOT·NULL"),
        ("metric.auc ", "= != < <= > >= IN·( IS·NULL IS·NOT·NULL"),
        ("metric.`a b` <", "< <="),
        ("param.depth not ", "LIKE ILIKE IN·("),
        ("created ", "< <= > >="),
        ("stage IS ", "NULL NOT·NULL"),
        ("stage IS NOT ", "NULL"),
        ("stage = ", "'staging' 'production'"),
        ("stage='p", "'production'"),
        ('stage = "p', '"production"'),
        ('name = "fraud" AND stage = ', '"staging" "production"'),
        ("stage in ('staging', ", "'staging' 'production'"),
        ("stage in (", "'staging' 'production'"),
        ("stage in ('staging' ", ", )"),
        ("stage IN", "IN·("),
        ("state = 'd", "'development' 'deleted'"),
        ("tag.owner = ", "'risk'"),
        ("tag.`owner` != 'r", "'risk'"),
        ("name = 'fra", "'fraud' 'fraud-batch'"),
        ("author = ", "'ana'"),
        ("alias = ", "'champion'"),
        ("created > ", "'1d' '7d' '30d'"),
        ("name = 'a' ", "AND OR"),
        ("(name = 'a') o", "OR"),
        ("name = 'a' and (NOT st", "stage state"),
        ("name = 'it''s' AND al", "alias"),
        ("name = 'a and ", ""),
        ("metric.auc > ", ""),
        ("name = = ", ""),
        ("stage = 'a' 'b' ", ""),
        ("'", ""),
    ],
)
def test_each_part_of_a_filter_is_completed(home, where, offered):
    before = where[: max(map(where.rfind, " (=")) + 1]
    found = complete.candidates(["list", "fraud", "--where", where], {"MODELKEEP_REGISTRY": str(home)}, "/")
    assert [word.removeprefix(before) for word, _ in found] == [word.replace("·", " ") for word in offered.split()]


@pytest.mark.parametrize(
    "where",
    [
        "stage = 'production' AND (metric.auc>=0.5 OR NOT tag.`a b` NOT IN ('a', \"b\")) AND name IS NOT NULL",
        "not (created > '7d') or alias like 'c%' and version in (1,2)",
    ],
)
def test_every_beginning_of_a_filter_has_a_place(where):
    parse_filter(where)
    assert [end for end in range(len(where)) if not FilterEnd(where[:end]).place] == []
    assert FilterEnd(f"{where} ").place == "join"


@given(st.text(st.sampled_from("ab .,()='\"`<! \t\ud800")))
def test_a_filter_of_any_characters_ends_somewhere(text):
    assert 0 <= FilterEnd(text).begins <= len(text)


def test_the_registry_is_the_one_that_the_line_names(tab, home):
    elsewhere = {"MODELKEEP_REGISTRY": "/nowhere"}
    assert tab("show fraud-", **elsewhere) == []
    assert tab(f"--registry {home} show fraud-", **elsewhere) == ["fraud-batch"]
    assert tab(f"show --registry={home} fraud-", **elsewhere) == ["fraud-batch"]


@pytest.fixture(scope="module")
def governed(tmp_path_factory):
    """Return what completes a line in a registry with a policy, two requests (one of which ended) and checks."""
    from history import History

    from modelkeep.domain.policy.rules import RequiredApproval, RequiredCheck, Rules, SignalRule, StageRules

    story = History()
    story.register("fraud")
    story.register("fraud")
    story.promote("fraud@2", "staging")
    staging = StageRules(name="staging", meaning="is tried out", checks=(RequiredCheck(name="bias"),))
    asked = (RequiredApproval(count=1),)
    production = StageRules(name="production", meaning="m" * 500, approvals=asked)
    story.policy(Rules(stages=(staging, production), signals=(SignalRule(name="p99", then="open", above="200"),)))
    ended = story.request("fraud@1")
    story.reject("fraud@1", ended)
    story.request("fraud@2")
    story.check("fraud@1", "size")
    story.deploy("fraud@1", "k8s/eu")
    story.deploy("fraud@2", "k8s/us")
    story.signal("fraud@1", "drift", "0.1")
    story.signal("fraud@2", "p99", "250")
    story.supplement("fraud@2", attachments=[("diff", "a diff"), ("train.log", "a log")])
    directory = tmp_path_factory.mktemp("governed")
    story.connection.connection.execute("VACUUM INTO ?", (str(directory / "registry.db"),))
    (directory / "hooks.toml").write_text("[hooks.chat]\n[hooks.'a\tb']\n")

    def press(line, **environ):
        environ = {"MODELKEEP_REGISTRY": str(directory), "HOME": "/nowhere"} | environ
        return complete.candidates(line.split(" "), environ, "/")

    press.directory = directory
    return press


def test_stages_are_offered_with_what_they_mean(governed):
    assert governed("promote fraud@1 ") == [("staging", "is tried out"), ("production", "m" * 500)]
    assert governed("retire fraud s") == [("staging", "is tried out")]


def test_requests_are_offered_by_their_numbers(governed):
    (number, said), *more = governed("approve ")
    assert (said, more) == (("fraud@2 for production, asked by ana"), [("fraud@", "newest 2")])
    assert [word for word, _ in governed("requests ")] == [number, str(int(number) - 2), "fraud"]
    assert [word for word, _ in governed(f"reject {number}")] == [number]
    assert [word for word, _ in governed("approve fraud@2")] == ["fraud@2"]


def test_checks_are_offered_as_the_policy_asks_and_as_they_were_recorded(governed):
    for command in ("record", "run", "show"):
        assert governed(f"check {command} fraud@1 ") == [("bias", "asked for by the policy"), ("size", "")]


def test_what_versions_in_use_bring_along_is_offered(governed):
    eu, us = ("k8s/eu", ""), ("k8s/us", "")
    assert governed("deployments --target ") == governed("deployment record fraud@1 --to k8s") == [eu, us]
    assert governed("deployments --target=k8s/u") == [("--target=k8s/us", "")]
    assert governed("signal fraud@1 ") == [("p99", "has a meaning in the policy"), ("drift", "")]
    assert governed("signal fraud p99 ") == governed("signal registry p99 ") == []
    ((entry, said),) = governed("acknowledge ")
    assert (entry.isdecimal(), said.partition(":")[0]) == (True, "fraud@2")
    assert governed("show fraud@2 --attachment ") == [("diff", ""), ("train.log", "")]
    assert governed("show other --attachment ") == []


def test_hooks_are_offered_from_the_files_that_name_them(governed, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELKEEP_REGISTRY", str(governed.directory))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "modelkeep").mkdir()
    (tmp_path / "modelkeep/config.toml").write_text("[hooks.mail]\n")
    assert [word for word, _ in governed("hook test ")] == ["mail", "chat", "a\tb"]
    assert printed(
        "hook", "test", "", **{name: os.environ[name] for name in ("MODELKEEP_REGISTRY", "XDG_CONFIG_HOME")}
    ) == (
        f"mail\t{tmp_path}/modelkeep/config.toml\nchat\t{governed.directory}/hooks.toml\n".encode(),
        b"",
        0,
    )


def test_help_says_what_the_stages_of_the_registry_mean_and_nothing_on_any_trouble(governed, tmp_path):
    def helped(*words, registry):
        words = [sys.executable, "-m", "modelkeep", *words, "--help"]
        env = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "MODELKEEP_REGISTRY": str(registry), "COLUMNS": "80"}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout.partition("\nStages of this registry:\n")[2].splitlines()

    assert helped("promote", registry=governed.directory)[0] == "  staging     is tried out"
    assert (
        helped("--registry", str(governed.directory), "retire", registry="/nowhere")[0] == "  staging     is tried out"
    )
    assert helped("tag", registry=governed.directory) == helped("promote", registry="/nowhere") == []
    (tmp_path / "registry.db").write_bytes(b"garbage" * 1000)
    assert helped("promote", registry=tmp_path) == []


def test_what_no_registry_is_asked_for_is_offered_beside_a_damaged_one(tmp_path):
    (tmp_path / "registry.db").write_bytes(b"garbage" * 1000)
    environ = {"MODELKEEP_REGISTRY": str(tmp_path)}
    for line in ("config set color a", "init --shared ", "help schema sta", "audit --action ro", "show --f"):
        assert complete.candidates(line.split(" "), environ, "/"), line


def test_versions_are_told_apart(home):
    found = complete.candidates(["show", "fraud@"], {"MODELKEEP_REGISTRY": str(home)}, "/")
    assert found[0] == ("fraud@production", "fraud@1")
    assert ("fraud@1", "1.0") in found


def printed(*words, **environ):
    """Return what the entry point prints."""
    done = subprocess.run(
        [sys.executable, "-m", "modelkeep", "__complete", "--", *words],
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere", **environ},
        capture_output=True,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


def test_the_entry_point_prints_a_candidate_a_tab_and_a_description(home):
    assert printed("show", "fraud-", MODELKEEP_REGISTRY=str(home)) == (b"fraud-batch\tnewest 1\n", b"", 0)
    assert printed("get", "fraud@1", "", MODELKEEP_REGISTRY=str(home)) == (b"\tfiles\n", b"", 0)


def test_on_any_trouble_it_prints_nothing_and_exits_0(tmp_path):
    assert printed("show", "", MODELKEEP_REGISTRY=str(tmp_path)) == (b"", b"", 0)
    assert printed("show", "", MODELKEEP_REGISTRY="\n") == (b"", b"", 0)
    (tmp_path / "registry.db").write_bytes(b"garbage" * 1000)
    assert printed("show", "", MODELKEEP_REGISTRY=str(tmp_path)) == (b"", b"", 0)
    assert printed("show", b"\xff", MODELKEEP_REGISTRY=str(tmp_path)) == (b"", b"", 0)
    config = tmp_path / "modelkeep"
    config.mkdir()
    (config / "config.toml").write_text("not = [toml")
    assert printed("show", "", XDG_CONFIG_HOME=str(tmp_path)) == (b"", b"", 0)
    assert printed() == printed("")


def test_a_name_with_control_characters_is_not_shown(home, tmp_path):
    shutil.copy(home / "registry.db", tmp_path)
    connection = sqlite3.connect(tmp_path / "registry.db")
    connection.execute("UPDATE model_name SET name = 'fraud-\x1b]0;x\n' WHERE name = 'fraud-batch'")
    connection.commit()
    connection.close()
    assert printed("show", "fraud", MODELKEEP_REGISTRY=str(tmp_path)) == (b"fraud\tnewest 3\n", b"", 0)
    assert not complete.is_printable("fr\x1b[2Jaud")
    assert not complete.is_printable("a\nb")
    assert not complete.is_printable("a\x9bb")
    assert complete.is_printable("Überwachung/fraud 2@x")


def test_tab_loads_nothing_that_takes_time(home):
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['modelkeep', '__complete', '--', 'promote', 'fraud@']\n"
        "from modelkeep.cli.main import answer; answer()\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    env = {"MODELKEEP_REGISTRY": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    sqlite = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; before = set(sys.modules); import sqlite3; print(*set(sys.modules) - before)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("fraud@production\t")
    sha256 = {"_sha256", "_sha2"}  # of Python 3.11, and from 3.12 on
    assert set(done.stderr.split()) - set(sqlite.stdout.split()) - sha256 == {
        "__future__",
        "modelkeep",
        "modelkeep._version",
        "modelkeep.cli",
        "modelkeep.cli.complete",
        "modelkeep.cli.complete.completion",
        "modelkeep.cli.complete.grammar",
        "modelkeep.cli.main",
        "modelkeep.cli.complete.completers",
        "modelkeep.domain",
        "modelkeep.domain.dataset_names",
        "modelkeep.domain.hashing",
        "modelkeep.errors",
        "modelkeep.locate",
        "modelkeep.owners",
        "modelkeep.local_path",
        "modelkeep.userdirs",
        "modelkeep.store",
        "modelkeep.store.db",
        "modelkeep.store.db.prefixes",
        "modelkeep.store.db.sql",
        "modelkeep.store.db.sql.shared",
        "modelkeep.store.db.completion",
        "modelkeep.store.db.sqlite",
        "modelkeep.store.db.sqlite.connection",
        "modelkeep.store.db.sqlite.light_connection",
        "modelkeep.store.db.sqlite.schema",
    }


def test_every_kind_of_value_is_known():
    kinds = {
        kind.rstrip("*")
        for _, arguments, options in grammar.COMMANDS.values()
        for kind in [*arguments.split(), *(word.partition("=")[2] for word in options.split())]
    }
    known = {*completers.FIXED, *completers.FROM_REGISTRY, *system_completers.COMPLETERS, "text", ""}
    assert {kind for kind in kinds if "|" not in kind} <= known
