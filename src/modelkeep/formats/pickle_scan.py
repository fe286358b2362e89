"""What a pickle would do, found by following it to its end: pickles behind each other, in bytes, between arrays of joblib.

Findings stay when the reading breaks off, and then a problem ``unverified`` says so: a pickle does what it does until
the instruction that fails.
"""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct, field

from modelkeep.domain.known_documents import Problem
from modelkeep.formats.byte_sources import ByteSource, EndOfBytes
from modelkeep.formats.interface import Budget, Malformed, OverBudget, Unread, clean
from modelkeep.formats.joblib_arrays import UnknownArray, array_bytes, has_objects, is_array_in_file
from modelkeep.formats.pickle_globals import judge
from modelkeep.formats.pickle_machine import Machine
from modelkeep.formats.pickle_opcodes import INSTRUCTIONS, run
from modelkeep.formats.pickle_values import LOADS_STORAGE, OPAQUE, STORAGE, Global, Node, Room, Value
from modelkeep.formats.torch_legacy import BEGIN, PICKLES, is_legacy, storage_bytes, storages_follow

_MOST_GLOBALS = 2_000
_MOST_PROBLEMS = 100
_MOST_PICKLES = 10_000
_DEEPEST = 4
#: Bytes in a pickle that are looked into for another pickle; and the fewest that can be one that does something.
_LARGEST_INSIDE, _SMALLEST_INSIDE = 16 << 20, 8
_PADDING = 64 << 10
_LATIN = 0xC2  # how 0x80, the first byte of most pickles, begins in UTF-8
_PEEK = 64 << 10


