"""What the policy says of a promotion that was asked for, now or as it was at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.governed_state import Approval, PromotionRequest
from modelkeep.reads.authority import observation
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.state import SqlState

if TYPE_CHECKING:
    from modelkeep.domain.entry import Observed
    from modelkeep.domain.policy.candidate import Candidate
    from modelkeep.domain.policy.gate import Judgement
    from modelkeep.domain.verbs.interface import Proposal


class Judge(Struct, frozen=True):
    """The policy in force and what it judges, at a ``time``, for an account."""

    state: SqlState
    time: str
    observed: Observed

    @classmethod
    def of(
        cls,
        context: Context,
        reader: Reader,
        at: int | None = None,
        time: str | None = None,
        *,
        observed: Observed | None = None,
    ) -> Judge:
        """Return the judge at a ``time`` (None: now) as of entry ``at``, for this account or one that was ``observed``."""
        head = SqlState(reader).head()
        time = time or context.now()
        if at is None and head is not None:
            time = max(time, head.time)  # as an entry that is appended now
        return cls(SqlState(reader, at), time, observation(context) if observed is None else observed)

    def judgement(self, wanted: PromotionRequest, also: Sequence[Approval] = ()) -> Judgement | None:
        """Return what the policy says of a promotion, None where there is no policy.

        A reason that the policy asks for is left out: it comes with the promotion. ``also`` are approvals that are in no
        entry yet.
        """
        proposed = self._proposed(wanted)
        if proposed is None:
            return None
        from modelkeep.domain.policy.gate import judge

        found = judge(*proposed, wanted.stage, wanted.share, also)
        if found is None:
            return None
        return replace(found, results=tuple(each for each in found.results if each.rule != "reason"))

    def awaits(self, wanted: PromotionRequest) -> bool:
        """Tell whether an approval is missing that the account may give and has not given."""
        proposed = self._proposed(wanted)
        if proposed is None:
            return False
        from modelkeep.domain.policy.gate import awaits_approval, judge

        found = judge(*proposed, wanted.stage, wanted.share)
        return found is not None and awaits_approval(*proposed, found)

    def _proposed(self, wanted: PromotionRequest) -> tuple[Proposal, Candidate] | None:
        """Return the promotion as `decide` would see it; None where there is no policy."""
        if self.state.policy() is None:
            return None
        from modelkeep.domain.entry import Intent, Subject
        from modelkeep.domain.policy.candidate import registered
        from modelkeep.domain.verbs.interface import Proposal
        from modelkeep.domain.verbs.promote import Promote

        model, version = self.state.model(wanted.model), self.state.version(wanted.model, wanted.version)
        if model is None or version is None:
            return None
        subject = Subject(model.name, model.seq, version.number, version.digest, wanted.stage)
        intent: Intent = Intent(registry="", id="", command=Promote(), time=self.time, subject=subject)
        # Rules do not ask which entry it would be.
        return Proposal(self.state, intent, self.observed, self.time, seq=0), registered(self.state, model, version)
