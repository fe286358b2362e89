"""Makes model files with the libraries that people make them with, and says what each library says of its own.

``python library_models.py DIR`` writes the files into DIR and prints one JSON object: what the libraries say by file.
"""

import json
import os
import pickle
import sys

import joblib
import keras_on_numpy
import lightgbm
import numpy as np
import xgboost

said = {}


def _keras():
    keras_on_numpy.prepare()
    import keras

    layers = keras.layers
    small = keras.Sequential(
        [keras.Input((4,), name="x"), layers.Dense(3, "relu"), layers.Dropout(0.1), layers.Dense(1)], name="small"
    )
    small.compile(optimizer="adam", loss="mse", metrics=["mae"])
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(8), layers.BatchNormalization()], name="inner")
    a, b = keras.Input((8,), name="a"), keras.Input((None,), dtype="int32", name="b")
    words = layers.GlobalAveragePooling1D()(layers.Embedding(20, 8)(b))
    both = layers.Concatenate()([inner(a), words])
    outputs = {"kind": layers.Dense(2, "softmax", name="kind")(both), "score": layers.Dense(1, name="score")(both)}
    nested = keras.Model({"a": a, "b": b}, outputs, name="nested")
    nested.compile("sgd", {"kind": "sparse_categorical_crossentropy", "score": keras.losses.Huber()})
    own = keras.Sequential([keras.Input((4,), name="x"), layers.Lambda(lambda x: x), layers.Dense(1, dtype="bfloat16")])
    for name, model in (("small", small), ("nested", nested), ("lambda", own)):
        for suffix in ("keras", "h5"):
            model.save(f"{name}.{suffix}")
            said[f"{name}.{suffix}"] = {
                "producer": f"keras {keras.__version__}",
                "architecture": type(model).__name__,
                "name": model.name,
                "nodes": len(model.layers) + (type(model) is keras.Sequential),  # which leaves its InputLayer out
                "optimizer": type(model.optimizer).__name__ if model is not own else None,
                "parameters": model.count_params(),
                "tensors": sorted([_stored(each.dtype, suffix), list(each.shape)] for each in model.weights),
                "inputs": [[each.name, each.dtype, each.shape] for each in model.inputs],
            }
    nested.save_weights("nested.weights.h5")
    said["nested.weights.h5"] = {key: said["nested.h5"][key] for key in ("parameters", "tensors")}


def _stored(dtype, suffix):
    """Return the type that a file has for a type of Keras: the older ones know nothing of bfloat16."""
    return "bytes" if (dtype, suffix) == ("bfloat16", "h5") else dtype


def _data():
    chance = np.random.default_rng(1)
    x = chance.normal(size=(200, 5))
    return x, (x[:, 0] > 0).astype(int), chance.integers(0, 3, 200)


def _xgboost():
    x, two, three = _data()
    data = xgboost.DMatrix(x, two, feature_names=[*"abcde"], feature_types=["q", "q", "int", "i", "float"])
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 2}, data, 4)
    booster.set_attr(made="here")
    dart = xgboost.train({"booster": "dart", "rate_drop": 0.1}, data, 3)
    classifier = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(x, three)
    linear = xgboost.XGBRegressor(booster="gblinear", n_estimators=3).fit(x, two)
    joblib.dump(classifier, "xgboost.joblib")
    for name, model in (("booster", booster), ("dart", dart), ("classifier", classifier), ("linear", linear)):
        for suffix in ("json", "ubj"):
            model.save_model(f"{name}.{suffix}")
            made = model if isinstance(model, xgboost.Booster) else model.get_booster()
            config = json.loads(made.save_config())["learner"]
            said[f"{name}.{suffix}"] = {
                "producer": f"xgboost {xgboost.__version__}",
                "architecture": config["gradient_booster"]["name"],
                "objective": config["objective"]["name"],
                "trees": None if model is linear else len(made.get_dump()),
                "features": made.num_features(),
                "classes": getattr(model, "n_classes_", None),
                "names": made.feature_names,
            }


def _lightgbm():
    x, two, three = _data()
    data = lightgbm.Dataset(x, two, feature_name=["a", "b", "c", "d", "a feature"])
    booster = lightgbm.train({"objective": "binary", "verbose": -1}, data, 5)
    classifier = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(x, three)
    joblib.dump(classifier, "lightgbm.joblib", compress=3)
    with open("lightgbm.pkl", "wb") as file:
        pickle.dump(booster, file)
    for name, model, classes in (("booster.txt", booster, None), ("classifier.txt", classifier.booster_, 3)):
        model.save_model(name)
        dumped = model.dump_model()
        said[name] = {
            "format-version": dumped["version"],
            "objective": dumped["objective"],
            "trees": model.num_trees(),
            "features": model.num_feature(),
            "classes": classes,
            "names": model.feature_name(),
        }


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    _keras()
    _xgboost()
    _lightgbm()
    json.dump(said, sys.stdout)
