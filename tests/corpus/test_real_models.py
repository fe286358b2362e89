"""Models that other people made: registered, promoted, fetched back byte for byte, opened, recognised, loaded.

They come from the packages of .ci/corpus.in, none of which is imported. What is missing fails, and never skips: `make
venv` installs all of it, the packages and the runtimes that load their models.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.corpus, pytest.mark.process, pytest.mark.slow]

FILES = [
    "magika.onnx",
    "silero.onnx",
    "pitch.onnx",
    "silero.safetensors",
    "silero.jit",
    "pitch.tflite",
    "lpips.pth",
    "profanity.joblib",
    "vectorizer.joblib",
    "langdetect.ftz",
]
TREES = ["pitch.savedmodel", "pitch.mlpackage"]


def contents(place: Path) -> dict[str, bytes]:
    """Return the files of a directory by their paths in it; of a file, itself under its name."""
    if place.is_file():
        return {place.name: place.read_bytes()}
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def registry(run):
    assert run("init").exit_code == 0
    return run


@pytest.mark.parametrize("name", [*FILES, *TREES])
def test_a_real_model_goes_all_the_way_and_comes_back_as_it_was(registry, real_models, name):
    model = real_models[name]
    was = contents(model)
    assert was

    made = registry("register", name, model, "--json")
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["ref"] == f"{name}@1"
    again = registry("register", name, model)
    assert (again.stdout, again.stderr.splitlines()[0]) == (f"{name}@1\n", f"already registered as {name}@1")
    assert registry("promote", f"{name}@1", "production").stdout == f"production: none -> {name}@1\n"

    fetched = registry.cwd / "fetched"
    assert registry("get", f"{name}@production", fetched).exit_code == 0
    back = contents(fetched)
    assert list(back.values()) == list(was.values()) if model.is_file() else back == was
    executable = model.is_file() and model.stat().st_mode & 0o100  # some packages carry an executable model
    mode = 0o755 if executable else 0o644
    assert all(path.stat().st_mode & 0o777 == mode for path in [fetched, *fetched.rglob("*")] if path.is_file())

    opened = Path(registry("path", f"{name}@production").stdout.removesuffix("\n"))
    assert opened.is_dir() == model.is_dir()
    assert contents(opened) == was
    assert not any(os.access(path, os.W_OK) for path in opened.rglob("*") if path.is_file()) or os.geteuid() == 0

    for place in (model, fetched):
        known = registry("identify", place, "--json")
        assert known.exit_code == 0, known.stderr
        assert {(row["ref"], row["stage"], row["until"]) for row in json.loads(known.stdout)["identified"]} == {
            (f"{name}@1", "production", None)
        }
    assert registry("verify").exit_code == 0
    assert contents(model) == was


@pytest.mark.parametrize("name", TREES)
def test_a_file_of_a_tree_is_known_and_can_be_opened(registry, real_models, name):
    registry("register", name, real_models[name])
    for path, data in contents(real_models[name]).items():
        opened = registry("path", f"{name}@1/{path}").stdout.removesuffix("\n")
        assert Path(opened).read_bytes() == data
        known = json.loads(registry("identify", real_models[name] / path, "--json").stdout)["identified"]
        assert [(row["ref"], row["file"]) for row in known] == [(f"{name}@1", path)]


def test_what_sha256sum_says_of_a_file_finds_the_version(registry, real_models):
    registry("register", "magika", real_models["magika.onnx"])
    digest = hashlib.sha256(real_models["magika.onnx"].read_bytes()).hexdigest()
    assert registry("show", digest, "--field", "ref").stdout == "magika@1\n"
    assert registry("show", f"magika@sha256:{digest[:12]}", "--field", "ref").stdout == "magika@1\n"


def test_the_same_weights_in_two_models_are_stored_once(registry, real_models):
    registry("register", "vad", real_models["silero.safetensors"])
    registry("register", "speech/vad", real_models["silero.safetensors"])
    blobs = [path for path in (registry.cwd / ".modelkeep" / "store" / "blobs").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in blobs] == [real_models["silero.safetensors"].read_bytes()]


# The cache of Hugging Face: blobs beside snapshots of links that lead to them


@pytest.fixture
def snapshot(tmp_path, real_models):
    """Return a snapshot as huggingface_hub leaves it in its cache, with real weights."""
    repository = tmp_path / "hub" / "models--snakers4--silero-vad"
    revision = "f3d9c1a7be45d0826b1c37a9e2f4d58a6c0b7e19"
    snapshot = repository / "snapshots" / revision
    (repository / "blobs").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    (snapshot / "onnx").mkdir(parents=True)
    weights = real_models["silero.safetensors"].read_bytes()
    config = b'{"model_type": "vad", "sampling_rate": 16000}\n'
    for path, data, digest in (
        ("model.safetensors", weights, hashlib.sha256(weights).hexdigest()),
        ("config.json", config, hashlib.sha1(b"blob %d\0" % len(config) + config).hexdigest()),
        ("onnx/model.onnx", real_models["silero.onnx"].read_bytes(), "0" * 64),
    ):
        (repository / "blobs" / digest).write_bytes(data)
        link = snapshot / path
        link.symlink_to(os.path.relpath(repository / "blobs" / digest, link.parent))
    return snapshot


def test_links_are_refused_and_the_flag_that_follows_them_is_named(registry, snapshot):
    refused = registry("register", "vad", snapshot)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert "--follow-symlinks" in refused.stderr
    assert registry("list").stdout == ""


def test_a_snapshot_of_links_is_kept_as_the_files_they_lead_to(registry, snapshot, real_models):
    made = registry("register", "vad", snapshot, "--follow-symlinks")
    assert (made.stdout, made.exit_code) == ("vad@1\n", 0), made.stderr
    assert registry("show", "vad@1", "--field", "symlinks").stdout == "true\n"
    assert registry("get", "vad@1", "fetched").exit_code == 0
    fetched = registry.cwd / "fetched"
    assert sorted(contents(fetched)) == ["config.json", "model.safetensors", "onnx/model.onnx"]
    assert contents(fetched) == contents(snapshot)
    assert not any(path.is_symlink() for path in fetched.rglob("*"))
    # the same artifact, whichever way it came: as links or as files
    again = registry("register", "vad", fetched)
    assert again.stdout == "vad@1\n"
    known = json.loads(registry("identify", real_models["silero.safetensors"], "--json").stdout)["identified"]
    assert [(row["ref"], row["file"]) for row in known] == [("vad@1", "model.safetensors")]


def test_the_cache_may_go_once_it_was_registered(registry, snapshot):
    was = contents(snapshot)
    registry("register", "vad", snapshot, "--follow-symlinks")
    shutil.rmtree(snapshot.parents[1])
    assert contents(Path(registry("path", "vad@1").stdout.removesuffix("\n"))) == was
    assert registry("verify").exit_code == 0


# Loaded by what they were made for


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("magika.onnx", {"bytes": ("int32", (1, 2048))}),
        ("pitch.onnx", {"serving_default_input_2:0": ("float32", (1, 43844, 1))}),
        ("silero.onnx", {"input": ("float32", (1, 576)), "state": ("float32", (2, 1, 128)), "sr": ("int64", ())}),
    ],
)
def test_an_onnx_model_answers_through_its_path_as_it_did_before(registry, real_models, name, inputs):
    import numpy as np
    import onnxruntime

    registry("register", name, real_models[name], "--stage", "production")
    opened = registry("path", f"{name}@production").stdout.removesuffix("\n")
    given = {key: np.full(shape, 16_000 if key == "sr" else 1, kind) for key, (kind, shape) in inputs.items()}
    answers = [onnxruntime.InferenceSession(os.fspath(path)).run(None, given) for path in (real_models[name], opened)]
    for before, after in zip(*answers, strict=True):
        assert np.array_equal(before, after)
        assert before.size


def test_safetensors_load_from_the_path_as_they_did_before(registry, real_models):
    from safetensors.numpy import load_file

    registry("register", "vad", real_models["silero.safetensors"])
    opened = registry("path", "vad@1").stdout.removesuffix("\n")
    before, after = load_file(real_models["silero.safetensors"]), load_file(opened)
    assert sorted(before) == sorted(after)
    assert len(before) > 5
    assert all((before[key] == after[key]).all() for key in before)


def test_torchscript_from_the_path_is_whole(registry, real_models):
    registry("register", "vad", real_models["silero.jit"])
    with zipfile.ZipFile(registry("path", "vad@1").stdout.removesuffix("\n")) as archive:
        assert archive.testzip() is None
        assert any(name.endswith("/constants.pkl") for name in archive.namelist())


# Estimators without scikit-learn and scipy: their classes are stood in for, the arrays are loaded by joblib itself
_LOAD = """
import importlib.abc, importlib.machinery, sys, types, warnings
warnings.simplefilter("ignore")

