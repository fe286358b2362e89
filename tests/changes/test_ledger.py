"""What is written could be read again, would be found right by `verify`, and is refused by a dry run alike."""

import msgspec.structs
import pytest

from modelkeep.domain.entry import Subject
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.manifest import Pointer, PointerFile
from modelkeep.domain.record import encode_canonical
from modelkeep.domain.verbs import register
from modelkeep.errors import Conflict, IntegrityError, UsageError
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import IntentDraft
from modelkeep.store.db.sql import manifests


def test_a_dry_run_refuses_an_entry_that_is_too_long(world):
    world.register()
    runs = [f"run-of-a-long-name-{number:06}" for number in range(3000)]
    for dry_run in (True, False):
        with pytest.raises(UsageError, match="an entry of the log has at most 65535 bytes"):
            world.registry.evaluate("fraud@1", runs=runs, dry_run=dry_run)


def test_an_entry_that_verify_would_find_wrong_is_not_written(history, monkeypatch):
    written = []
    monkeypatch.setattr(ledger, "append", lambda _writer, draft, observed, now: written.append((draft, observed, now)))
    with pytest.raises(AttributeError):
        history.register("fraud")
    monkeypatch.undo()
    draft, observed, now = written[0]
    foreign = IntentDraft(msgspec.structs.replace(draft.intent, id="x"), draft.details, draft.documents)
    changed = IntentDraft(draft.intent, draft.details, dict.fromkeys(draft.documents, b"{}"))
    for wrong in (foreign, changed):
        for carry_out in (ledger.decide_on, ledger.append):
            with pytest.raises(IntegrityError, match="was not written, for its entry would be damaged"):
                carry_out(history.connection, wrong, observed, now)
    assert ledger.append(history.connection, draft, observed, now).entry is not None


def test_a_version_whose_bytes_live_elsewhere_is_not_damaged_and_has_no_bytes_here(history):
    pointer = encode_canonical(Pointer("s3://bucket/model", (PointerFile("model.bin", 7),)))
    about = Subject("fraud", digest=digest_of(pointer))
    seq = history.tell(register.Register(form="pointer", if_exists="new"), about, documents={about.digest: pointer})
    assert manifests.manifest(history.connection, seq, 1) is None
    with pytest.raises(Conflict, match="does not have the bytes of version 1: they live at s3://bucket/model"):
        manifests.artifact(history.connection, seq, 1)
