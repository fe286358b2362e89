"""Whatever several accounts do in whatever order, nothing is in production that other persons have not approved."""

from history import History
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelkeep.domain.entry import parse_entry
from modelkeep.domain.policy.plan import parse_plan
from modelkeep.domain.policy.rules import Gate, Person, RequiredApproval, Rules, StageRules
from modelkeep.errors import Conflict, Denied, NotFound, UsageError

#: Accounts and whose they are.
PERSONS = {"ana": "ana", "ana-admin": "ana", "bo": "bo", "cy": "cy", "root": "root"}
ACCOUNTS = st.sampled_from(sorted(PERSONS))
REFS = st.sampled_from(["fraud@1", "fraud@2"])
#: Logins behind accounts: root's is whoever used sudo.
LOGINS = st.sampled_from([None, None, "ana", "bo"])
STEPS = st.one_of(
    st.tuples(st.just("request"), ACCOUNTS, REFS, LOGINS),
    st.tuples(st.just("approve"), ACCOUNTS, REFS, LOGINS),
    st.tuples(st.just("approve"), ACCOUNTS, REFS, LOGINS),
    st.tuples(st.just("promote"), ACCOUNTS, REFS, LOGINS),
    st.tuples(st.just("promote"), ACCOUNTS, REFS, LOGINS),
    st.tuples(st.just("evaluate"), st.sampled_from(["0.90", "0.91"]), REFS, st.none()),
    st.tuples(st.just("mark"), st.sampled_from(["bad", "good"]), REFS, st.none()),
    st.tuples(st.just("policy"), st.integers(1, 2), st.sampled_from(["", "promote"]), st.none()),
    st.tuples(st.just("retire"), ACCOUNTS, REFS, st.none()),
    st.tuples(st.just("reject"), ACCOUNTS, REFS, LOGINS),
)


def rules(count, on_last):
    production = StageRules(
        name="production",
        protected=True,
        gates=(Gate(metric="auc", min="0.5"),),
        approvals=(RequiredApproval(count=count),),
        on_last_approval=on_last or None,
    )
    return Rules(stages=(StageRules(name="staging"), production), persons=(Person("Ana Bell", ("ana", "ana-admin")),))


def do(history, step):
    """Do a step as an account; what is refused or changes nothing is left out."""
    what, first, second, login = step
    history.user = first if what in {"request", "approve", "promote", "retire", "reject"} else "cy"
    history.seen = {} if login is None else {"login": history.uids[login], "login_user": login}
    open_now = {each.ref: each.request for each in history.registry.requests(open_only=True)}
    try:
        match what:
            case "policy":
                history.policy(rules(first, second))
            case "evaluate":
                history.evaluate(second, [("auc", first)])
            case "mark":
                history.mark(second, first)
            case "request":
                history.request(second)
            case "promote":
                history.promote(second, "production", force=True)
            case "retire":
                history.retire(second, "production")
            case "approve":
                history.approve(second, open_now.get(second, 1))
            case _:
                history.reject(second, open_now.get(second, 1))
    except (Conflict, Denied, NotFound, UsageError, AssertionError):
        pass


def document(history, digest):
    """Return the bytes of a document of the log."""
    found = history.connection.connection.execute("SELECT bytes FROM document WHERE digest = ?", (digest,))
    return bytes(found.fetchone()[0])


def people_behind(observed):
    """Return the persons whom an entry may be by."""
    return {PERSONS[name] for name in (observed.user, observed.login_user) if name is not None}


#: An approval of what is not so any more, beside one of what is.
STALE = [
    ("request", "ana", "fraud@1", None), ("approve", "cy", "fraud@1", None), ("evaluate", "0.91", "fraud@1", None),
    ("approve", "root", "fraud@1", None), ("promote", "ana", "fraud@1", None),
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@example(STALE)
@given(st.lists(STEPS, min_size=6, max_size=25))
def test_nothing_is_in_production_that_enough_other_persons_have_not_approved(steps):
    history = History()
    for account in PERSONS:
        history.user = account
        _ = history.observed  # its uid
    history.user = "ana"
    history.register("fraud", metrics=[("auc", "0.90")])
    history.user = "bo"
    history.register("fraud", metrics=[("auc", "0.90")])
    history.user = "cy"
    history.policy(rules(2, ""))
    for step in steps:
        do(history, step)
    entries, required = {}, 2
    for seq, data in history.connection.rows("SELECT seq, bytes FROM entry ORDER BY seq"):
        entry = entries[seq] = parse_entry(data)
        if entry.intent.kind == "policy":
            required = 1 if b'"count":1' in document(history, entry.intent.command.rules) else 2
        for event in entry.events:
            if type(event).__name__ == "VersionPromoted":
                check_promotion(history, entries, event, required)


def check_promotion(history, entries, event, required):
    """Check what a promotion rests on, from the log alone."""
    behind = [people_behind(entries[seq].observed) for seq in event.approvals]
    persons = set().union(*behind)
    assert len(persons) >= required
    registered = people_behind(entries[{1: 2, 2: 3}[event.version]].observed)
    asked = people_behind(entries[event.request].observed)
    for each in behind:
        assert not each & (registered | asked)
    values = {each.rule: each.value for each in event.verdict}
    for seq in event.approvals:
        digest = entries[seq].intent.command.plan
        assert digest == event.plan
        plan = parse_plan(document(history, digest))
        assert {rule: value for rule, value, _ in plan.values} == {"metric auc min": values["metric auc min"]}
