"""Files that mean harm to a reader of model formats: cut, changed, nested, and with counts that lie.

``cases()`` are the format, a name, the path, and a function that returns the bytes; the same at each run. Run as a program, it
reads them all in little memory and prints what was found, a JSON object a line: ``hostile_models.py BYTES [SIZE]``. A SIZE
of 16 makes files as large as readers allow, which takes minutes; the memory suffices for those too.
"""

import io
import json
import random
import struct
import sys
import zipfile

from model_files import InMemory
from model_makers import (
    flat,
    gguf,
    message,
    onnx,
    onnx_graph,
    onnx_node,
    onnx_tensor,
    onnx_value,
    packed,
    safetensors,
    varint,
)

#: The least that each of these formats is tried with.
FORMATS = ("safetensors", "onnx", "gguf", "zip", "keras", "npz", "tflite", "saved_model", "ubj", "h5", "pt2")
_SIZE = int(sys.argv[2]) if __name__ == "__main__" and len(sys.argv) > 2 else 1
_MEGA = _SIZE << 16


def _many(count):
    return count * _SIZE // 16


def _spoiled(name, data):
    """Yield a file cut at a dozen places, and one with bytes changed at as many."""
    chance = random.Random(name)
    for i in range(12):
        cut = data[: len(data) * i // 12]
        yield f"{name} cut at {len(cut)}", lambda found=cut: found
    for i in range(14):
        changed = bytearray(data)
        for _ in range(1 + i // 4):
            changed[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        yield f"{name} changed {i}", lambda found=bytes(changed): found


def _entry(**more):
    return {"dtype": "U8", "shape": [1], "data_offsets": [0, 1], **more}


def _safetensors():
    yield "good", lambda: safetensors({"a": _entry(), "__metadata__": {"b": "c"}}, b"0")
    yield from _spoiled("st", safetensors({"a": _entry(), "b": _entry(data_offsets=[1, 2])}, b"01"))
    yield "length", lambda: struct.pack("<Q", (1 << 64) - 1) + b"{}"
    yield "nested lists", lambda: safetensors(b'{"a":' + b"[" * (10 * _MEGA))
    yield "nested objects", lambda: safetensors(b'{"a":' * (2 * _MEGA))
    yield "many lists", lambda: safetensors(b'{"a":[' + b"[]," * (5 * _MEGA) + b"[]]}")
    yield "many keys", lambda: safetensors(b"{" + b",".join(b'"%d":0' % i for i in range(_many(499_000))) + b"}")
    yield "very many keys", lambda: safetensors(b"{" + b'"":0,' * (3 * _MEGA) + b'"":0}')
    yield (
        "many tensors",
        lambda: safetensors(
            {str(i): _entry(data_offsets=[i, i + 1]) for i in range(_many(50_000))}, bytes(_many(50_000))
        ),
    )
    yield "many overlaps", lambda: safetensors({str(i): _entry() for i in range(_many(20_000))}, b"0")
    yield "many sizes", lambda: safetensors({"a": _entry(shape=[999_999_999] * _many(100_000))})
    yield "large sizes", lambda: safetensors({"a": _entry(shape=[1 << 62] * 64)})
    yield "large number", lambda: safetensors(b'{"a":' + b"9" * (4 * _MEGA) + b"}")
    yield "long name", lambda: safetensors({"x" * (4 * _MEGA): _entry()}, b"0")
    yield "long metadata", lambda: safetensors({"__metadata__": {"a": "b" * (8 * _MEGA)}})
    yield "much metadata", lambda: safetensors({"__metadata__": {str(i): "" for i in range(_many(200_000))}})
    yield "surrogates", lambda: safetensors(b'{"\\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"0")
    yield "controls", lambda: safetensors({"\x1b[2J\x00\u202e": _entry()}, b"0")
    yield "no UTF-8", lambda: safetensors(b'{"\xff":1}')


def _nested(depth):
    graph = onnx_graph(nodes=[onnx_node("Relu")])
    for _ in range(depth):
        graph = onnx_graph(nodes=[onnx_node("If", (5, message((6, graph))))])
    return graph


def _deep_type(depth):
    found = message((1, message((1, 1))))
    for _ in range(depth):
        found = message((4, message((1, found))))
    return found


def _onnx():
    good = onnx_graph(
        [onnx_node("Relu")], [onnx_tensor("w", [2], bytes(8))], [onnx_value("x", ["n", 2])], [onnx_value("y", [2])]
    )
    yield "good", lambda: onnx(good)
    yield from _spoiled("onnx", onnx(good))
    yield "nested graphs", lambda: onnx(_nested(200))
    yield "nested types", lambda: onnx(onnx_graph(inputs=[message((1, "x"), (2, _deep_type(500)))]))
    yield "endless number", lambda: b"\x80" * 100
    yield "group", lambda: b"\x0b\x0c" * 100
    yield "many nodes", lambda: onnx(onnx_graph() + b"\x0a\x00" * _many(1_000_000))
    yield "many operators", lambda: onnx(onnx_graph(nodes=[onnx_node(f"Op{i}") for i in range(20_000)]))
    yield "many tensors", lambda: onnx(onnx_graph() + b"\x2a\x00" * (2 * _MEGA))
    yield (
        "many names",
        lambda: onnx(onnx_graph(weights=[onnx_tensor(f"{i:04000}", [1], b"") for i in range(_many(8000))])),
    )
    yield "many sizes", lambda: onnx(onnx_graph(weights=[message((1, b"\x7f" * (8 * _MEGA)))]))
    yield "large sizes", lambda: onnx(onnx_graph(weights=[onnx_tensor("w", [1 << 62] * 64, b"")]))
    yield "many dimensions", lambda: onnx(onnx_graph(inputs=[onnx_value("x", [1] * _many(300_000))]))
    yield "long name", lambda: onnx(onnx_graph(weights=[onnx_tensor("w" * (30 * _MEGA), [1], bytes(4))]))
    yield "much metadata", lambda: onnx(good) + message(*((14, message((1, str(i)))) for i in range(_many(200_000))))
    yield "many opsets", lambda: onnx(good, opsets=[(str(i), i) for i in range(_many(100_000))])
    yield "controls", lambda: onnx(onnx_graph(nodes=[onnx_node("\x1b[2J\n\x00")]))
    yield "no UTF-8", lambda: onnx(onnx_graph(nodes=[message((4, b"\xff\xfe\xed\xa0\x80"))]))
    yield "a length of 2 ** 64", lambda: b"\x3a" + varint((1 << 64) - 1)


def _gguf():
    good = gguf({"general.architecture": "llama", "t": ["a", "b"], "n": 3, "f": True}, [("w", (2, 2), 0, 0)], bytes(16))
    key, lists = struct.pack("<Q", 1) + b"k", struct.pack("<II", 9, 9)
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
    yield "good", lambda: good
    yield from _spoiled("gguf", good)
    yield "counts", lambda: gguf({}, counts=((1 << 64) - 1, (1 << 64) - 1))
    yield "many tensors", lambda: gguf({}, counts=(_many(3_000_000), 0)) + bytes(_many(72_000_000))
    yield "many keys", lambda: gguf({}, counts=(0, _many(1_000_000))) + bytes(_many(14_000_000))
    yield "same keys", lambda: gguf({}, counts=(0, 10_000)) + (struct.pack("<Q", 0) + struct.pack("<IB", 0, 1)) * 10_000
    yield "nested lists", lambda: head + key + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 1000
    yield (
        "many lists",
        lambda: head + key + lists + struct.pack("<Q", _many(1_000_000)) + struct.pack("<IQ", 0, 0) * _many(1_000_000),
    )
    yield "many texts", lambda: gguf({"t": [""] * _many(5_000_000)})
    yield "long list", lambda: head + key + struct.pack("<IIQ", 9, 12, 1 << 61)
    yield "long text", lambda: gguf({"general.name": "x" * (40 * _MEGA)})
    yield "long key", lambda: gguf({"x" * (40 * _MEGA): 1})
    yield "long names", lambda: gguf({}, [(f"{i:09000}", (1,), 0, 0) for i in range(_many(5000))], bytes(4))
    yield "templates", lambda: gguf({f"tokenizer.chat_template.{i}": "x" * 300_000 for i in range(_many(96))})
    yield "large sizes", lambda: gguf({}, [("w", ((1 << 64) - 1,) * 4, 0, (1 << 64) - 1)])
    yield "controls", lambda: gguf({"general.name": "\x1b[2J\x00", "general.architecture": "\n"})
    yield "alignment", lambda: gguf({"general.alignment": 1 << 31}, [("w", (1,), 0, 0)], bytes(4))
    yield "other order", lambda: b"GGUF" + struct.pack(">IQQ", 3, 1 << 40, 1 << 40)


def _bomb(layers):
    data = bytes(10 * _MEGA)
    for _ in range(layers):
        data = packed([("bomb.zip", data)])
    return data


def _listed(patch):
    """Return an archive of one entry whose list is changed."""
    data = bytearray(packed([("a/data.pkl", b"N.")]))
    patch(data, data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06"))
    return bytes(data)


def _put(at, form, value):
    return lambda data, listed, end: struct.pack_into(form, data, (listed if at >= 0 else end) + abs(at), value)


def _zip():
    yield from _spoiled("zip", packed([("a/data.pkl", b"\x80\x02N."), ("a/version", b"3"), ("a/data/0", bytes(8))]))
    yield "bomb", lambda: _bomb(1)
    yield "bombs", lambda: _bomb(3)
    yield "pickle bomb", lambda: packed([("a/data.pkl", b"\x80\x02" + b"N" * (60 * _MEGA) + b".")])
    yield "many entries", lambda: packed([(str(i), b"") for i in range(_many(80_000))], zipfile.ZIP_STORED)
    yield "very many entries", lambda: packed([(f"{i:060}", b"") for i in range(60_000)], zipfile.ZIP_STORED)
    yield "long names", lambda: packed([(f"{i:060000}", b"") for i in range(_many(64))])
    yield "long list", lambda: _listed(_put(-12, "<L", (1 << 32) - 1))
    yield "place of the list", lambda: _listed(_put(-16, "<L", (1 << 32) - 1))
    yield "place of an entry", lambda: _listed(_put(42, "<L", (1 << 32) - 2))
    yield "size of an entry", lambda: _listed(_put(24, "<L", (1 << 32) - 2))
    yield "packed size", lambda: _listed(_put(20, "<L", (1 << 32) - 2))
    yield "version", lambda: _listed(_put(6, "<B", 255))
    yield "compression", lambda: _listed(_put(10, "<H", 98))
    yield "flags", lambda: _listed(_put(8, "<H", 0xFFFF))
    yield "checksum", lambda: _listed(_put(16, "<L", 1))
    yield "extra", lambda: _listed(_put(30, "<H", 0xFFFF))
    yield "only an end", lambda: b"PK\x05\x06" + b"\xff" * 18
    yield "unbounded compression", lambda: packed([("a/data.pkl", bytes(50 * _MEGA))], zipfile.ZIP_BZIP2)


def _keras():
    def archive(config):
        return packed([("metadata.json", b"{}"), ("config.json", config)])

    yield from _spoiled("keras", archive(b'{"class_name": "Model", "config": {"name": "m", "layers": []}}'))
    yield "nested", lambda: archive(b'{"class_name":"M","config":' + b"[" * _many(2_000_000))
    yield "many lists", lambda: archive(b'{"class_name":"M","config":[' + b"[]," * _many(1_300_000) + b"[]]}")
    yield (
        "many objects",
        lambda: archive(b'{"class_name":"M","config":[' + b'{"class_name":"Lambda"},' * _many(170_000) + b"0]}"),
    )
    yield "long names", lambda: archive(json.dumps({"class_name": "M" * _many(3_000_000)}).encode())
    yield "bomb", lambda: archive(bytes(80 * _MEGA))


def _npz():
    def array(header):
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header

    good = array(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}") + bytes(8)
    yield from _spoiled("npz", packed([("a.npy", good), ("b.npy", good)]))
    yield "many arrays", lambda: packed([(f"{i}.npy", good) for i in range(_many(20_000))])
    yield "long types", lambda: packed([(f"{i}.npy", array(b"{'descr': '%s'" % (b"x" * 9000))) for i in range(100)])
    yield "nested", lambda: packed([("a.npy", array(b"[" * 9000))])
    yield "large number", lambda: packed([("a.npy", array(good[10:-10].replace(b"2,", b"9" * 9000 + b",")))])


def _tflite():
    graph = {0: [{0: [2], 2: 1, 3: "w"}], 1: [0], 2: [0], 3: [{0: 0}]}
    good = flat({0: 3, 1: [{3: 9}], 2: [graph], 3: "m", 4: [{}, {0: [0] * 2}]})
    yield from _spoiled("tflite", good)
    yield "loop", lambda: struct.pack("<I", 8) + b"TFL3" + struct.pack("<iHH", -4, 64, 64) + b"\4\0" * 60
    for i in range(20):
        changed = bytearray(good)
        at = i * (len(good) // 21) & ~3
        changed[at : at + 4] = struct.pack("<i", (-1, 1 << 30, 4, -4)[i % 4])
        yield f"place {i} changed ", lambda found=bytes(changed): found


def _saved_model():
    node = message((1, "n"), (2, "MatMul"))
    good = message((1, 1), (2, message((1, message((4, "serve"))), (2, message((1, node))))))
    yield from _spoiled("saved_model", good)
    yield (
        "many signatures",
        lambda: message((2, message(*((5, message((1, str(i)), (2, b""))) for i in range(_many(100_000)))))),
    )
    yield (
        "many operators",
        lambda: message((2, message((2, message(*((1, message((2, f"O{i}"))) for i in range(20_000))))))),
    )
    yield "many tags", lambda: message((2, message((1, message(*((4, str(i)) for i in range(_many(100_000))))))))
    yield "many variables", lambda: message((2, message((7, b"\x0a\x02\x3a\x00" * _many(2_000_000)))))


def _ubj():
    def learner(rest):
        return b"{L" + struct.pack(">q", 7) + b"learner" + rest

    yield from _spoiled("ubj", learner(b"{L" + struct.pack(">q", 4) + b"nameSi\x01x}}"))
    yield "nested", lambda: learner(b"[" * _many(5_000_000))
    yield "many numbers", lambda: learner(b"[#l" + struct.pack(">i", _many(2_000_000)) + b"i\0" * _many(2_000_000))
    yield "nothing many times", lambda: learner(b"[$N#L" + struct.pack(">q", 1 << 62))
    yield "long texts", lambda: learner(b"[" + (b"SI" + struct.pack(">h", 30_000) + bytes(30_000)) * _many(2000) + b"]")


def _written(fill, **more):
    """Return an HDF5 file that h5py writes."""
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w", **more) as root:
        fill(root)
    return file.getvalue()


def _h5():
    def fill(root):
        root.attrs["model_config"] = json.dumps({"class_name": "Model", "config": {"name": "m", "layers": []}})
        root["model_weights/dense/kernel"] = [1.0, 2.0]

    def fill_dense(root):
        for i in range(20):
            root.attrs[f"a{i}"] = "x"
            root[f"group {i}"] = [i]

    def fill_outside(root):
        import h5py

        root["link"] = h5py.ExternalLink("/etc/passwd", "/x")
        root.create_dataset("numbers", (4,), "u1", external=[("/etc/passwd", 0, 4)])

    good = _written(fill)
    yield "good", lambda: good
    yield from _spoiled("h5", good)
    for i in range(30):
        changed = bytearray(good)
        at = 64 + i * (len(good) // 31) & ~7
        changed[at : at + 8] = struct.pack("<Q", (96, 136, (1 << 64) - 2, 1 << 40)[i % 4])
        yield f"place {i} changed ", lambda found=bytes(changed): found
    yield "newer", lambda: _written(fill, libver="latest")
    yield "links in a heap", lambda: _written(fill_dense, libver="latest")
    yield "other files", lambda: _written(fill_outside)
    tree = good.index(b"TREE")
    again = struct.pack("<4sBBH4Q", b"TREE", 0, 1, 2, 0, 0, 0, tree) + struct.pack("<QQ", 0, tree)
    yield "a list of itself", lambda: good[:tree] + again + good[tree + len(again) :]
    pages = struct.pack("<4sBBH", b"TREE", 0, 0, 65_535) + bytes(16) + struct.pack("<QQ", 0, tree + 8) * 65_535
    yield "many pages", lambda: good.replace(struct.pack("<Q", tree), struct.pack("<Q", len(good))) + pages


def _pt2():
    def archive(model=b"{}", weights=b"{}"):
        parts = {"archive_format": b"pt2", "models/m.json": model, "data/weights/w_config.json": weights}
        return packed([(f"m/{name}", data) for name, data in parts.items()])

    weights = b'{"config": {"w": {"path_name": "w", "tensor_meta": {"dtype": 7, "sizes": [{"as_int": 3}]}}}}'
    yield from _spoiled("pt2", archive(weights=weights))
    yield "nested", lambda: archive(b'{"graph_module":' + b"[" * _many(10_000_000))
    yield "many nodes", lambda: archive(b'{"graph_module":{"graph":{"nodes":[' + b"{}," * _many(2_700_000) + b"{}]}}}")
    yield (
        "many values",
        lambda: archive(
            b'{"graph_module":{"graph":{"tensor_values":{'
            + b",".join(b'"%d":{}' % i for i in range(_many(180_000)))
            + b"}}}}"
        ),
    )
    yield (
        "many weights",
        lambda: archive(weights=b'{"config":{' + b",".join(b'"%d":{}' % i for i in range(_many(360_000))) + b"}}"),
    )
    yield "many sizes", lambda: archive(b'{"x":[' + b'{"expr_str":"__"},' * _many(1_700_000) + b"0]}")


_SUFFIXES = {"zip": "pt", "saved_model": "pb"}


def cases():
    """Yield format, name, path and what makes the bytes."""
    for each in FORMATS:
        for name, make in globals()[f"_{each}"]():
            path = "saved_model.pb" if each == "saved_model" else f"m.{_SUFFIXES.get(each, each)}"
            yield each, name, path, make


def main(limit):
    """Read all cases within so many bytes of memory beyond those of Python, the file and the program."""
    import resource

    from modelkeep.domain.known_documents import parse_inspection, to_document
    from modelkeep.formats.inspection import inspect

    for each, name, path, make in cases():
        file = InMemory(path, make())
        with open("/proc/self/statm") as status:
            used = int(status.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + limit, resource.RLIM_INFINITY))
        found = inspect([file]).inspection
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        problems = [] if found is None else [[problem.kind, problem.text] for _, problem in found.all_problems]
        assert found is None or parse_inspection(to_document(found)) == found
        print(json.dumps([each, name, found is not None, problems]), flush=True)
        del file, found


if __name__ == "__main__":
    main(int(sys.argv[1]))
