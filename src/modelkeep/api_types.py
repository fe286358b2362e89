"""What the functions of the API take: each name is an annotation that `provenance.arguments` knows how to parse."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from datetime import date, timedelta

    from modelkeep.domain.answers.versions import AsOf

#: A path; a path object is never taken for a name.
Path: TypeAlias = "str | bytes | os.PathLike[str]"
#: A path or several.
Paths: TypeAlias = "Path | Iterable[Path]"
#: A text or several.
Texts: TypeAlias = "str | Iterable[str]"
#: A model or a version as on the command line (``fraud@3``), or an answer that has a ``ref``: what `register` returned.
Ref: TypeAlias = "str | HasRef"
#: A ref or a URI, or several.
Refs: TypeAlias = "Ref | Iterable[Ref]"
#: A version by its number, or by label, digest or ``none`` as text.
Selector: TypeAlias = "str | int"
#: A version's label as text; as a float 1.10 would be 1.1.
Label: TypeAlias = "str"
#: Data as on the command line: a path (hashed), a URI, ``NAME@VERSION`` or a dataset's name.
Dataset: TypeAlias = "str | os.PathLike[str]"
#: A dataset or several, each text with or without ``ROLE=`` before it, or a mapping from roles to datasets.
Datasets: TypeAlias = "Dataset | Iterable[Dataset] | Mapping[str, Dataset]"
#: A mapping (nested ones are joined by dots), an object that turns into one (a dataclass, a pandas Series), or pairs.
Values: TypeAlias = "Mapping[Any, Any] | Iterable[tuple[Any, Any]] | object"
#: A signature: the path of a JSON, TOML or YAML file, a mapping, or what turns into one, as MLflow's ``infer_signature``.
Signature: TypeAlias = "Path | Mapping[str, Any] | object"
#: Tags that versions have: ``K`` or ``K=V``, one or several, or a mapping, in which None means any value.
Tags: TypeAlias = "Texts | Mapping[str, Any]"
#: A time, date or age (a ``timedelta``), or the text of one (``7d``), ``seq:N``, or what `Registry.as_of` returned.
Moment: TypeAlias = "str | date | timedelta | AsOf"
#: A percentage: ``10``, ``0.5``, ``"12.5%"``.
Share: TypeAlias = "str | float"
#: Called now and then with the bytes that are done and the total.
Progress: TypeAlias = Callable[[int, int], None]
#: Called with each note and warning, a line each.
Say: TypeAlias = Callable[[str], None]


class HasRef(Protocol):
    """An answer about one version."""

    @property
    def ref(self) -> str | None:
        """Its ``NAME@NUMBER``."""
