"""The part of the API that looks after a registry in use: retention, hooks and reports.

`Oversight` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.api_types import Moment, Ref, Refs, Values
    from modelkeep.context import Context
    from modelkeep.domain.answers.annex import AnnexIv
    from modelkeep.domain.answers.hooks import HookRow, HookRun
    from modelkeep.domain.answers.papers import Bom, Card
    from modelkeep.domain.answers.period import Report
    from modelkeep.domain.answers.release_notes import ReleaseNotes
    from modelkeep.domain.answers.retention import Pruned


@checked_class
class Oversight:
    """The methods of a `Registry` about what is kept, told and reported."""

    _context: Context

    def prune(
        self, name: str | None = None, *, message: str | None = None, dry_run: bool = False
    ) -> tuple[Pruned, ...]:
        """Archive or delete the versions that the policy's retention does not keep, one entry a version.

        Of one model or of all. What is in use is kept: what holds a stage or ever held a protected one, has an alias, an
        open request, a deployment or an open item, or is a parent of a version that holds a stage. A version that could not be pruned has its ``error``. `prune_pages`
        needs less memory for many. Raises `NotFound` where no policy says what is kept, `Denied` without the permission.

        >>> [each.ref for each in registry.prune("fraud", dry_run=True)]
        ['fraud@1']
        """
        return tuple(each for page in self.prune_pages(name, message=message, dry_run=dry_run) for each in page)

    def prune_pages(
        self,
        name: str | None = None,
        *,
        message: str | None = None,
        dry_run: bool = False,
        plans: Values | None = None,
    ) -> Iterator[tuple[Pruned, ...]]:
        """Prune as `prune` does, and return what became of 200 versions at a time, as soon as it is done.

        ``plans`` has the ``plan`` of each ``ref`` that a dry run showed: other versions are not deleted, nor those that
        changed since.

        >>> sum(len(page) for page in registry.prune_pages(dry_run=True))
        1
        """
        from modelkeep.changes.prune import prune_pages

        return prune_pages(self._context, name, message, dry_run=dry_run, plans=None if plans is None else dict(plans))  # type: ignore[call-overload]

    def hooks(self) -> tuple[HookRow, ...]:
        """Return the hooks: those of your config, then those of the registry's ``hooks.toml``, in the order they run.

        Those of a registry that you do not trust are listed, and do not run. Raises `UsageError` for wrong ones.

        >>> registry.hooks()
        ()
        """
        from modelkeep.hooks.listing import hooks

        return hooks(self._context)

    def test_hook(self, name: str, *, event: str | None = None) -> HookRun:
        """Run a hook now, with the newest entry that it is meant for, or with ``event`` the newest of that action.

        The document says ``"test": true``. Raises `NotFound` for an unknown hook, or where there is no such entry.

        >>> registry.test_hook("notify").outcome
        'exit code 0'
        """
        from modelkeep.hooks.listing import test_hook

        return test_hook(self._context, name, event)

    def hold_hooks(self) -> None:
        """Let the hooks of what this registry changes wait until `run_hooks`.

        >>> registry.hold_hooks()
        """
        self._context.listener.hold()

    def run_hooks(self) -> None:
        """Run the hooks that wait. What goes wrong is a warning to ``say``.

        >>> registry.run_hooks()
        """
        self._context.listener.flush(self._context)

    def report(
        self,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        model: str | None = None,
        verify: bool = False,
    ) -> Report:
        """Return what a person must know who answers for the registry over a period, or for one model of it.

        It tells what changed in the protected stages with who asked, who approved and what each rule found, checks,
        exceptions, open items, roles, the policy and its changes, as it stood after the last entry of the period. With
        ``verify`` the log is verified too. ``modelkeep.papers.report.report_page`` makes the Markdown of it,
        and ``modelkeep.papers.html_paper.html_paper`` HTML of that.

        >>> [(each.stage, each.after) for each in registry.report().changes]
        [('production', 'fraud@1')]
        """
        from modelkeep.reads.period import report

        found = report(self._context, model, since=since, until=until)
        if not verify:
            return found
        from msgspec.structs import replace

        from modelkeep.maintenance.verified import checked

        return replace(found, verified=checked(self._context))

    def annex_iv(self, ref: Ref, *, as_of: Moment | None = None) -> AnnexIv:
        """Return what the registry knows of a version, section by section of Annex IV of the EU AI Act.

        Each section names also what could be recorded and is not, and what a registry cannot know.
        ``modelkeep.papers.annex.annex_page`` makes the Markdown of it, and
        ``modelkeep.papers.html_paper.html_paper`` HTML of that.

        >>> [each.number for each in registry.annex_iv("fraud@1").sections][:3]
        ['1(a)', '1(b)', '1(c)']
        """
        from modelkeep.reads.annex import annex_iv

        return annex_iv(self._context, ref, as_of)

    def card(self, ref: Ref, *, template: str | None = None, as_of: Moment | None = None) -> Card:
        """Return the model card of a version: Markdown with the front matter that Hugging Face reads.

        ``template`` is a text with parts as ``{{metrics}}``; None for the built-in one, which names all of them. A bare name
        is its latest version. The same head and template make the same bytes. Raises `UsageError` for an unknown part.

        >>> registry.card("fraud@1").page.splitlines()[0]
        '---'
        """
        from modelkeep.papers.card import card
        from modelkeep.papers.card_template import built_in
        from modelkeep.reads.papers import paper_facts

        return card(paper_facts(self._context, ref, as_of), built_in() if template is None else template)

    def page(self, *, title: str = "Model registry", as_of: Moment | None = None) -> Iterator[str]:
        """Return the whole registry as one HTML file, in parts: everything that it tells, to be read without modelkeep.

        The file needs no server and no network. The same log, title and ``as_of`` make the same bytes. Memory grows with the
        number of models, and no writer waits between two parts. Raises `UsageError` for an empty title.

        >>> page = "".join(registry.page(title="Models of the risk team"))
        >>> page.splitlines()[0]
        '<!doctype html>'
        """
        from modelkeep.domain.text import check_text
        from modelkeep.errors import UsageError
        from modelkeep.reads.whole import whole_registry
        from modelkeep.web.page import html_page

        if not check_text(title, "the title").strip():
            message = "the title is empty"
            raise UsageError(message, "modelkeep page --title 'Risk models'")
        return html_page(title, whole_registry(self._context, as_of, title))

    def release_notes(self, refs: Refs) -> ReleaseNotes:
        """Return what changed from a version to a later one of the same model, and each version between, as Markdown too.

        One version alone is set against the one in production. The same log makes the same bytes.

        >>> registry.release_notes(["fraud@1", "fraud@2"]).page.splitlines()[0]
        '# fraud 2'
        """
        from modelkeep.reads.release_notes import release_notes

        return release_notes(self._context, refs)

    def bom(self, ref: Ref, *, as_of: Moment | None = None) -> Bom:
        """Return the bill of materials of a version as CycloneDX 1.6: files, datasets, packages, parents, licence.

        A bare name is its latest version. The same head makes the same bytes.

        >>> registry.bom("fraud@1").bom["specVersion"]
        '1.6'
        """
        from modelkeep._version import __version__
        from modelkeep.domain.answers.papers import Bom
        from modelkeep.papers.bom import bom
        from modelkeep.reads.papers import paper_facts

        known = paper_facts(self._context, ref, as_of)
        return Bom(known.version.ref, bom(known, __version__))
