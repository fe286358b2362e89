"""Files that Keras, XGBoost and LightGBM write: what modelkeep says of each is what its library says."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from model_files import OnDisk

from modelkeep.formats.inspection import inspect

pytestmark = [pytest.mark.corpus, pytest.mark.slow]  # the libraries take five seconds to load and to write

MAKER = Path(__file__).parent.parent / "support" / "library_models.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a directory of files, and what the libraries say of each by name."""
    missing = [
        each for each in ("keras", "h5py", "xgboost", "lightgbm", "joblib", "sklearn") if find_spec(each) is None
    ]
    assert not missing, f"{', '.join(missing)} is missing: make venv"
    place = tmp_path_factory.mktemp("libraries")
    words = [sys.executable, MAKER, place]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place, json.loads(done.stdout)


def inspected(path):
    found = inspect([OnDisk(path)])
    (file,) = found.inspection.files
    return file, found.interface


def test_a_model_of_keras_is_what_keras_says(made):
    place, said = made
    names = [name for name in said if name.endswith((".keras", ".h5"))]
    assert len(names) == 7
    for name in names:
        file, interface = inspected(place / name)
        told = said[name]
        for fact in ("producer", "architecture", "name", "nodes", "optimizer", "parameters"):
            value = told.get(fact)
            assert file.fact(fact) == (None if value is None else str(value)), (name, fact)
        found = sorted([each.dtype, [int(size) for size in each.shape]] for each in file.tensors)
        assert found == told["tensors"], name
        inputs = interface and [
            [each.name, each.dtype, [None if size == "?" else int(size) for size in each.shape]]
            for each in interface.inputs
        ]
        assert inputs == told.get("inputs"), name
        expected = {"dangerous"} if name.startswith("lambda") else set()
        assert {each.kind for each in file.problems} == expected, name
    assert inspected(place / "nested.keras")[0].fact("loss") == "kind=sparse_categorical_crossentropy, score=Huber"


def test_a_model_of_xgboost_or_lightgbm_is_what_its_library_says(made):
    place, said = made
    names = [name for name in said if name.endswith((".json", ".ubj", ".txt"))]
    assert len(names) == 10
    for name in names:
        file, interface = inspected(place / name)
        told = dict(said[name])
        columns = told.pop("names")
        assert file.format == ("lightgbm" if name.endswith(".txt") else "xgboost")
        for fact, value in told.items():
            assert file.fact(fact) == (None if value is None else str(value)), (name, fact)
        assert (interface and [each.name for each in interface.inputs]) == columns
        assert file.problems == ()
    assert inspected(place / "booster.ubj")[0].fact("metadata.0") == "made=here"


def test_pickles_of_estimators_of_trees_are_harmless(made):
    place, _ = made
    for name, library in (
        ("xgboost.joblib", "xgboost.sklearn.XGBClassifier"),
        ("lightgbm.joblib", "lightgbm.sklearn.LGBMClassifier"),
        ("lightgbm.pkl", "lightgbm.basic.Booster"),
    ):
        file, _ = inspected(Path(place, name))
        assert (file.fact("class"), file.problems) == (library, ()), name
