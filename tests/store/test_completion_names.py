"""What TAB is offered from a registry, and that nothing it finds there can trouble it."""

import os
import re
import sqlite3
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.labels import fold
from modelkeep.errors import IntegrityError, ModelkeepError
from modelkeep.store.db import completion, governed_names, prefixes, serving_names
from modelkeep.store.db.completion import ANY, ARCHIVED, Names
from modelkeep.store.db.sql import shared

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))


@pytest.fixture
def story():
    from history import History

    return History()


@pytest.fixture
def asked(story, tmp_path):
    """Return what puts the story on disk and asks it; the file is `asked.file`."""

    def ask():
        ask.file.unlink(missing_ok=True)
        story.connection.connection.execute("VACUUM INTO ?", (str(ask.file),))
        return Names(str(tmp_path))

    ask.file = tmp_path / "registry.db"
    return ask


def words(offers):
    return [word for word, _ in offers]


def test_models_are_found_by_the_beginning_of_their_names_without_case(story, asked):
    for name in ("fraud", "FraudModel", "churn"):
        story.register(name)
    assert words(asked().models("fr")) == ["fraud", "FraudModel"]
    assert words(asked().models("FRAUDm")) == ["FraudModel"]
    assert asked().models("")[0] == ("churn", "newest 1")
    assert asked().models("x") == []


def test_a_renamed_model_is_offered_by_its_new_name_and_completed_by_the_old_one(story, asked):
    story.register("fraud")
    story.rename("fraud", "card-fraud")
    assert words(asked().models("")) == ["card-fraud"]
    assert words(asked().versions("fraud", "")) == ["latest", "1"]


def test_a_model_without_a_version_in_the_pipeline_is_for_those_who_want_archived_ones(story, asked):
    story.register("fraud")
    story.register("old")
    story.register("old")
    story.archive("old@2")
    assert words(asked().models("")) == ["fraud", "old"]
    story.archive("old@1")
    assert words(asked().models("")) == ["fraud"]
    assert words(asked().models("", ANY)) == ["fraud", "old"]
    assert words(asked().models("", ARCHIVED)) == ["old"]


def test_a_model_without_a_version_is_offered_as_a_name(story, asked):
    story.register("fraud")
    story.connection.connection.execute("INSERT INTO model VALUES (99)")
    story.connection.connection.execute(
        "INSERT INTO model_name (model, since_seq, name, folded) VALUES (99, 99, 'new', 'new')"
    )
    assert asked().models("") == [("fraud", "newest 1"), ("new", "no version yet")]
    assert asked().models("", ARCHIVED) == asked().versions("new", "") == []


def test_what_is_cut_keeps_the_last_so_that_no_shell_fills_in_too_much(story, asked):
    for number in range(completion.MOST + 5):
        story.register(f"fraud-{number:02}")
    story.register("future")
    found = words(asked().models("f"))
    assert len(found) == completion.MOST + 1
    assert found[-1] == "future"


def test_after_the_at_sign_stand_stages_aliases_latest_numbers_and_labels(story, asked):
    story.register("fraud", label="1.0")
    story.register("fraud", label="v2.0-rc1")
    story.register("fraud")
    story.promote("fraud@1", "production")
    story.promote("fraud@2", "staging")
    story.alias("fraud@1", "champion")
    story.mark("fraud@3")
    assert asked().versions("fraud", "") == [
        ("production", "fraud@1"),
        ("staging", "fraud@2"),
        ("champion", "fraud@1"),
        ("latest", ""),
        ("3", "bad"),
        ("2", "v2.0-rc1"),
        ("1", "1.0"),
        ("2.0-rc1", "version 2"),
        ("1.0", "version 1"),
    ]
    assert words(asked().versions("fraud", "P")) == ["production"]
    assert words(asked().versions("fraud", "2")) == ["2", "2.0-rc1"]
    assert words(asked().versions("fraud", "v2")) == ["v2", "v2.0-rc1"]
    assert words(asked().versions("fraud", "1.0")) == ["1.0"]
    assert words(asked().versions("fraud", "1.")) == ["1.0"]
    assert words(asked().versions("fraud", "x")) == []
    assert words(asked().versions("nobody", "")) == words(asked().versions("nobody", "", ANY)) == []


