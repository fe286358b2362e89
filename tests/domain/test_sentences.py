import pytest
from log_kinds import COMMANDS, events, intents

from modelkeep.domain.entry import Entry, Observed
from modelkeep.domain.stages import StageDef
from modelkeep.domain.verbs.interface import End
from modelkeep.domain.verbs.tag import ENDED_TAG

OBSERVED = Observed(client="modelkeep/0", uid=1000, user="ana")
TIME = "2026-11-23T09:00:00.000000Z"


def entry(arguments, *happened, version=4, stage=None, subject=True):
    about = intents.Subject(model=2, name="fraud", stage=stage, version=version) if subject else None
    intent = intents.Intent(registry="r", id="i", command=arguments, subject=about, time=TIME)
    return Entry(seq=9, time=TIME, intent=intent, observed=OBSERVED, events=tuple(happened))


def register(**changes):
    return intents.Register(form="file", if_exists="match", **changes)


ANA = intents.Principal("user", "ana")
RULES = "sha256:0123456789ab" + "0" * 52
PROMOTE = intents.Promote()
ROLLBACK = intents.Rollback(to=3)


def promoted(ends=(), share=None, version=4, stage="production"):
    return events.VersionPromoted(ends=tuple(ends), model=2, share=share, stage=stage, version=version)


def rolled_back(*passed):
    return events.StageRolledBack(
        ends=(End("production", 7, 4),), from_=4, model=2, passed_over=passed, stage="production", to=3
    )


REGISTERED = events.VersionRegistered(label="1.2", model=2, version=4)
TEST = intents.Data(name="test", version="2026-02")

