"""One of each JSON document; run as a script it writes the golden files beside it."""

import sys
from pathlib import Path

import msgspec.structs

sys.path.insert(1, str(Path(__file__).parent.parent / "support"))

from governed_story import QUARTER, governed_history
from rows import (
    ATTACHMENT,
    CHURN,
    DEPLOYMENT,
    ENTRY,
    FRAUD,
    INSPECTED,
    INSPECTION,
    LINEAGE,
    MODEL,
    PACKAGES,
    PROMOTED,
    REGISTERED,
    REQUEST,
    SIGNAL,
    SIGNATURE,
    TENURE,
    VERSION,
    version_row,
)

from modelkeep.cli.views.approvals import RequestsView
from modelkeep.cli.views.changes import (
    ChangesView,
    ChangeView,
    ItemOutcome,
    RegisteredView,
    RollbackView,
)
from modelkeep.cli.views.checks import CheckedView, ChecksView, CheckView
from modelkeep.cli.views.datasets import DatasetsView, DatasetView
from modelkeep.cli.views.errors import fields
from modelkeep.cli.views.found import FoundView
from modelkeep.cli.views.help import HelpView
from modelkeep.cli.views.history import EntriesView, TenuresView
from modelkeep.cli.views.hooks import HookRunView, HooksView
from modelkeep.cli.views.inspections import InspectedView
from modelkeep.cli.views.interface import as_json
from modelkeep.cli.views.lists import ModelsView, VersionsView
from modelkeep.cli.views.maintenance import (
    BackupView,
    DiagnosisView,
    GarbageView,
    MigrationView,
    VerificationView,
)
from modelkeep.cli.views.origin import AttachmentView, PackagesView
from modelkeep.cli.views.page import PageView
from modelkeep.cli.views.papers import AnnexView, BomView, CardView, NotesView, ReportView, TemplateView
from modelkeep.cli.views.policy import PoliciesView, PolicyDiffView, PolicyFilesView, PolicySetView, PolicyView
from modelkeep.cli.views.relations import DiffView, IdentifiedView, LineageView
from modelkeep.cli.views.retention import PrunedView
from modelkeep.cli.views.roles import RolesView
from modelkeep.cli.views.serving import DeploymentsView, PicksView, SignalledView, SignalsView
from modelkeep.cli.views.setup import (
    IdentityView,
    InitView,
    SettingRow,
    SettingsView,
    SettingView,
    StatusView,
    TrustView,
)
from modelkeep.cli.views.show import ModelView, VersionView
from modelkeep.cli.views.values import CompletionView, DescriptionView, FetchedView, FieldView, PathView
from modelkeep.domain.answers.changes import Effect, Fetched, Passed, RolledBack
from modelkeep.domain.answers.checks import Checked, CheckRow
from modelkeep.domain.answers.datasets import (
    DatasetPage,
    DatasetRow,
    DatasetUse,
    FeatureColumn,
    FeatureFunction,
    FeatureSource,
    FeatureViewDefinition,
    SchemaDocument,
)
from modelkeep.domain.answers.found import Found, TextMatch
from modelkeep.domain.answers.hooks import HookRow, HookRun
from modelkeep.domain.answers.maintenance import (
    Access,
    BackedUp,
    Cleaned,
    Diagnosis,
    DoctorFinding,
    Garbage,
    Migration,
    Verification,
    VerifyFinding,
)
from modelkeep.domain.answers.papers import Bom
from modelkeep.domain.answers.policy import (
    Policy,
    PolicyDiff,
    PolicyRow,
    PolicySet,
    RefusedHolder,
    StaleRequest,
)
from modelkeep.domain.answers.reports import Diff, DiffRow, Identified, Identity, Status
from modelkeep.domain.answers.retention import Pruned, PruneError
from modelkeep.domain.answers.roles import RoleBearer, RoleRow
from modelkeep.domain.answers.serving import Pick, Picks, ServedPart, SlotRange
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.numbers import Number
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.statements import PolicyDifference, Statement
from modelkeep.errors import NotFound