def test_a_label_is_found_by_what_was_typed_of_it_zeros_and_all(story, asked):
    story.register("fraud", label="2.0")
    story.register("fraud", label="2.0.1")
    story.register("fraud", label="V3.0-RC1")
    story.register("fraud", label="10.0")
    assert words(asked().versions("fraud", "2.0")) == ["2.0.1", "2.0"]
    assert words(asked().versions("fraud", "v2.0")) == ["v2.0.1", "v2.0"]
    assert words(asked().versions("fraud", "3.0-r")) == ["3.0-RC1"]
    assert words(asked().versions("fraud", "3.0-RC")) == ["3.0-RC1"]
    assert words(asked().versions("fraud", "10.")) == ["10.0"]
    story.archive("fraud@1")
    assert words(asked().versions("fraud", "2.0")) == ["2.0.1"]


def test_archived_versions_are_offered_to_those_who_ask_for_them(story, asked):
    for _ in range(3):
        story.register("fraud")
    story.alias("fraud@2", "old")
    story.archive("fraud@2")
    assert words(asked().versions("fraud", "")) == ["latest", "3", "1"]
    assert words(asked().versions("fraud", "", ANY)) == ["old", "latest", "3", "2", "1"]
    assert words(asked().versions("fraud", "", ARCHIVED)) == ["old", "2"]


def test_the_newest_numbers_come_first_and_the_lowest_of_each_length_is_among_them(story, asked):
    for _ in range(45):
        story.register("fraud", "same bytes")
    every = [int(word) for word in words(asked().versions("fraud", "")) if word.isdigit()]
    assert every == [*range(45, 25, -1), 1]
    assert words(asked().versions("fraud", "4")) == ["45", "44", "43", "42", "41", "40", "4"]
    assert words(asked().numbers("fraud", "45")) == ["45"]


def test_where_the_newest_numbers_begin_alike_another_one_keeps_the_shell_from_filling_that_in(story, asked):
    for _ in range(150):
        story.register("fraud", "same bytes")
    assert words(asked().versions("fraud", "v")) == [*(f"v{number}" for number in range(150, 130, -1)), "v1", "v99"]
    story.archive("fraud")
    found = words(asked().versions("fraud", "", ARCHIVED))
    assert found == [*map(str, range(150, 130, -1)), "1", "99"]
    assert words(asked().versions("fraud", "1", ARCHIVED))[-1] == "1"


def test_between_archived_versions_the_newest_are_found_as_well(story, asked):
    for number in range(1, 60):
        story.register("fraud", f"bytes {number}", label=f"1.{number}")
    for number in range(2, 60, 2):
        story.archive(f"fraud@{number}")
    found = words(asked().versions("fraud", ""))
    assert [int(word) for word in found if word.isdigit()] == [*range(59, 20, -2), 1]  # the lowest is among them
    labels = [word for word in found if "." in word]
    assert len(labels) == completion.MOST_VERSIONS + 1
    assert all(int(label.removeprefix("1.")) % 2 for label in labels)
    assert words(asked().versions("fraud", "1."))[-1] == "1.1"
    assert words(asked().versions("fraud", "1.2.0")) == []
    assert words(asked().versions("fraud", "1.3")) == ["1.39", "1.37", "1.35", "1.33", "1.31", "1.3"]


@given(st.text("0123456789", max_size=4), st.integers(1, 30_000))
def test_the_ranges_of_a_prefix_hold_the_numbers_that_begin_so_and_no_other(digits, newest):
    found = [number for low, high in prefixes.number_ranges(digits, newest) for number in range(high, low - 1, -1)]
    assert found == [number for number in range(newest, 0, -1) if str(number).startswith(digits)]


