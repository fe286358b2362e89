"""Which globals a pickle may import: harmless ones are listed, dangerous ones are named, every other is unknown.

A harmless global makes data of what it is called with, whatever that is. The list is short on purpose: a class whose
``__setstate__`` runs code that stands in its state (the distributions of `scipy.stats`) is not on it. Names of a module
stand in one text.
"""

from __future__ import annotations

import re

HARMLESS = {
    "builtins": "bool bytearray bytes complex dict float frozenset int list object range reversed set slice str tuple"
    " Ellipsis NotImplemented zip enumerate",
    "_codecs": "encode",
    "argparse": "Namespace",
    "array": "array _array_reconstructor",
    "collections": "Counter OrderedDict UserDict UserList defaultdict deque ChainMap",
    "copyreg": "_reconstructor __newobj__ __newobj_ex__",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "partial",
    "io": "BytesIO StringIO",
    "_io": "BytesIO StringIO",
    "types": "SimpleNamespace",
    "pathlib": "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "uuid": "UUID",
    "zoneinfo": "ZoneInfo",
    "numpy": "ndarray dtype matrix bool_ bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64"
    " longdouble complex64 complex128 clongdouble str_ bytes_ void datetime64 timedelta64 intc uintc longlong ulonglong"
    " intp uintp object_ recarray record long ulong int_ float_ abs exp expm1 log log1p max mean median min sqrt sum",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.core.records": "recarray record",
    "numpy._core.records": "recarray record",
    "numpy.rec": "recarray record",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "_mareconstruct MaskedArray",
    "numpy.random": "RandomState Generator MT19937 PCG64 PCG64DXSM Philox SFC64",
    "numpy.random.mtrand": "RandomState",
    "numpy.random._generator": "Generator",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "numpy.random._pickle": "__randomstate_ctor __generator_ctor __bit_generator_ctor",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "scipy.interpolate": "BSpline interp1d",
    "scipy.interpolate._bsplines": "BSpline",
    "scipy.interpolate._interpolate": "interp1d PPoly",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle": "NumpyArrayWrapper",
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",
    "sklearn.cluster._kmeans": "_kmeans_single_lloyd _kmeans_single_elkan",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_oneway f_regression r_regression",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.utils": "Bunch",
    "sklearn.utils._bunch": "Bunch",
    "sklearn.utils._encode": "MissingValues _nandict",
    "sklearn.utils._random": "_Random",
    "pandas": "DataFrame Series Index RangeIndex MultiIndex DatetimeIndex Timestamp Timedelta Categorical CategoricalDtype StringDtype",
    "pandas.arrays": "BooleanArray Categorical DatetimeArray IntegerArray NumpyExtensionArray StringArray",
    "pandas.core.frame": "DataFrame",
    "pandas.core.series": "Series",
    "pandas.core.indexes.base": "Index _new_Index",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.indexes.numeric": "Int64Index Float64Index",
    "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.datetimes": "DatetimeIndex _new_DatetimeIndex",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas.core.dtypes.dtypes": "CategoricalDtype",
    "pandas.core.arrays.categorical": "Categorical",
    "pandas._libs.internals": "_unpickle_block",
    "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
    "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
    "torch": "Size device dtype Tensor LongTensor FloatTensor Generator BFloat16Storage BoolStorage ByteStorage"
    " CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage FloatStorage HalfStorage IntStorage LongStorage"
    " QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage QUInt8Storage ShortStorage bfloat16 bool complex128"
    " complex32 complex64 float16 float32 float64 half float double int16 int32 int64 int8 uint8 int long short"
    " float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 uint16 uint32 uint64 qint8"
    " qint32 quint8 quint4x2 quint2x4 per_tensor_affine per_channel_affine per_channel_affine_float_qparams strided sparse_coo",
    "torch.storage": "UntypedStorage TypedStorage _UntypedStorage _TypedStorage",
    "torch._utils": "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter"
    " _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor"
    " _rebuild_device_tensor_from_numpy _rebuild_meta_tensor_no_storage _rebuild_wrapper_subclass"
    " _rebuild_nested_tensor",
    "torch._tensor": "Tensor _rebuild_from_type_v2",
    "torch.nn.parameter": "Parameter Buffer",
    "torch.nn.utils.rnn": "PackedSequence",
    "torch.distributed.checkpoint.metadata": "BytesStorageMetadata ChunkStorageMetadata Metadata MetadataIndex StorageMeta"
    " TensorProperties TensorStorageMetadata _MEM_FORMAT_ENCODING",
    "torch.distributed.checkpoint.filesystem": "_StorageInfo",
    "torch.jit._pickle": "build_boollist build_doublelist build_intlist build_tensorlist build_tensor_from_id"
    " restore_type_tag",
    "torch.serialization": "_get_layout",
    "xgboost.core": "Booster",
    "lightgbm.basic": "Booster",
    "tokenizers": "AddedToken",
}
#: Modules whose classes (names that begin with a capital) only hold numbers; what they import from elsewhere is not meant.
HARMLESS_CLASSES = re.compile(
    r"sklearn(\.(base|calibration|cluster|compose|covariance|cross_decomposition|decomposition|discriminant_analysis"
    r"|dummy|ensemble|feature_extraction|feature_selection|frozen|gaussian_process|impute|isotonic|kernel_approximation"
    r"|kernel_ridge|linear_model|_loss|manifold|metrics|mixture|model_selection|multiclass|multioutput|naive_bayes"
    r"|neighbors|neural_network|pipeline|preprocessing|random_projection|semi_supervised|svm|tree)(\.\w+)*)"
    r"|numpy\.dtypes|torch\.nn\.modules\.\w+|torch\.optim\.(?!lr_scheduler|swa_utils)\w+|xgboost\.sklearn|lightgbm\.sklearn"
)
CLASS_NAME = re.compile(r"_?[A-Z]\w*|newObj|__pyx_unpickle_\w+|_\w*BinTree|LossFunction")
FROM_ELSEWHERE = frozenset({
    "Client", "Connection", "Listener", "Memory", "Parallel", "Path", "Popen", "Queue", "StringIO", "Template", "Thread",
    "ThreadPool", "ThreadpoolController", "TemporaryDirectory",
})  # fmt: skip
SPARSE = re.compile(r"scipy\.sparse(\._?(csr|csc|coo|bsr|dia|dok|lil))?")
SPARSE_NAME = re.compile(r"(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array)")

