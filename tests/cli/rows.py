"""Answers as a registry gives them, written down once for the tests of how they are shown."""

from datetime import UTC, datetime

from modelkeep.cli.terminal import draw
from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.approvals import ApprovalRow, RequestRow, SeenPlan, SeenValue
from modelkeep.domain.answers.changes import Change, Effect, Registered, RuleFinding, Verdict
from modelkeep.domain.answers.inspections import (
    FieldRow,
    FileFormat,
    Inspected,
    Inspection,
    PartRow,
    ProblemRow,
    Signature,
    TensorRow,
)
from modelkeep.domain.answers.origin import (
    AttachmentContent,
    AttachmentRow,
    CiFacts,
    EnvironmentFacts,
    LockFileName,
    PackageList,
)
from modelkeep.domain.answers.pages import CodeState, Dataset, FileRow, Model, NoteText, Training, Version
from modelkeep.domain.answers.reports import AuditEntry, Lineage, LineageEdge, LineageNode
from modelkeep.domain.answers.serving import DeploymentRow, SignalRow
from modelkeep.domain.answers.versions import (
    Evaluation,
    Holder,
    InDevelopment,
    ModelRow,
    Share,
    Tenure,
    TenureChange,
    VersionRow,
)
from modelkeep.domain.numbers import Number
from modelkeep.rendering import Clock

DIGEST = "sha256:" + "0c41" * 16
NOW = datetime(2026, 11, 23, 9, 12, 44, tzinfo=UTC)


CLOCK = Clock(NOW, UTC)


def drawn(view: View, *, width: int = 100, encoding: str = "utf-8", color: bool = False) -> str:
    """Return the table of a view as a terminal shows it at a fixed time, in UTC."""
    block = view.table(CLOCK)
    assert block is not None
    return draw(block, width=width, color=color, encoding=encoding).text


def holder(stage: str, version: int, since: str, label: str | None = None, shares=()) -> Holder:
    return Holder(stage, version, label, since, "ana", tuple(Share(*each) for each in shares))


DEPLOYMENT = DeploymentRow(
    ref="fraud@3",
    name="fraud",
    version=3,
    target="k8s/eu",
    status="running",
    share=20.0,
    stage="production",
    endpoint="https://scorer.example/fraud",
    since="2026-11-22T09:00:00.000000Z",
    seq=21,
    actor="ana",
    expected=("fraud@4",),
    drift="production is fraud@4",
)
SIGNAL = SignalRow(
    seq=31,
    ref="fraud@4",
    name="fraud",
    version=4,
    signal="errors",
    value=Number("0.2"),
    count=1200,
    window_seconds=3600,
    source="prometheus",
    time="2026-11-22T09:00:00.000000Z",
    actor="ana",
    item="signal",
    closed=None,
    left=("production",),
    marked_bad=True,
)
REQUEST = RequestRow(
    request=17,
    ref="fraud@4",
    name="fraud",
    version=4,
    stage="production",
    share=None,
    state="open",
    time="2026-11-22T09:00:00.000000Z",
    actor="ana",
    reason="march data",
    approvals=(
        ApprovalRow(
            seq=18,
            time="2026-11-22T10:00:00.000000Z",
            actor="rita",
            roles=("risk",),
            reason="seen the report",
            plan=SeenPlan(DIGEST, "fraud@3", None, (SeenValue("metric auc min", "0.88", ">= 0.9"),)),
            counts=False,
            why="stale: metric auc min was 0.88, and is 0.93",
        ),
    ),
    holder="fraud@3",
    rules=(
        RuleFinding("metric auc min", "0.93", ">= 0.9", passed=True),
        RuleFinding("approval of risk", "0", "1 person with the role risk", passed=False),
    ),
    plan=DIGEST,
    needed=1,
    who_may_approve="user:rita, group:risk (risk)",
)

