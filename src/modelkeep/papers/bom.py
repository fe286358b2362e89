"""The bill of materials of a version: a CycloneDX 1.6 document, https://cyclonedx.org/docs/1.6/json/.

The same facts make the same bytes: the serial number is made of the registry, the version and the head, and the time is that
of the head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote
from uuid import UUID, uuid5

from modelkeep.domain.answers.pages import Dataset
from modelkeep.domain.answers.papers import PaperFacts, ParentFacts
from modelkeep.domain.json_values import Json, to_text
from modelkeep.domain.known_documents import Field, normal_package_name

_SPACE = UUID("6f0a6c2e-9d0b-5b5c-8d4c-2f5d1f6a9b11")
_SHA256 = "sha256:"


def bom(known: PaperFacts, program: str) -> dict[str, Json]:
    """Return the document; ``program`` is the version of modelkeep that makes it."""
    version = known.version
    main = f"version:{version.ref}"
    data = {f"data:{each.node}": _dataset(each, version.data) for each in version.data}
    parts = [
        *(
            {"type": "file", "bom-ref": f"file:{each.path}", "name": each.path, **_hashes(each.digest)}
            for each in version.contents
        ),
        *({"bom-ref": ref, **each} for ref, each in data.items()),
        *_packages(known),
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_SPACE, f'{known.registry} {version.ref} {known.head.hash}')}",
        "version": 1,
        "metadata": {
            "timestamp": known.head.time,
            "tools": {"components": [{"type": "application", "name": "modelkeep", "version": program}]},
            "component": {
                "type": "machine-learning-model",
                "bom-ref": main,
                "name": version.name,
                "version": version.label or str(version.version),
                **_known(description=version.description or known.purpose),
                "authors": [{"name": version.author}],
                **({} if version.licence is None else {"licenses": [{"expression": version.licence}]}),
                **(_hashes(version.contents[0].digest) if len(version.contents) == 1 else {}),
                **_pedigree(known.parents),
                "modelCard": _model_card(known, list(data)),
                "properties": _properties(known),
            },
        },
        "components": parts,
        "dependencies": [
            {"ref": main, "dependsOn": [str(each["bom-ref"]) for each in parts]},
            *({"ref": each["bom-ref"]} for each in parts),
        ],
    }  # fmt: skip


def _known(**values: Json) -> dict[str, Json]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _hashes(digest: str | None) -> dict[str, Json]:
    if digest is None or not digest.startswith(_SHA256):
        return {}
    return {"hashes": [{"alg": "SHA-256", "content": digest.removeprefix(_SHA256)}]}


def _dataset(each: Dataset, used: Iterable[Dataset]) -> dict[str, Json]:
    """Return a dataset as a component of type ``data``, with each role that it is ``used`` in."""
    roles = dict.fromkeys(other.role for other in used if other.node == each.node and other.role is not None)
    contents = {"contents": {"url": each.location}} if each.location and "://" in each.location else {}
    return {
        "type": "data",
        "name": each.name,
        **_known(version=each.version),
        **_hashes(each.digest),
        "data": [{"type": "dataset", "name": each.node, **contents}],
        **_known(properties=[{"name": "modelkeep:role", "value": role} for role in roles]),
    }


def _packages(known: PaperFacts) -> Iterable[dict[str, Json]]:
    """Yield the packages of the environment, each once."""
    packages = () if known.environment is None else known.environment.packages
    by_purl = {
        f"pkg:pypi/{quote(normal_package_name(name), safe='')}@{quote(version, safe='')}": (name, version)
        for name, version in packages
    }
    for purl, (name, version) in by_purl.items():
        yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _pedigree(parents: Iterable[ParentFacts]) -> dict[str, Json]:
    """Return what the version was made from."""
    ancestors: list[Json] = []
    for each in parents:
        named = each.ref or each.location
        if named is None:
            continue
        name, _, number = named.rpartition("@") if each.ref else (named, "", "")
        properties = [] if each.by is None else [{"name": "modelkeep:derived-by", "value": each.by}]
        digest = [] if each.digest is None else [{"name": "modelkeep:digest", "value": each.digest}]
        ancestors.append(
            {
                "type": "machine-learning-model",
                "name": name,
                **_known(version=number, properties=[*properties, *digest]),
            }
        )
    return {"pedigree": {"ancestors": ancestors}} if ancestors else {}


def _model_card(known: PaperFacts, data: list[str]) -> dict[str, Json]:
    version, inspection = known.version, known.inspection
    architecture = None
    if inspection is not None:
        architecture = dict(inspection.facts).get("architecture") or next(
            (value for file in inspection.files if (value := file.fact("architecture"))), None
        )
    interface = known.interface
    parameters = _known(
        task=version.tags.get("task"),
        modelArchitecture=architecture,
        datasets=[{"ref": ref} for ref in data],
        inputs=[] if interface is None else _fields(interface.inputs),
        outputs=[] if interface is None else _fields(interface.outputs),
    )
    seen: dict[tuple[str, str | None], Json] = {}
    for each in version.evaluations:
        measured = {"type": each.name, "value": to_text(each.value), **_known(slice=each.data)}
        seen.setdefault((each.name, each.data), measured)
    return _known(modelParameters=parameters, quantitativeAnalysis=_known(performanceMetrics=list(seen.values())))


def _fields(fields: Iterable[Field]) -> list[Json]:
    """Return inputs or outputs, each once: CycloneDX has a text for its format."""
    texts = (f"{each.name or ''} {each.dtype}{_shape(each.shape)}".strip() for each in fields)
    return [{"format": text} for text in dict.fromkeys(texts)]


def _shape(shape: tuple[str, ...]) -> str:
    return f"[{', '.join(shape)}]" if shape else ""


def _properties(known: PaperFacts) -> list[Json]:
    version, code = known.version, known.version.code
    named: Mapping[str, str | None] = {
        "modelkeep:registry": known.registry,
        "modelkeep:head": known.head.hash,
        "modelkeep:digest": version.digest,
        "modelkeep:commit": code.commit,
        "modelkeep:repository": code.remote,
        "modelkeep:formats": None if known.inspection is None else ", ".join(known.inspection.formats),
        "modelkeep:python": None if known.environment is None else known.environment.python,
        **{f"modelkeep:param:{key}": to_text(value) for key, value in version.params.items()},
        **{f"modelkeep:tag:{key}": value for key, value in version.tags.items()},
    }
    return [{"name": name, "value": value} for name, value in named.items() if value]