def _common_beginning(found):
    """Return what a shell fills in: the longest text that all words begin with."""
    first, last = min(found, default=""), max(found, default="")
    return "".join(one for at, one in enumerate(first) if last.startswith(first[: at + 1]))


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Return the directory of a registry with a model of 150 versions without labels, and a connection to it."""
    from history import History

    story, directory = History(), tmp_path_factory.mktemp("numbered")
    story.register("fraud")
    _copies(story, 2, 150, "NULL")
    story.connection.connection.execute("VACUUM INTO ?", (str(directory / "registry.db"),))
    return directory, sqlite3.connect(directory / "registry.db", isolation_level=None)


@given(
    st.sets(st.integers(1, 150)) | st.sets(st.integers(1, 150), max_size=5),
    st.lists(st.tuples(st.integers(1, 150), st.integers(0, 80)), max_size=3),
    st.sampled_from(["", "1", "2", "9", "12", "v", "v1"]),
    st.sampled_from([completion.UNARCHIVED, ARCHIVED, ANY]),
)
def test_only_wanted_numbers_are_offered_and_a_shell_fills_in_what_all_of_them_share(
    numbered, deleted, ranges, typed, which
):
    directory, connection = numbered
    (model,) = connection.execute("SELECT max(seq) FROM model").fetchone()
    connection.executescript("BEGIN; DELETE FROM deleted; DELETE FROM archived")
    connection.executemany("INSERT INTO deleted VALUES (?, ?, 1, 0)", [(model, number) for number in deleted])
    rows = [(model, first, first + more, since) for since, (first, more) in enumerate(ranges, start=1)]
    connection.executemany("INSERT INTO archived (model, first, last, since_seq) VALUES (?, ?, ?, ?)", rows)
    connection.execute("COMMIT")
    archived = {number for first, more in ranges for number in range(first, first + more + 1)}
    v = typed[:1].replace("1", "").replace("2", "").replace("9", "")
    wanted = [
        f"{v}{number}"
        for number in range(1, 151)
        if number not in deleted
        and (which == ANY or (number in archived) == (which == ARCHIVED))
        and f"{v}{number}".startswith(typed)
    ]
    offered = [word for word in words(Names(str(directory)).versions("fraud", typed, which)) if word != "latest"]
    assert set(offered) <= set(wanted)
    assert _common_beginning(offered) == _common_beginning(wanted)
    assert len(offered) == len(wanted) or len(offered) >= completion.MOST_VERSIONS


def test_what_was_deleted_is_offered_to_nobody(story, asked):
    for label in ("1.0", "1.1", "2.0"):
        story.register("fraud", label=label)
    story.register("churn", label="1.0")
    story.delete("fraud@2")
    story.delete("churn@1")
    for which in (completion.UNARCHIVED, ANY):
        assert asked().models("", which) == [("fraud", "newest 3")]
        assert words(asked().versions("fraud", "", which)) == ["latest", "3", "1", "2.0", "1.0"]
        assert asked().versions("fraud", "2", which) == [("2.0", "version 3")]
        assert asked().versions("fraud", "1.1", which) == asked().versions("churn", "", which) == []
    assert words(asked().numbers("fraud", "")) == ["3", "1", "2.0", "1.0"]
    story.archive("fraud@1")
    story.delete("fraud@3")
    assert asked().models("") == []
    assert words(asked().versions("fraud", "", ARCHIVED)) == ["1", "1.0"]


def _deleted_behind(story, first, last):
    """Let deleted versions follow, each with a label, as rows: the log is not asked here."""
    _copies(story, first, last, "'9.' || ?1")
    deleted = "INSERT INTO deleted SELECT max(seq), ?, 1, 0 FROM model"
    story.connection.connection.executemany(deleted, [(number,) for number in range(first, last + 1)])


def _copies(story, first, last, label):
    """Copy the first version of the newest model, as rows; ``label`` is the SQL of their labels."""
    columns = [name for _, name, *_ in story.connection.connection.execute("PRAGMA table_info(version)")]
    own = {"number": "?1", "seq": "1000000 + ?1", "label": label, "label_key": label}
    copied = (
        f"INSERT INTO version SELECT {', '.join(own.get(name, name) for name in columns)}"
        " FROM version WHERE model = (SELECT max(seq) FROM model) AND number = 1"
    )
    story.connection.connection.executemany(copied, [(number,) for number in range(first, last + 1)])


def _steps(asked, question):
    """Return what is offered, and how many hundreds of steps SQLite's machine took for it."""
    steps = []
    asked._connection.set_progress_handler(lambda: steps.append(1), 100)
    offers = question(asked)
    return words(offers), len(steps)


