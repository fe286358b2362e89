"""Pickles are followed and never loaded: what would run is named, and what was not followed to its end is never clean."""

import bz2
import collections
import datetime as dt
import gzip
import io
import lzma
import os
import pickle
import random
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from importlib.metadata import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.known_documents import parse_inspection, to_document
from modelkeep.formats import pickles, zip_models
from modelkeep.formats.inspection import inspect
from modelkeep.formats.interface import Budget

joblib = pytest.importorskip("joblib")
numpy = pytest.importorskip("numpy")

readers = (pickles, zip_models)

#: What a hostile pickle imports, in the names of its time.
DANGEROUS = [
    "os system", "posix system", "nt system", "subprocess Popen", "commands getoutput", "builtins eval", "builtins exec",
    "__builtin__ eval", "builtins compile", "builtins open", "builtins getattr", "builtins __import__",
    "importlib import_module", "runpy run_path", "pty spawn", "socket socket", "shutil rmtree", "webbrowser open",
    "ctypes CDLL", "operator attrgetter", "numpy.testing._private.utils runstring", "torch.hub load", "pip main",
    "timeit timeit",
]  # fmt: skip


class InMemory:
    """A file of an artifact in memory."""

    def __init__(self, path, data):
        self.path, self.data, self.size = path, data, len(data)

    def read(self, start, length):
        return self.data[start : start + length]


