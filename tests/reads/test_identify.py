"""`identify` of directories: exactly a version, or the nearest one with what differs."""

import hashlib

import pytest

from modelkeep.errors import NotFound


@pytest.fixture
def churn(world):
    """Return a directory that was registered without its log, in a registry that knows another one like it."""
    directory = world.work / "export"
    directory.mkdir()
    for name in ("weights.bin", "config.json", "vocabulary.txt"):
        (directory / name).write_text(name)
    world.registry.register("other", str(directory / "config.json"), code="none")
    (directory / "train.log").write_text("epoch 1")
    world.registry.register("churn", str(directory), exclude=["*.log"], code="none")
    world.registry.promote("churn@1", "production")
    return directory


def refused(world, *words, **more):
    with pytest.raises(NotFound) as error:
        world.registry.identify(*words, **more)
    return error.value.message.removeprefix("no version has exactly these files; the nearest is "), error.value.hint


def test_a_directory_that_has_more_files_is_told_the_version_and_the_line_that_finds_it(world, churn):
    assert refused(world, "export") == (
        "churn@1 (active): 3 files are the same, train.log is not in it",
        "modelkeep identify export --exclude train.log",
    )
    (found,) = world.registry.identify("export", exclude=["train.log"])
    assert (found.ref, found.stage, found.file) == ("churn@1", "production", None)


def test_what_differs_from_the_nearest_version_is_named(world, churn):
    (churn / "weights.bin").write_text("tuned")
    (churn / "vocabulary.txt").unlink()
    for number in range(4):
        (churn / f"epoch-{number}.log").write_text(str(number))
    said, hint = refused(world, "export")
    assert said == (
        "churn@1 (active): 1 file is the same, weights.bin has other bytes, vocabulary.txt is missing here,"
        " epoch-0.log, epoch-1.log, epoch-2.log and 2 more are not in it"
    )
    assert hint == "modelkeep show churn@1"


def test_the_version_that_shares_most_files_is_the_nearest(world, churn):
    (churn / "weights.bin").write_text("tuned")
    world.registry.register("churn", str(churn), exclude=["*.log"], code="none")
    (churn / "config.json").write_text("{}")
    said, hint = refused(world, "export", exclude=["*.log"])
    assert said == "churn@2 (development): 2 files are the same, config.json has other bytes"
    assert hint == "modelkeep show churn@2"


def test_a_directory_below_the_one_that_was_registered_is_told_the_nearest(world, churn):
    (world.work / "deployed").mkdir()
    churn.rename(world.work / "deployed" / "model")
    said, _ = refused(world, "deployed")
    assert said.startswith("churn@1 (active): 0 files are the same, 3 files have the same bytes under another path, ")


def test_a_directory_without_a_known_file_has_no_nearest(world, churn):
    (world.work / "empty").mkdir()
    (world.work / "empty" / "new.bin").write_text("new")
    said, hint = refused(world, "empty")
    assert said.startswith("no version has these bytes: sha256:")
    assert hint == "modelkeep register NAME PATH"


def test_what_holds_the_highest_stage_comes_first_and_what_is_over_is_not_called_active(world):
    for number in range(5):
        world.registry.register("fraud", world.model(b"same"), if_exists="new", code="none")
        world.registry.promote(f"fraud@{number + 1}", "production" if number < 2 else "staging")
    world.registry.promote("fraud@1", "production")
    told = [(row.ref, row.stage, row.until is None, row.state) for row in world.registry.identify("model.onnx")]
    assert told == [
        ("fraud@1", "production", True, "active"),
        ("fraud@5", "staging", True, "active"),
        ("fraud@4", "staging", False, "superseded"),
        ("fraud@3", "staging", False, "superseded"),
        ("fraud@2", "production", False, "superseded"),
        ("fraud@1", "production", False, "superseded"),
    ]


def test_registered_data_is_told_with_its_lineage(world):
    (world.work / "train.csv").write_bytes(b"data")
    world.register(data=str(world.work / "train.csv"))
    digest = "sha256:" + hashlib.sha256(b"data").hexdigest()
    node = f"data:train.csv@{digest[:19]}"
    with pytest.raises(NotFound) as caught:
        world.registry.identify(world.work / "train.csv")
    assert caught.value.message == f"no version has these bytes; versions were made from them: {node}"
    assert caught.value.hint == f"modelkeep lineage {node}"
    assert [edge.target for edge in world.registry.lineage(node).edges] == ["fraud@1"]


def test_a_recorded_dataset_is_told_by_its_name_also_where_its_file_has_another(world):
    (world.work / "train.csv").write_bytes(b"data")
    (world.work / "copy.csv").write_bytes(b"data")
    before = world.register(data="train.csv").seq
    with pytest.raises(NotFound, match=r"versions were made from them: data:train\.csv@sha256:"):
        world.registry.identify("copy.csv")
    world.registry.add_dataset("my transactions@2026-02", "train.csv")
    with pytest.raises(NotFound) as caught:
        world.registry.identify("copy.csv")
    assert caught.value.message == "no version has these bytes; they are the dataset my transactions@2026-02"
    assert caught.value.hint == "modelkeep data show 'my transactions@2026-02'"
    with pytest.raises(NotFound, match="versions were made from them"):
        world.registry.identify("copy.csv", as_of=f"seq:{before}")


def test_bytes_that_came_later_were_of_no_version_then(world, churn):
    made = world.registry.register("churn", str(churn / "config.json"), code="none", if_exists="new")
    assert refused(world, str(churn / "config.json"), as_of="seq:1")[1] == f"modelkeep identify {churn}/config.json"
    held = world.registry.identify(str(churn / "config.json"), as_of=f"seq:{made.seq}")
    assert [(row.ref, row.stage) for row in held] == [("churn@1", "production"), ("churn@2", None), ("other@1", None)]
