"""The Python environment: of this process, of a directory, and of the shell; nothing of it is run."""

import os
import sys
from types import SimpleNamespace

import pytest

from modelkeep.domain.known_documents import Environment, parse_environment, to_document
from modelkeep.errors import Damaged
from modelkeep.provenance.accelerators import loaded_accelerators
from modelkeep.provenance.environment import of_directory, of_process, of_shell, packages

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"


def environment_in(prefix, *entries, config="home = /usr/bin\nversion = 3.12.4\n", python="python3.12"):
    """Return the site-packages of a new environment that has these entries."""
    site = prefix / "lib" / python / "site-packages"
    site.mkdir(parents=True)
    for entry in entries:
        (site / entry).mkdir()
    if config is not None:
        (prefix / "pyvenv.cfg").write_text(config)
    return site


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("numpy-2.4.6.dist-info", {"numpy": "2.4.6"}),
        ("Scikit_Learn-1.7.2.dist-info", {"scikit-learn": "1.7.2"}),
        ("torch-2.1.0+cu118.dist-info", {"torch": "2.1.0+cu118"}),
        ("zope.interface-7.0.dist-info", {"zope-interface": "7.0"}),
        ("PyYAML-6.0.1-py3.11.egg-info", {"pyyaml": "6.0.1"}),
        ("old-1.0.egg-info", {"old": "1.0"}),
        ("~umpy-1.0.dist-info", {}),
        ("numpy", {}),
        ("numpy-2.4.6.data", {}),
        (f"secret-{TOKEN}.dist-info", {}),
        (f"{'a' * 200}-1.0.dist-info", {}),
        ("a b-1.0.dist-info", {}),
        ("a-1 0.dist-info", {}),
        (".dist-info", {}),
        ("-1.0.dist-info", {}),
        ("x-.dist-info", {}),
    ],
)
def test_a_package_is_read_from_the_name_of_its_metadata(tmp_path, entry, found):
    (tmp_path / entry).mkdir()
    assert packages([str(tmp_path)]) == found


def test_a_tree_that_is_installed_in_place_has_its_version_in_its_metadata(tmp_path):
    (tmp_path / "mine.egg-info").mkdir()
    (tmp_path / "mine.egg-info" / "PKG-INFO").write_text(
        "Metadata-Version: 2.1\nName: mine\nVersion: 0.3.dev1\n\nVersion: 9\n"
    )
    (tmp_path / "pipe.egg-info").mkdir()
    os.mkfifo(tmp_path / "pipe.egg-info" / "PKG-INFO")
    assert packages([str(tmp_path)]) == {"mine": "0.3.dev1"}


def test_what_stands_first_on_the_path_counts(tmp_path):
    for place, version in (("one", "1.0"), ("two", "2.0")):
        (tmp_path / place / f"numpy-{version}.dist-info").mkdir(parents=True)
    there = [str(tmp_path / "one"), str(tmp_path / "missing"), __file__, "a\0b", str(tmp_path / "two")]
    assert packages(there) == {"numpy": "1.0"}


def test_the_process_knows_its_python_and_its_packages():
    found = of_process()
    assert found.environment.python == ".".join(map(str, sys.version_info[:3]))
    assert (found.environment.implementation, found.environment.system) == ("CPython", os.uname().sysname)
    assert {"pytest", "msgspec", "modelkeep"} <= dict(found.environment.packages).keys()
    assert parse_environment(found.document()) == found.environment


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a")])
def test_a_document_has_its_packages_in_order_each_once(names):
    data = to_document(Environment(packages=tuple((name, "1") for name in names)))
    with pytest.raises(Damaged, match="its packages are not in order, or one stands twice"):
        parse_environment(data)


def test_the_activated_environment_is_read_as_a_directory(tmp_path):
    site = environment_in(tmp_path / "venv", "numpy-2.4.6.dist-info", "pip-24.0.dist-info")
    (site / "evil.pth").write_text("import os; os.mkdir('/tmp/modelkeep-was-here')")
    (site / "sitecustomize.py").write_text("raise SystemExit")
    found = of_shell({"VIRTUAL_ENV": str(tmp_path / "venv"), "CONDA_PREFIX": "/nowhere"}).environment
    assert (found.python, found.packages) == ("3.12.4", (("numpy", "2.4.6"), ("pip", "24.0")))
    assert not os.path.exists("/tmp/modelkeep-was-here")


@pytest.mark.parametrize(
    ("config", "python", "implementation"),
    [
        ("version_info = 3.11.7.final.0\nimplementation = CPython\n", "3.11.7", "CPython"),
        ("version_info = 3.13.1\nimplementation = PyPy\n", "3.13.1", "PyPy"),
        (f"version = {TOKEN}\nimplementation = https://u:{TOKEN}@x\n", None, None),
        ("nonsense\0", None, None),
    ],
)  # fmt: skip
def test_the_settings_of_an_environment_say_its_python(tmp_path, config, python, implementation):
    environment_in(tmp_path, "numpy-2.4.6.dist-info", config=config)
    found = of_directory(str(tmp_path)).environment
    assert (found.python, found.implementation) == (python, implementation)


