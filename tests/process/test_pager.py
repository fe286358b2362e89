"""A real terminal: long answers are in a pager, and only there; work shows its progress, and ^C ends it."""

import pytest
from tmux import Screen

pytestmark = pytest.mark.process
MODELS = 14


@pytest.fixture
def filled(run):
    """Let there be more models than a window has lines."""
    run("init", "models")
    (run.cwd / "m.onnx").write_bytes(b"m")
    env = {**run.env, "MODELKEEP_REGISTRY": str(run.cwd / "models")}
    for number in range(MODELS):
        assert run("register", f"m{number:02}", "m.onnx", "--code", "none", env=env).exit_code == 0
    return env


@pytest.fixture
def screen(run, filled, tmp_path):
    shown = Screen(tmp_path, filled, rows=12, cwd=run.cwd)
    yield shown
    shown.close()


def test_a_long_answer_is_read_in_less_and_q_and_ctrl_c_leave_a_terminal_that_works(screen):
    screen.type("modelkeep list")
    first = screen.wait_for("\n:")
    assert "m13" in first
    assert "m00" not in first
    screen.press("C-c")
    screen.press("G")
    screen.wait_for("m00")
    screen.press("q")
    screen.wait_for("\nready>")
    # The shell echoes what is typed: lines and echo are as they were.
    screen.type("echo ended $?")
    seen = screen.wait_for("ended 0")
    assert "ready> echo ended $?" in seen
    assert "Traceback" not in seen


def test_colours_are_colours_whatever_options_of_less_there_are(screen):
    for options in ("-X", "--no-init -i", "-XR"):
        screen.type(f"LESS='{options}' modelkeep list")
        assert "ESC[" not in screen.wait_for("\n:")
        screen.press("q")
        screen.wait_for("\nready>")


def test_the_log_opens_at_its_newest_entry(screen):
    screen.type("modelkeep audit")
    seen = screen.wait_for("(END)")
    assert "registered m13@1" in seen
    assert "created the registry" not in seen
    screen.press("q")


def test_what_fits_is_printed_at_once_and_so_is_all_without_a_pager(screen):
    screen.type("modelkeep list --limit 3; echo then")
    assert "m02" in screen.wait_for("\nthen")
    for number, words in enumerate((
        "modelkeep list --no-pager",
        "MODELKEEP_PAGER= modelkeep list",
        "PAGER=cat modelkeep list",
        "PAGER=less MODELKEEP_PAGER=no-such-pager modelkeep list",
        "MODELKEEP_PAGER='exit 3' modelkeep list",
        "modelkeep list | tail -3",
        "modelkeep list --json",
        "modelkeep list -q",
        "modelkeep list --no-input",
        "modelkeep list < /dev/null",
        "TERM=dumb modelkeep list",
        "modelkeep config set pager cat; modelkeep list",
    )):  # fmt: skip
        screen.type(f"clear; {words}; echo at-end-{number}")
        seen = screen.wait_for(f"\nat-end-{number}")
        assert "\n:" not in seen, words
        assert "Traceback" not in seen, words


def test_notes_stand_below_the_answer_when_the_pager_has_ended_whatever_it_is(run, filled, tmp_path):
    shown = Screen(tmp_path, filled, columns=20, rows=12, cwd=run.cwd)
    shown.type("MODELKEEP_PAGER='head -1 | sed s/model/MODEL/' modelkeep list")
    seen = shown.wait_for("staging")
    shown.close()
    assert "MODEL   production\nleft out" in seen
    assert "m13" not in seen


def test_progress_is_drawn_over_itself_and_ctrl_c_ends_the_work_and_leaves_a_terminal_that_works(screen):
    feed = "(while :; do head -c 100000 /dev/zero; sleep 0.05; done)"
    screen.type(f"{feed} | modelkeep register big - --filename big.bin --code none")
    screen.wait_for("\nregistering ")
    screen.press("C-c")
    screen.wait_for("\nready>")
    screen.type("echo code $?; modelkeep list -q big")
    seen = screen.wait_for("no model big")
    assert "code 130" in seen
    assert "registering" not in seen
    assert "Traceback" not in seen