FRAUD = ModelRow(
    name="fraud",
    newest=5,
    newest_label=None,
    latest=5,
    versions=5,
    created="2026-08-01T10:00:00.000000Z",
    archived=False,
    holders=(
        holder("production", 3, "2026-11-11T08:00:01.500000Z", "2.0", [(4, 10)]),
        holder("staging", 4, "2026-11-22T08:40:17.000001Z"),
    ),
    development=InDevelopment(5, None, "2026-11-23T07:00:00.000000Z", 3),
)
CHURN = ModelRow(
    name="churn",
    newest=2,
    newest_label=None,
    latest=2,
    versions=2,
    created="2026-08-01T10:00:00.000000Z",
    archived=False,
    holders=(holder("production", 2, "2026-08-25T09:12:44.000000Z"),),
    development=None,
)
IDLE = ModelRow("idle", 7, "1.2", 7, 7, "2026-08-01T10:00:00.000000Z", archived=False, holders=(), development=None)


def version_row(number: int, **more: object) -> VersionRow:
    given = {
        "ref": f"fraud@{number}",
        "name": "fraud",
        "version": number,
        "label": None,
        "state": "development",
        "stages": (),
        "aliases": (),
        "bad": False,
        "archived": False,
        "created": "2026-11-20T09:12:44.123456Z",
        "author": "ana",
        "digest": DIGEST,
        "size_bytes": 3_200_000,
        "files": 1,
        "metrics": {},
        "evaluations": (),
        "params": {},
        "tags": {},
    }
    return VersionRow(**(given | more))


def change(**more: object) -> Change:
    given = {"action": "promote", "name": "fraud", "ref": "fraud@4", "changed": True, "seq": 9}
    return Change(**(given | more))


PROMOTED = change(effects=(Effect("production", "fraud@3", "fraud@4"),))

REGISTERED = Registered(
    action="register",
    name="fraud",
    ref="fraud@4",
    changed=True,
    seq=4,
    notes=("3.2 MB in 1 file, code a1b2c3d (dirty), data transactions@2026-02",),
    hints=("modelkeep promote fraud@4 staging",),
    version=4,
    digest=DIGEST,
    size_bytes=3_200_000,
    files=1,
    verdict=(
        Verdict("auc", None, Number("0.914"), "production", "fraud@3", Number("0.907"), Number("0.007"), "better"),
    ),
)

TENURE = Tenure(
    ref="fraud@3",
    name="fraud",
    version=3,
    label="2.0",
    stage="production",
    since="2026-11-11T13:00:01.000000Z",
    since_seq=12,
    until="2026-11-23T01:09:51.000000Z",
    until_seq=211,
    began=TenureChange("promoted", "ana", "autumn\tdata", "fraud@2"),
    ended=TenureChange("replaced", "ben", None, "fraud@4"),
)

ENTRY = AuditEntry(
    seq=211,
    time="2026-11-23T01:09:51.250000Z",
    actor="ana",
    claimed=None,
    author=None,
    action="promote",
    subject="fraud@4",
    sentence='promoted fraud@4 to production, in place of fraud@3: "march data"',
    reason="march data",
    hash=DIGEST,
    entry='{"seq":211}',
)

PACKAGES = PackageList("fraud@3", "sha256:1", "3.11.7", {"numpy": "2.4.6", "scikit-learn": "1.7.2"})
ATTACHMENT = AttachmentContent("fraud@3", "diff", "diff", "sha256:3", "diff --git a/tr\u00e4in.py\n".encode())

INSPECTION = Inspection(
    format="pickle",
    formats=("pickle", "safetensors"),
    parameters=6,
    tensors=1,
    facts={"framework": "scikit-learn 1.5.0"},
    files=(
        FileFormat("model.pkl", "pickle", {"protocol": "4"}, ("os.system", "numpy.ndarray")),
        FileFormat("w.safetensors", "safetensors", {"tensors": "1", "parameters": "6"}, ()),
    ),
    parts=(PartRow("tokenizer", "tokenizer.json", DIGEST, ("tokenizer.json",)),),
    problems=(
        ProblemRow("note", "it was made by an old release", None),
        ProblemRow("dangerous", "it imports os.system", "model.pkl"),
    ),
    unread=0,
    digest=DIGEST,
    since="2026-11-10T10:00:00.000000Z",
)
SIGNATURE = Signature(
    inputs=(FieldRow("float32", "amount", ("?", "30"), optional=False), FieldRow("string", "note", (), optional=True)),
    outputs=(FieldRow("int64", None, (), optional=False),),
    params=(),
)
INSPECTED = Inspected(
    what="fraud@3",
    ref="fraud@3",
    recorded=True,
    inspection=INSPECTION,
    signature=SIGNATURE,
    tensors=(TensorRow("w.safetensors", "w", "F32", ("2", "3")),),
)