class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in {"sklearn", "scipy"} else None
    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        def made(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {"__module__": spec.name})
        module.__getattr__ = made
        return module
    def exec_module(self, module):
        pass

sys.meta_path.append(StandIn())
import joblib, numpy
def arrays(thing, seen):
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, numpy.ndarray):
        yield thing.tobytes() if thing.dtype != object else b""
        if thing.dtype == object:
            for each in thing.ravel():
                yield from arrays(each, seen)
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from arrays(each, seen)
    elif isinstance(thing, (list, tuple)):
        for each in thing:
            yield from arrays(each, seen)
    elif hasattr(thing, "__dict__"):
        yield from arrays(vars(thing), seen)
import hashlib
total, digest = 0, hashlib.sha256()
for data in arrays(joblib.load(sys.argv[1]), set()):
    total += len(data)
    digest.update(data)
print(total, digest.hexdigest())
"""


@pytest.mark.parametrize("name", ["profanity.joblib", "vectorizer.joblib"])
def test_joblib_finds_the_arrays_it_had_written(registry, real_models, name):
    registry("register", name, real_models[name])
    registry("get", f"{name}@1", "fetched.joblib")
    loaded = [
        subprocess.run([sys.executable, "-c", _LOAD, path], capture_output=True, text=True, check=True).stdout
        for path in (real_models[name], registry.cwd / "fetched.joblib")
    ]
    assert loaded[0] == loaded[1]
    assert int(loaded[0].split()[0]) > 10_000


def test_nothing_in_a_pickle_is_run(registry, tmp_path):
    marker = tmp_path / "run"
    hostile = registry.cwd / "model.pkl"
    # protocol 0: os.system('touch MARKER') when it is loaded
    hostile.write_bytes(b"cos\nsystem\n(S'touch %s'\ntR." % os.fsencode(marker))
    for words in (
        ("register", "hostile", "model.pkl", "--stage", "production"),
        ("show", "hostile@1"),
        ("get", "hostile@production", "fetched.pkl"),
        ("path", "hostile@1"),
        ("identify", "fetched.pkl"),
        ("verify",),
    ):
        assert registry(*words).exit_code == 0
    assert not marker.exists()
    load = "import pickle; pickle.load(open('model.pkl', 'rb'))"
    subprocess.run([sys.executable, "-c", load], cwd=registry.cwd, check=True)
    assert marker.exists(), "the pickle was harmless, and the test with it"