#: Modules of which nothing may be imported: they run programs, load code, or reach files and networks.
DANGEROUS_MODULES = frozenset({
    "os", "posix", "nt", "ntpath", "posixpath", "subprocess", "_posixsubprocess", "sys", "shutil", "socket", "ctypes",
    "_ctypes", "importlib", "_frozen_importlib", "_frozen_importlib_external", "imp", "runpy", "pty", "code", "codeop",
    "commands", "popen2", "webbrowser", "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal", "types",
    "multiprocessing", "threading", "_thread", "signal", "asyncio", "http", "urllib", "urllib2", "urllib3", "httplib",
    "requests", "aiohttp", "httpx", "ftplib", "smtplib", "telnetlib", "imaplib", "poplib", "nntplib", "ssl", "socketserver",
    "xmlrpc", "paramiko", "pip", "ensurepip", "venv", "zipimport", "pkgutil", "pkg_resources", "setuptools", "distutils",
    "bdb", "pdb", "cProfile", "profile", "timeit", "trace", "doctest", "test", "pytest", "pydoc", "idlelib", "lib2to3",
    "tempfile", "fileinput", "io", "_io", "shelve", "dbm", "sqlite3", "atexit", "concurrent", "site", "_osx_support",
    "_aix_support", "_pyrepl", "fabric", "pexpect", "plumbum", "invoke", "psutil", "winreg", "_winapi", "msvcrt",
})  # fmt: skip
DANGEROUS_PREFIXES = (
    "numpy.testing", "numpy.f2py", "numpy.distutils", "numpy.ctypeslib", "torch.hub", "torch._dynamo", "torch._inductor",
    "torch.fx", "torch.package", "torch.multiprocessing", "torch.distributed.rpc", "torch.testing", "torch.utils.bottleneck",
    "torch.utils.collect_env", "torch.utils._config_module", "torch.utils.cpp_extension", "torch.utils.data.datapipes",
    "torch.utils.model_zoo", "torch.jit.unsupported_tensor_ops", "joblib.externals", "joblib.parallel",
    "sklearn.externals", "sklearn.datasets", "pandas.io", "pandas.core.computation", "scipy.weave", "logging.config",
    "keras.utils.get_file", "tensorflow.python.ops.script_ops", "django.core.management", "unittest.mock",
)  # fmt: skip
DANGEROUS = {
    "builtins": "eval exec compile open __import__ getattr setattr delattr globals locals vars input breakpoint help"
    " exit quit execfile file apply reload raw_input __build_class__",
    "operator": "attrgetter methodcaller itemgetter call",
    "_operator": "attrgetter methodcaller itemgetter call",
    "functools": "reduce",
    "_functools": "reduce",
    "itertools": "starmap accumulate",
    "codecs": "open lookup register",
    "uuid": "_get_command_stdout _popen",
    "collections": "namedtuple",
    "numpy": "load loadtxt genfromtxt fromfile fromregex memmap save savez vectorize frompyfunc",
    "numpy.core": "_ufunc_reconstruct",
    "numpy._core": "_ufunc_reconstruct",
    "joblib": "load dump Parallel Memory delayed",
    "joblib.numpy_pickle": "load NumpyUnpickler load_temporary_memmap",
    "pandas": "read_pickle eval",
    "torch": "load save compile",
    "torch.jit": "load",
    "torch.serialization": "load",
    "yaml": "load unsafe_load full_load load_all unsafe_load_all",
    "copyreg": "pickle add_extension constructor",
    "keras.models": "load_model",
    "keras.layers": "Lambda",
    "tensorflow.keras.layers": "Lambda",
}
DANGEROUS_NAMES = frozenset({
    "system", "popen", "Popen", "eval", "exec", "execfile", "__import__", "import_module", "spawn", "spawnv", "fork",
    "check_output", "check_call", "getoutput", "run_module", "run_path", "_run_code", "rmtree", "execve", "execv",
})  # fmt: skip
