"""`register --feature`: what Feast's registry says of a view is recorded; what is wrong with it fails no registration."""

import os
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from modelkeep.changes.feature_views import feature_view
from modelkeep.errors import NotFound, UsageError

WRITTEN = Path(__file__).parent.parent / "fixtures" / "feast"


@pytest.fixture
def repository(world):
    """Return the directory of a Feast repository in the git work tree that the user stands in."""
    (world.work / ".git").mkdir()
    return shutil.copytree(WRITTEN / "payments", world.work / "feature_repo")


def test_the_definition_of_a_view_is_recorded_once_with_its_version(world, r, repository):
    made = world.register(features=["payments/card_stats"])
    path = repository / "data" / "registry.db"
    assert f"feature view payments/card_stats@v1 (4 features) from {path}" in made.notes
    assert [each.node for each in r.version(made.ref).data] == ["data:payments/card_stats@v1"]
    page = r.dataset("payments/card_stats@v1")
    assert (page.recorded, page.location, page.feature_view.ttl_seconds) == (True, "s3://lake/cards.parquet", 172_800)
    assert [(each.name, each.dtype) for each in page.feature_view.features] == [
        ("countries", "Array(String)"), ("night", "Bool"), ("spent_7d", "Float64"), ("tries", "Int64"),
    ]  # fmt: skip
    assert page.schema_document.digest == "sha256:a34895ea4cc5863aa7845fc75e9973ada797d12aa809e94acaa85c8a3b78ea1d"
    assert [each.ref for each in page.used] == [made.ref]
    again = world.register("other", features=["payments/card_stats@1"])
    assert [each for each in again.notes if "feature view" in each] == []
    assert [each.node for each in r.version(again.ref).data] == ["data:payments/card_stats@v1"]
    older = world.register("third", features=["payments/card_stats@version0"])
    assert [each.node for each in r.version(older.ref).data] == ["data:payments/card_stats@v0"]
    assert len(r.dataset("payments/card_stats@v0").feature_view.features) == 3
    assert world.said == []
    assert world.verify().ok
    assert b"secret" not in b"".join(each.read_bytes() for each in world.home.rglob("*") if each.is_file())


def test_a_view_without_versions_is_known_by_its_definition(world, r):
    shutil.copytree(WRITTEN / "rides", world.work, dirs_exist_ok=True)
    made = world.register(features=["rides/card_stats", "rides/rates@mine"])
    newest = feature_view(world.context, "rides/card_stats@latest").dataset.data.version
    assert [each.node for each in r.version(made.ref).data] == [
        f"data:rides/card_stats@{newest}",
        "data:rides/rates@mine",
    ]
    assert newest == "0126c3f3a1a7"
    assert r.dataset("rides/rates@mine").feature_view.sources[0].location == "data/rates.parquet"


def test_another_definition_of_a_version_is_told_and_fails_nothing(world, r, repository):
    r.add_dataset("payments/card_stats@v1", "s3://lake/x")
    made = world.register(features=["payments/card_stats"])
    path = repository / "data" / "registry.db"
    assert f"payments/card_stats@v1 is recorded with another definition: {path} is not recorded" in made.notes
    assert r.dataset("payments/card_stats@v1").feature_view is None