VERSION = Version(
    ref="fraud@3",
    name="fraud",
    version=3,
    label="2.0",
    digest=DIGEST,
    form="file",
    files=1,
    size_bytes=3_200_000,
    symlinks=False,
    licence="Apache-2.0",
    state="active",
    stages=("production",),
    aliases=("champion",),
    bad=False,
    archived=False,
    created="2026-11-10T10:00:00.000000Z",
    seq=10,
    actor="ana",
    author="ana",
    claimed=None,
    host="trainer-3",
    source=("runs/7/model.onnx",),
    reason=None,
    description="Scores card payments",
    metrics={"auc": Number("0.9070")},
    evaluations=(
        Evaluation("auc", Number("0.9070"), "transactions@2026-02", "2026-11-10T11:00:00.000000Z", "ben"),
        Evaluation("auc", Number("0.95"), "transactions@2026-02", "2026-11-10T10:00:00.000000Z", "ana"),
    ),
    params={"max_depth": 8, "rate": Number("1e-3"), "layers": [64, 32], "shuffle": True, "seed": None},
    tags={"owner": "risk"},
    data=(Dataset("data:transactions@2026-02", "train", "transactions", "2026-02", None, None),),
    code=CodeState("9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7", dirty=True, diff=None, remote=None, branch="main"),
    parents=(),
    children=("fraud@4",),
    runs=(),
    trained=Training(None, "2026-11-09T18:00:00.000000Z", guessed=True, seeds=("42", "numpy=7")),
    notes=(NoteText("2026-11-12T08:00:00.000000Z", "ben", "fine on weekends"),),
    tenures=(TENURE,),
    contents=(FileRow("model.onnx", 3_200_000, DIGEST),),
    environment=EnvironmentFacts(
        "sha256:1", "3.11.7", "CPython", "Linux", "x86_64", ("4 x NVIDIA A100",), LockFileName("uv.lock", "sha256:2"),
        2,
        {"numpy": "2.4.6", "scikit-learn": "1.7.2"},
    ),
    ci=CiFacts("github", "https://github.com/acme/fraud/actions/runs/77", "octo", "refs/heads/main", None),
    attachments=(AttachmentRow("diff", "diff", "sha256:3", 1234),),
    missing=("clean-code",),
)  # fmt: skip

MODEL = Model(
    name="fraud",
    former_names=("card-fraud",),
    created="2026-08-01T10:00:00.000000Z",
    actor="ana",
    description="Scores card payments",
    tags={"owner": "risk"},
    aliases={"champion": 3},
    newest=5,
    newest_label=None,
    latest=5,
    versions=5,
    archived=False,
    holders=FRAUD.holders,
    development=FRAUD.development,
    recent=(version_row(5), version_row(4, stages=("staging",), state="active")),
    notes=(),
)

LINEAGE = Lineage(
    root="fraud@4",
    nodes=(
        LineageNode("fraud@4", "version", "active", ("production",)),
        LineageNode("fraud@3", "version", "superseded"),
        LineageNode("data:transactions@2026-02", "data"),
        LineageNode("distilled@1", "version", "development"),
    ),
    edges=(
        LineageEdge("data:transactions@2026-02", "fraud@4", "trained_on"),
        LineageEdge("data:transactions@2026-02", "fraud@3", "trained_on"),
        LineageEdge("fraud@3", "fraud@4", "derived_from"),
        LineageEdge("fraud@4", "distilled@1", "derived_from"),
    ),
)
