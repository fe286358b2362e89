"""What the README and the guides show is what the program prints: every transcript is run, every link followed.

In a ```console block, a line that begins with ``$`` is a command for sh. Below it stands what the command prints on
stdout, then what it prints on stderr behind ``# ``. The blocks of a document run in order in one directory.
``<!-- run: COMMAND -->`` is a step that readers need not see, and ```python blocks run in their turn. Times, ages and
hashes are not compared. ``<!-- run: become bo -->`` lets another account type what follows. ``RENEW=1 pytest tests/test_readme.py`` writes what was printed into the documents,
``RENEW=all`` writes new times too.
"""

import difflib
import os
import pwd
import re
import subprocess
import termios
from pathlib import Path

import pytest

from modelkeep import errors
from modelkeep.cli import command_table, foreign_words

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
TRANSCRIPTS = [
    "README.md",
    "docs/backup.md",
    "docs/tutorial.md",
    "docs/ci.md",
    "docs/security.md",
    "docs/governance.md",
    "docs/hooks.md",
    "docs/checks.md",
    "docs/monitoring.md",
    "docs/lineage.md",
    "docs/papers.md",
    "docs/provenance.md",
    "docs/filters.md",
    "docs/search.md",
    "docs/inspect.md",
]
_BLOCK = re.compile(
    r"^<!-- run: (?P<hidden>.*?) -->$|^```console\n(?P<shown>.*?)^```$|^```python\n(?P<python>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_WIDTH = "104"


def _normal(text: str) -> str:
    """Replace what differs from run to run: hashes, times, ages, the width of columns."""
    for pattern, instead in (
        (r"(evidence: sha256):[0-9a-f]{64} \(\d+ B\)", r"\1:HASH"),  # what a program printed has paths in it
        (r"sha256:[0-9a-f]{8,64}", "sha256:HASH"),
        (r"\b[0-9a-f]{32,64}\b(-[0-9a-f]{16}\b)?", "HASH"),
        (r"\bcode [0-9a-f]{7,12}\b", "code COMMIT"),  # one in thirty has digits alone
        (r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{7,12}\b", "COMMIT"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "TIME"),
        (r"\b(today|[A-Z][a-z]{2} +\d\d?) \d\d:\d\d\b", "TIME"),
        (r"\b[A-Z][a-z]{2} \d{4}-\d\d-\d\d( \((to|yester)day\))?", "DAY"),
        (r"(?<=  )\d{4}-\d\d-\d\d(?=  )", "DAY"),  # in a column: 90 days from now
        (r"\b\d\d:\d\d:\d\d\b", "TIME"),
        (r"\b\d+ ?(s|min|h|d)\b", "AGE"),
        (r"\s+", " "),  # a longer account's name moves columns, and breaks lines elsewhere
        (r"[─━-]{5,}", "-----"),
        (r"[0-9·█]{20,}", "BARS"),  # of the time that the commands took
    ):
        text = re.sub(pattern, instead, text)
    return text


class Session:
    """What the commands of one document share: a directory, environment variables, a terminal."""

    def __init__(self, run) -> None:
        self.home, self.cwd = run.home, run.cwd
        self.env = {**run.env, "COLUMNS": _WIDTH, "NO_COLOR": "1", "TERM": "xterm", "VIRTUAL_ENV": self.environment()}

    def environment(self) -> str:
        """Return the directory of the Python environment that the shell of a document has activated."""
        place = self.home / "venv"
        for package in ("numpy-2.4.6", "scikit_learn-1.7.2"):
            (place / "lib" / "python3.12" / "site-packages" / f"{package}.dist-info").mkdir(parents=True)
        (place / "pyvenv.cfg").write_text("implementation = CPython\nversion = 3.12.4\n")
        return str(place)

    def play(self, command: str) -> tuple[str, int]:
        """Run a command; return what it prints, stderr behind ``# ``, and its exit code."""
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            done = subprocess.run(
                ["sh", "-c", f'printf %s "{value}"'], cwd=self.cwd, env=self.env, capture_output=True, check=True
            )
            self.env[name] = done.stdout.decode()
            return "", 0
        if command.startswith("become "):
            self.become(command.removeprefix("become "))
            return "", 0
        if command.startswith("cd "):
            self.cwd = (self.cwd / command.removeprefix("cd ")).resolve()
            return "", 0
        reading, writing = _terminal()
        with open(reading, "rb", buffering=0) as terminal:
            process = subprocess.Popen(
                ["sh", "-c", command],
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.PIPE,
            )
            os.close(writing)
            stderr = process.stderr.read().decode()  # less than a terminal's buffer is ever printed before it
            stdout = _all_of(terminal).decode()
            process.stderr.close()
            code = process.wait(60)
        marked = "".join(f"# {line}".rstrip() + "\n" for line in stderr.splitlines())
        stdout += "" if stdout.endswith("\n") or not stdout else "\n"
        return self.with_names(stdout) + self.with_names(marked), code

    def become(self, name: str) -> None:
        """Let the commands that follow be those of another account, which the machine of the test does not have."""
        directory, *rest = self.env["PATH"].split(":")
        if Path(directory).parent == self.home / "people":
            directory, rest = rest[0], rest[1:]
        place = self.home / "people" / name
        place.mkdir(parents=True, exist_ok=True)
        uid = 1000 + ["ana", "bo"].index(name)
        (place / "modelkeep").write_text(
            f"#!{directory}/python\n"
            "from modelkeep.provenance import machine\n"
            f"machine.observe_account = lambda: machine.Account({uid}, {name!r}, False)\n"
            "machine.knows = lambda kind, name: True\n"
            "from modelkeep.cli.main import main\n"
            "main()\n"
        )
        (place / "modelkeep").chmod(0o755)
        self.env["PATH"] = ":".join([str(place), directory, *rest])

    def python(self, program: str) -> None:
        """Run a ```python block with the installed package; a last comment ``# prints TEXT`` is what it must print."""
        interpreter = Path(self.env["PATH"].split(":")[0]) / "python"
        done = subprocess.run(
            [interpreter, "-c", program], cwd=self.cwd, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        for line in re.findall(r"# prints (.*)$", program, re.MULTILINE):
            assert line in done.stdout, done.stdout

    def with_names(self, text: str) -> str:
        """Replace the account, machine and home directory of the test run by those of the documents."""
        for real, instead in (
            (str(self.home / "work"), "/home/ana/fraud"),
            (str(self.home), "/home/ana"),
            (rf"\b{re.escape(_account())}\b", "ana"),
            (rf"\b{re.escape(os.uname().nodename)}\b", "laptop"),
            (rf"\b{os.uname().sysname} {os.uname().machine}\b", "Linux x86_64"),
            (rf"\buid( +){os.getuid()}\b", r"uid\g<1>1000"),
        ):
            text = re.sub(real if real.startswith(r"\b") else re.escape(real), instead, text)
        return text


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's number without a name
        return f"uid:{os.getuid()}"


def _terminal() -> tuple[int, int]:
    reading, writing = os.openpty()
    settings = termios.tcgetattr(writing)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(writing, termios.TCSANOW, settings)
    return reading, writing


def _all_of(terminal) -> bytes:
    output = b""
    try:
        while chunk := terminal.read(65536):
            output += chunk
    except OSError:  # the end of a terminal on Linux
        pass
    return output


def _commands(block: str) -> list[tuple[str, str]]:
    """Return the commands of a block, each with the output below it."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and not found[-1][1] and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        else:
            assert found, f"a block begins with {line!r}, which is no command"
            found[-1][1].append(line)
    return [("\n".join(words), "".join(f"{line}\n" for line in output)) for words, output in found]


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("document", TRANSCRIPTS)
def test_every_transcript_is_what_the_program_prints(document, run):
    path = ROOT / document
    text = path.read_text()
    session = Session(run)
    wrong: list[str] = []

    def renew(match: re.Match[str]) -> str:
        if match["hidden"] is not None:
            output, code = session.play(match["hidden"])
            assert code == 0, f"{match['hidden']}: {output}"
            return match[0]
        if match["python"] is not None:
            session.python(match["python"])
            return match[0]
        shown = ""
        for command, expected in _commands(match["shown"]):
            output, code = session.play(command)
            if code and "# error: " not in expected:
                output += f"# exit code {code}\n"
            if _normal(output) != _normal(expected):
                wrong.append(
                    "\n".join(
                        difflib.ndiff([f"$ {command}", *expected.splitlines()], [f"$ {command}", *output.splitlines()])
                    )
                )
            same = _normal(output) == _normal(expected) and os.environ.get("RENEW") != "all"
            shown += f"$ {command}\n{expected if same else output}"
        return f"```console\n{shown}```"

    renewed = _BLOCK.sub(renew, text)
    if os.environ.get("RENEW"):
        path.write_text(renewed)
    else:
        assert not wrong, "not what is printed (RENEW=1 pytest tests/test_readme.py renews it):\n\n" + "\n\n".join(
            wrong
        )


@pytest.mark.parametrize(
    "document", ["README.md", "CHANGELOG.md", ".github/CONTRIBUTING.md", "benchmarks/README.md", *PAGES]
)
def test_every_link_within_the_repository_leads_to_a_file(document):
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / document).parent / target).exists(), target


@pytest.mark.parametrize("document", TRANSCRIPTS)
def test_every_command_that_is_named_exists(document):
    known = {row.name for row in command_table.COMMANDS} | {
        alias for row in command_table.COMMANDS for alias in row.aliases
    }
    named = set(re.findall(r"(?:`|\$ |\$\()modelkeep ([a-z]+)\b", (ROOT / document).read_text()))
    assert named <= known | foreign_words.WORDS


def _generated(document: str, name: str) -> str:
    found = re.search(rf"<!-- generated: {name} -->\n(.*?)<!-- end -->", (ROOT / document).read_text(), re.DOTALL)
    assert found, name
    return found[1]


def test_the_readme_lists_every_command():
    for row in command_table.COMMANDS:
        assert f"`{row.name}" in _generated("README.md", "commands"), row.name


def test_the_page_about_ci_lists_every_exit_code():
    table = _generated("docs/ci.md", "exit codes")
    for code, meaning in errors.EXIT_CODES:
        assert re.search(rf"^\| *{code} *\| *{re.escape(meaning)}", table, re.MULTILINE), code


def test_the_readme_leads_to_every_page():
    readme = (ROOT / "README.md").read_text()
    assert [page for page in PAGES if f"]({page})" not in readme] == []


def test_the_readme_names_the_two_commands_that_the_makefile_has():
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test"):
        assert f"make {target}" in (ROOT / "README.md").read_text()
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("document", ["README.md", *PAGES])
def test_no_page_names_a_machine_of_the_authors(document):
    text = (ROOT / document).read_text()
    for word in ("/work/", "/tmp/", "localhost", "--index-url", "--extra-index-url"):
        assert word not in text, word