def test_condas_environment_has_its_python_among_its_packages(tmp_path):
    environment_in(tmp_path, "numpy-2.4.6.dist-info", config=None)
    (tmp_path / "conda-meta").mkdir()
    for name in ("python-3.11.7-h955ad1f_0.json", "python-dateutil-2.9.0-pyhd_0.json", "openssl-3.3.1-h1_0.json"):
        (tmp_path / "conda-meta" / name).touch()
    found = of_shell({"CONDA_PREFIX": str(tmp_path)}).environment
    assert (found.python, found.packages) == ("3.11.7", (("numpy", "2.4.6"),))


def test_an_environment_that_sees_the_systems_packages_has_them_too(tmp_path):
    environment_in(tmp_path / "usr", "scipy-1.11.dist-info", "numpy-1.0.dist-info", config=None)
    config = f"home = {tmp_path}/usr/bin\ninclude-system-site-packages = true\n"
    environment_in(tmp_path / "venv", "numpy-2.4.6.dist-info", config=config)
    assert of_directory(str(tmp_path / "venv")).environment.packages == (("numpy", "2.4.6"), ("scipy", "1.11"))


def test_an_environment_of_modelkeep_alone_is_nobodys(tmp_path):
    site = environment_in(
        tmp_path, "modelkeep-0.1.0.dist-info", "typer-0.28.dist-info", "click-8.0.dist-info", "pip-24.0.dist-info"
    )
    (site / "modelkeep-0.1.0.dist-info" / "METADATA").write_text(
        "Name: modelkeep\nRequires-Dist: typer>=0.28\nRequires-Dist: numpy>=2; extra == 'corpus'\n\nRequires-Dist: scipy\n"
    )
    (site / "typer-0.28.dist-info" / "METADATA").write_text("Name: typer\nRequires-Dist: Click (>=8)\n")
    alone = of_shell({}, str(tmp_path), [str(site)])
    assert (alone.environment, alone.note) == (None, "none is activated, and modelkeep's own has nothing else")
    (site / "numpy-2.4.6.dist-info").mkdir()
    assert ("numpy", "2.4.6") in of_shell({}, str(tmp_path), [str(site)]).environment.packages
    assert of_shell({"VIRTUAL_ENV": str(tmp_path)}, str(tmp_path), [str(site)]).environment is not None


@pytest.mark.parametrize(("mark", "tool"), [("pipx_metadata.json", "pipx"), ("uv-receipt.toml", "uv tool")])
def test_an_environment_of_a_tool_is_nobodys(tmp_path, mark, tool):
    site = environment_in(tmp_path, "numpy-2.4.6.dist-info")
    (tmp_path / mark).touch()
    found = of_shell({"VIRTUAL_ENV": "relative", "CONDA_PREFIX": f"{tmp_path}/gone"}, str(tmp_path), [str(site)])
    assert (found.environment, found.note) == (None, f"none is activated, and modelkeep has one of its own ({tool})")


def test_a_directory_without_packages_is_no_environment(tmp_path):
    assert of_shell({"VIRTUAL_ENV": str(tmp_path)}).note == f"{tmp_path} has no Python packages"


def test_more_packages_than_a_document_holds_are_none(tmp_path):
    site = environment_in(tmp_path)
    for number in range(10_000):
        (site / f"{'p' * 120}{number}-1.0.dist-info").touch()
    found = of_directory(str(tmp_path))
    assert (found.environment, found.note) == (None, f"{tmp_path} has more packages than can be kept")


def device(kind, platform="gpu"):
    return SimpleNamespace(device_kind=kind, device_type=platform.upper(), platform=platform)


def raising(*_arguments):
    message = "the driver is gone"
    raise OSError(message)


def test_a_loaded_library_that_uses_its_devices_names_them(monkeypatch):
    cuda = SimpleNamespace(
        is_initialized=lambda: True, device_count=lambda: 2, get_device_name=lambda _number: "NVIDIA A100\n"
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    bridge = SimpleNamespace(backends_are_initialized=lambda: True)
    monkeypatch.setitem(sys.modules, "jax._src.xla_bridge", bridge)
    monkeypatch.setitem(
        sys.modules, "jax", SimpleNamespace(local_devices=lambda: [device("cpu", "cpu"), device("TPU v4", "tpu")])
    )
    assert loaded_accelerators() == ("2 x NVIDIA A100\\n", "TPU v4")


def test_a_library_that_does_not_use_its_devices_is_not_asked(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: False, device_count=raising))
    )
    monkeypatch.setitem(sys.modules, "jax._src.xla_bridge", SimpleNamespace(backends_are_initialized=lambda: False))
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(local_devices=raising))
    context = SimpleNamespace(_context=SimpleNamespace(_initialized=False))
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", context)
    monkeypatch.setitem(
        sys.modules, "tensorflow", SimpleNamespace(config=SimpleNamespace(list_physical_devices=raising))
    )
    assert loaded_accelerators() == ()


def test_a_library_that_fails_is_passed_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_initialized=raising)))
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace())
    context = SimpleNamespace(_context=SimpleNamespace(_initialized=True))
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", context)
    config = SimpleNamespace(
        list_physical_devices=lambda: [device("", "cpu"), device("")],
        experimental=SimpleNamespace(get_device_details=lambda _device: {"device_name": "Tesla T4"}),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    assert loaded_accelerators() == ("Tesla T4",)
