"""One of each JSON document; run as a script it writes the golden files beside it."""

from pathlib import Path

import msgspec.structs
from rows import CHURN, ENTRY, FRAUD, LINEAGE, MODEL, PROMOTED, REGISTERED, TENURE, VERSION, version_row

from modelkeep.cli import batch
from modelkeep.cli.views import changes as told
from modelkeep.cli.views import gc_views, output, reads, scalar_views
from modelkeep.domain.answers.care import (
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
from modelkeep.domain.answers.changes import Effect, Fetched, Passed, RolledBack
from modelkeep.domain.answers.records import Identity, Status
from modelkeep.domain.answers.relations import Diff, DiffRow, Identified
from modelkeep.domain.answers.versions import AsOf
from modelkeep.errors import NotFound

AS_OF = AsOf(12, "2026-11-20T00:00:00.000000Z")
BACK = RolledBack(
    action="rollback", name="fraud", ref="fraud@4", changed=True, seq=9, stage="production", left="fraud@4", to="fraud@2",
    marked_bad=True, passed_over=(Passed("fraud@3", "marked bad"),),
    effects=(Effect("production", "fraud@4", "fraud@2"),), notes=("fraud@2 was live 12 days",),
)  # fmt: skip

DOCUMENTS = {
    "models": reads.models([FRAUD, CHURN], None),
    "models-as-of": reads.models([FRAUD], AS_OF),
    "versions": reads.versions([version_row(3, metrics=(("auc", "0.9"),), stages=("staging",))], AS_OF),
    "version": reads.version(VERSION, None),
    "model": reads.model(MODEL, AS_OF),
    "tenures": reads.tenures([TENURE], None),
    "entries": reads.entries([ENTRY]),
    "identified": reads.identified([Identified("fraud@3", None, None, None, "development", None, "sha256:00")]),
    "diff": reads.diff(Diff(("a@1", "a@2"), same=False, rows=(DiffRow("metrics", "auc", ("1", None)),))),
    "lineage": reads.lineage(LINEAGE),
    "verification": reads.verification(
        Verification(
            ok=False, entries=1, versions=1, blobs=1, size_bytes=1, head_seq=1, head_hash=None,
            findings=(VerifyFinding("error", "chain", "entry 3", "its hash is another"),),
            subset="1/7", errors=1, warnings=0, repaired=0, dry_run=False,
        )
    ),
    "status": reads.status(
        Status(
            "/r", "flag", "ab", 1, 2, 3, 4, "sha256:0", "production", (("fraud", FRAUD.holders[0]),), (ENTRY,)
        )
    ),
    "backup": scalar_views.backed_up(
        BackedUp(
            "/mnt/backup/models", "ab", changed=True, ok=False, entries=12, versions=3, blobs=3, size_bytes=30,
            new_blobs=1, new_bytes=10, head_seq=12, head_hash="sha256:0",
            findings=(VerifyFinding("error", "blob", "fraud@1", "model.onnx: missing", "fraud@1", "model.onnx", "sha256:0"),),
        )
    ),
    "identity": reads.identity(Identity("ana", 1000, user_namespace=False, claimed=None)),
    "fetched": reads.fetched(Fetched("a@1", "sha256:0", "out", changed=True, files=1, size_bytes=2)),
    "settings": reads.settings([("registry", None, "default")]),
    "change": told.change(PROMOTED),
    "change-nothing": told.change(msgspec.structs.replace(PROMOTED, changed=False, seq=None, effects=(), why="it is so")),
    "registered": told.reference(REGISTERED, "registered"),
    "rollback": told.change(BACK, "rollback"),
    "changes": batch.page([batch.Fate("a@1", PROMOTED, None), batch.Fate("a@2", None, NotFound("no", "hint"))]),
    "path": scalar_views.path("fraud@3", "/cache/modelkeep/ab/cd/model.onnx"),
    "field": scalar_views.field("fraud@3", reads.version(VERSION, None).document, "metric.auc"),
    "description": scalar_views.description("fraud", "Scores card payments\nowned by risk"),
    "setting": scalar_views.setting("lock_wait", "20s"),
    "completion": scalar_views.script("bash", "complete -F _modelkeep modelkeep\n"),
    "garbage": gc_views.page(
        Cleaned(
            changed=True, files=2, freed_bytes=10, young_files=1, young_bytes=5, grace_seconds=604_800,
            garbage=(
                Garbage("blob", "sha256:0", 6, "only fraud@3, deleted 2026-11-20 by ana"),
                Garbage("leftover", "/r/store/tmp/0-17-a", 4, "left by a process that ended"),
            ),
            unknown=("/r/store/notes",),
        )
    ),
    "diagnosis": gc_views.diagnosis(
        Diagnosis(
            ok=False, registry="/r",
            findings=(
                DoctorFinding("error", "locks", "/r", "nfs with nolock", "mount it without nolock"),
                DoctorFinding("ok", "python", "/usr/bin/python", "3.11.7"),
            ),
        )
    ),
    "trust": scalar_views.trust(["/srv/fraud", "/srv/churn"], changed=True),
    "init": scalar_views.init("/srv/models", "872491a30d60d598962de6e7b834ab76", ["staging", "production"], Access("ml", "auditors", None), created=True),
    "migration": scalar_views.migration(Migration(changed=True, schema_before=1, schema_after=2, backup="/r/backup.db")),
}  # fmt: skip

if __name__ == "__main__":
    directory = Path(__file__).with_name("golden")
    directory.mkdir(exist_ok=True)
    for name, page in DOCUMENTS.items():
        (directory / f"{name}.json").write_text(output.as_json(page.document, pretty=True))