class Hostile:
    """An object whose pickle would make a file."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


def of(data, path="model.bin"):
    """Return what is found in a file of these bytes."""
    found = inspect([InMemory(path, data)]).inspection
    assert found is not None
    assert parse_inspection(to_document(found)) == found
    return found.files[0]


def kinds(file):
    return {problem.kind for problem in file.problems}


def joblib_file(value, **options):
    file = io.BytesIO()
    joblib.dump(value, file, **options)
    return file.getvalue()


def zipped(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def hostile_files(canary):
    """Return files that would make the canary when they are loaded, by what they are."""
    bad, array = Hostile(canary), numpy.arange(300.0)
    plain = pickle.dumps(bad)
    objects = numpy.array([bad], dtype=object)
    found = {f"protocol {each}": pickle.dumps(bad, each) for each in range(6)}
    found |= {
        "text": f"cos\nsystem\n(S'touch {canary}'\ntR.".encode(),
        "instance": f"(S'touch {canary}'\nios\nsystem\n.".encode(),
        "object": f"(cos\nsystem\nX{struct.pack('<I', 6 + len(canary)).decode('latin-1')}touch {canary}o.".encode(
            "latin-1"
        ),
        "without an end": f"cos\nsystem\n(S'touch {canary}'\ntR!!".encode(),
        "escaped names": b"\x80\x04S'o\\x73'\nS'sys\\164em'\n\x93.",
        "names from the memo": b"\x80\x04\x8c\x06system\x94\x8c\x02os\x940h\x01h\x00\x93.",
        "dotted name": b"\x80\x04\x8c\x0csklearn.base\x8c\x09os.system\x93.",
        "after a harmless one": pickle.dumps([1, 2]) + plain,
        "in bytes": pickle.dumps({"weights": [plain]}),
        "in bytes in bytes": pickle.dumps({"weights": pickle.dumps([plain])}),
        "in a bytearray": pickle.dumps(bytearray(plain), 5),
        "in bytes of Python 2": pickle.dumps({"weights": plain}, 2),
        "joblib": joblib_file({"a": array, "b": bad}),
        "joblib after an array": joblib_file([array, bad]),
        "joblib objects": joblib_file({"a": objects, "b": array}),
        "stacked behind joblib": joblib_file(array) + plain,
        "zip member": zipped({"readme.txt": b"x", "deep/inside.dat": plain}),
        "torch zip": zipped({"m/data.pkl": plain, "m/version": b"3", "m/data/0": bytes(8)}),
        "packed torch zip": zipped({"m/data.pkl": plain, "m/version": b"3"}, zipfile.ZIP_DEFLATED),
        "torch constants": zipped({"m/data.pkl": pickle.dumps({}, 2), "m/constants.pkl": plain, "m/code/x.py": b""}),
        "in the place of a tensor": zipped({"m/data.pkl": pickle.dumps({}, 2), "m/data/0": plain}),
        "legacy torch": b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {}, bad, [])),
    }
    found |= {
        f"joblib {each}": joblib_file([array, bad], compress=(each, 3))
        for each in ("zlib", "gzip", "bz2", "xz", "lzma")
    }
    found["changed class"] = b"\x80\x02ccollections\nOrderedDict\n}U\x01aK\x01sb."
    found["computed name"] = b"\x80\x04\x8c\x02os\x8c\x07_codecs\x8c\x06encode\x93\x8c\x06system\x85R\x93."
    return found


def test_hostile_pickles_are_dangerous_whatever_they_are_called_and_nothing_runs(tmp_path):
    canary = tmp_path / "canary"
    for what, data in hostile_files(str(canary)).items():
        for name in ("model.bin", "weights.pkl", "x.dat"):
            assert "dangerous" in kinds(of(data, name)), (what, name)
    assert not canary.exists()


@pytest.mark.parametrize("names", DANGEROUS)
def test_a_dangerous_global_is_named(names):
    module, name = names.split()
    old = f"c{module}\n{name}\n(I1\ntR.".encode()
    new = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(each)]) + each.encode() for each in (module, name)) + b"\x93."
    for data in (old, new):
        file = of(data)
        assert file.globals == (f"{module}.{name}",)
        assert [problem.text for problem in file.problems if problem.kind == "dangerous"] == [
            f"it imports {module}.{name}, which can run code as soon as the file is loaded"
        ]


class OfOurOwn:
    """A class that nobody else knows."""


HARMLESS = {
    "numbers": [1, 2.5, -(10**30), None, True],
    "collections": collections.OrderedDict(a=collections.Counter("ab"), b=collections.deque([1]), c={1, 2}),
    "times": [dt.datetime(2026, 2, 1, tzinfo=dt.UTC), dt.timedelta(1)],
    "array": {"w": numpy.arange(12.0).reshape(3, 4), "n": numpy.float32(1.5)},
    "structure": numpy.zeros(3, dtype=[("a", "<i4"), ("b", "U5")]),
    "objects": numpy.array([{"a": 1}, "text"], dtype=object),
    "random": numpy.random.default_rng(1),
    "bytes": [b"\x80 no pickle", b"N.", os.urandom(0) + bytes(range(256))],
}


@pytest.mark.parametrize("what", HARMLESS)
def test_harmless_files_have_no_problem(what):
    value = HARMLESS[what]
    for protocol in range(6):
        assert of(pickle.dumps(value, protocol), "model.pkl").problems == (), protocol
    for compress in (0, ("zlib", 3), ("gzip", 1), ("bz2", 3), ("xz", 1), ("lzma", 1)):
        assert of(joblib_file(value, compress=compress), "model.joblib").problems == (), compress


def test_what_is_not_known_to_be_harmless_is_unknown():
    file = of(b"\x80\x02cmy_package.models\nScorer\n)\x81}b.")
    assert [(problem.kind, problem.text) for problem in file.problems] == [
        ("unknown", "it imports my_package.models.Scorer, which is not known to be harmless")
    ]
    assert kinds(of(b"\x80\x02\x82\x07.")) == {"unknown"}
    assert kinds(of(b"\x80\x02ccollections\nOrderedDict\n)R)R.")) == {"unknown"}


def test_what_is_in_a_joblib_file_is_listed():
    file = of(joblib_file({"coef": numpy.arange(6.0).reshape(2, 3), "names": numpy.array(["a", "bc"])}))
    assert file.format == "joblib"
    assert [(each.name, each.dtype, each.shape) for each in file.tensors] == [
        ("coef", "<f8", ("2", "3")),
        ("names", "<U2", ("2",)),
    ]
    assert (file.fact("parameters"), file.fact("class")) == ("8", "dict")


def of_torch(numbers=8, key="0"):
    """Return the pickle of a state dict with one tensor of two numbers, written by hand as PyTorch writes it."""
    storage = f"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0{key}X\x03\0\0\0cpuK\x02tQ".encode()
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )
    data = b"\x80\x02ccollections\nOrderedDict\n)RX\x0b\0\0\0layer.biases"[:-1] + tensor + b"s."
    return zipped({"m/data.pkl": data, "m/version": b"3\n", f"m/data/{key}": bytes(numbers)})


def test_tensors_of_a_torch_archive_are_listed_without_loading_them():
    file = of(of_torch())
    assert (file.format, file.problems) == ("pytorch", ())
    assert [(each.name, each.dtype, each.shape) for each in file.tensors] == [("layer.biase", "float32", ("2",))]
    assert (file.fact("parameters"), file.fact("archive")) == ("2", "3")


def test_a_torch_archive_without_its_numbers_is_invalid():
    assert [problem.text for problem in of(of_torch(numbers=4)).problems] == [
        "it has 4 bytes for the tensor storage '0', which has 8"
    ]


def packaged(package, ending):
    """Return the files of an installed package with an ending, without importing it."""
    return [each.locate() for each in files(package) if each.name.endswith(ending)]


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("package", "ending", "form", "parameters"),
    [
        ("silero-vad", ".jit", "torchscript", "545282"),
        ("lpips", "alex.pth", "pytorch", "1152"),
        ("alt-profanity-check", "model.joblib", "joblib", "77237"),
        ("alt-profanity-check", "vectorizer.joblib", "joblib", "15442"),
    ],
)
def test_real_files_of_others_are_read_to_their_end(package, ending, form, parameters):
    path = packaged(package, ending)[0]
    file = of(path.read_bytes(), path.name)
    assert (file.format, file.problems, file.fact("parameters")) == (form, (), parameters)


def test_every_cut_of_a_hostile_file_is_never_clean(tmp_path):
    whole = hostile_files(str(tmp_path / "canary"))
    for what in ("protocol 4", "joblib after an array", "joblib zlib", "torch zip", "legacy torch"):
        data = whole[what]
        for part in range(1, 12):
            file = of(data[: len(data) * part // 12], "model.pkl")
            assert kinds(file) & {"dangerous", "unverified", "invalid"}, (what, part)


def test_fuzzed_files_make_a_document_within_memory_and_time(tmp_path):
    chance = random.Random(20261130)
    seeds = [*hostile_files(str(tmp_path / "canary")).values(), of_torch(), joblib_file([numpy.arange(50)], compress=3)]
    for _ in range(300):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        of(bytes(data), "model.pkl")
    assert not (tmp_path / "canary").exists()


@given(st.binary(max_size=300))
def test_any_bytes_make_a_document(data):
    for begin in (b"", b"\x80\x04", b"\x80\x02}("):
        found = inspect([InMemory("model.pkl", begin + data)]).inspection
        assert found is not None
        assert parse_inspection(to_document(found)) == found


BOMBS = {
    "zeros": lambda: zlib.compress(pickle.dumps(bytes(32 << 20)), 1),
    "marks": lambda: b"\x80\x04" + b"(" * 160_000,
    "texts": lambda: b"\x80\x04(" + b"\x8c\x08abcdefgh\x94" * 160_000,
    "lists": lambda: b"\x80\x04" + b"]" * 160_000 + b"a" * 159_999 + b".",
    "tuples": lambda: b"\x80\x04)" + b"\x85" * 100_000 + b".",
    "calls": lambda: b"\x80\x04cbuiltins\nlist\n" + b"2)R0" * 30_000 + b".",
    "far place": lambda: b"\x80\x04Nr\xff\xff\xff\xff.",
    "long text": lambda: b"\x80\x04X\xff\xff\xff\x7f" + bytes(1000),
    "pickles": lambda: b"\x80\x04" + b"C\x08\x80\x04(((((." * 20_000 + b"N.",
    "xz": lambda: lzma.compress(
        pickle.dumps([1]), filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    ),
    "zip": lambda: zipped({"m/data.pkl": b"\x80\x02" + b"N0" * 100_000}, zipfile.ZIP_DEFLATED),
}
#: Those that can be followed to their end.
FOLLOWED = {"zeros", "tuples", "calls", "pickles"}


@pytest.mark.parametrize("what", BOMBS)
def test_files_made_to_exhaust_memory_are_followed_or_unverified(what):
    found = readers[what == "zip"].inspect(InMemory("model.pkl", BOMBS[what]()), Budget(60)).inspection
    assert (kinds(found) & {"unverified"} == set()) == (what in FOLLOWED)


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the peak of one process alone")
def test_no_bomb_takes_more_than_200_mb(tmp_path):
    for what, make in BOMBS.items():
        (tmp_path / f"{what}.pkl").write_bytes(make())
    script = """
