"""Runs a script of Keras where none of the libraries is installed that Keras trains with (JAX, PyTorch, TensorFlow).

Keras's NumPy backend imports JAX for convolutions and Fourier transforms: empty modules stand in for it. It has no
``fit``: the one here evaluates the model once an epoch and changes no weight. All else is Keras: layers, what it saves, the
history that ``fit`` returns. ``python keras_on_numpy.py SCRIPT``.
"""

import importlib.abc
import importlib.machinery
import os
import runpy
import sys
import types


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Modules in which each name is an empty class."""

    def find_spec(self, name, *_):
        stands_in = name.split(".")[0] == "jax" or name.startswith("keras.src.backend.jax")
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if stands_in else None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)

        def made(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (), {"__module__": spec.name})

        module.__getattr__ = made
        return module

    def exec_module(self, module):
        pass


def _fit(model, x, y, epochs=1, verbose="auto"):
    from keras.callbacks import History

    history = History()
    history.set_model(model)
    history.set_params({"verbose": verbose, "epochs": epochs, "steps": -(-len(x) // 32)})
    history.on_train_begin()
    for epoch in range(epochs):
        history.on_epoch_end(epoch, model.evaluate(x, y, verbose=0, return_dict=True))
    return history


def prepare():
    """Let ``import keras`` work without JAX, and its models have a ``fit``."""
    os.environ["KERAS_BACKEND"] = "numpy"
    sys.meta_path.insert(0, _StandIns())
    import keras

    keras.Model.fit = _fit


if __name__ == "__main__":
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    prepare()
    runpy.run_path(sys.argv[0], run_name="__main__")