@pytest.mark.parametrize(
    ("view", "change", "why"),
    [
        ("payments/card_stat@7", None, "there is no view card_stat in '{registry}' (its views: rates, card_stats, share)"),
        ("payments/card_stats@7", None, "'{registry}' has v0, v1 of card_stats, and not 7"),
        ("payments/card_stats@spring", None, "'{registry}' has v0, v1 of card_stats, and not spring"),
        ("payments/card_stats", "registry: s3://me:secret@lake/registry.db", "the registry of '{yaml}' is s3://lake/registry.db, which is not read"),
        ("payments/card_stats", "registry: {registry_type: sql, path: postgresql://me:secret@host/x}", "the registry of '{yaml}' is of the type sql, which is not read"),
        ("payments/card_stats", "registry: $PLACE/registry.db", "the registry of '{yaml}' is $PLACE/registry.db, which is not read"),
        ("payments/card_stats", "registry: {registry_store_type: mine.Store, path: r.db}", "the registry of '{yaml}' is of the type mine.Store, which is not read"),
        ("payments/card_stats", "registry: {registry_type: mine.Registry}", "the registry of '{yaml}' is of the type mine.Registry, which is not read"),
        ("payments/card_stats", "registry: none.db", "there is no file '{place}/none.db' (feast apply writes the registry that feature_store.yaml names)"),
        ("payments/card_stats", "registry: feature_store.yaml", "'{place}/feature_store.yaml' has a field of the unknown kind 7 before byte 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_the_view_is_named(world, r, repository, view, change, why):
    yaml = repository / "feature_store.yaml"
    if change is not None:
        yaml.write_text(f"project: payments\n{change}\n")
    made = world.register(features=[view])
    told = why.format(registry=repository / "data" / "registry.db", yaml=yaml, place=repository)
    assert world.said == [f"note: the feature view {view} is only named: {told}"]
    assert [each.node for each in r.version(made.ref).data] == [f"data:{view}"]
    assert not r.dataset(view).recorded


def test_the_store_is_that_of_the_project_and_the_work_tree(world, repository):
    inner = world.work / "a" / "b"
    inner.mkdir(parents=True)

    def version(text, **more):
        return feature_view(replace(world.context, **more), text).dataset.data.version

    assert version("payments/card_stats", cwd=str(inner)) == "v1"
    assert version("rides/card_stats") is None
    assert version("card_stats") is None
    assert world.said.pop() == (
        "note: the feature view card_stats is only named: that of the store here is payments/card_stats"
    )
    assert version(
        "rides/card_stats", environ={"FEAST_FS_YAML_FILE_PATH": str(WRITTEN / "rides" / "feature_store.yaml")}
    )
    (world.work / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert version("payments/card_stats", cwd=str(inner)) is None
    (world.work / ".git").rmdir()
    (world.work / "a" / ".git").unlink()
    assert version("payments/card_stats", cwd=str(inner)) is None
    assert world.said == []
    named = str(repository / "feature_store.yaml")
    assert version("rides/card_stats", environ={"FEAST_FS_YAML_FILE_PATH": named}) is None
    assert world.said == [
        "note: the feature view rides/card_stats is only named: FEAST_FS_YAML_FILE_PATH names the project payments"
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_nothing_is_waited_for_and_nothing_large_is_read(world, repository):
    yaml, registry = repository / "feature_store.yaml", repository / "data" / "registry.db"
    registry.unlink()
    for make in (
        lambda: os.mkfifo(registry),
        lambda: registry.symlink_to("/dev/zero"),
        lambda: os.truncate(os.open(registry, os.O_CREAT | os.O_WRONLY), 40 << 30),
    ):
        make()
        assert feature_view(world.context, "payments/card_stats").definition is None
        registry.unlink()
    assert {each.rpartition(": ")[2] for each in world.said} == {f"'{registry}' is no file of at most 32768 KiB"}
    yaml.unlink()
    os.mkfifo(yaml)
    assert feature_view(world.context, "payments/card_stats").definition is None


def test_a_dry_run_records_nothing(world, r, repository):
    made = world.register(features=["payments/rates"], dry_run=True)
    assert any("feature view payments/rates@v0 (2 features)" in each for each in made.notes)
    assert r.datasets() == ()


def test_data_add_takes_a_view_from_its_store(world, r, repository):
    made = r.add_dataset("payments/share@v1", "feature_repo/feature_store.yaml")
    assert [(each.what, each.after) for each in made.effects] == [("payments/share@v1", "1 feature")]
    assert r.dataset("payments/share").feature_view.transformation.name == "share"
    assert not r.add_dataset("payments/share@1", "feature_repo/feature_store.yaml").changed
    with pytest.raises(NotFound, match="there is no view shares"):
        r.add_dataset("payments/shares@1", "feature_repo/feature_store.yaml")
    with pytest.raises(UsageError, match=r"' is that of payments, not of rides"):
        r.add_dataset("rides/share@1", "feature_repo/feature_store.yaml")
    with pytest.raises(UsageError, match=r"--rows does not go with feature_store\.yaml"):
        r.add_dataset("payments/share@1", "feature_repo/feature_store.yaml", rows=3)