class Findings(Struct):
    """What was found so far; ``roots`` are what the pickles of the file would return."""

    globals: dict[Global, None] = field(default_factory=dict)
    problems: dict[Problem, None] = field(default_factory=dict)
    roots: list[Value] = field(default_factory=list)
    protocol: int | None = None
    pickles: int = 0
    nested: int = 0
    arrays: int = 0
    calls: int = 0
    persistent: list[Node] = field(default_factory=list)
    persistent_ids: int = 0
    dropped: bool = False
    torchscript: bool = False

    @property
    def global_names(self) -> tuple[str, ...]:
        """What the pickles import, as Python writes it, each once."""
        return tuple(dict.fromkeys(clean(each.ref) for each in self.globals))

    def add(self, kind: str, text: str) -> None:
        """Add a problem; of very many the last says that there are more."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems[Problem(kind, clean(text))] = None
        else:
            self.problems[Problem("unverified", "it has more problems than are listed here")] = None

    def take_over(self, other: Findings, kinds: tuple[str, ...] = ("dangerous", "unknown", "unverified")) -> None:
        """Add what was found in a pickle inside of this one."""
        for each in other.globals:
            self.globals[each] = None
        for problem in other.problems:
            if problem.kind in kinds:
                self.add(problem.kind, problem.text)
        self.nested += 1 + other.nested


class Scan:
    """Follows the pickles of a source, and writes down what they import, call and name."""

    def __init__(self, found: Findings, budget: Budget, depth: int = 0) -> None:
        self._found = found
        self._budget = budget
        self._depth = depth

    def pickle(self, source: ByteSource, most_steps: int | None = None) -> Value:
        """Follow one pickle to its end, and return its root. Raises `Malformed`, `EndOfBytes` or `OverBudget`."""
        machine = Machine(source, self, self._budget, Room())
        try:
            root = run(machine, most_steps)
        finally:
            found = self._found
            found.protocol = max(machine.protocol, found.protocol or 0)
            found.dropped |= machine.room.is_full
            if machine.uses_of_loader:
                found.add("unknown", f"it imports {LOADS_STORAGE.ref}, which loads any file of PyTorch")
        found.pickles += machine.stopped
        return root

    def follow(self, source: ByteSource) -> bool:
        """Follow one more pickle of a file and keep its root; False where it could not be followed to its end."""
        place = "" if not self._found.pickles else f" (pickle {self._found.pickles + 1} of the file)"
        try:
            self._found.roots.append(self.pickle(source))
        except Malformed as error:
            self._found.add("unverified", f"it {error}{place}, and was not read further")
        except EndOfBytes:
            self._found.add("unverified", f"it breaks off in the middle{place}")
        except OverBudget as error:
            self._found.add("unverified", f"it {error}{place}")
        else:
            return True
        return False

    def follow_all(self, source: ByteSource) -> None:
        """Follow every pickle up to the end of the source; other bytes behind them become a problem."""
        while self.follow(source):
            try:
                if storages_follow(self._found.roots):
                    source.skip(storage_bytes(self._found.persistent))
                if source.at_end() or _is_padding(source):
                    if is_legacy(self._found.roots) and len(self._found.roots) < PICKLES:
                        raise EndOfBytes  # noqa: TRY301
                    return
            except EndOfBytes:
                self._found.add("unverified", "it breaks off before its last storage")
                return
            except Unread as error:
                self._found.add("unverified", f"it {error}")
                return
            if source.peek(1)[0] not in INSTRUCTIONS or self._found.pickles >= _MOST_PICKLES:
                self._found.add("unverified", f"the bytes from {source.tell()} on are no pickle, and were not read")
                return

    # What a machine tells of

    def imports(self, found: Global) -> None:
        """Judge a global."""
        if found in self._found.globals:
            return
        if len(self._found.globals) >= _MOST_GLOBALS:
            message = f"imports more than {_MOST_GLOBALS} globals"
            raise Malformed(message)
        self._found.globals[found] = None
        verdict = "harmless" if found == LOADS_STORAGE else judge(found)
        if found.module.split(".")[0] == "__torch__" and self._found.torchscript:
            return  # a class whose source is in the archive, and which only TorchScript loads
        if verdict == "dangerous":
            self._found.add("dangerous", f"it imports {found.ref}, which can run code as soon as the file is loaded")
        elif verdict == "unknown":
            self._found.add("unknown", f"it imports {found.ref}, which is not known to be harmless")

    def imports_computed(self, module: Value, name: Value) -> None:
        """Tell of a global whose name is no text of the pickle."""
        if OPAQUE in {id(module): module, id(name): name}.values():
            self._found.add("unverified", "it imports a global whose name could not be followed")
        else:
            self._found.add("dangerous", "it imports a global whose name it computes")

    def imports_extension(self, code: int) -> None:
        """Tell of a global that only the program that loads the pickle knows."""
        self._found.add("unknown", f"it imports the extension {code}, which only the program that loads it knows")

    def calls(self, function: Value) -> None:
        """Tell of a call of something that was not imported by name."""
        if isinstance(function, Global):
            self._found.calls += 1
        elif function is OPAQUE:
            self._found.add("unverified", "it calls something that could not be followed")
        else:
            self._found.add("unknown", "it calls an object that it made")

    def changes(self, target: Global) -> None:
        """Tell of a change to what the program has loaded."""
        self._found.add("dangerous", f"it changes {target.ref} itself")

    def refers(self, node: Node) -> None:
        """Keep what is named by a persistent id."""
        self._found.persistent_ids += 1
        if len(self._found.persistent) < _MOST_PICKLES:
            self._found.persistent.append(node)

    def skips_bytes(self, source: ByteSource, length: int) -> Value:
        """Look for a pickle in bytes or a long text, and go to their end; return whether they are a harmless `STORAGE`."""
        head = source.peek(min(length, _SMALLEST_INSIDE))
        if len(head) < _SMALLEST_INSIDE or not (head[0] == _LATIN or head[0] in INSTRUCTIONS):
            source.skip(length)
            return OPAQUE
        here = min(length, _LARGEST_INSIDE)
        data = source.read(here)
        source.skip(length - here)
        if data.startswith(BEGIN) and self._depth < _DEEPEST:
            return self._torch_file(data, length)
        self._inside(data, complete=here == length)
        return OPAQUE

    def _torch_file(self, data: bytes, length: int) -> Value:
        """Follow the pickles of a file of PyTorch in bytes; its storages must fill the rest of them."""
        inside = Findings()
        scan, source = Scan(inside, self._budget, self._depth + 1), ByteSource(iter((data,)), self._budget)
        is_whole = all(scan.follow(source) for _ in range(PICKLES))
        self._found.take_over(inside)
        is_whole &= source.tell() + storage_bytes(inside.persistent) == length
        return STORAGE if is_whole and not inside.problems else OPAQUE

    def sees_text(self, data: bytes) -> None:
        """Look for a pickle in a short text."""
        if len(data) >= _SMALLEST_INSIDE:
            self._inside(data, complete=True)

    def _inside(self, data: bytes, *, complete: bool) -> None:
        """Follow bytes as a pickle. What fails counts only if it had called something dangerous before: most are none."""
        if self._depth >= _DEEPEST:
            self._found.add("unverified", f"it has pickles in pickles in pickles, deeper than {_DEEPEST}")
            return
        inside = Findings()
        scan = Scan(inside, self._budget, self._depth + 1)
        source = ByteSource(iter((_without_encoding(data),)), self._budget)
        try:
            scan.pickle(source)
        except EndOfBytes:
            if not complete and inside.calls:
                inside.add("unverified", f"it has bytes with a pickle in them, longer than {_LARGEST_INSIDE} bytes")
        except Malformed:
            pass
        else:
            if inside.globals and not source.at_end() and source.peek(1)[0] in INSTRUCTIONS:
                scan.follow_all(source)
        if inside.pickles and (inside.globals or inside.problems):
            self._found.take_over(inside)
        elif inside.calls and inside.problems:
            self._found.take_over(inside, ("dangerous", "unverified"))

    def builds(self, machine: Machine, node: Node) -> None:
        """Go past the bytes of an array that joblib wrote into the file, behind the instruction that makes it."""
        if not is_array_in_file(node):
            return
        self._found.arrays += 1
        source = machine.source
        if source.tell() < machine.frame_end:
            message = "has an array in the middle of a frame, where it can be read in two ways"
            raise Malformed(message)
        if has_objects(node):
            inner = Scan(self._found, self._budget, self._depth)
            pickles = self._found.pickles
            inner.pickle(source)
            self._found.pickles = pickles
            return
        try:
            length = array_bytes(node, source)
        except UnknownArray as error:
            message = f"has an array {error}, and where it ends is not known"
            raise Malformed(message) from error
        self._as_instructions(source.peek(min(length, _PEEK)))
        source.skip(length)

    def _as_instructions(self, data: bytes) -> None:
        """Follow the bytes of an array as the instructions that they are for a program that does not know joblib."""
        inside = Findings()
        with suppress(EndOfBytes, Malformed):
            Scan(inside, self._budget, self._depth + 1).pickle(ByteSource(iter((data,)), self._budget))
        if inside.calls and inside.problems:
            self._found.take_over(inside, ("dangerous", "unknown"))


def _is_padding(source: ByteSource) -> bool:
    """Tell whether nothing but a few zero bytes or line ends follows."""
    rest = source.peek(_PADDING)
    return len(rest) < _PADDING and not rest.strip(b"\0\r\n ")


def _without_encoding(data: bytes) -> bytes:
    """Return bytes as they were before Python 2 and 3 wrote them as a text: byte by byte of Latin-1, in UTF-8."""
    if not data.startswith(b"\xc2\x80"):
        return data
    return data.decode("utf-8", "replace").encode("latin-1", "replace")