VALUES = ("alias", "at", "count", "end", "folded", "high", "low", "model", "name", "role", "stage")
ASKED = {
    "models": lambda names: names.models("fr"),
    "stages": lambda names: names.stages(),
    "checks": lambda names: names.checks("fraud"),
    "roles": lambda names: names.governed().roles(),
    "bearers": lambda names: names.governed().bearers("owner"),
    "requests": lambda names: names.governed().requests(open_only=False),
    "signals": lambda names: names.serving("fraud").signals(),
    "targets": lambda names: names.serving().targets(""),
    "open items": lambda names: names.serving().open_items(),
    "attachments": lambda names: names.serving("fraud").attachments(),
    "open requests": lambda names: names.governed().requests(open_only=True),
    "fraud@": lambda names: names.versions("fraud", ""),
    "fraud@p": lambda names: names.versions("fraud", "p"),
    "fraud@1": lambda names: names.versions("fraud", "1"),
    "fraud@9.": lambda names: names.versions("fraud", "9.", ANY),
    "archived": lambda names: names.versions("fraud", "", ARCHIVED),
    "fixed": lambda names: names.numbers("fraud", ""),
}


def test_tab_looks_at_a_bounded_part_however_many_of_the_newest_versions_were_deleted(story, asked):
    for number in range(1, 31):
        story.register("fraud", f"bytes {number}", label=f"1.{number}")
    story.promote("fraud@7", "production")
    _deleted_behind(story, 31, 2_000)
    names = asked()
    some = {name: _steps(names, question) for name, question in ASKED.items()}
    _deleted_behind(story, 2_001, 40_000)
    names = asked()
    many = {name: _steps(names, question) for name, question in ASKED.items()}
    # the newest thousand are deleted: the lowest stands for those that nobody looked at
    assert some["models"][0] == ["fraud"]
    assert some["fraud@"][0] == ["production", "latest", "1", "1.1"]
    assert some["fraud@1"][0][:11] == [*map(str, range(19, 9, -1)), "1"]
    assert {name: found for name, (found, _) in many.items()} == {name: found for name, (found, _) in some.items()}
    assert max(steps for _, steps in many.values()) < 3_000


def test_metrics_tags_data_runs_commits_and_people_are_offered(story, asked):
    from modelkeep.domain.verbs.evaluate import Data

    data = [Data(name=name, version=version) for name, version in (("cards", "2026-01"), ("cards", "2026-02"))]
    story.register("fraud", metrics=[("auc", "0.9"), ("f1", "0.8")], data=data, commit="a1b2c3d" * 5 + "00000")
    story.register("churn", metrics=[("rmse", "3")], data=data[:1])
    story.tag("fraud@1", owner="risk")
    story.tag("churn", team="core")
    found = asked()
    assert words(found.metrics("fraud")) == ["auc", "f1"]
    assert words(found.metrics()) == ["auc", "f1", "rmse"]
    assert words(found.tags("fraud")) == ["owner"]
    assert words(found.tags()) == ["owner", "team"]
    assert words(found.datasets("")) == ["cards"]
    assert words(found.datasets("x")) == []
    assert words(found.data_versions("cards", "2026")) == ["2026-02", "2026-01"]
    assert words(found.commits("a1")) == ["a1b2c3d" * 5 + "00000"]
    assert words(found.runs("")) == []
    assert words(found.actors("a")) == ["ana"]
    assert words(found.actors("b")) == []
    assert words(found.stages()) == ["staging", "production"]


def test_what_was_taken_back_is_not_offered(story, asked):
    story.register("fraud")
    story.alias("fraud@1", "champion", "old")
    story.alias("fraud@1", remove=["old"])
    story.tag("fraud@1", owner="risk", pii="no")
    story.tag("fraud@1", remove=["pii"])
    story.promote("fraud@1", "production")
    story.retire("fraud@1", "production")
    assert words(asked().aliases("fraud")) == ["champion"]
    assert words(asked().tags("fraud")) == ["owner"]
    assert words(asked().versions("fraud", "")) == ["champion", "latest", "1"]


def test_a_directory_may_be_called_as_people_please(story, asked, tmp_path):
    story.register("fraud")
    asked()
    odd = tmp_path / "100% sure? #1"
    odd.mkdir()
    asked.file.rename(odd / "registry.db")
    assert words(Names(str(odd)).models("")) == ["fraud"]


