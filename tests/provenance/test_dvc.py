"""What the files of DVC say: hashes, remotes, stages; and that no file of it leads anywhere else."""

import os

import pytest

from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import NotFound, UsageError
from modelkeep.provenance.inputs import Dataset, Source, parse_data, parse_source

MD5, OTHER = "a304afb96060aad90176268345e10355", "22a1a2931c8370d3aeedd7183606fd7f"
LOCK = f"""\
schema: '2.0'
stages:
  prepare:
    cmd: python src/prepare.py data/raw.csv
    deps:
    - path: data/raw.csv
      hash: md5
      md5: {MD5}
      size: 14445097
    - path: src/prepare.py
      hash: md5
      md5: f09ea0c15980b43010257ccb9f0055e2
      size: 1576
    outs:
    - path: data/prepared
      hash: md5
      md5: {OTHER}.dir
      size: 16874726
      nfiles: 2
  train:
    cmd: python src/train.py
    deps:
    - path: data/prepared
      hash: md5
      md5: {OTHER}.dir
    - path: src/train.py
      md5: 46865edbf3d62fc5c039dd9d2b0567a4
"""


@pytest.fixture
def project(tmp_path):
    """Return a project of DVC with a remote, a tracked file and a pipeline."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(
        "[core]\n    remote = lake\n['remote \"lake\"']\n    url = s3://key:secret@lake/dvc?sig=secret\n"
        "['remote \"disk\"']\n    url = ../../storage\n"
    )
    (tmp_path / ".dvc/config.local").write_text("['remote \"lake\"']\n    secret_access_key = hunter2\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/raw.csv.dvc").write_text(f"outs:\n- md5: {MD5}\n  size: 14445097\n  hash: md5\n  path: raw.csv\n")
    (tmp_path / "dvc.lock").write_text(LOCK)
    return tmp_path


def parse(project, text):
    def never(_path):
        raise AssertionError

    return parse_data(text, str(project), never, lambda _note: None)


def test_an_x_dvc_gives_its_md5_as_the_version_and_where_the_remote_has_it(project):
    place = f"s3://lake/dvc/files/md5/{MD5[:2]}/{MD5[2:]}"
    assert parse(project, "data/raw.csv.dvc") == (Dataset(Data("raw.csv", f"md5:{MD5}"), place),)
    assert parse(project, "val=data/raw.csv.dvc")[0].data.role == "val"
    assert parse_source("data/raw.csv.dvc", str(project), None) == Source(place, None, f"md5:{MD5}")


def test_a_lock_gives_what_no_stage_makes_or_what_a_stage_reads(project):
    raw, prepared = Data("raw.csv", f"md5:{MD5}"), Data("prepared", f"md5:{OTHER}.dir")
    assert [each.data for each in parse(project, "dvc.lock")] == [raw]
    assert [each.data for each in parse(project, "dvc.lock:prepare")] == [raw]
    (found,) = parse(project, "dvc.yaml:train") if (project / "dvc.yaml").write_text("stages: {}") else ()
    assert found == Dataset(prepared, f"s3://lake/dvc/files/md5/{OTHER[:2]}/{OTHER[2:]}.dir")
    with pytest.raises(NotFound) as refused:
        parse(project, "dvc.lock:trian")
    assert refused.value.hint == "its stages: prepare, train"


@pytest.mark.parametrize(
    ("entry", "config", "place"),
    [
        ("  hash: md5\n  remote: disk\n", None, "{}/storage/files/md5/{}/{}"),
        ("  remote: disk\n", None, "{}/storage/{}/{}"),
        ("  hash: md5\n", "[core]\n    analytics = false\n", None),
        ("  hash: md5\n", "[core\n", None),
        ("  hash: md5\n", "[core]\nremote = lake\n['remote \"lake\"']\nurl = s3://x/\x01\n", None),
        ("  hash: md5\n", "x" * 70_000, None),
    ],
)
def test_the_place_is_that_of_the_remote_else_the_path(project, entry, config, place):
    if config is not None:
        (project / ".dvc/config").write_text(config)
    (project / "data/raw.csv.dvc").write_text(f"outs:\n- md5: {MD5}\n  path: raw.csv\n{entry}")
    (found,) = parse(project, "data/raw.csv.dvc")
    assert found.location == ("data/raw.csv" if place is None else place.format(project.parent, MD5[:2], MD5[2:]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outs:\n- path: raw.csv\n", "'x.dvc' has no MD5 of 'raw.csv'"),
        (f"outs:\n- md5: {MD5}\n", "'x.dvc' has no MD5 of ''"),
        ("outs:\n- md5: ../../../etc/passwd\n  path: raw.csv\n", "'x.dvc' has no MD5 of 'raw.csv'"),
        (f"outs:\n- md5: sha256:{MD5}\n  path: raw.csv\n", "'x.dvc' has no MD5 of 'raw.csv'"),
        (f"outs:\n- md5: [{MD5}]\n  path: raw.csv\n", "'x.dvc' has no MD5 of 'raw.csv'"),
        ("outs: 7\n", "'x.dvc' names no data"),
        ("- a\n", "'x.dvc' names no data"),
        ("", "'x.dvc' names no data"),
        ("outs: [}\n", None),
        ("x" * 270_000, "not a file of at most 256 KiB: 'x.dvc'"),
        ("!!python/object/apply:os.system ['touch ran']", None),
        ("a: &a [x,x]\nb: &b [*a,*a]\nouts: [*b,*b]\n", None),
    ],
)
def test_a_file_that_says_nothing_of_the_kind_is_refused(project, text, message):
    (project / "x.dvc").write_text(text)
    with pytest.raises(UsageError) as refused:
        parse(project, "x.dvc")
    assert message in (None, refused.value.message)
    assert not (project / "ran").exists()


def test_an_md5_of_digits_alone_stays_what_it_is(project):
    digits = "0" + "12345678" * 3 + "1234567"
    (project / "x.dvc").write_text(f"outs:\n- md5: {digits}\n  path: x\n")
    assert parse(project, "x.dvc")[0].data.version == f"md5:{digits}"


def test_what_is_no_regular_file_is_not_opened(project):
    os.mkfifo(project / ".dvc/fifo")
    (project / ".dvc/config").unlink()
    (project / ".dvc/config").symlink_to("fifo")
    (found,) = parse(project, "data/raw.csv.dvc")
    assert found.location == "data/raw.csv"
    os.mkfifo(project / "pipe.dvc")
    with pytest.raises(AssertionError):  # a pipe is no file of DVC: it would be hashed, which refuses it
        parse(project, "pipe.dvc")


def test_several_outputs_are_several_datasets_and_none_of_them_the_source_of_one(project):
    (project / "x.dvc").write_text(f"outs:\n- md5: {MD5}\n  path: a\n- md5: {OTHER}\n  path: b\n")
    assert [each.data.name for each in parse(project, "x.dvc")] == ["a", "b"]
    with pytest.raises(UsageError) as refused:
        parse_source("x.dvc", str(project), None)
    assert refused.value.message == "'x.dvc' names several datasets: a, b"


@pytest.mark.parametrize("path", ["/", "..", "data/train@3", "a" * 251, '"a\\nb/t.csv"'])
def test_a_path_that_names_no_dataset_is_refused(project, path):
    (project / "odd.dvc").write_text(f"outs:\n- md5: {MD5}\n  path: {path}\n")
    with pytest.raises(UsageError, match="has no MD5 of"):
        parse_source("odd.dvc", str(project), None)


def test_the_name_of_an_address_has_no_secret(project):
    (project / "far.dvc").write_text(f"outs:\n- md5: {MD5}\n  path: s3://k:secret@b/x?X-Amz-Signature=abc\n")
    assert "abc" not in repr(parse_source("far.dvc", str(project), None))
