"""What is wider than the window: no reference, number, time, age or size is ever broken, in any table, at any width."""

import re
import shlex
import unicodedata
from collections import Counter

import pexpect
import pytest
from running import new_user

pytestmark = pytest.mark.process

LONG = "customer-lifetime-value/europe-west-and-north"
WIDTHS, WIDEST = (30, 40, 60, 100, 200), 600
#: What stands in one piece wherever it stands.
WHOLE = (
    rf"{LONG}@\d+",
    r"churn@\d+",
    r"2026\.11\.30-rc\.1-europe-west",
    r"0\.938765",
    r"sha256:[0-9a-f]{64}",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    r"[A-Z][a-z]{2} \d\d \d\d:\d\d",
    r"10\.0 kB",
)
QUESTIONS = (
    ("list",),
    ("list", LONG),
    ("list", LONG, "--sort", "metric.auc:desc"),
    ("list", LONG, "--columns", "ref,label,created,metric.auc,size_bytes"),
    ("show", LONG),
    ("show", f"{LONG}@1"),
    ("history",),
    ("history", LONG),
    ("history", LONG, "production"),
    ("diff", f"{LONG}@1", f"{LONG}@2"),
    ("lineage", f"{LONG}@2"),
    ("identify", "m1.bin"),
    ("audit",),
    ("status",),
    ("verify", "--bytes"),
    ("gc", "-n"),
    ("config", "list"),
)


@pytest.fixture(scope="module")
def hard(modelkeep, loaded, tmp_path_factory):
    """Return a registry with long names, labels and numbers, wide characters, many metrics and aliases, only to be read."""
    run = new_user(modelkeep, loaded, tmp_path_factory.mktemp("hard"))
    run("init", "r")
    run.env["MODELKEEP_REGISTRY"] = str(run.cwd / "r")
    reason = "二月のデータで再学習した重みを評価してから本番環境に移しました"
    for number in (1, 2):
        (run.cwd / f"m{number}.bin").write_bytes(bytes([number]) * 10_000)
        metrics = [word for each in range(20) for word in ("-M", f"recall_at_{each}=0.1234567890123{number}{each}")]
        run(
            "register", LONG, f"m{number}.bin", "-M", f"auc=0.938765432109876{number}", *metrics,
            "-p", "learning_rate_of_the_second_stage=1e-3", "--data", "transactions-europe-west@2026-02",
            "--tag", "note=二月のデータで再学習した", "--description", reason,
            "--label", f"2026.11.30-rc.{number}-europe-west", *(["--parent", f"{LONG}@1"] if number == 2 else []),
        )  # fmt: skip
        run("promote", f"{LONG}@{number}", "production", "-m", reason)
    run("rollback", f"{LONG}@2", "-m", f"worse than {LONG}@1")
    run("alias", f"{LONG}@1", *(f"champion-{each}" for each in range(12)))
    run("register", "churn", "m1.bin", "--stage", "staging")
    return run


def screen(run, *words, columns):
    """Return what a terminal shows of stdout, and what was said on stderr."""
    notes = run.cwd / "stderr"
    child = pexpect.spawn(
        "/bin/sh", ["-c", f"{shlex.join([str(run.script), *words])} 2>{shlex.quote(str(notes))}"], cwd=str(run.cwd),
        dimensions=(60, columns), encoding="utf-8", timeout=60, env={**run.env, "TERM": "xterm", "NO_COLOR": "1", "MODELKEEP_PAGER": ""},
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, notes.read_text()
    return child.before.replace("\r\n", "\n"), notes.read_text()


@pytest.mark.slow  # six processes a question, each on a terminal of its own
@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_nothing_that_is_one_piece_is_broken_at_any_width(hard, words):
    wide, said = screen(hard, *words, columns=WIDEST)
    assert "left out" not in said
    for columns in WIDTHS:
        narrow, said = screen(hard, *words, columns=columns)
        assert "…" not in narrow
        for piece in WHOLE:
            pieces, before = re.findall(piece, narrow), re.findall(piece, wide)
            missing = Counter(before) - Counter(pieces)
            assert not missing or ("left out" in said and set(pieces) <= set(before)), (columns, missing, narrow)
        # A line is wider than the window only for the one word at its end, which the terminal wraps.
        for line in narrow.splitlines():
            *_, last = re.split(r" {1,}", line)
            assert cells(line) <= columns or cells(last) > columns // 3, (columns, line)


def cells(line):
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def test_history_becomes_a_list_where_there_is_no_room(hard):
    told, said = screen(hard, "history", LONG, "production", columns=40)
    told = re.sub(r"[A-Z][a-z]{2} \d\d \d\d:\d\d", "TIME", told)
    told = re.sub(r"(for +)\d+[smh]", r"\1AGE", re.sub(r"(by +)\S+", r"\1ME", told))
    told = re.sub(r"TIME +now", "TIME now", re.sub(r"(?m)^(production  )[12█·]{28}$", r"\1BARS", told))
    assert said == ""
    assert (
        told
        == f"""\
auc  ▁█  @1 0.9387654321098761 -> @2
0.9387654321098762 (+0.0000000000000001
better), best shown 0.938765 in
{LONG}@1

production  BARS
            TIME now

{LONG}@1
  since  TIME
  until  TIME
  for    AGE
  auc    0.938765
  by     ME
  began  "二月のデータで再学習した重みを
         評価してから本番環境に移しまし
         た"
  ended
    replaced by
    {LONG}@2
{LONG}@2
  since   TIME
  until   TIME
  for     AGE
  auc     0.938765
  change  +0.0000000000000001 better
  by      ME
  began   "二月のデータで再学習した重み
          を評価してから本番環境に移しま
          した"
  ended
    rolled back: "worse than
    {LONG}@1"
{LONG}@1
  since   TIME
  until   now
  for     AGE
  auc     0.938765
  change  -0.0000000000000001 worse
  by      ME
  began
    rollback from
    {LONG}@2
"""
    )


def test_a_table_says_which_columns_it_left_out(hard):
    told, said = screen(hard, "history", "churn", "staging", columns=50)
    assert told.splitlines()[0].split() == ["version", "since", "until", "began", "ended"]
    assert said == "left out: for, by; a wider window shows them\n"