TOLD = [
    (
        entry(intents.Init((StageDef("staging", False), StageDef("live", True))), events.RegistryCreated(), subject=False),
        "created the registry with the stages staging and live",
        None,
    ),
    (entry(register(), REGISTERED, version=None), "registered fraud@4 as 1.2", "fraud@4"),
    (
        entry(
            register(), events.ModelCreated(2), events.VersionRegistered(model=2, version=1), promoted([End("production", 3, 3)], version=1),
            events.AliasSet("champion", 2, 1), events.AliasSet("best-one", 2, 1), version=None,
        ),
        "registered fraud@1, put it in production, in place of fraud@3, called it champion and best-one",
        "fraud@1",
    ),
    (
        entry(intents.Evaluate((("auc", "0.9"), ("f1", "0.5")), TEST, ("r1",)), events.MetricsRecorded(2, 4)),
        "recorded auc 0.9, f1 0.5 and run r1 for fraud@4 on test@2026-02",
        "fraud@4",
    ),
    (
        entry(intents.Evaluate(tuple((f"m{n}", "1") for n in range(9)), None, ()), events.MetricsRecorded(2, 4)),
        "recorded m0 1, m1 1, m2 1, m3 1 and 5 more metrics for fraud@4",
        "fraud@4",
    ),
    (
        entry(intents.Evaluate((("auc", "1"),), intents.Data(name="s3://x"), ()), events.MetricsRecorded(2, 4)),
        "recorded auc 1 for fraud@4 on s3://x",
        "fraud@4",
    ),
    (entry(PROMOTE, promoted([End("production", 3, 3)])), "promoted fraud@4 to production, in place of fraud@3", "fraud@4"),
    (entry(PROMOTE, promoted()), "promoted fraud@4 to production", "fraud@4"),
    (entry(PROMOTE, promoted(share=1000)), "promoted fraud@4 to production at 10%", "fraud@4"),
    (
        entry(PROMOTE, events.VersionRestored(first=4, last=4, model=2), promoted()),
        "restored fraud@4 from the archive, promoted fraud@4 to production",
        "fraud@4",
    ),
    (
        entry(ROLLBACK, rolled_back(), events.VersionMarked("bad", 2, 4)),
        "rolled fraud production back from 4 to 3, 4 marked bad",
        "fraud@4",
    ),
    (
        entry(ROLLBACK, rolled_back(events.PassedOver(2, "bad"), events.PassedOver(1, "left"))),
        "rolled fraud production back from 4 to 3, passing over 2 (bad) and 1 (left before)",
        "fraud@4",
    ),
    (
        entry(intents.Retire(), events.StageRetired(ends=(End("production", 3, 4),), model=2, stage="production"), version=None),
        "retired fraud@4 from production",
        "fraud",
    ),
    (entry(intents.Mark("bad"), events.VersionMarked("bad", 2, 4)), "marked fraud@4 bad", "fraud@4"),
    (entry(intents.Mark("good"), events.VersionMarked("good", 2, 4)), "marked fraud@4 good again", "fraud@4"),
    (
        entry(intents.Archive(all=False, undo=False), events.VersionArchived(ends=(End("production", 3, 4),), first=4, last=4, model=2)),
        "archived fraud@4, fraud@4 left production",
        "fraud@4",
    ),
    (
        entry(intents.Archive(all=True, undo=False), events.VersionArchived(first=1, last=4, model=2), version=None),
        "archived every version of fraud",
        "fraud",
    ),
    (
        entry(intents.Archive(all=True, undo=True), events.VersionRestored(first=1, last=4, model=2), version=None),
        "restored every version of fraud from the archive",
        "fraud",
    ),
    (
        entry(intents.Archive(all=False, undo=True), events.VersionRestored(first=4, last=4, model=2)),
        "restored fraud@4 from the archive",
        "fraud@4",
    ),
    (entry(intents.Delete(force=False), events.VersionDeleted(model=2, version=4)), "deleted fraud@4", "fraud@4"),
    (
        entry(intents.Delete(), events.ModelDeleted(2, 4, (End("staging", 3, 4),)), version=None),
        "deleted the model fraud, fraud@4 left staging",
        "fraud",
    ),
    (entry(intents.Create(), events.ModelCreated(2), version=None), "created the model fraud", "fraud"),
    (entry(intents.Label("2.0"), events.VersionLabelled(2, 4, "2.0")), "labelled fraud@4 2.0", "fraud@4"),
    (
        entry(
            intents.Delete(force=True), events.VersionDeleted(ends=(End("production", 3, 4), End("production", 5, 4)), model=2, version=4),
            events.AliasRemoved("champion", 2), events.AliasRemoved("old", 2),
        ),
        "deleted fraud@4, fraud@4 left production, took the alias champion off fraud, took the alias old off fraud",
        "fraud@4",
    ),
    (
        entry(intents.Alias(("champion",), ("old",)), events.AliasSet("champion", 2, 4), events.AliasRemoved("old", 2)),
        "called fraud@4 champion, took the alias old off fraud",
        "fraud@4",
    ),
    (entry(intents.Describe(), events.Described(2, 4)), "took the description off fraud@4", "fraud@4"),
    (entry(intents.Note(), events.NoteAdded(2, None), version=None), "noted on fraud", "fraud"),
    (entry(intents.Tag(("sha256:1",)), events.Tagged(2, 4)), "took 1 tag off fraud@4", "fraud@4"),
    (entry(intents.Tag(("sha256:1", "2")), events.Tagged(2, 4)), "took 2 tags off fraud@4", "fraud@4"),
    (entry(intents.Tag(()), events.Tagged(2, 4)), "tagged fraud@4", "fraud@4"),
    (entry(intents.Rename("risk/fraud"), events.ModelRenamed(2), version=None), "renamed fraud to risk/fraud", "fraud"),
    (entry(intents.Policy(RULES, RULES), events.PolicySet(), subject=False), "put the policy 0123456789ab in force", None),
    (
        entry(intents.Policy(RULES, RULES), events.PolicySet(), events.RoleGranted("owner", ANA), subject=False),
        "put the policy 0123456789ab in force, and gave user:ana the role owner",
        None,
    ),
    (entry(intents.Role("owner", ANA, grant=True), events.RoleGranted("owner", ANA), subject=False), "gave user:ana the role owner", None),
    (entry(intents.Role("owner", ANA), events.RoleRevoked("owner", ANA), subject=False), "took the role owner from user:ana", None),
    (
        entry(intents.Request(), events.PromotionRequested(2, "production", 4), stage="production"),
        "asked for fraud@4 to be promoted to production",
        "fraud@4",
    ),
    (
        entry(intents.Approve(7, RULES), events.RequestApproved(2, "production", 4, 7), stage="production"),
        "approved fraud@4 for production",
        "fraud@4",
    ),
    (
        entry(
            intents.Approve(7, RULES), events.RequestApproved(2, "production", 4, 7),
            events.VersionPromoted(2, "production", 4, ends=(End("production", 3, 2),)), stage="production",
        ),
        "approved fraud@4 for production, which promoted it, in place of fraud@2",
        "fraud@4",
    ),
    (
        entry(intents.Reject(7), events.RequestRejected(2, "production", 4, 7), stage="production"),
        "rejected fraud@4 for production",
        "fraud@4",
    ),
    (
        entry(intents.Reject(7), events.RequestRejected(2, "production", 4, 7, withdrawn=True), stage="production"),
        "withdrew the request for fraud@4 in production",
        "fraud@4",
    ),
    (entry(intents.Check(name="bias", result="pass"), events.CheckRecorded(2, 4)), "recorded bias pass for fraud@4", "fraud@4"),
    (
        entry(intents.Deploy(target="k8s/eu", status="running", share=1250), events.DeploymentRecorded(2, "k8s/eu", 4)),
        "recorded fraud@4 running at k8s/eu with 12.5%",
        "fraud@4",
    ),
    (entry(intents.Signal(name="p99", value="0.7"), events.SignalReceived(2, 4)), "signalled p99 0.7 of fraud@4", "fraud@4"),
    (
        entry(
            intents.Signal(name="p99", value="0.7"), events.SignalReceived(2, 4),
            events.StageRolledBack(2, "production", 3, 4), events.VersionMarked("bad", 2, 4), events.ItemOpened("signal", 2, 4),
        ),
        "signalled p99 0.7 of fraud@4, automatic rollback of production to fraud@3, fraud@4 is bad, a person must look at it",
        "fraud@4",
    ),
    (
        entry(
            intents.Signal(name="p99", value="0.7"), events.SignalReceived(2, 4),
            events.ShareEnded(2, "production", (End("production", 3, 4),), "signal p99"), events.VersionMarked("bad", 2, 4),
        ),
        "signalled p99 0.7 of fraud@4, ended the share of fraud@4 in production, fraud@4 is bad",
        "fraud@4",
    ),
    (entry(intents.Acknowledge(9), events.ItemClosed(9)), "acknowledged entry 9 about fraud@4", "fraud@4"),
    (
        entry(intents.Supplement(inspected="sha256:1", licence="MIT"), events.VersionSupplemented(2, 4)),
        "added what is in its files and licence MIT to fraud@4", "fraud@4",
    ),
    (
        entry(intents.AddDataset(name="raw", version="2026-02", rows=1200), events.DatasetAdded(), subject=False),
        "recorded the dataset raw@2026-02, 1,200 rows", None,
    ),
    (entry(intents.Migrate(2, None, 3), events.ModelRenamed(2), subject=False), "raised the log to format 2", None),
]  # fmt: skip


