"""The installed program writes records for scripts."""


def test_the_program_writes_records(run, made, tmp_path):
    assert run("list", "fraud", "--format", "{ref} {metrics.auc}").stdout == "fraud@2 0.914\nfraud@1 0.907\n"
    assert run("list", "fraud", "-q", "-0").stdout == "fraud@2\0fraud@1\0"
    outputs = tmp_path / "outputs"
    assert run("show", "fraud@1", "--github-output", "-q", env={"GITHUB_OUTPUT": str(outputs)}).exit_code == 0
    assert outputs.read_text().startswith("ref=fraud@1\nname=fraud\n")
    for arguments, code, error in (
        (["show", "fraud@1", "--github-output"], 2, "--github-output needs GITHUB_OUTPUT"),
        (["promote", "fraud@1", "staging", "--format", "{ref"], 2, "a brace of the template has no partner"),
    ):
        done = run(*arguments, env={"GITHUB_OUTPUT": ""})
        assert (done.exit_code, error in done.stderr) == (code, True), done.stderr
    before = run("audit").stdout
    for words, field, near in (
        (["promote", "fraud@2", "production"], "{reff}", "ref"),
        (["register", "fraud", "model3.onnx"], "{id}", "action, name, ref"),
        (["register", "fraud", "model3.onnx"], "{ref.x}", "ref"),
        (["rollback", "fraud@1"], "{too}", "to"),
        (["archive", "fraud@1", "fraud@2"], "{ref}", "item, change, error"),
        (["delete", "fraud@2", "--yes"], "{reff}", "item, change, error"),
        (["tag", "fraud@1", "a=b"], "{seq} {tag}", "action, name, ref"),
    ):
        done = run(*words, "--format", field)
        assert (done.exit_code, f"hint: there are {near}" in done.stderr) == (2, True), (words, done.stderr)
    assert run("audit").stdout == before
    run("promote", "fraud@1", "staging")
    before = run("audit").stdout
    shown = run("archive", "fraud@2", "--format", "{item} {change.seq}").stdout
    assert shown == f"fraud@2 {len(before.splitlines()) + 1}\n"
    assert run("show", "fraud@1", "--field", "stages").stdout.strip() == "production,staging"


def test_a_registry_that_is_not_there_is_answered_with_what_was_meant(run, made):
    assert run("config", "set", "registries.team", str(made / ".modelkeep")).exit_code == 0
    for words, hint in (
        (["--registry", "tam", "list"], "modelkeep --registry team list        (near: team)"),
        (["--registry", "m.bin", "list"], "--registry DIR        (the path is no directory)"),
        (["--registry", "elsewhere", "list"], f"modelkeep init {made}/elsewhere"),
    ):
        (made / "m.bin").write_bytes(b"")
        done = run(*words)
        assert (done.exit_code, done.stderr.splitlines()[-1]) == (7, f"hint: {hint}")
    assert run("--registry", "team", "list", "-q").stdout == run("list", "-q").stdout


def test_a_wrong_answer_after_something_was_done_says_so(run, made):
    for words in (["card", "fraud@1", "-o", "c.md"], ["get", "fraud@1", "out"], ["init", "other"], ["backup", "copy"]):
        done = run(*words, "--format", "{nope}")
        assert (done.exit_code, "the command did its work, and its answer" in done.stderr) == (8, True), done.stderr
    lost = run("tag", "fraud@1", "a=b", "--github-output", env={"GITHUB_OUTPUT": "/nowhere/x"})
    assert (lost.exit_code, run("show", "fraud@1", "--field", "tag.a").exit_code) == (7, 2)
    assert run("audit", "--github-output", env={"GITHUB_OUTPUT": str(made / "o")}).exit_code == 2
    assert run("list", "--where", "").exit_code == 2
