"""Makes the checkout's own environment, .venv, from the hashed locks; does nothing when it is up to date.

    python3 .ci/env.py run     what `make demo` needs
    python3 .ci/env.py test    that and everything the tests and checks need

A third word, `exactly`, makes .venv anew where it was made with another Python than this one.

Nothing but the standard library; pip, as configured on this machine, does the rest.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.environ.get("MODELKEEP_VENV") or os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
# Each level: its locks with the extra words for pip. `test` holds all of `run`, in the same versions.
LEVELS = {
    "run": [(".ci/lock-run.txt", [])],
    "test": [(".ci/lock-test.txt", []), (".ci/lock-corpus.txt", ["--no-deps"])],
}


def main(level: str, *, exactly: bool = False) -> int:
    """Bring .venv up to the level; return the exit code."""
    if sys.version_info < (3, 11):
        say(f"modelkeep needs Python 3.11 or newer, this is {sys.version.split()[0]}")
        say("name another one: make PYTHON=/path/to/python3.12 …")
        return 2
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        say(f"{VENV} cannot make itself: deactivate it, or name another Python with make PYTHON=…")
        return 2
    with Turn():
        if shutil.which(PYTHON) is None or not has_pip() or (exactly and not same_python()):
            make_venv()
        for name, levels in (("test", ("test",)), ("run", ("run", "test"))):
            if name == level and not any(stamp_is_good(stamp) for stamp in levels):
                install(level)
        install_checkout()
        compile_all(os.path.join(ROOT, "src"))
    return 0


def make_venv() -> None:
    """Create the empty environment, or say what this machine lacks."""
    say(f"making {os.path.relpath(VENV)} with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
    if made.returncode or not has_pip():
        say(made.stdout.strip() or made.stderr.strip())
        say("this Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv")
        raise SystemExit(2)


def install(level: str) -> None:
    """Install the level's locks, every file checked against its hash, and write what was installed."""
    for path, words in LEVELS[level]:
        say(f"installing {path}")
        pip("--require-hashes", *words, "-r", os.path.join(ROOT, path))
    compile_all(os.path.join(VENV, "lib"))
    write(stamp_path(level), wanted(level))


def install_checkout() -> None:
    """Put the checkout on the environment's path, again whenever its metadata changed."""
    want = digest("pyproject.toml", "src/modelkeep/_version.py", ".ci/env.py") + digest_text(ROOT)
    if read(stamp_path("checkout")) != want:
        say("installing the checkout itself")
        pip("--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT)
        write(stamp_path("checkout"), want)


def pip(*words: str) -> None:
    """Run pip install in the environment; its own words tell what is wrong."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-input", *words]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        say("pip could not install it; what it says is above")
        raise SystemExit(done.returncode)


def compile_all(folder: str) -> None:
    """Write the .pyc files that are left out under PYTHONDONTWRITEBYTECODE: they halve the start-up time."""
    subprocess.run(
        [PYTHON, "-m", "compileall", "-q", "-j", "0", folder],
        check=False,  # some packages carry files for other Pythons
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def has_pip() -> bool:
    """Whether the environment works and can install."""
    return os.path.exists(PYTHON) and not subprocess.run([PYTHON, "-c", "import pip"], check=False).returncode


def same_python() -> bool:
    """Whether the environment was made with the Python that runs this."""
    code = "import sys; print(sys.base_prefix, sys.version)"
    done = subprocess.run([PYTHON, "-c", code], check=False, capture_output=True, text=True)
    return done.stdout.strip() == f"{sys.base_prefix} {sys.version}"


def stamp_is_good(level: str) -> bool:
    """Whether the level was installed from these very locks."""
    return read(stamp_path(level)) == wanted(level)


def wanted(level: str) -> str:
    """Return the fingerprint of the level's locks."""
    return digest(*(path for path, _ in LEVELS[level]))


def stamp_path(name: str) -> str:
    """Return the file that remembers what was installed."""
    return os.path.join(VENV, f".installed-{name}")


def digest(*paths: str) -> str:
    """Return the SHA-256 over some files of the checkout."""
    total = hashlib.sha256()
    for path in paths:
        with open(os.path.join(ROOT, path), "rb") as file:
            total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def digest_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: str) -> str | None:
    """Return the text of a file, None when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None


def write(path: str, text: str) -> None:
    """Write a text, whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


class Turn:
    """Two makes at once take turns."""

    def __enter__(self) -> None:
        """Wait for our turn."""
        import fcntl

        os.makedirs(os.path.dirname(VENV), exist_ok=True)
        self.file = open(VENV + ".lock", "w", encoding="utf-8")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        """Let the next one in."""
        self.file.close()


def say(text: str) -> None:
    """Speak on stderr, where make's own words go."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], exactly="exactly" in sys.argv[2:]))
