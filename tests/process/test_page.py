"""`page` by the installed program: where the file goes, what is printed, and which browser shows it."""

import json
import os
import re
import subprocess
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.process


def test_a_page_is_one_file_and_the_same_each_time(run, made):
    then = ("--title", "Ours", "--as-of", "seq:3")  # each moment has a page of its own
    now = run("page", "-o", "now.html")
    assert (now.exit_code, now.stdout, now.stderr) == (0, "now.html\n", "")
    first = run("page", "-o", "registry.html", *then)
    assert (first.exit_code, first.stdout) == (0, "registry.html\n")
    page = (made / "registry.html").read_text()
    assert page.startswith("<!doctype html>\n")
    assert "<title>Ours</title>" in page
    assert run("page", *then).stdout == run("page", "-o", "-", *then).stdout == page
    again = run("page", "-o", "registry.html")
    assert (again.exit_code, again.stderr) == (
        4, "error: registry.html is there already\nhint: --force overwrites it; -o FILE writes to another place\n",
    )  # fmt: skip
    told = run("page", "-o", "registry.html", *then, "--force", "--json")
    assert json.loads(told.stdout) == {
        "schema": "modelkeep.page/1", "file": "registry.html", "size_bytes": len(page.encode()),
    }  # fmt: skip
    past = run("page", "--as-of", "seq:1")
    assert past.exit_code == 0
    assert past.stdout != page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--json"], "standard output cannot carry both the page and a document"),
        (["-o", "-", "--open"], "a browser cannot read standard output"),
    ],
)
def test_what_cannot_go_to_standard_output_is_refused(run, made, words, message):
    done = run("page", *words, env={"BROWSER": "false %s"})
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_the_page_is_not_poured_on_a_terminal(run, made):
    child = pexpect.spawn(str(run.script), ["page"], cwd=str(made), env={**run.env, "NO_COLOR": "1"}, encoding="utf-8")
    child.expect_exact("error: the page is HTML, which would be printed on the terminal")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_places_that_are_no_free_file_are_left_alone(run, made):
    (made / "other").write_text("mine")
    (made / "link.html").symlink_to(made / "other")
    os.mkfifo(made / "pipe.html")
    (made / "directory.html").mkdir()
    kept = "is there, and is no regular file: it will not be replaced"
    for name, code, why in (
        ("link.html", 4, f"link.html {kept}"),
        ("pipe.html", 4, f"pipe.html {kept}"),
        ("directory.html", 4, "directory.html is a directory"),
        ("nowhere/page.html", 3, "there is no directory 'nowhere' to write into"),
    ):
        done = run("page", "-o", name, "--force")
        assert (done.exit_code, done.stdout) == (code, ""), name
        assert done.stderr.startswith(f"error: {why}\n"), name
    assert run("page", "-o", "https://example.org/page.html").exit_code == 2
    assert (made / "other").read_text() == "mine"
    done = run("page", "-o", "kept.html", "--as-of", "seq:99")
    assert done.exit_code == 3
    assert not (made / "kept.html").exists()


def test_the_browser_shows_a_file_that_no_other_account_can_read(run, made):
    browser = made / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {made}/shown\n')
    browser.chmod(0o755)
    env = {"BROWSER": f"{browser} %s"}
    first, second = run("page", "--open", env=env), run("page", "--open", "--title", "Later", env=env)
    path = second.stdout.removesuffix("\n")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert second.stderr == "the page stays there, a copy of the registry's records, until you remove it\n"
    assert (made / "shown").read_text() == f"file://{first.stdout}file://{second.stdout}"
    assert "<title>Later</title>" in Path(path).read_text()
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    assert os.listdir(os.path.dirname(path)) == ["registry.html"]
    named = run("page", "--open", "-o", "here #1.html", env=env)
    assert (named.stdout, named.stderr) == ("here #1.html\n", "")
    assert re.search(r"file://.*/here%20%231\.html\n$", (made / "shown").read_text())


def test_without_a_browser_the_page_is_there_all_the_same(run, made):
    done = run("page", "--open", "-o", "registry.html", env={"BROWSER": "/nothing/here %s"})
    assert done.exit_code == 8
    assert done.stderr == (
        "error: the page is registry.html, and there is no browser to show it\n"
        "hint: BROWSER=firefox modelkeep page --open        (names one)\n"
    )
    assert (made / "registry.html").exists()


def test_where_there_is_no_room_nothing_is_left(run, made):
    import resource

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        [run.script, "page", "-o", "registry.html"], cwd=made, env=run.env, capture_output=True, text=True, check=False,
        preexec_fn=small,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr == "error: 'registry.html' cannot be written: file too large\nhint: ulimit -f\n"
    assert [each for each in os.listdir(made) if "html" in each or each.startswith(".modelkeep-")] == []