AS_OF = AsOf(12, "2026-11-20T00:00:00.000000Z")
BACK = RolledBack(
    action="rollback", name="fraud", ref="fraud@4", changed=True, seq=9, stage="production", left="fraud@4", to="fraud@2",
    marked_bad=True, passed_over=(Passed("fraud@3", "marked bad"),),
    effects=(Effect("production", "fraud@4", "fraud@2"),), notes=("fraud@2 was active 12 days",),
)  # fmt: skip
RULES = PolicyRow(7, "2026-11-20T00:00:00.000000Z", "ana", "two approve", "sha256:0", None)
DIFFERENCE = PolicyDifference("stage production", "approval", None, "one person who may approve")

CHECK = CheckRow(
    ref="fraud@3", name="bias", result="pass", state="stale", time="2026-11-01T10:00:00.000000Z", actor="ana",
    expires="2026-12-31T10:00:00.000000Z", evidence="sha256:0", evidence_bytes=812, command="python bias.py {}",
    outcome="exit code 0", reason="release 4", seq=7, stages=("staging", "production"), stale_for=("production",),
)  # fmt: skip
FEATURE_VIEW = FeatureViewDefinition(
    kind="batch", store="feast", project="payments", name="card_stats", features=(FeatureColumn("spent_7d", "Float64"),),
    entities=("card",), keys=(FeatureColumn("card_id", "Int64"),),
    sources=(FeatureSource("file", "events", "s3://lake/cards", "at", None),), ttl_seconds=172_800, aggregations=(),
    transformation=FeatureFunction("share", "python", "sha256:2"),
)  # fmt: skip
DATASET = {
    "node": "data:transactions@2026-02", "name": "transactions", "version": "2026-02", "recorded": True, "uses": 1, "rows": 1200,
    "digest": "sha256:0", "checksum": None, "location": "data/transactions.parquet", "since": "2026-11-01T10:00:00.000000Z", "actor": "ana",
}  # fmt: skip
DOCUMENTS = {
    "models": ModelsView(None, [CHURN, FRAUD]),
    "models-as-of": ModelsView(AS_OF, [FRAUD]),
    "versions": VersionsView(AS_OF, [version_row(3, metrics={"auc": Number("0.90")}, stages=("staging",))]),
    "found": FoundView(
        None,
        [
            Found("churn", (TextMatch("churn", "name", "churn"),), CHURN, None),
            Found("fraud@3", (TextMatch("fraud@3", "tag.like", "churn"),), None, version_row(3)),
        ],
        "churn",
    ),
    "version": VersionView(VERSION, None),
    "packages": PackagesView(PACKAGES),
    "attachment": AttachmentView.of(ATTACHMENT),
    "attachment-bytes": AttachmentView.of(msgspec.structs.replace(ATTACHMENT, content=b"\xff\0")),
    "version-inspected": VersionView(msgspec.structs.replace(VERSION, inspection=INSPECTION, signature=SIGNATURE), None),
    "inspected": InspectedView(None, INSPECTED),
    "model": ModelView(MODEL, AS_OF),
    "tenures": TenuresView(None, [TENURE]),
    "entries": EntriesView([ENTRY]),
    "identified": IdentifiedView(None, [Identified("fraud@3", None, None, None, "development", None, "sha256:00")]),
    "diff": DiffView(Diff(("a@1", "a@2"), same=False, rows=(DiffRow("metrics", "auc", (Number("1.0"), Number("0.5")), (Number("-0.5"),), (), (-0.5,), "higher", ("worse",)),))),
    "lineage": LineageView(LINEAGE),
    "verification": VerificationView(
        Verification(
            ok=False, entries=1, versions=1, blobs=1, size_bytes=1, head_seq=1, head_hash=None,
            findings=(VerifyFinding("error", "chain", "entry 3", "its hash is another"),),
            subset="1/7", errors=1, warnings=0, repaired=0, dry_run=False,
        )
    ),
    "status": StatusView(
        Status(
            "/r", "flag", "ab", 1, 2, 3, 4, "sha256:0", "production", {"fraud": FRAUD.holders[0]}, (ENTRY,)
        )
    ),
    "backup": BackupView(
        BackedUp(
            "/mnt/backup/models", "ab", changed=True, ok=False, entries=12, versions=3, blobs=3, size_bytes=30,
            new_blobs=1, new_bytes=10, head_seq=12, head_hash="sha256:0",
            findings=(VerifyFinding("error", "blob", "fraud@1", "model.onnx: missing", "fraud@1", "model.onnx", "sha256:0"),),
        )
    ),
    "roles": RolesView(
        AS_OF,
        [
            RoleRow("owner", ("*",), in_policy=True, bearers=(RoleBearer("user:ana", "2026-11-01T10:00:00.000000Z", 2, "ana"),)),
            RoleRow("reviewer", ("approve", "promote:staging"), in_policy=True, bearers=()),
        ],
    ),
    "checks": ChecksView(
        AS_OF,
        [
            CHECK,
            CheckRow(ref="fraud@3", name="scan", result=None, state="missing", stages=("production",)),
        ],
    ),
    "check": CheckView(CHECK, None),
    "checked": CheckedView(
        Checked(
            "check", "fraud", "fraud@3", changed=True, seq=7, effects=(Effect("bias", "none", "pass"),),
            check="bias", result="pass", evidence="sha256:0", evidence_bytes=812,
            expires="2026-12-31T10:00:00.000000Z", command="python bias.py {}", outcome="exit code 0",
        )
    ),
    "identity": IdentityView(Identity("ana", 1000, user_namespace=False, claimed=None)),
    "fetched": FetchedView(Fetched("a@1", "sha256:0", "out", changed=True, files=1, size_bytes=2)),
    "settings": SettingsView([SettingRow("registry", None, "default")]),
    "change": ChangeView(PROMOTED),
    "change-nothing": ChangeView(msgspec.structs.replace(PROMOTED, changed=False, seq=None, effects=(), why="it is so")),
    "registered": RegisteredView(REGISTERED),
    "rollback": RollbackView(BACK),
    "changes": ChangesView([ItemOutcome("a@1", PROMOTED, None), ItemOutcome("a@2", None, fields(NotFound("no", "hint")))]),
    "requests": RequestsView(None, [REQUEST]),
    "picks": PicksView(
        None,
        Picks(
            "fraud", "production", "0123456789abcdef0123456789abcdef", 2,
            (
                ServedPart("fraud@3", 3, 90.0, (SlotRange(1000, 9999),)),
                ServedPart("fraud@4", 4, 10.0, (SlotRange(0, 999),)),
            ),
            (Pick("user-1", "fraud@3", 3, 9990),),
        ),
    ),
    "datasets": DatasetsView(AS_OF, [DatasetRow(**DATASET)]),
    "dataset": DatasetView(
        DatasetPage(
            **DATASET, seq=4, reason="march", schema_document=SchemaDocument("sha256:1", 12), feature_view=FEATURE_VIEW, parents=("data:raw@1",),
            children=(), used=(DatasetUse("fraud@3", "trained_on", "active", ("production",)),),
        ),
        None,
    ),
    "deployments": DeploymentsView(AS_OF, [DEPLOYMENT]),
    "signalled": SignalledView([PROMOTED]),
    "signals": SignalsView(None, [SIGNAL]),
    "path": PathView("fraud@3", "/cache/modelkeep/ab/cd/model.onnx"),
    "field": FieldView.of("fraud@3", VersionView(VERSION, None).document(), "metric.auc"),
    "description": DescriptionView("fraud", "Scores card payments\nowned by risk"),
    "setting": SettingView("lock_wait", "20s"),
    "completion": CompletionView("bash", "complete -F _modelkeep modelkeep\n"),
    "garbage": GarbageView(
        Cleaned(
            changed=True, files=2, freed_bytes=10, young_files=1, young_bytes=5, grace_seconds=604_800,
            garbage=(
                Garbage("blob", "sha256:0", 6, "only fraud@3, deleted 2026-11-20 by ana"),
                Garbage("leftover", "/r/store/tmp/0-17-a", 4, "left by a process that ended"),
            ),
            unknown=("/r/store/notes",),
        ),
        "7d",
    ),
    "diagnosis": DiagnosisView(
        Diagnosis(
            ok=False, registry="/r",
            findings=(
                DoctorFinding("error", "locks", "/r", "nfs with nolock", "mount it without nolock"),
                DoctorFinding("ok", "python", "/usr/bin/python", "3.11.7"),
            ),
        )
    ),
    "trust": TrustView(["/srv/fraud", "/srv/churn"], changed=True),
    "init": InitView(
        Access("ml", "auditors", None), "/srv/models", "872491a30d60d598962de6e7b834ab76", True,
        ["staging", "production"],
    ),
    "policy": PolicyView(
        Policy(
            *(getattr(RULES, name) for name in PolicyRow.__struct_fields__), "format = 1\n", {"format": "modelkeep policy 1"},
            (Statement("stages", "order", "staging < production"),),
        ),
        None,
    ),
    "policies": PoliciesView(AS_OF, [RULES]),
    "policydiff": PolicyDiffView(PolicyDiff("in force", "policy.toml", same=False, differences=(DIFFERENCE,))),
    "policyfiles": PolicyFilesView("team", ["policy.toml", "MODELS.md"]),
    "hooks": HooksView(
        [HookRow("ci", "/home/ana/.config/modelkeep/config.toml", "url", "https://ci.example.org", ("promote",), ("production",), (), 30, signed=True, runs=True)]
    ),
    "hookrun": HookRunView(HookRun("ci", ok=True, outcome="status 200", attempts=1, output="")),
    "report": ReportView(governed_history().registry.report(since=QUARTER, until="seq:20")),
    "help": HelpView("states", "The states of a version\n"),
    "card": CardView(governed_history().registry.card("fraud@2", template="{{front_matter}}\n# {{title}}")),
    "notes": NotesView(answer=governed_history().registry.release_notes(["fraud@1", "fraud@3"])),
    "template": TemplateView("# {{title}}\n"),
    "bom": BomView(Bom("fraud@2", {"bomFormat": "CycloneDX", "specVersion": "1.6"})),
    "page": PageView("registry.html", 145296),
    "annex": AnnexView(governed_history().registry.annex_iv("fraud@2")),
    "pruned": PrunedView(
        [
            Pruned("fraud@1", "superseded", "archived", "retention: keeps the last 20; the rest is archived", changed=True, seq=9, dry_run=False),
            Pruned("fraud@2", "superseded", "superseded", "retention: keeps the last 20; the rest is archived", changed=False, seq=None, dry_run=False, error=PruneError("conflict", 4, "no", "hint")),
        ]
    ),
    "policyset": PolicySetView(
        PolicySet(
            action="policy", name="policy", ref=None, changed=True, seq=7, effects=(Effect("policy", "none", "sha256:0"),),
            digest="sha256:0", differences=(DIFFERENCE,), judged=2, requests=(StaleRequest(5, "fraud@4", "production", 1),),
            holders=(RefusedHolder("fraud@3", "production", (RuleResult("metric auc >=", "0.88", ">= 0.9"),)),),
        )
    ),
    "migration": MigrationView(Migration(changed=True, schema_before=1, schema_after=2, backup="/r/backup.db")),
}  # fmt: skip

if __name__ == "__main__":
    directory = Path(__file__).with_name("golden")
    directory.mkdir(exist_ok=True)
    for name, view in DOCUMENTS.items():
        (directory / f"{name}.json").write_text(as_json(view.document(), pretty=True))
