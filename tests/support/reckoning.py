"""What came of a harm, counted: acknowledged changes lost, half states, repairs, errors badly told."""

from dataclasses import dataclass, field

import moves

from harm import Ended, Place, Played, Strike
from modelkeep.registry import open_registry


@dataclass
class Toll:
    """What harm was done, and what came of it; ``troubles`` tells each case that must not be."""

    points: int = 0
    states: int = 0
    lost: int = 0
    half: int = 0
    repairs: int = 0
    rude: int = 0
    found: int = 0
    note: str = ""
    troubles: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Tell the figures in one line."""
        states = f", {self.states} states" if self.states else ""
        return (
            f"{self.points} points{states}: {self.lost} acknowledged changes lost, {self.half} half states, "
            f"{self.repairs} manual repairs, {self.rude} errors badly told{self.note}"
        )

    def add(self, kind: str, what: str) -> None:
        """Count a case."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.troubles.append(f"{kind}: {what}")


def judged(played: Played, ended: Ended, toll: Toll, where: object, *, lasting: bool = True) -> bool:
    """Count what came of one harm: old or new, nothing acknowledged lost, the next command works, verify is clean.

    Return whether the change was done. Of two harms that leave the same bytes, the first is judged for both.
    """
    toll.points += 1
    told = f"{played.scene} struck at {where}, ended {ended.code}, said {ended.stdout!r} {ended.stderr!r}"
    state, troubles = played.place.print(), len(toll.troubles)
    found = played.judged.get(state)
    if found is None:
        toll.states += 1
        found = _left(played, toll, told)
        if len(toll.troubles) == troubles:
            played.judged[state] = found
    done = found == played.new
    going = bool(found) and _is_on_its_way(played, found) and (ended.code != 0 or "stays" in ended.stderr)
    if found and lasting and (ended.code == 0 or ended.stdout.strip()) and not (done or going):
        toll.add("lost", f"{told}: {_difference(played, found)}")
    return done


def _left(played: Played, toll: Toll, told: str) -> dict[str, object]:
    """Count what is amiss in the state a harm left, and return what is seen in it: nothing if it cannot be read."""
    place, scene = played.place, played.scene
    try:
        found = place.look()
    except Exception as error:  # noqa: BLE001 - whatever a reader meets is what a person would have to repair
        toll.add("repairs", f"{told}: cannot be read: {error!r}")
        return {}
    if found not in (played.old, played.new) and not _is_on_its_way(played, found):
        toll.add("half", f"{told}: {_difference(played, found)}")
    if (findings := place.findings()) not in ([], played.findings):
        toll.add("repairs", f"{told}: verify finds {findings}")
    words, then = moves.what_next(played, found) if scene.moves else (scene.words, played.new)
    again = place.run(words)
    if again.code != 0 or "Traceback" in again.stderr:
        toll.add("repairs", f"{told}: and then {again}")
    elif (after := place.look()) != then:
        toll.add("repairs", f"{told}: and again, {_difference(played, after)}")
    elif findings := place.findings():
        toll.add("repairs", f"{told}: and again, verify finds {findings}")
    elif left := tidied(place) + moves.shared(place):
        toll.add("repairs", f"{told}: {left} is left")
    return found


def _is_on_its_way(played: Played, found: dict[str, object]) -> bool:
    return played.scene.moves and moves.is_on_its_way(played, found)


def tidied(place: Place) -> list[str]:
    """Let `gc` tidy up, and return what it left that should not be there."""
    with place.at_home():
        open_registry(place.registry).gc(grace="0")
    left = [f"{len(findings)} findings: {findings}"] if (findings := place.findings()) else []
    return [*left, *place.leftovers(), *(path.name for path in place.registry.glob("*-journal"))]


def politely(played: Played, ended: Ended, toll: Toll, where: object) -> None:
    """Count an error that is not told as one should be: no traceback, no bug, the file or directory named."""
    place = played.place
    told = f"{played.scene} struck at {where}, ended {ended.code}, said {ended.stdout!r} {ended.stderr!r}"
    if "Traceback" in ended.stderr or ended.code in {1, 70} or ended.code < 0:
        toll.add("rude", told)
    elif ended.code and not _is_stderr(where):
        first = next((line for line in ended.stderr.splitlines() if line.startswith("error: ")), "")
        names = (str(place.root), str(place.state), "standard output", "'out'", "'fresh'", "'moving/", "'some/where/")
        if not any(name in first for name in names):
            toll.add("rude", f"{told}: names nothing")


def _is_stderr(where: object) -> bool:
    """Tell whether what is to be told may not have been written."""
    return isinstance(where, Strike) and where.call == "write"


def _difference(played: Played, found: dict[str, object]) -> str:
    return (
        "; ".join(
            f"{part} is {found[part]!r}, was {played.old[part]!r}, would be {played.new[part]!r}"
            for part in found
            if found[part] not in (played.old[part], played.new[part])
        )
        or f"old {[part for part in found if found[part] == played.old[part] != played.new[part]]}, rest new"
    )
