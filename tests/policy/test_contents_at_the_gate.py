"""A policy asks what is in the files of a version, from `register` to `promote`, and `verify` judges it again."""

import pickle

TWO = '[[stages]]\nname = "staging"\n[[stages]]\nname = "production"\n'
RULES = 'pickles = "safe"\nformats = ["pickle"]\nsignature = {level = "compatible", warn = true}\n'
BAD = b"cos\nsystem\n(S'true'\ntR."


def test_a_dangerous_pickle_does_not_get_into_production_and_a_harmless_one_does(run):
    run("init")
    (run.cwd / "policy.toml").write_text(TWO + RULES)
    (run.cwd / "bad.dat").write_bytes(BAD)
    (run.cwd / "good.dat").write_bytes(pickle.dumps({"weights": [1, 2]}))
    (run.cwd / "notes.txt").write_text("hello")
    for name in ("bad.dat", "good.dat", "notes.txt"):
        assert run("register", "fraud", name).exit_code == 0
    assert run("policy", "set", "policy.toml").exit_code == 0
    refused = run("promote", "fraud@1", "production")
    assert refused.exit_code == 9
    assert refused.stderr.splitlines()[:2] == [
        "error: fraud@1 may not be in production: 1 rule of the policy does not hold",
        "         pickles: dangerous: bad.dat: it imports os.system, must be safe",
    ]
    assert run("promote", "fraud@3", "production").exit_code == 9
    assert run("promote", "fraud@2", "production").exit_code == 0
    assert run("register", "fraud", "bad.dat", "--stage", "production", "--if-exists", "new").exit_code == 9
    assert run("register", "risk", "good.dat", "--stage", "production").stdout == "risk@1\n"
    verified = run("verify", "--log")
    assert verified.exit_code == 0, verified.stdout
    assert run("policy", "show", "--format", "lines").stdout.endswith(RULES)