import os, re, sys
from modelkeep.formats.inspection import inspect
class File:
    def __init__(self, path): self.path, self.size = path, os.path.getsize(path)
    def read(self, start, length):
        with open(self.path, "rb") as file:
            file.seek(start)
            return file.read(length)
found = [inspect([File(path)]).inspection.files[0].format for path in sys.argv[1:]]
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(len(found), int(peak[1]) < 200 << 10)
"""
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(BOMBS)} True\n"


def test_a_pickle_that_takes_too_long_is_unverified_and_keeps_what_was_found():
    clock = iter(range(100))
    budget = Budget(20, clock=lambda: next(clock))
    found = pickles.inspect(InMemory("model.pkl", b"cos\nsystem\n" + b"N0" * 10_000 + b"."), budget).inspection
    assert [problem.text for problem in found.problems] == [
        "it imports os.system, which can run code as soon as the file is loaded",
        "it was not read to its end within the time for a file",
    ]


def test_compressed_pickles_are_known_whatever_they_are_called():
    noise = numpy.random.default_rng(1).integers(0, 1 << 60, 20_000)  # the first block of bz2 is longer than 4 KiB
    for name, level in (("zlib", 3), ("gzip", 3), ("bz2", 9), ("xz", 1), ("lzma", 1)):
        file = of(joblib_file([noise, Hostile("x")], compress=(name, level)), "model.bin")
        assert (file.format, kinds(file)) == ("joblib", {"dangerous"}), name
    text = bz2.compress("".join(map(str, noise)).encode())
    assert (of(text, "data.csv").format, of(text, "data.csv").problems) == ("bz2", ())


def test_what_cannot_be_unpacked_is_unverified():
    for data in (b"\x04\x22\x4d\x18" + bytes(100), BOMBS["xz"]()):
        assert kinds(of(data, "model.bin")) == {"unverified"}
        assert kinds(of(data, "model.joblib")) == {"unverified"}


def test_a_compressed_text_is_no_pickle():
    for pack in (gzip.compress, bz2.compress, zlib.compress, lzma.compress):
        assert inspect([InMemory("data.csv", pack(b"a,b\n1,2\n"))]).inspection is None
    for text in (
        b"config\nvalue\n",
        b"Version 1\n",
        b"class Foo:\n    pass\n",
        b"{}",
        b"import os\nos.system\n",
        b"N.",
        b".",
    ):
        assert inspect([InMemory("notes.txt", text)]).inspection is None


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_a_tar_is_never_clean_whatever_it_is_called(form):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as made:
        for name in ("readme", "pickle", "storages"):
            made.addfile(tarfile.TarInfo(name), io.BytesIO())
    (problem,) = inspect([InMemory("pytorch_model.bin", archive.getvalue())]).inspection.files[0].problems
    assert problem.kind == "unverified"


def torch_file(
    root=b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x06NtQ.", more=b""
):
    """Return what PyTorch saves of a storage that is pickled by itself: five pickles, and the numbers."""
    head = b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    return head + root + pickle.dumps(["0"], 2) + struct.pack("<Q", 6) + bytes(24) + more


def as_bytes(data, code=b"B", form="<I"):
    return code + struct.pack(form, len(data)) + data


LOADER = b"ctorch.storage\n_load_from_bytes\n"
LOADED = LOADER + as_bytes(torch_file()) + b"\x85R"
UNKNOWN = [("unknown", "it imports torch.storage._load_from_bytes, which loads any file of PyTorch")]
EVIL = torch_file(b"\x80\x02cos\nsystem\nU\x02id\x85R.")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (LOADED + b".", []),
        (b"ctorch._utils\n_rebuild_tensor_v2\n(" + LOADED + b"K\0(K\x02K\x03t(K\x03K\x01t\x89NtR.", []),
        (b"](" + LOADER + b"q\0" + as_bytes(torch_file()) + b"\x85Rh\0" + as_bytes(torch_file()) + b"\x85Re.", []),
        (b"(" + as_bytes(torch_file()) + b"itorch.storage\n_load_from_bytes\n.", []),
        (LOADER + b"0N.", []),
        (LOADER + as_bytes(torch_file(more=b"x")) + b"\x85R.", UNKNOWN),
        (LOADER + as_bytes(torch_file()[:-1]) + b"\x85R.", UNKNOWN),
        (LOADER + as_bytes(b"PK\x03\x04" + bytes(40)) + b"\x85R.", UNKNOWN),
        (LOADER + as_bytes(torch_file(), b"\x96", "<Q") + b"\x85R.", UNKNOWN),
        (LOADER + b"c_codecs\nencode\nU\x02ab\x85R\x85R.", UNKNOWN),
        (LOADER + b".", UNKNOWN),
        (b"](" + LOADER + b"e.", UNKNOWN),
        (b"](" + LOADED + LOADER + b"e.", UNKNOWN),
        (b"](" + LOADER + b"q\0" + as_bytes(torch_file()) + b"\x85Rh\0e.", UNKNOWN),
        (b"](" + LOADER + b"2" + as_bytes(torch_file()) + b"\x85Re.", UNKNOWN),
        (b"ccollections\ndefaultdict\n" + LOADER + b"\x85R.", UNKNOWN),
        (b"cfunctools\npartial\n(" + LOADER + as_bytes(torch_file()) + b"tR.", UNKNOWN),
        (
            LOADER + as_bytes(EVIL) + b"\x85R.",
            [("dangerous", "it imports os.system, which can run code as soon as the file is loaded"), *UNKNOWN],
        ),
    ],
)
def test_a_storage_that_is_pickled_by_itself_is_harmless_where_nothing_else_is_done_with_its_loader(data, told):
    file = inspect([InMemory("model.pkl", b"\x80\x04" + data)]).inspection.files[0]
    assert [(each.kind, each.text) for each in file.problems] == told
    assert "torch.storage._load_from_bytes" in file.globals
