"""TAB in a real fish, without a terminal: `complete -C` says what it would offer."""

import shutil
import subprocess

import pytest
from shell_lines import BROKEN

pytestmark = [pytest.mark.shell, pytest.mark.slow]

#: What is offered for a line that is typed behind `modelkeep`, without the descriptions.
OFFERED = {
    # commands and options
    "sho": "show",
    "promote fraud@1 --dr": "--dry-run",
    "config s": "set",
    "--registry . his": "history",
    "ls --so": "--sort",
    "check record --e": "--evidence --expires",
    # names and selectors
    "promote fr": "fraud@",
    "promote fraud@": "fraud@production fraud@staging fraud@latest fraud@2 fraud@1",
    "promote FRAUD@P": "FRAUD@production",
    "show CH": "churn",
    "promote fraud@1 ": "staging production",
    "rollback churn p": "production",
    "diff fraud@1 @sta": "@staging",
    "lineage co": "code:",
    "promote -- fraud@1 st": "staging",
    # values of options, also after arguments
    "list fraud --stage=pro": "--stage=production",
    "list fraud --stage pro": "production",
    "list --sort=metric.auc:d": "--sort=metric.auc:desc",
    "evaluate fraud@2 -M a": "auc=",
    "list 2>/dev/null --stage pro": "production",
    "completion f": "fish",
    "list --where me": "metric.",
    """list --where "stage = 'production' AND sta""": "stage = 'production' AND stage stage = 'production' AND state",
    """list --where "stage = 'pro""": "stage = 'production'",
    """list --where 'stage = "pro""": 'stage = "production"',
    """list --where "name = 'fraud' o""": "name = 'fraud' OR",
    "audit fraud --action prom": "promote",
    "audit --registry many --actor a": "ana",
    "audit --registry=many --actor=a": "--actor=ana",
    # quotes
    "show 'fraud@p": "fraud@production",
    'show "fraud@p': "fraud@production",
    "show fraud\\@p": "fraud@production",
    # files
    "register fraud my": "my model.onnx",
    'register fraud "it': "it's.onnx",
    "inspect pl": "plain.onnx",
    "inspect ch": "churn",
    "register fraud --params=pl": "--params=plain.onnx",
    "register fraud x --data train=pl": "train=plain.onnx",
    "--registry fo": "folder/",
    "--registry ~/wo": "~/work/",
    "identify ~/wo": "~/work/",
    "identify '*": "",
    "--registry=fo": "--registry=folder/",
    # the registry of the line
    "--registry none show fr": "",
    **{f"--registry {kind} show fr": "" for kind in BROKEN},
    "show --registry=many Lines/1799": "Lines/1799/Score",
    "show --registry=many team/model-19": " ".join(f"team/Model-{number}" for number in range(190, 200)),
    "show --registry=many ev": "ev il:$(touch x);`touch x`\\'*[~#",
    "list odd --registry=many --sort metric.m": "metric.mAP50(B)",
    "list odd --registry=many --sort metric.t": "metric.top 1's",
    "tag odd@1 --registry=many '#": "#owner= #owner-",
    "list --registry=many --tag a:": "a:b",
}
#: Those with their descriptions.
DESCRIBED = {
    "doct": "doctor\tLook for problems with the registry and its place, and say what to do",
    "gc --dry": "--dry-run\tShow what would change, and write nothing.",
    "show fraud@p": "fraud@production\tfraud@1",
}


@pytest.fixture
def fish(run, modelkeep):
    """Return what types lines in one fish, and returns what it offers for each: lines of a word, a tab, a description."""
    if shutil.which("fish") is None:
        pytest.skip("install fish")

    def offered(lines, *first, program="modelkeep"):
        asked = "for line in $argv; complete -C $line; echo e''nd; end"
        words = ["fish", "-c", "\n".join([*first, asked]), *(f"{program} {line}" for line in lines)]
        # where the wheel puts the script, and where Debian puts those of fish
        shares = f"{modelkeep.parent.parent}/share:/usr/local/share:/usr/share"
        env = run.env | {"XDG_DATA_DIRS": shares, "TERM": "dumb"}
        done = subprocess.run(words, env=env, cwd=run.cwd, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return dict(zip(lines, done.stdout.split("end\n"), strict=False))

    return offered


def words(answer):
    return [line.partition("\t")[0] for line in answer.splitlines()]


def test_words_are_completed(fish, registries, run):
    found = fish([*OFFERED, *DESCRIBED])
    assert {line: " ".join(words(found[line])) for line in OFFERED} == OFFERED
    assert {line: found[line].rstrip("\n") for line in DESCRIBED} == DESCRIBED
    assert not (run.cwd / "x").exists()
    project = "cd project; set --erase MODELKEEP_REGISTRY"
    assert words(fish(["show odd@"], project)["show odd@"]) == ["odd@latest", "odd@1"]
    named = fish(
        ["sho", "promote fraud@p"], "function mk; end; modelkeep completion fish --as mk | source", program="mk"
    )
    assert [words(answer) for answer in named.values()] == [["show"], ["fraud@production"]]
