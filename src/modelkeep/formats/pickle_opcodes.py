"""The instructions of pickles by their codes (`pickletools` of Python describes each)."""

from __future__ import annotations

import struct
from collections.abc import Callable

from modelkeep.formats.interface import Malformed
from modelkeep.formats.pickle_machine import Machine
from modelkeep.formats.pickle_values import OPAQUE, Value

_CHECK_EVERY = 128
_STOP = ord(".")


def run(machine: Machine, most_steps: int | None = None) -> Value:
    """Return what a pickle would return. Raises `Malformed`, `EndOfBytes` or `OverBudget`.

    After ``most_steps`` instructions it returns `OPAQUE`.
    """
    while machine.steps != most_steps:
        machine.steps += 1
        if machine.steps % _CHECK_EVERY == 0:
            machine.check_bounds()
        code = machine.source.byte()
        if code == _STOP:
            machine.stopped = True
            return machine.take()
        step = _STEPS.get(code)
        if step is None:
            message = f"has no instruction of a pickle at byte {machine.source.tell() - 1}"
            raise Malformed(message)
        step(machine)
    return OPAQUE


Step = Callable[[Machine], None]


def _push_float(machine: Machine) -> None:
    struct.unpack(">d", machine.source.read(8))
    machine.push(OPAQUE)


_STEPS: dict[int, Step] = {
    ord("I"): Machine.int_text,
    ord("J"): lambda machine: machine.push(machine.number(4, signed=True)),
    ord("K"): lambda machine: machine.push(machine.number(1)),
    ord("M"): lambda machine: machine.push(machine.number(2)),
    ord("L"): Machine.int_text,
    0x8A: lambda machine: machine.long(1),
    0x8B: lambda machine: machine.long(4),
    ord("S"): Machine.quoted_text,
    ord("T"): lambda machine: machine.old_text(4),
    ord("U"): lambda machine: machine.old_text(1),
    ord("B"): lambda machine: machine.bytes(4),
    ord("C"): lambda machine: machine.bytes(1),
    0x8E: lambda machine: machine.bytes(8),
    0x96: Machine.bytearray,
    0x97: lambda machine: machine.push(OPAQUE),
    0x98: lambda machine: machine.push(machine.take()),
    ord("N"): lambda machine: machine.push(None),
    0x88: lambda machine: machine.push(1),
    0x89: lambda machine: machine.push(0),
    ord("V"): Machine.escaped_text,
    0x8C: lambda machine: machine.text(1),
    ord("X"): lambda machine: machine.text(4),
    0x8D: lambda machine: machine.text(8),
    ord("F"): Machine.float_text,
    ord("G"): _push_float,
    ord("]"): lambda machine: machine.empty("list"),
    ord("a"): Machine.append,
    ord("e"): Machine.appends,
    ord("l"): lambda machine: machine.made_of_mark("list"),
    ord(")"): lambda machine: machine.push(()),
    ord("t"): Machine.tuple_to_mark,
    0x85: lambda machine: machine.tuple(1),
    0x86: lambda machine: machine.tuple(2),
    0x87: lambda machine: machine.tuple(3),
    ord("}"): lambda machine: machine.empty("dict"),
    ord("d"): lambda machine: machine.made_of_mark("dict"),
    ord("s"): Machine.set_item,
    ord("u"): Machine.set_items,
    0x8F: lambda machine: machine.empty("set"),
    0x90: Machine.appends,
    0x91: lambda machine: machine.made_of_mark("set"),
    ord("0"): Machine.pop,
    ord("2"): Machine.dup,
    ord("("): Machine.mark,
    ord("1"): Machine.pop_mark,
    ord("g"): Machine.get_text,
    ord("h"): lambda machine: machine.get(machine.number(1)),
    ord("j"): lambda machine: machine.get(machine.number(4)),
    ord("p"): Machine.put_text,
    ord("q"): lambda machine: machine.put(machine.number(1)),
    ord("r"): lambda machine: machine.put(machine.number(4)),
    0x94: Machine.memoize,
    0x82: lambda machine: machine.extension(1),
    0x83: lambda machine: machine.extension(2),
    0x84: lambda machine: machine.extension(4),
    ord("c"): Machine.import_line,
    0x93: Machine.import_stack,
    ord("R"): Machine.reduce,
    ord("b"): Machine.build,
    ord("i"): Machine.instance,
    ord("o"): Machine.object,
    0x81: Machine.reduce,
    0x92: Machine.new_object_with_names,
    0x80: Machine.set_protocol,
    0x95: Machine.frame,
    ord("P"): Machine.persistent_line,
    ord("Q"): Machine.persistent,
}

#: The codes of every instruction.
INSTRUCTIONS = frozenset({*_STEPS, _STOP})