@pytest.mark.parametrize(("told", "words", "about"), TOLD)
def test_an_entry_is_a_sentence(told, words, about):
    assert (told.sentence(), told.subject_name) == (words, about)


def test_every_kind_of_intent_has_a_sentence():
    assert {told.intent.kind for told, _, _ in TOLD} == set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "texts", "words"),
    [
        (intents.Describe(), [("description", "finds fraud")], "described fraud@4: finds fraud"),
        (intents.Describe(), [("description", "")], "took the description off fraud@4"),
        (intents.Note(), [("reason", "x"), ("note", "look at this")], "noted on fraud@4: look at this"),
        (intents.Note(), [("note", "x" * 201)], f"noted on fraud@4: {'x' * 200}..."),
        (intents.Tag(()), [("tag.owner", "risk"), ("tag.tier", "1")], "tagged fraud@4 owner=risk and tier=1"),
        (
            intents.Tag(("sha256:1",)),
            [*((f"tag.{n}", "x") for n in range(6)), (ENDED_TAG, "5"), (ENDED_TAG, "tier")],
            "tagged fraud@4 0=x, 1=x, 2=x, 3=x and 2 more tags, took the tag tier off fraud@4",
        ),
        (
            intents.Tag(("sha256:1", "sha256:2")),
            [(ENDED_TAG, "owner"), (ENDED_TAG, "tier")],
            "took the tags owner and tier off fraud@4",
        ),
        (intents.Tag(("sha256:1",)), [("tag.owner", "ml"), (ENDED_TAG, "owner")], "tagged fraud@4 owner=ml"),
    ],
)
def test_what_people_wrote_is_part_of_the_sentence(arguments, texts, words):
    assert entry(arguments, events.Tagged(2, 4)).sentence(texts) == words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (PROMOTE, "asked to promote fraud@4"),
        (ROLLBACK, "asked to rollback fraud@4"),
        (intents.Alias(("champion",), ()), "asked to alias fraud@4"),
        (register(), "asked to register fraud@4"),
        (intents.Archive(all=False, undo=False), "archived fraud@4"),
        (intents.Delete(force=False), "asked to delete fraud@4"),
    ],
)
def test_a_forged_entry_whose_events_do_not_follow_has_a_sentence_too(arguments, words):
    assert entry(arguments, events.ModelCreated(2)).sentence() == words


def test_an_entry_without_a_subject_has_a_sentence_too():
    assert entry(PROMOTE, promoted(), subject=False).sentence() == "promoted @4 to production"


def test_an_end_without_a_stage_is_told_by_the_stage_that_is_handed_in():
    ends = (End("staging", 3, 4), End("production", 5, 4), End("staging", 6, 2))
    gone = entry(intents.Delete(force=True), events.VersionDeleted(ends=ends[:2], model=2, version=4))
    away = entry(
        intents.Archive(all=True, undo=False), events.VersionArchived(ends=ends, first=1, last=4, model=2), version=None
    )
    assert gone.sentence() == "deleted fraud@4, fraud@4 left staging and production"
    assert away.sentence() == (
        "archived every version of fraud, fraud@2 left staging, fraud@4 left staging and production"
    )
