"""TAB in a real zsh."""

import pytest
from shell_lines import TYPED_IN_BOTH

pytestmark = [pytest.mark.shell, pytest.mark.slow]

#: What the line is after the keys; each is typed behind `modelkeep`.
TYPED = TYPED_IN_BOTH | {
    # commands and options
    "sho\t": "show",
    "promote --dr\t": "promote|--dry-run",
    "config s\tx": "config|set|x",
    "--registry . his\t": "--registry|.|history",
    "ls --so\t": "ls|--sort",
    "tag fraud@1 --mes\t": "tag|fraud@1|--message",
    # names and selectors
    "promote fr\t": "promote|fraud@",
    "promote fraud@p\t": "promote|fraud@production",
    "promote FRAUD@P\t": "promote|FRAUD@production",
    "promote fraud@1 st\t": "promote|fraud@1|staging",
    "lineage co\t": "lineage|code:",
    # values of options, also after arguments
    "list fraud --stage=pro\t": "list|fraud|--stage=production",
    "list --sort=metric.auc:d\t": "list|--sort=metric.auc:desc",
    "evaluate fraud@2 -M a\t1": "evaluate|fraud@2|-M|auc=1",
    "list 2>/dev/null --stage pro\t": "list|--stage|production",
    "list --where me\tx": "list|--where|metric.x",
    """list --where "stage = 'production' AND sta\tt\t\"""": "list|--where|stage = 'production' AND state",
    # quotes
    "show 'fraud@p\t": "show|fraud@production",
    'show "fraud@p\t': "show|fraud@production",
    "show fraud\\@p\t": "show|fraud@production",
    # files
    'register fraud "it\t': "register|fraud|it's.onnx",
    "inspect pl\t": "inspect|plain.onnx",
    "inspect ch\t": "inspect|churn",
    "register fraud --params=pl\t": "register|fraud|--params=plain.onnx",
    "register fraud x --data train=pl\t": "register|fraud|x|--data|train=plain.onnx",
    "--registry fo\t": "--registry|folder",
    # the registry of the line
    "show --registry=many tea\t": "show|--registry=many|team/Model-",
    "show --registry=many team/m\t03\t": "show|--registry=many|team/Model-03",
    "show --registry=many ev\t": "show|--registry=many|ev il:$(touch x);`touch x`\\'*[~#",
    "show --registry=many 'ev\t": "show|--registry=many|ev il:$(touch x);`touch x`\\'*[~#",
    "list odd --registry=many --sort metric.m\t": "list|odd|--registry=many|--sort|metric.mAP50(B)",
    "list odd --registry=many --sort metric.t\t": "list|odd|--registry=many|--sort|metric.top 1's",
    "tag odd@1 --registry=many '#\t=x'": "tag|odd@1|--registry=many|#owner=x",
    "list --registry=many --tag a:\t": "list|--registry=many|--tag|a:b",
}


def typed(zsh, lines):
    return {keys: "|".join(zsh.line(f"modelkeep {keys}")[1:]) for keys in lines}


def test_words_are_completed(bare_zsh, registries, modelkeep):
    zsh = bare_zsh()
    assert "autoload -Uz compinit && compinit\r\n" in zsh.send('eval "$(modelkeep completion zsh)"')
    zsh.send('autoload -Uz compinit; compinit -u -D; eval "$(modelkeep completion zsh)"')
    assert typed(zsh, TYPED) == TYPED
    assert "x" not in zsh.send("ls").split()
    # the cursor may stand inside the line, and other commands before it
    left = "\x02" * len(" staging")
    assert zsh.line(f"modelkeep promote fraud@p staging{left}\t")[2:] == ["fraud@production", "staging"]
    # what is listed
    assert zsh.offers("modelkeep config ")[:3] == ["list", "--", "List"]
    assert zsh.offers("modelkeep show fraud@")[:3] == ["fraud@production", "--", "fraud@1"]
    assert [word for word in zsh.offers("modelkeep check record -") if word.startswith("--e")] == [
        "--evidence",
        "--expires",
    ]
    zsh.send("cd project; unset MODELKEEP_REGISTRY")
    assert zsh.line("modelkeep show team/Model-1\t9\t9\t")[-1] == "team/Model-199"
    zsh.send("PATH=/nowhere")
    assert typed(zsh, ["promote fr\t", "sho\t"]) == {"promote fr\t": "promote|fr", "sho\t": "show"}


def test_the_file_of_the_wheel_works_in_a_strict_shell_that_prepares_completion_twice(bare_zsh, registries, modelkeep):
    directory = modelkeep.parent.parent / "share" / "zsh" / "site-functions"
    assert (directory / "_modelkeep").is_file()
    zsh = bare_zsh()
    zsh.send(f"fpath=({directory} $fpath); autoload -Uz compinit; compinit -u; compinit -u")
    zsh.send("setopt extendedglob nomatch shwordsplit ksharrays nounset")
    before = zsh.send("setopt")
    lines = {
        "promote fraud@p\t": "promote|fraud@production",
        "promote fraud@1 --dr\t": "promote|fraud@1|--dry-run",
        "list --stage=pro\t": "list|--stage=production",
        "show 'fraud@p\t": "show|fraud@production",
        "register fraud my\t": "register|fraud|my model.onnx",
    }
    assert typed(zsh, lines) == lines
    assert zsh.send("setopt") == before
    zsh.send('eval "$(modelkeep completion zsh --as mk)"; alias mk=modelkeep')
    assert zsh.line("mk promote fraud@p\t") == ["mk", "promote", "fraud@production"]
