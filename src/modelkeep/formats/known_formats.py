"""Which reader a file is for: one table, so that a reader is imported only where a file asks for it.

What a file begins with decides first, where that is certain; then its name; then a guess from its first bytes. So a
pickle is known as one whatever it is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType

from msgspec import Struct


class FileFormat(Struct, frozen=True):
    """A format of one file: ``reader`` is a module beside this one, ``magic`` bytes that no file of another format begins with.

    ``certain`` judges a file by its first 4 KiB and its size before its name does, ``guess`` where neither magic bytes nor
    its name say what it is.
    """

    name: str
    reader: str
    magic: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()
    certain: Callable[[bytes, int], bool] | None = None
    guess: Callable[[bytes, int], bool] | None = None

    def load(self) -> ModuleType:
        """Return the reader, a `FileReader`."""
        return import_module(f"modelkeep.formats.{self.reader}")


class TreeFormat(Struct, frozen=True):
    """A format that is several files: its reader is asked where a file bears one of these names."""

    name: str
    reader: str
    files: tuple[str, ...]

    def load(self) -> ModuleType:
        """Return the reader, a `TreeReader`."""
        return import_module(f"modelkeep.formats.{self.reader}")


def _is_safetensors(head: bytes, size: int) -> bool:
    return head[8:10] == b'{"' and 8 + int.from_bytes(head[:8], "little") <= size


def _is_tar(head: bytes) -> bool:
    """Tell whether a file begins with a header of tar, by its sum."""
    stated = head[148:156].strip(b" \0")
    if len(head) < 512 or not stated.isdigit() or set(stated) - set(b"01234567"):
        return False
    return int(stated, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:512])


def _is_surely_pickle(head: bytes, size: int) -> bool:
    """Tell whether a file begins as pickles do, whatever it is called; a length of safetensors may look so."""
    if _is_tar(head):  # the oldest archives of PyTorch, of which nothing is verified
        return True
    if not head.startswith(b"\x80") or _is_safetensors(head, size):
        return False
    from modelkeep.formats.pickle_guess import has_header

    return has_header(head)


#: How pickles are called; any other file may be one too.
PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib", ".pth", ".pt", ".dill", ".cloudpickle")
#: The instructions that can be the first of a pickle, and how files begin that are compressed as joblib does it.
_FIRST_INSTRUCTIONS = frozenset(b"(])}BCFGIJKLMNPSTUVXc\x80\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97")
_COMPRESSED = (
    b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"BZh", b"\x1f\x8b", b"\x5d\x00", b"ZF0x", b"x\x01", b"x^", b"x\x9c",
    b"x\xda",
)  # fmt: skip


def _is_pickle(head: bytes, size: int) -> bool:
    if not head or not (head[0] in _FIRST_INSTRUCTIONS or head.startswith(_COMPRESSED)):
        return False
    from modelkeep.formats.pickle_guess import is_pickle

    return is_pickle(head, size)


#: With a version behind it, since a text about the format may begin with its name.
_GGUF = tuple(b"GGUF" + version.to_bytes(4, order) for version in (1, 2, 3) for order in ("little", "big"))


def _is_xgboost(head: bytes, _: int) -> bool:
    """Tell whether a file is JSON with a learner, or of the old binary format, which no text is."""
    return re.match(rb'\s*\{\s*"learner"\s*:\s*\{', head) is not None or (
        head.startswith(b"binf") and b"\0" in head[:64]
    )


def _is_pmml(head: bytes, _: int) -> bool:
    return b"<PMML" in head and re.match(rb"(\xef\xbb\xbf)?\s*<[?!P]", head) is not None


#: In the order in which they are tried.
FILE_FORMATS = (
    FileFormat("gguf", "gguf", magic=_GGUF, suffixes=(".gguf",)),
    FileFormat("zip", "zip_formats", magic=(b"PK\x03\x04", b"PK\x05\x06"), suffixes=(".keras", ".npz")),
    FileFormat("npy", "numpy_arrays", magic=(b"\x93NUMPY",), suffixes=(".npy",)),
    FileFormat("hdf5", "hdf5", magic=(b"\x89HDF\r\n\x1a\n",), suffixes=(".h5", ".hdf5")),
    FileFormat("tflite", "tflite", suffixes=(".tflite",), guess=lambda head, _: head[4:8] == b"TFL3"),
    FileFormat("saved-model", "saved_model", suffixes=("saved_model.pb",)),
    FileFormat("xgboost", "xgboost", magic=(b"{L\0\0\0\0\0\0\0\7learner",), guess=_is_xgboost),
    FileFormat("lightgbm", "lightgbm", magic=(b"tree\nversion=", b"tree\r\nversion=")),
    FileFormat("fasttext", "fasttext", magic=(b"\xba\x16O/",), suffixes=(".ftz",)),
    FileFormat("catboost", "catboost", magic=(b"CBM1",), suffixes=(".cbm",)),
    FileFormat("coreml", "coreml", suffixes=(".mlmodel",)),
    FileFormat("pmml", "pmml", suffixes=(".pmml",), guess=_is_pmml),
    FileFormat("onnx", "onnx", suffixes=(".onnx",)),
    FileFormat("safetensors", "safetensors", suffixes=(".safetensors",), guess=_is_safetensors),
    FileFormat(
        "pickle",
        "pickles",
        suffixes=PICKLE_SUFFIXES,
        certain=_is_surely_pickle,
        guess=_is_pickle,
    ),
)

#: In the order in which they are tried: the first that knows the files counts.
TREE_FORMATS: tuple[TreeFormat, ...] = (
    TreeFormat("mlflow", "mlflow_model", ("MLmodel",)),
    TreeFormat(
        "huggingface",
        "huggingface",
        (
            "config.json",
            "adapter_config.json",
            "model_index.json",
            "model.safetensors.index.json",
            "pytorch_model.bin.index.json",
            "adapter_model.safetensors.index.json",
        ),
    ),
    TreeFormat("saved-model", "saved_model_tree", ("saved_model.pb",)),
)


def format_of(path: str, head: bytes, size: int) -> FileFormat | None:
    """Return the format of a file by its first bytes and its name, None where it is of no known one."""
    name = path.rpartition("/")[2].lower()
    for each in FILE_FORMATS:
        if each.magic and head.startswith(each.magic):
            return each
    for each in FILE_FORMATS:
        if each.certain is not None and each.certain(head, size):
            return each
    for each in FILE_FORMATS:
        if each.suffixes and name.endswith(each.suffixes):
            return each
    return next((each for each in FILE_FORMATS if each.guess is not None and each.guess(head, size)), None)


def tree_formats(paths: Iterable[str]) -> tuple[TreeFormat, ...]:
    """Return the formats of directories that the names of these files speak for."""
    names = {path.rpartition("/")[2] for path in paths}
    return tuple(each for each in TREE_FORMATS if not names.isdisjoint(each.files))
