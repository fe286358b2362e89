"""The sections of Annex IV of Regulation (EU) 2024/1689, the AI Act: their titles, and what a registry cannot know.

https://eur-lex.europa.eu/eli/reg/2024/1689/oj, Annex IV, "Technical documentation referred to in Article 11(1)".
The titles are shortened; the regulation's own text counts.
"""

from __future__ import annotations

from typing import NamedTuple


class AnnexPart(NamedTuple):
    """A section: its number, its title, and what of it no model registry knows."""

    number: str
    title: str
    unknown: tuple[str, ...]


PARTS = (
    AnnexPart(
        "1(a)", "Intended purpose, provider, version and its relation to previous versions",
        ("the name of the provider", "the intended purpose in the sense of the regulation, beyond the description"),
    ),
    AnnexPart(
        "1(b)", "How the system interacts with hardware and software that are not part of it, other AI systems included",
        ("the interfaces to other hardware, software and AI systems",),
    ),
    AnnexPart(
        "1(c)", "Versions of relevant software or firmware, and requirements for updates",
        ("the software and firmware around the model", "what updates require"),
    ),
    AnnexPart(
        "1(d)", "Forms in which the system is placed on the market or put into service",
        ("the packages, downloads or APIs that customers get",),
    ),
    AnnexPart("1(e)", "Hardware on which the system is intended to run", ("the intended hardware",)),
    AnnexPart(
        "1(f)", "Photographs or illustrations of products of which the system is a component",
        ("external features, marking and internal layout of such products",),
    ),
    AnnexPart("1(g)", "Basic description of the user interface for the deployer", ("the user interface",)),
    AnnexPart("1(h)", "Instructions for use for the deployer", ("the instructions for use",)),
    AnnexPart(
        "2(a)", "Methods and steps of the development, pre-trained systems and tools of third parties included",
        ("why these methods and steps were chosen", "how third-party systems were integrated or modified"),
    ),
    AnnexPart(
        "2(b)", "Design specifications: logic, key choices and assumptions, what it is optimised for, expected output",
        ("the rationale and the assumptions", "the persons on whom it is intended to be used", "the trade-offs that were made"),
    ),
    AnnexPart(
        "2(c)", "System architecture, and the computational resources used to develop, train, test and validate",
        ("how software components build on each other", "the computational resources that were used"),
    ),
    AnnexPart(
        "2(d)", "Data requirements: data sets, their provenance, scope and characteristics, labelling and cleaning",
        ("how data was obtained, selected, labelled and cleaned", "the scope and main characteristics of the data"),
    ),
    AnnexPart(
        "2(e)", "Assessment of the human oversight measures needed (Article 14)",
        ("the assessment of human oversight", "the measures that help deployers to interpret the output (Article 13(3)(d))"),
    ),
    AnnexPart(
        "2(f)", "Pre-determined changes, and how continuous compliance is ensured",
        ("changes of the system that were determined before", "the technical solutions for continuous compliance"),
    ),
    AnnexPart(
        "2(g)", "Validation and testing: data, metrics of accuracy and robustness, discriminatory impacts, test reports",
        ("whether the metrics measure robustness and discriminatory impacts", "signatures below test reports"),
    ),
    AnnexPart("2(h)", "Cybersecurity measures", ("the measures around the system where it runs",)),
    AnnexPart(
        "3", "Monitoring, functioning and control: capabilities, limitations, risks, oversight, input data",
        (
            "limitations, and accuracy for specific persons or groups",
            "foreseeable unintended outcomes and sources of risk",
            "the human oversight measures",
            "specifications of the input data",
        ),
    ),
    AnnexPart("4", "Appropriateness of the performance metrics", ("why these metrics are appropriate for the system",)),
    AnnexPart("5", "Risk management system (Article 9)", ("the risk management system",)),
    AnnexPart("6", "Relevant changes made through the lifecycle", ("changes of the system outside of the model",)),
    AnnexPart(
        "7", "Harmonised standards applied, or other solutions that meet the requirements",
        ("the standards and specifications that were applied",),
    ),
    AnnexPart("8", "Copy of the EU declaration of conformity (Article 47)", ("the declaration of conformity",)),
    AnnexPart(
        "9", "System to evaluate the performance in the post-market phase (Article 72)",
        ("the post-market monitoring plan (Article 72(3))",),
    ),
)  # fmt: skip
