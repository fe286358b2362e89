"""The CI run that registers: from the variables that are documented, without secrets."""

import pytest

from modelkeep.provenance.ci import VARIABLES, CiRun, capture

TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/fraud",
    "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_ACTOR": "octo", "GITHUB_REF": "refs/heads/main", "GITHUB_JOB": "train",
}  # fmt: skip
GITLAB = {
    "GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.com/acme/fraud/-/jobs/5", "GITLAB_USER_LOGIN": "ana",
    "CI_COMMIT_REF_NAME": "main", "CI_JOB_NAME": "train",
}  # fmt: skip
JENKINS = {
    "JENKINS_URL": "https://ci.example/", "BUILD_URL": "https://ci.example/job/fraud/9/", "BUILD_USER_ID": "ana",
    "GIT_BRANCH": "origin/main", "JOB_NAME": "fraud",
}  # fmt: skip
BUILDKITE = {
    "BUILDKITE": "true", "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/fraud/builds/3#0190-ab",
    "BUILDKITE_BUILD_CREATOR": "Ana Lima", "BUILDKITE_BRANCH": "main", "BUILDKITE_LABEL": "Train",
}  # fmt: skip
CIRCLECI = {
    "CIRCLECI": "true", "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/fraud/9", "CIRCLE_USERNAME": "ana",
    "CIRCLE_TAG": "v2", "CIRCLE_JOB": "train",
}  # fmt: skip
AZURE = {
    "TF_BUILD": "True", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/acme/", "SYSTEM_TEAMPROJECT": "Fraud Team",
    "BUILD_BUILDID": "12", "BUILD_REQUESTEDFOR": "Ana Lima", "BUILD_SOURCEBRANCH": "refs/heads/main", "SYSTEM_JOBDISPLAYNAME": "Train",
}  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "run"),
    [
        (GITHUB, CiRun("github", "https://github.com/acme/fraud/actions/runs/77", "octo", "refs/heads/main", "train")),
        (
            {**GITHUB, "GITHUB_RUN_ATTEMPT": "2", "GITHUB_TRIGGERING_ACTOR": "bo"},
            CiRun("github", "https://github.com/acme/fraud/actions/runs/77/attempts/2", "bo", "refs/heads/main", "train"),
        ),
        (GITLAB, CiRun("gitlab", "https://gitlab.com/acme/fraud/-/jobs/5", "ana", "main", "train")),
        (JENKINS, CiRun("jenkins", "https://ci.example/job/fraud/9/", "ana", "origin/main", "fraud")),
        (BUILDKITE, CiRun("buildkite", "https://buildkite.com/acme/fraud/builds/3", "Ana Lima", "main", "Train")),
        (CIRCLECI, CiRun("circleci", "https://circleci.com/gh/acme/fraud/9", "ana", "v2", "train")),
        (
            AZURE,
            CiRun(
                "azure", "https://dev.azure.com/acme/Fraud%20Team/_apis/build/builds/12", "Ana Lima", "refs/heads/main", "Train"
            ),
        ),
        ({"GITHUB_ACTIONS": "true"}, CiRun("github")),
        ({}, None),
        ({"CI": "true"}, None),
        ({"GITHUB_ACTIONS": "false"}, None),
        ({"BUILD_URL": "https://x.example"}, None),
    ],
)  # fmt: skip
def test_each_system_says_which_run_it_is(environ, run):
    assert capture(environ) == run


def test_nothing_but_the_documented_variables_is_read():
    asked = set()

    class Watched(dict):
        def get(self, name, default=None):
            asked.add(name)
            return super().get(name, default)

        def __getitem__(self, name):
            asked.add(name)
            return super().__getitem__(name)

    for environ in (GITHUB, GITLAB, JENKINS, BUILDKITE, CIRCLECI, AZURE, {}):
        capture(Watched(environ, GITHUB_TOKEN=TOKEN, CI_JOB_TOKEN=TOKEN))
    assert {"GITHUB_REF", "CI_JOB_URL"} <= asked <= VARIABLES


def test_values_have_no_secrets_and_fit_on_a_line():
    hostile = {
        "GITLAB_CI": "true", "CI_JOB_URL": f"https://oauth2:{TOKEN}@gitlab.com/x/-/jobs/5?private_token={TOKEN}#{TOKEN}",
        "GITLAB_USER_LOGIN": "\x1b[31mana\nroot\u2028x\ud800", "CI_COMMIT_REF_NAME": f"see https://u:{TOKEN}@x.example/y",
        "CI_JOB_NAME": "t" * 10_000,
    }  # fmt: skip
    found = capture(hostile)
    assert found.url == "https://gitlab.com/x/-/jobs/5"
    assert (found.actor, found.ref) == ("[31mana root x", "see https://x.example/y")
    assert len(found.job) == 500
    assert TOKEN not in repr(found)
