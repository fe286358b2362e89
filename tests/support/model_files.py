"""Small files of model formats, made here byte by byte."""

import json
import struct


def safetensors(tensors, metadata=None, *, gap=0):
    """Return a file with tensors of F32 by name and shape; with a ``gap`` the first begins too late."""
    header, end = {} if metadata is None else {"__metadata__": metadata}, gap
    for name, shape in tensors.items():
        size = 4
        for length in shape:
            size *= length
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)
