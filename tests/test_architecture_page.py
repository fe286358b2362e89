"""docs/architecture.md, the map of the code: every path on it exists, every room is on it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "modelkeep"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
# Paths of the text, those with a capitalised placeholder aside.
PATHS = sorted(
    {path for path in re.findall(r"`([a-z_/]+(?:/|\.py))`", PAGE) if path not in {"__init__.py", "interface.py"}}
)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_on_the_map_exists(path):
    inside = [room / path for room in (SOURCE, SOURCE / "store" / "db", SOURCE / "store" / "bucket", SOURCE / "cli")]
    verbs = [SOURCE / "domain" / "verbs" / path, SOURCE / "changes" / path, SOURCE / "reads" / path]
    assert any(place.exists() for place in [ROOT / path, *inside, *verbs])


def test_every_room_is_on_the_map():
    rooms = [path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    rooms += [f"store/{path.name}" for path in (SOURCE / "store").iterdir() if (path / "__init__.py").exists()]
    assert [room for room in rooms if f"{room}/" not in PAGE] == []
