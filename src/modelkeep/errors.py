"""The errors of modelkeep: message, hint and exit code.

    ModelkeepError                70  a bug when it is raised as such
    ├── UsageError                 2  arguments, malformed references
    │   └── AmbiguousKey           2  a key that may mean several
    ├── NotFound                   3  a model, version, holder, label, alias, path or node
    ├── Conflict                   4  what is there already, or is not as was expected
    │   └── RecentRollback         4  a second bare rollback shortly after the first
    ├── IntegrityError             5  bytes or entries that are not what they were
    │   └── Damaged                5  an entry of the log that cannot be read
    ├── Busy                       6  the lock was not had in time
    └── RegistryUnavailable        7  missing, unreadable, or of another age
        └── SchemaMismatch         7  an older schema (for writes) or a newer one
    PartlyDone                     8  some of several failed
    Denied                         9  a permission, a gate or an approval that the policy asks for

Errors carry data. They never print and never exit; the one ``except`` is in ``cli/main.py``.
"""

_LONGEST_LINE, _SHOWN_FIRST, _SHOWN_LAST = 5_000, 300, 100  # a path may have 4,096 bytes


def _shortened(text: str) -> str:
    """Return a message without the middle of its very long lines: a key or a value may have megabytes."""
    if len(text) <= _LONGEST_LINE:
        return text
    return "\n".join(
        line
        if len(line) <= _LONGEST_LINE
        else f"{line[:_SHOWN_FIRST]} [... {len(line):,} characters ...] {line[-_SHOWN_LAST:]}"
        for line in text.split("\n")
    )


class ModelkeepError(Exception):
    """Anything modelkeep refuses or cannot do.

    ``message`` says what happened, with the value received; ``hint`` is a command or a sentence
    that helps, or None; ``correction`` is a text that was typed and the one that was meant: on the
    command line the hint is the whole line with it. ``code`` names the kind for machines; ``exit_code`` is what a shell sees.
    """

    code = "internal"
    exit_code = 70

    def __init__(self, message: str, hint: str | None = None, *, correction: tuple[str, str] | None = None) -> None:
        message = _shortened(message)
        super().__init__(message)
        self.message = message
        self.hint = None if hint is None else _shortened(hint)
        self.correction = correction

    def __reduce__(self) -> tuple[type["ModelkeepError"], tuple[str, str | None]]:
        """Survive a pipe between processes with the hint intact."""
        return type(self), (self.message, self.hint)


class UsageError(ModelkeepError):
    """Arguments, malformed references, swapped arguments."""

    code = "usage"
    exit_code = 2


class AmbiguousKey(UsageError):
    """A key that may mean several: ``typed`` is the key, ``meant`` are those that mean one each."""

    def __init__(self, message: str, typed: str, meant: tuple[str, ...]) -> None:
        super().__init__(message, " or ".join(meant))
        self.typed = typed
        self.meant = meant

    def __reduce__(self) -> tuple[type["ModelkeepError"], tuple[str, str, tuple[str, ...]]]:  # type: ignore[override]
        """Survive a pipe between processes with the keys intact."""
        return type(self), (self.message, self.typed, self.meant)


class NotFound(ModelkeepError):
    """A model, version, holder of a stage, label, alias, path or node that is not there."""

    code = "not_found"
    exit_code = 3


class Conflict(ModelkeepError):
    """What exists already, did not hold, is archived or bad, or has nothing to go back to."""

    code = "conflict"
    exit_code = 4


class RecentRollback(Conflict):
    """A bare rollback within 15 minutes of another, which a person has to confirm."""


class IntegrityError(ModelkeepError):
    """A corrupt or missing artifact, a broken chain, a finding of a verification."""

    code = "integrity"
    exit_code = 5


class Damaged(IntegrityError):
    """An entry, details or document that cannot be read as what it claims to be; the hint is how to find all of them."""

    code = "damaged"

    def __init__(self, message: str, hint: str | None = "modelkeep verify --log") -> None:
        super().__init__(message, hint)


#: The hint of an error that may be gone the next time.
TRY_AGAIN = "try again"


class Busy(ModelkeepError):
    """The lock was not had in time; trying again may help."""

    code = "busy"
    exit_code = 6


class RegistryUnavailable(ModelkeepError):
    """There is no registry there, or it cannot be read."""

    code = "registry_unavailable"
    exit_code = 7


class SchemaMismatch(RegistryUnavailable):
    """The registry has an older schema than a write needs, or a newer one than we know."""

    code = "schema_mismatch"


class PartlyDone(ModelkeepError):
    """Some of several items failed; what became of each was printed."""

    code = "partly_done"
    exit_code = 8


class Denied(ModelkeepError):
    """What the policy in force does not allow: a permission, a gate, a check or an approval is missing.

    ``findings`` are the rules of the stage, each with its ``rule``, ``value`` and ``bound`` and whether it ``passed``;
    ``plan`` is the digest of the plan that they make. Both are empty where a permission is missing.
    """

    code = "denied"
    exit_code = 9

    def __init__(
        self, message: str, hint: str | None = None, findings: tuple[object, ...] = (), plan: str | None = None
    ) -> None:
        super().__init__(message, hint)
        self.findings = findings
        self.plan = plan

    def __reduce__(self) -> tuple[type["ModelkeepError"], tuple[str, str | None, tuple[object, ...], str | None]]:  # type: ignore[override]
        """Survive a pipe between processes with the findings intact."""
        return type(self), (self.message, self.hint, self.findings, self.plan)


#: What each exit code means, in the order of the number: help, man pages and README are made from it.
EXIT_CODES: tuple[tuple[int, str], ...] = (
    (0, "done, or nothing to do"),
    (1, "the answer is no (--exit-code)"),
    (2, "usage: arguments, malformed references, swapped arguments"),
    (3, "not found: model, version, stage's holder, label, alias, path, node; a moment before there was one"),
    (4, "conflict: exists already, --expect did not hold, archived, bad, in use, nothing to go back to"),
    (5, "integrity: corrupt or missing artifact, broken chain, finding of a verification (warnings alone are 0)"),
    (6, "busy: the lock was not had in time; try again"),
    (7, "registry missing, unreadable, of an older schema (for writes) or a newer one"),
    (8, "partly done: some of several failed"),
    (9, "denied by the policy: a permission, a gate, a check or an approval is missing"),
    (70, "unexpected failure: a bug, please report"),
    (130, "interrupted (^C)"),
    (141, "broken pipe"),
)