def test_it_folds_case_as_all_do():
    text = "".join(map(chr, range(0x300)))
    assert prefixes.folded(text) == fold(text)


def everything(found):
    """Ask all there is to ask."""
    asked = [found.models(""), found.versions("fraud", ""), found.stages(), found.aliases("fraud"), found.metrics()]
    return [*asked, found.tags(), found.datasets(""), found.data_versions("d", ""), found.runs(""), found.actors("")]


def test_a_registry_that_is_missing_has_no_names(story, asked, tmp_path):
    assert everything(Names(str(tmp_path))) == [[]] * 10
    assert list(tmp_path.iterdir()) == []  # and none was made
    os.mkfifo(asked.file)
    assert everything(Names(str(tmp_path))) == [[]] * 10


def test_trouble_with_the_file_is_an_error(story, asked, tmp_path):
    story.register("fraud")
    story.register("fraud")
    assert everything(asked())[0] == [("fraud", "newest 2")]
    whole = asked.file.read_bytes()

    def fails():
        with pytest.raises((sqlite3.Error, ModelkeepError)):
            everything(Names(str(tmp_path)))

    for content in (b"", b"not a database at all, but long enough to be read as one" * 50, whole[:5000]):
        asked.file.write_bytes(content)
        fails()
    asked.file.write_bytes(whole)
    writer = sqlite3.connect(asked.file, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    fails()  # another process writes
    writer.execute("ROLLBACK")
    assert everything(Names(str(tmp_path)))[0] == [("fraud", "newest 2")]
    writer.executescript("ALTER TABLE model_name RENAME TO model_names")
    writer.close()
    fails()  # another schema


def test_a_view_in_place_of_a_table_is_refused_before_it_runs(story, asked, tmp_path):
    story.register("fraud")
    asked()
    forger = sqlite3.connect(asked.file, isolation_level=None)
    endless = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT n AS model, 0 AS number FROM n"
    forger.executescript(f"PRAGMA foreign_keys = OFF; DROP TABLE version; CREATE VIEW version AS {endless}")
    forger.close()
    with pytest.raises(IntegrityError, match="changed by something other than modelkeep"):
        Names(str(tmp_path))


def test_a_journal_of_a_killed_writer_is_left_alone(story, asked, tmp_path):
    story.register("fraud")
    asked()
    writer = sqlite3.connect(asked.file, isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("PRAGMA cache_spill = 1")
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO document VALUES (?, ?)", [(str(n), b"x" * 4000) for n in range(50)])
    journal = Path(f"{asked.file}-journal").read_bytes()
    changed = asked.file.read_bytes()
    writer.execute("ROLLBACK")
    writer.close()
    asked.file.write_bytes(changed)
    Path(f"{asked.file}-journal").write_bytes(journal)
    with pytest.raises(sqlite3.Error):
        everything(Names(str(tmp_path)))
    assert asked.file.read_bytes() == changed


def test_hot_questions_walk_no_table(story, asked):
    story.register("fraud")
    connection = asked()._connection
    statements = {
        name: shared.now(text)
        for module in (shared, completion, governed_names, serving_names)
        for name, text in vars(module).items()
        if name.isupper() and name[0] != "_" and str(text).strip().startswith("SELECT")
    }
    assert len(statements) > 15
    steps = {
        name: [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {text}", dict.fromkeys(VALUES, 1))]
        for name, text in statements.items()
    }
    walked = {name for name, plan in steps.items() if any(re.match(r"SCAN \w", step) for step in plan)}
    # the few stages and policies; the newest rows of a table, up to a limit
    of_policy = {"ROLES", "MEANINGS", "ASKED_FOR", "MEANT"}
    newest = {"ALL_METRICS", "ALL_TAGS", "REQUESTS", "OPEN_REQUESTS", "OPEN_ITEMS", "ATTACHMENTS"}
    assert walked == {"STAGES", "HOLDERS"} | newest | of_policy
    assert {name for name, plan in steps.items() if "TEMP" in str(plan)} == {"STAGES", "HOLDERS", "ASKED_FOR", "MEANT"}
