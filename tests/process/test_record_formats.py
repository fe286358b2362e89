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
        (
            ["promote", "fraud@1", "staging", "--format", "{x}"],
            8,
            "the change was made, and its answer is not as asked for",
        ),
    ):
        done = run(*arguments, env={"GITHUB_OUTPUT": ""})
        assert (done.exit_code, error in done.stderr) == (code, True), done.stderr
    assert run("show", "fraud@1", "--field", "stages").stdout.strip() == "production,staging"
