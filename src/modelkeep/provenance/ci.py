"""The CI system that runs us: which it is, and the address, the author, the ref and the job of the run.

Only the variables that are named here are read. CI systems keep tokens in others, and none of those is looked at.
Userinfo, query and fragment of the addresses are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from modelkeep.domain.text import pattern
from modelkeep.domain.urls import scrub, scrub_text

_LONGEST = 500
_UNPRINTABLE = pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")


class CiRun(Struct, frozen=True):
    """A run of a CI system; ``system`` is a word: ``github``."""

    system: str
    url: str | None = None
    actor: str | None = None
    ref: str | None = None
    job: str | None = None

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """What the details keep of it."""
        found = (("ci.url", self.url), ("ci.actor", self.actor), ("ci.ref", self.ref), ("ci.job", self.job))
        return tuple((name, value) for name, value in found if value is not None)


class _System(Struct, frozen=True):
    """How a CI system says that it runs us, and in which variables it has what; the first that is set counts."""

    name: str
    marks: tuple[str, ...]
    url: Callable[[Mapping[str, str]], str | None]
    actor: tuple[str, ...]
    ref: tuple[str, ...]
    job: tuple[str, ...]


def _from(*variables: str) -> Callable[[Mapping[str, str]], str | None]:
    return lambda environ: next((environ[each] for each in variables if environ.get(each)), None)


def _github(environ: Mapping[str, str]) -> str | None:
    server, repository, run = (environ.get(f"GITHUB_{each}") for each in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if not (server and repository and run):
        return None
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
    return f"{server}/{repository}/actions/runs/{run}" + (f"/attempts/{attempt}" if attempt != "1" else "")


def _azure(environ: Mapping[str, str]) -> str | None:
    """Return the address of a build in the REST API: that of its page has the number in the query, which is dropped."""
    from urllib.parse import quote

    collection = environ.get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
    project, build = environ.get("SYSTEM_TEAMPROJECT"), environ.get("BUILD_BUILDID")
    if not (collection and project and build):
        return None
    return f"{collection.rstrip('/')}/{quote(project)}/_apis/build/builds/{build}"


#: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
#: https://docs.gitlab.com/ci/variables/predefined_variables
#: https://buildkite.com/docs/pipelines/configure/environment-variables
#: https://circleci.com/docs/reference/variables/
#: https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
#: https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables (BUILD_USER_ID: a plug-in's)
_SYSTEMS = (
    _System(
        "github", ("GITHUB_ACTIONS",), _github,
        ("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"), ("GITHUB_REF",), ("GITHUB_JOB",),
    ),
    _System(
        "gitlab", ("GITLAB_CI",), _from("CI_JOB_URL", "CI_PIPELINE_URL"),
        ("GITLAB_USER_LOGIN",), ("CI_COMMIT_REF_NAME",), ("CI_JOB_NAME",),
    ),
    _System(
        "buildkite", ("BUILDKITE",), _from("BUILDKITE_BUILD_URL"),
        ("BUILDKITE_BUILD_CREATOR", "BUILDKITE_BUILD_AUTHOR"), ("BUILDKITE_TAG", "BUILDKITE_BRANCH"),
        ("BUILDKITE_STEP_KEY", "BUILDKITE_LABEL"),
    ),
    _System(
        "circleci", ("CIRCLECI",), _from("CIRCLE_BUILD_URL"),
        ("CIRCLE_USERNAME",), ("CIRCLE_TAG", "CIRCLE_BRANCH"), ("CIRCLE_JOB",),
    ),
    _System(
        "azure", ("TF_BUILD",), _azure,
        ("BUILD_REQUESTEDFOR",), ("BUILD_SOURCEBRANCH",), ("SYSTEM_JOBDISPLAYNAME", "SYSTEM_JOBNAME"),
    ),
    _System(
        "jenkins", ("JENKINS_URL", "BUILD_URL"), _from("BUILD_URL"),
        ("BUILD_USER_ID",), ("BRANCH_NAME", "GIT_BRANCH"), ("JOB_NAME",),
    ),
)  # fmt: skip

#: All that is read of the environment.
VARIABLES = frozenset({
    *(name for each in _SYSTEMS for name in (*each.marks, *each.actor, *each.ref, *each.job)),
    "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT",
    "CI_JOB_URL", "CI_PIPELINE_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID",
})  # fmt: skip


def capture(environ: Mapping[str, str]) -> CiRun | None:
    """Return the CI run that the environment variables describe; None where there is none."""
    system = next((each for each in _SYSTEMS if all(map(environ.get, each.marks))), None)
    if system is None or all(environ[mark].lower() in ("false", "0") for mark in system.marks):
        return None
    known = {name: environ[name] for name in VARIABLES if environ.get(name)}

    def first(variables: tuple[str, ...]) -> str | None:
        return _clean(next((known[each] for each in variables if each in known), ""))

    url = system.url(known)
    return CiRun(
        system.name,
        None if url is None else _clean(scrub(url)),
        first(system.actor),
        first(system.ref),
        first(system.job),
    )


def _clean(text: str) -> str | None:
    """Return a value in one line of a bounded length, without secrets of URLs; None where nothing is left."""
    return scrub_text(_UNPRINTABLE.sub(" ", text).strip())[:_LONGEST].strip() or None
