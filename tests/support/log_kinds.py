"""All commands and events of the log by their class names, with the values around them, for tests that write entries."""

from types import SimpleNamespace
from typing import get_args

from modelkeep.domain import entry
from modelkeep.domain.policy import results
from modelkeep.domain.verbs import evaluate, interface, register, role, rollback, supplement
from modelkeep.domain.verbs.all_verbs import AnyCommand, AnyEvent

COMMANDS = {kind.__struct_config__.tag: kind for kind in get_args(AnyCommand)}
EVENTS = {kind.__name__: kind for kind in get_args(AnyEvent)}

intents = SimpleNamespace(
    **{kind.__name__: kind for kind in get_args(AnyCommand)},
    **{name: getattr(entry, name) for name in ("Actor", "CiIdentity", "Expect", "Intent", "Origin", "Seen", "Subject")},
    **{name: getattr(register, name) for name in ("Code", "Parent", "Trained")},
    Attachment=supplement.Attachment,
    Data=evaluate.Data,
    Principal=role.Principal,
)
events = SimpleNamespace(**EVENTS, End=interface.End, PassedOver=rollback.PassedOver, RuleResult=results.RuleResult)
