"""Makes files with PyTorch, and says what PyTorch says of them: ``python torch_models.py DIR``.

``tests/fixtures/torch`` holds what 2.13.0 wrote. PyTorch is too large to be installed for a test.
"""

import json
import os
import sys

import torch
import torch.distributed.checkpoint as distributed


class Net(torch.nn.Module):
    """A model with a buffer that is no parameter, and with tied weights."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.norm = torch.nn.BatchNorm2d(4)
        self.words = torch.nn.Embedding(4, 2)
        self.back = torch.nn.Linear(2, 4, bias=False)
        self.back.weight = self.words.weight

    def forward(self, x):
        return self.back(self.words(self.norm(self.conv(x)).mean((2, 3)).argmax(1)))


DTYPES = (
    "bfloat16 float16 float32 float64 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu int8 int16"
    " int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128"
)


def told(tensors, parameters=None):
    """Return the names, types and shapes of tensors, and how many numbers they hold."""
    listed = [[name, str(each.dtype).removeprefix("torch."), list(each.shape)] for name, each in tensors.items()]
    return {"tensors": listed, "parameters": parameters or sum(each.numel() for each in tensors.values())}


def make():
    """Write the files, and return what they hold by name."""
    torch.manual_seed(1)
    model = Net().eval()
    state = model.state_dict()
    holds = sum(each.numel() for each in (*model.parameters(), *model.buffers()))
    said = {}

    def save(name, value, tensors, parameters=None, **more):
        torch.save(value, name, **more)
        said[name] = told(tensors, parameters)

    save("state.pt", state, state, holds)
    save("legacy.pth", state, state, holds, _use_new_zipfile_serialization=False)
    parallel = torch.nn.DataParallel(model).state_dict()
    save("parallel.pt", parallel, parallel, holds)
    types = {each: torch.zeros(3, 4).to(getattr(torch, each)) for each in DTYPES.split()}
    save("types.pt", types, types)
    save("types.pth", types, types, _use_new_zipfile_serialization=False)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    moments = {
        f"state.{i}.{key}": each for i, kept in optimizer.state_dict()["state"].items() for key, each in kept.items()
    }
    save(
        "checkpoint.pt",
        {"epoch": 3, "optimizer": optimizer.state_dict()},
        {f"optimizer.{key}": each for key, each in moments.items()},
    )
    distributed.save({"model": state}, checkpoint_id="distributed")
    said["distributed/.metadata"] = told({f"model.{name}": each for name, each in state.items()})
    traced = torch.jit.trace(model, torch.zeros(1, 3, 8, 8))
    traced.save("trace.pt")
    said["trace.pt"] = told({name: each for name, each in state.items() if name != "back.weight"})
    exported = torch.export.export(
        model, (torch.zeros(2, 3, 8, 8),), dynamic_shapes={"x": {0: torch.export.Dim("batch")}}
    )
    for node in exported.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of the machine
    torch.export.save(exported, "export.pt2")
    said["export.pt2"] = told(dict(sorted(exported.state_dict.items())), holds)
    return said


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    with open("said.json", "w") as file:
        json.dump(make(), file, indent=1)
