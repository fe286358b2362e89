"""Small model files, byte by byte: what the readers of formats are tested with beside files that other programs made."""

import io
import json
import struct
import zipfile


def safetensors(header, data=b""):
    """Return a safetensors file; the header is an object, or its bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def packed(entries, compression=zipfile.ZIP_DEFLATED):
    """Return a zip archive of pairs of name and bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return file.getvalue()


def varint(number):
    """Return a number as protocol buffers write it; a negative one has ten bytes."""
    number &= (1 << 64) - 1
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def message(*fields):
    """Return a protocol buffer of pairs of number and value: a number, text, bytes, or a float of four bytes."""
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += varint(number << 3) + varint(value)
        elif isinstance(value, float):
            found += varint(number << 3 | 5) + struct.pack("<f", value)
        else:
            data = value.encode() if isinstance(value, str) else value
            found += varint(number << 3 | 2) + varint(len(data)) + data
    return found


def onnx_tensor(name, shape, raw, kind=1, *more):
    """Return a TensorProto of 32-bit floats."""
    return message(*((1, size) for size in shape), (2, kind), (8, name), *(() if raw is None else ((9, raw),)), *more)


def onnx_value(name, shape, kind=1):
    """Return a ValueInfoProto."""
    sizes = [(1, message((1 if isinstance(size, int) else 2, size))) for size in shape]
    return message((1, name), (2, message((1, message((1, kind), (2, message(*sizes)))))))


def onnx_node(name, *more):
    """Return a NodeProto."""
    return message((1, "x"), (2, "y"), (4, name), *more)


def onnx_graph(nodes=(), weights=(), inputs=(), outputs=()):
    """Return a GraphProto."""
    parts = ((1, nodes), (5, weights), (11, inputs), (12, outputs))
    return message((2, "g"), *((number, each) for number, values in parts for each in values))


def onnx(graph, *more, opsets=(("", 17),)):
    """Return a ModelProto."""
    versions = [(8, message((1, domain), (2, version))) for domain, version in opsets]
    return message((1, 8), (2, "maker"), (3, "1.0"), (7, graph), *versions, *more)


def gguf_text(text, width="Q", order="<"):
    """Return a text of GGUF."""
    data = text.encode()
    return struct.pack(order + width, len(data)) + data


def gguf_value(value, order="<", width="Q"):
    """Return a type and a value: bool, an integer as 32 bits, text, or a list of texts."""
    if isinstance(value, bool):
        return struct.pack(order + "IB", 7, value)
    if isinstance(value, int):
        return struct.pack(order + "II", 4, value)
    if isinstance(value, str):
        return struct.pack(order + "I", 8) + gguf_text(value, width, order)
    texts = b"".join(gguf_text(each, width, order) for each in value)
    return struct.pack(order + "II" + width, 9, 8, len(value)) + texts


def gguf(values, weights=(), data=b"", *, version=3, order="<", counts=None, alignment=32):
    """Return a GGUF file; ``weights`` are name, shape, type and offset."""
    width = "I" if version == 1 else "Q"
    keys = b"".join(gguf_text(key, width, order) + gguf_value(value, order, width) for key, value in values.items())
    infos = b"".join(
        gguf_text(name, width, order) + struct.pack(f"{order}I{len(shape)}{width}IQ", len(shape), *shape, kind, offset)
        for name, shape, kind, offset in weights
    )
    head = b"GGUF" + struct.pack(f"{order}I2{width}", version, *(counts or (len(weights), len(values))))
    found = head + keys + infos
    return found + (b"\0" * (-len(found) % alignment) + data if weights else b"")


def flat(tree):
    """Return a FlatBuffer with the identifier TFL3: dicts are tables by number of field, then lists, texts, 32-bit numbers."""
    out = bytearray(b"\0\0\0\0TFL3")

    def put(value):
        if isinstance(value, dict):
            fields = max(value, default=-1) + 1
            vtable, start = len(out), len(out) + 4 + 2 * fields
            out.extend(struct.pack("<HH", 4 + 2 * fields, 4 + 4 * fields))
            out.extend(b"".join(struct.pack("<H", 4 + 4 * i if i in value else 0) for i in range(fields)))
            out.extend(struct.pack("<i", start - vtable) + bytes(4 * fields))
            for i, each in value.items():
                at = start + 4 + 4 * i
                out[at : at + 4] = (
                    struct.pack("<i", each) if isinstance(each, int) else struct.pack("<I", put(each) - at)
                )
            return start
        if isinstance(value, str):
            start = len(out)
            out.extend(struct.pack("<I", len(value)) + value.encode() + b"\0")
            return start
        start = len(out)
        out.extend(struct.pack("<I", len(value)) + bytes(4 * len(value)))
        for i, each in enumerate(value):
            at = start + 4 + 4 * i
            out[at : at + 4] = struct.pack("<i", each) if isinstance(each, int) else struct.pack("<I", put(each) - at)
        return start

    out[:4] = struct.pack("<I", put(tree))
    return bytes(out)
