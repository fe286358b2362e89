"""What must be so of files that are moved in: each is there whole or registered, and in the end the store has files of its own."""

import stat
from pathlib import Path

from harm import Place, Played


def is_on_its_way(played: Played, found: dict[str, object]) -> bool:
    """Tell whether all is registered, and of the files some are gone and the others whole."""
    old, new, there = (each["work"] for each in (played.old, played.new, found))
    rest = {part: played.new[part] for part in found if part != "work"}
    return {**found, **rest} == found and new.items() <= there.items() <= old.items()


def what_next(played: Played, found: dict[str, object]) -> tuple[tuple[str, ...], dict[str, object]]:
    """Return the next command, and what must be there after it.

    What is registered is cleaned: with some of its files it would be another version, and with none of them nothing.
    """
    if found["registry"] != played.new["registry"]:
        return played.scene.words, played.new
    return ("gc", "--grace", "0"), found


def shared(place: Place) -> list[str]:
    """Return the stored files that have a second name, and files that have one or lost their mode."""
    blobs = (place.registry / "store" / "blobs").rglob("*")
    linked = [
        f"{path.name} has {path.stat().st_nlink} names" for path in blobs if _is_file(path) and path.stat().st_nlink > 1
    ]
    for path in filter(_is_file, place.work.rglob("*")):
        kept = place.kept / "work" / path.relative_to(place.work)
        if path.stat().st_nlink > 1:
            linked.append(f"{path.name} has {path.stat().st_nlink} names")
        if _is_file(kept) and _mode(kept) != _mode(path) and not _mode(path) & stat.S_IWUSR:
            linked.append(f"{path.name} has mode {_mode(path):o}")
    return linked


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
