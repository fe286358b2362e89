"""A registry in memory that things happen to, one line each: ``history.promote("fraud@4", "production")``.

Every entry is decided, appended and projected as in real life. Entry N is of N minutes after
2026-01-01; salts, ids and digests count up, so that the same story always makes the same registry.
"""

import hashlib
import itertools
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from log_kinds import intents
from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain import details
from modelkeep.domain.entry import Observed
from modelkeep.domain.known_documents import to_document
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.domain.policy.candidate import registered
from modelkeep.domain.policy.gate import judge
from modelkeep.domain.refs import parse_ref
from modelkeep.domain.stages import declare_stages
from modelkeep.domain.times import format_time
from modelkeep.domain.verbs.interface import Proposal
from modelkeep.locate import Located
from modelkeep.provenance.machine import Account
from modelkeep.registry import Registry
from modelkeep.store.db import ledger
from modelkeep.store.db.ledger import IntentDraft
from modelkeep.store.db.sql.references import resolve
from modelkeep.store.db.sqlite.private_tables import in_memory
from modelkeep.store.db.state import SqlState

REGISTRY = "0" * 31 + "1"
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def sha(text):
    """Return the digest of a text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def at(seq):
    """Return the time of an entry."""
    return format_time(BEGINNING + timedelta(minutes=seq))


class _OpenDatabase:
    """A database whose one connection is open already."""

    def __init__(self, connection):
        self.connection = connection

    @contextmanager
    def reading(self):
        yield self.connection


def registry_of(connection):
    """Return a `Registry` that reads these tables; its clock stands after every entry, its user is told nothing."""
    context = Context(
        directory="/registry",
        database=_OpenDatabase(connection),
        bucket=None,
        clock=lambda: BEGINNING + timedelta(days=365),
        new_id=None,
        account=Account(uid=1000, user="ana", user_namespace=False),
        claim=None,
        environ={},
        cwd="/",
        cache_dir="/no/cache",
        state_dir="/no/state",
        client="modelkeep/0",
        say=lambda _text: None,
    )
    return Registry(context, Located("/registry", "flag"))


class History:
    """A story and the registry it makes; every verb returns the ``seq`` of its entry."""

    def __init__(self, stages=("staging", "production")):
        self.connection = in_memory()
        self.count = itertools.count(1)
        self.user, self.uids = "ana", {}
        #: What the writer sees besides: ``login``, ``groups``, ``user_namespace``.
        self.seen = {}
        self.tell(intents.Init(declare_stages(stages)), None)

    @property
    def registry(self):
        return registry_of(self.connection)

    def register(
        self,
        name,
        content=None,
        *,
        stage=None,
        aliases=(),
        label=None,
        metrics=(),
        on=None,
        data=(),
        parents=(),
        runs=(),
        commit=None,
        dirty=False,
        licence=None,
        inspected=None,
        interface=None,
        environment=None,
        attachments=(),
        ci=None,
        seeds=(),
        by=None,
        if_exists="new",
        form="file",
        at_number=None,
        **fields,
    ):
        """Register; ``content`` is the text of the only file or a dict of path to text. Other keywords are details."""
        number = next(self.count)
        files = content if isinstance(content, dict) else {"model.onnx": content or f"{name} {number}"}
        manifest = Manifest.of(ManifestFile(sha(text), path, len(text)) for path, text in files.items())
        model = SqlState(self.connection).model_named(name)
        documents, digests = self._documents(inspected=inspected, interface=interface, environment=environment)
        documents |= {sha(text): text.encode() for _, text in attachments}
        arguments = intents.Register(
            aliases=tuple(aliases),
            attachments=tuple(intents.Attachment(sha(text), "file", name) for name, text in attachments),
            ci=ci,
            code=None if commit is None else intents.Code(commit=commit, state="dirty" if dirty else "clean"),
            data=tuple(data),
            form=form,
            if_exists=if_exists,
            label=label,
            licence=licence,
            metrics=tuple(metrics),
            metrics_on=on,
            number=at_number,
            parents=tuple(replace(self._parent(parent), by=by) for parent in parents),
            runs=tuple(runs),
            trained=intents.Trained(seeds=tuple(seeds)) if seeds else None,
            **digests,
        )
        subject = intents.Subject(
            digest=manifest.digest,
            model=None if model is None else model.seq,
            name=name if model is None else model.name,
            stage=stage,
        )
        return self.tell(arguments, subject, fields, {manifest.digest: manifest.to_bytes(), **documents})

    def supplement(
        self, ref, *, inspected=None, interface=None, environment=None, licence=None, attachments=(), **fields
    ):
        """Add facts to a version: documents are values of `known_documents`, attachments name and text."""
        documents, digests = self._documents(inspected=inspected, interface=interface, environment=environment)
        made = tuple(intents.Attachment(sha(text), "file", name) for name, text in attachments)
        documents |= {sha(text): text.encode() for _, text in attachments}
        return self.tell(
            intents.Supplement(attachments=made, licence=licence, **digests), self.subject(ref), fields, documents
        )

    def data(self, called, digest=None, *, rows=None, schema=None, parents=(), **fields):
        """Record ``NAME@VERSION``; ``schema`` is a text, parents are called the same way."""
        documents = {} if schema is None else {sha(schema): schema.encode()}
        command = intents.AddDataset(
            **dict(zip(("name", "version"), called.split("@"), strict=True)), digest=digest, rows=rows,
            schema=None if schema is None else sha(schema),
            parents=tuple(intents.Data(*parent.split("@")) for parent in parents),
        )  # fmt: skip
        return self.tell(command, None, fields, documents)

    def _documents(self, **values):
        """Return the bytes of documents by digest, and the digest by argument."""
        found = {name: to_document(value) for name, value in values.items() if value is not None}
        digests = {name: sha(data.decode()) for name, data in found.items()}
        return {digests[name]: data for name, data in found.items()}, digests

    def create(self, name, *, reuse=False, **fields):
        return self.tell(intents.Create(reuse), intents.Subject(name), fields)

    def label(self, ref, label, **fields):
        return self.tell(intents.Label(label), self.subject(ref), fields)

    def evaluate(self, ref, metrics, on=None, runs=(), **fields):
        return self.tell(intents.Evaluate(tuple(metrics), on, tuple(runs)), self.subject(ref), fields)

    def promote(self, ref, stage, *, share=None, force=False, break_glass=False, **fields):
        arguments = intents.Promote(break_glass=break_glass, force=force, request=None, share=share)
        return self.tell(arguments, self.subject(ref, stage), fields)

    def rollback(self, ref, to, stage="production", *, keep_good=False, **fields):
        arguments = intents.Rollback(because=None, confirmed=None, keep_good=keep_good, to=to)
        return self.tell(arguments, self.subject(ref, stage), fields)

    def retire(self, ref, stage, **fields):
        return self.tell(intents.Retire(), self.subject(ref, stage), fields)

    def mark(self, ref, mark="bad", **fields):
        return self.tell(intents.Mark(mark), self.subject(ref), fields)

    def archive(self, ref, *, undo=False, **fields):
        return self.tell(intents.Archive(all="@" not in ref, undo=undo), self.subject(ref), fields)

    def delete(self, ref, *, force=False, **fields):
        return self.tell(intents.Delete(force), self.subject(ref), fields)

    def alias(self, ref, *add, remove=(), **fields):
        return self.tell(intents.Alias(add, tuple(remove)), self.subject(ref), fields)

    def tag(self, ref, remove=(), **tags):
        lines = []
        for key in remove:
            subject = self.subject(ref)
            found = self.connection.connection.execute(
                "SELECT line FROM tag WHERE model = ? AND version = ? AND key = ? AND until_seq IS NULL",
                (subject.model, subject.version or 0, key),
            )
            lines += [line for (line,) in found.fetchall()]
        return self.tell(
            intents.Tag(tuple(lines)), self.subject(ref), {f"tag.{key}": value for key, value in tags.items()}
        )

    def describe(self, ref, text):
        return self.tell(intents.Describe(), self.subject(ref), {"description": text})

    def note(self, ref, text):
        return self.tell(intents.Note(), self.subject(ref), {"note": text})

    def rename(self, name, to):
        return self.tell(intents.Rename(to), self.subject(name))

    def policy(self, rules, source="# a policy", **fields):
        """Put rules in force; ``source`` is the text they came from."""
        documents = {sha(text): text.encode() for text in (rules.to_bytes().decode(), source)}
        return self.tell(intents.Policy(*documents), None, fields, documents)

    def role(self, role, principal, *, grant=True, **fields):
        return self.tell(intents.Role(role, intents.Principal(*principal.split(":")), grant), None, fields)

    def request(self, ref, stage="production", *, share=None, **fields):
        return self.tell(intents.Request(share), self.subject(ref, stage), fields)

    def approve(self, ref, request, stage="production", *, plan=None, share=None, **fields):
        """Approve a request on what it rests on now, or on another plan."""
        subject = self.subject(ref, stage)
        plan = plan or self.judgement(ref, stage, share).plan
        documents = {plan.plan_digest: plan.to_bytes()}
        return self.tell(intents.Approve(request, plan.plan_digest), subject, fields, documents)

    def judgement(self, ref, stage="production", share=None):
        """Return what the policy in force says of a promotion, a minute after the last entry."""
        proposal, _, version = self.proposal(ref, stage)
        return judge(proposal, registered(proposal.state, proposal.model(), version), stage, share)

    def proposal(self, ref, stage="production"):
        """Return a promotion that may be decided, with its model and version."""
        subject, state = self.subject(ref, stage), SqlState(self.connection)
        head = state.head()
        intent = intents.Intent(
            registry=REGISTRY, id="f" * 32, command=intents.Promote(), subject=subject, time=at(head.seq + 1),
            seen=intents.Seen(head.hash, head.seq),
        )  # fmt: skip
        proposal = Proposal(state, intent, self.observed, at(head.seq + 1), head.seq + 1)
        return proposal, *proposal.model_and_version()

    def reject(self, ref, request, stage="production", **fields):
        return self.tell(intents.Reject(request), self.subject(ref, stage), fields)

    def check(self, ref, name, result="pass", evidence=None, expires=None, stored=None, **fields):
        """Record a check; ``evidence`` is a text, or where ``stored`` is its size the text whose digest is in the store."""
        digest = None if evidence is None else sha(evidence)
        documents = {} if digest is None or stored is not None else {digest: evidence.encode()}
        command = intents.Check(name=name, result=result, evidence=digest, expires=expires, evidence_bytes=stored)
        return self.tell(command, self.subject(ref), fields, documents)

    def deploy(self, ref, target, status="running", share=None, stage=None, **fields):
        return self.tell(intents.Deploy(target=target, status=status, share=share), self.subject(ref, stage), fields)

    def signal(self, ref, name, value, count=None, window=None, **fields):
        command = intents.Signal(name=name, value=value, count=count, window=window)
        return self.tell(command, self.subject(ref), fields)

    def acknowledge(self, ref, entry, **fields):
        return self.tell(intents.Acknowledge(entry), self.subject(ref), fields)

    @property
    def observed(self):
        """What the writer of the next entry sees; ``user`` is one of ``users``, whose uids count from 1000."""
        return Observed(
            client="modelkeep/0",
            uid=self.uids.setdefault(self.user, 1000 + len(self.uids)),
            user=self.user,
            **self.seen,
        )

    def subject(self, ref, stage=None):
        """Return what an intent about a reference is about."""
        found = self.resolved(ref)
        return intents.Subject(
            digest=found.digest, model=found.model, name=found.name, stage=stage, version=found.number
        )

    def resolved(self, ref, at=None):
        """Return what a reference means, now or after an entry."""
        return resolve(self.connection, at, parse_ref(ref))

    def tell(self, arguments, subject, fields=None, documents=None, origin=None):
        """Append one entry and return its number; underscores of field names are dots where it needs them."""
        head = SqlState(self.connection).head()
        seq = 1 if head is None else head.seq + 1
        lines = [
            (field.replace("__", "."), value)
            for field, values in (fields or {}).items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        salts = (f"{next(self.count):032x}" for _ in itertools.count())
        written = details.write(lines, salts) if lines else None
        intent = intents.Intent(
            registry=REGISTRY,
            id=f"{seq:032x}",
            command=arguments,
            subject=subject,
            details=None if written is None else written.digest,
            seen=None if head is None else intents.Seen(head.hash, head.seq),
            origin=origin,
            time=at(seq),
        )
        outcome = ledger.append(self.connection, IntentDraft(intent, written, documents or {}), self.observed, at(seq))
        assert outcome.entry is not None, outcome.already
        return seq

    def until(self, seq):
        """Return a registry in which nothing after an entry has happened: a replay of the log up to it."""
        from modelkeep.domain.entry import parse_entry
        from modelkeep.store.db.ledger import entries, named_by

        target = in_memory()
        for number, data in entries(self.connection):
            if number > seq:
                break
            entry = parse_entry(data)
            ledger.write(target, entry, data, *named_by(self.connection, entry))
        return target

    def _parent(self, parent):
        if "://" in parent:
            return intents.Parent()
        found = self.resolved(parent)
        return intents.Parent(digest=found.digest, model=found.model, version=found.number)
