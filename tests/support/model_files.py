"""Files as the readers of formats want them: in memory, or on disk by ranges; and a small file of safetensors."""

import json
import os
import struct


class InMemory:
    """A file of an artifact in memory."""

    def __init__(self, path, data):
        self.path, self.data, self.size = path, bytes(data), len(data)

    def read(self, start, length):
        return self.data[start : start + length]


class OnDisk:
    """A file of an artifact on disk; ``asked`` counts the bytes that were read."""

    def __init__(self, real, path=None):
        self.real, self.path = str(real), path or os.path.basename(real)
        self.size, self.asked = os.path.getsize(real), 0

    def read(self, start, length):
        with open(self.real, "rb") as file:
            file.seek(start)
            found = file.read(length)
        self.asked += len(found)
        return found


def files_below(root):
    """Return the files of a directory, as an artifact has them."""
    return [
        OnDisk(os.path.join(folder, name), os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/"))
        for folder, _, names in os.walk(root)
        for name in sorted(names)
    ]


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
