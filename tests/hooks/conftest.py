"""A user with a config of hooks, and a registry opened as programs open it."""

import json
import os
import sys

import pytest
from schemas import event

from modelkeep import registry as api


class Hooked:
    """A home, a registry in it with two versions, and what its user was told."""

    def __init__(self, root):
        self.root = root
        self.config = root / "config" / "modelkeep" / "config.toml"
        self.config.parent.mkdir(parents=True)
        self.directory = root / "registry"
        self.said = []
        made, _ = api.create_registry(self.directory)
        for name in ("one", "two"):
            (root / name).write_text(name)
            made.register("fraud", root / name, code="none")
        self.registry_hooks = self.directory / "hooks.toml"

    def configure(self, **hooks):
        """Write hooks into the user's config, each as a table."""
        self.config.write_text(to_toml(hooks))

    def share(self, mode=0o644, **hooks):
        """Write hooks into the registry's directory."""
        self.registry_hooks.write_text(to_toml(hooks))
        self.registry_hooks.chmod(mode)

    @property
    def registry(self):
        """The registry, opened anew: hooks are read once."""
        return api.open_registry(self.directory, say=self.said.append)

    def script(self, name, code):
        """Return the command of a Python program."""
        path = self.root / f"{name}.py"
        path.write_text(code)
        return [sys.executable, str(path)]

    def keeper(self, name="keep"):
        """Return a command that writes each event it is told into ``name.N``, and the path of the first."""
        code = (
            "import itertools, os, sys\n"
            f"place = next(p for n in itertools.count(1) if not os.path.exists(p := {str(self.root / name)!r} + f'.{{n}}'))\n"
            "open(place, 'wb').write(sys.stdin.buffer.read())\n"
        )
        return self.script(name, code)

    def told(self, name="keep"):
        """Return the events that a keeper was told, in order; each keeps to the schema that the package has."""
        paths = sorted(self.root.glob(f"{name}.[0-9]*"), key=lambda path: int(path.suffix[1:]))
        return [event(path.read_bytes()) for path in paths]


def to_toml(hooks):
    lines = []
    for name, table in hooks.items():
        lines.append(f"[hooks.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def hooked(tmp_path, monkeypatch):
    for kind in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    monkeypatch.chdir(tmp_path)
    return Hooked(tmp_path)
