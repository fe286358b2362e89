"""Manifests: one digest for the same files, in any order, and none for what could not be written back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domain.manifest import Manifest, ManifestFile, Pointer, PointerFile, check_path, parse_artifact
from modelkeep.domain.record import encode_canonical
from modelkeep.errors import Damaged, UsageError

MODEL = "sha256:d1503d2ccfa26f59691f658e1cdfece81afe103aa7d209f7b070edb0861ea18d"
MODEL_BYTES = MODEL.encode()
GOLDEN = (
    b'{"files":[{"digest":"sha256:d1503d2ccfa26f59691f658e1cdfece81afe103aa7d209f7b070edb0861ea18d",'
    b'"path":"model.onnx","size":12}],"format":"modelkeep manifest 1"}'
)


def of(*paths):
    return Manifest.of(ManifestFile(MODEL, path, 12) for path in paths)


def test_the_bytes_of_a_manifest_are_for_ever():
    manifest = of("model.onnx")
    assert manifest.to_bytes() == GOLDEN
    assert manifest.digest == "sha256:0c41656658de73aad7d3b9880f023939c158883ed1029d813127ef54814d5361"
    assert manifest.size_bytes == 12
    assert Manifest.from_bytes(GOLDEN) == manifest


def test_files_are_sorted_by_code_point():
    manifest = of("b", "a/z", "é", "a.txt", "B1", "\U0001f98a", "\uffee")
    assert [file.path for file in manifest.files] == ["B1", "a.txt", "a/z", "b", "é", "\uffee", "\U0001f98a"]
    assert manifest.size_bytes == 84


SAFE = st.from_regex(r"[a-z0-9_é]{1,8}(/[a-z0-9_é]{1,8}){0,2}\.[a-z]{3}", fullmatch=True)
FILES = st.lists(
    st.builds(ManifestFile, st.just(MODEL), SAFE, st.integers(0, 2**53 - 1)), min_size=1, unique_by=lambda f: f.path
)


@given(FILES, st.randoms())
def test_order_does_not_matter_and_bytes_read_back(files, random):
    try:
        manifest = Manifest.of(files)
    except UsageError:
        return  # a file where another one's directory is, or a name reserved on Windows
    random.shuffle(files)
    assert Manifest.of(files) == manifest
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "a"),
        ("Model.onnx", "model.onnx"),
        ("caf\u00e9", "cafe\u0301"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u212a", "k"),
        ("x", "x/y"),
        ("x", "x/y/z"),
        ("X/y", "x"),
        ("a/x", "A/y"),
        ("a/b/c", "a/B/d"),
    ],
)
def test_two_paths_that_are_one_elsewhere_are_refused(one, other):
    for pair in ((one, other), (other, one)):
        with pytest.raises(UsageError, match="are one path where case or Unicode form do not count") as refusal:
            of("first", *pair)
        assert refusal.value.hint == "rename the file, or leave it out with --exclude"


def is_legal(segment):
    """Say by the letter of the rule whether a name of these letters may stand in a path."""
    stem = segment.partition(".")[0].rstrip(" ").lower()
    reserved = stem in {"con", "prn", "aux", "nul"} or (
        stem[:3] in {"com", "lpt"} and len(stem) == 4 and stem[3] in "0123456789"
    )
    return segment not in {"", ".", ".."} and segment[-1] not in ". " and not reserved


@given(st.lists(st.text("conCOMlpt10.-_ é", max_size=6), min_size=1, max_size=4).map("/".join))
def test_a_path_is_refused_by_the_rule_whatever_it_is_made_of(path):
    if all(map(is_legal, path.split("/"))):
        assert check_path(path) == path
    else:
        with pytest.raises(UsageError):
            check_path(path)


@pytest.mark.parametrize("reserved", ["con", "CON", "prn", "aux.bin", "nul", "com1", "Lpt9.tar.gz", "com0"])
def test_a_reserved_name_is_refused_wherever_it_stands(reserved):
    for path in (reserved, f"a/{reserved}", f"{reserved}/a", f"a/{reserved}/b.bin"):
        with pytest.raises(UsageError, match="is reserved on Windows"):
            check_path(path)
    for path in (f"a{reserved}", f"{reserved}x/a".replace(".", ""), f"_{reserved}"):
        assert check_path(path) == path


def test_an_ordinary_path_has_its_length_too():
    assert check_path("a" * 255) == "a" * 255
    assert check_path("/".join(["a" * 255] * 4)) == "/".join(["a" * 255] * 4)
    for path in ("a" * 256, "a/" + "b" * 256, "/".join(["a" * 255] * 5), "a" * 255 + "/" + "b" * 770):
        with pytest.raises(UsageError, match=r"longer than|more than"):
            check_path(path)


def test_the_paths_that_clash_are_named():
    with pytest.raises(UsageError) as refusal:
        of("A/y", "a/x")
    assert refusal.value.message == "'A/' and 'a/' are one path where case or Unicode form do not count"


def test_siblings_below_one_directory_are_fine():
    assert len(of("a/x", "a/y", "a/b/x", "a/b/y", "b/a", "ab").files) == 6


def test_no_file_is_no_artifact():
    with pytest.raises(UsageError, match="needs at least one file"):
        Manifest.of([])


@pytest.mark.parametrize(
    "path",
    [
        "model.onnx", "a/b/c", ".hidden", "..data", "a b", "模型/é.bin", "cafe\u0301", "x" * 255, "con1", "console.log",
        "aux_", "com10", "a/-x", "~", "ab" + "/a" * 511,
    ],
)  # fmt: skip
def test_a_path_that_every_system_can_hold_is_kept_as_it_is(path):
    assert check_path(path) == path


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "'' is not a name"),
        ("/etc/passwd", "it is absolute"),
        ("../x", "'..' is not a name"),
        ("a/../x", "'..' is not a name"),
        ("./x", "'.' is not a name"),
        ("a//b", "'' is not a name"),
        ("a/", "'' is not a name"),
        ("a\\b", "it has a backslash in it, which separates names on Windows"),
        ("a\nb", "it has a control character in it"),
        ("a\x00b", "it has a control character in it"),
        ("a\x85b", "it has a control character in it"),
        ("a\udce9", "it is not UTF-8"),
        ("x" * 256, "one name in it is longer than 255 bytes"),
        ("é" * 128, "one name in it is longer than 255 bytes"),
        ("a" * 20 + "/aa" * 335, "it has 1025 bytes, more than 1024"),
        ("a./b", "Windows drops the dot or space at the end of a name"),
        ("a ", "Windows drops the dot or space at the end of a name"),
        ("con", "'con' is reserved on Windows"),
        ("x/NUL.txt", "'NUL.txt' is reserved on Windows"),
        ("COM1.tar.gz", "'COM1.tar.gz' is reserved on Windows"),
        ("lpt¹", "'lpt¹' is reserved on Windows"),
        ("aux .txt", "'aux .txt' is reserved on Windows"),
        ("CONIN$", "'CONIN$' is reserved on Windows"),
    ],
)
def test_a_path_that_some_system_cannot_hold_is_refused_not_repaired(path, why):
    with pytest.raises(UsageError) as refusal:
        check_path(path)
    assert refusal.value.message.endswith(f"cannot be a path in an artifact: {why}")
    assert refusal.value.hint == "rename the file, or leave it out with --exclude"


def forged(files, more=b""):
    return b'{"files":[' + files + b'],"format":"modelkeep manifest 1"' + more + b"}"


def line(path=b"a", digest=MODEL_BYTES, size=b"1", more=b""):
    return b'{"digest":"' + digest + b'",' + b'"path":"' + path + b'","size":' + size + more + b"}"


def test_the_forgeries_below_differ_from_a_manifest_only_in_what_they_say():
    assert Manifest.from_bytes(forged(line())).files == (ManifestFile(MODEL, "a", 1),)
    assert Manifest.from_bytes(forged(line() + b"," + line(b"b", size=b"0"))).size_bytes == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "manifest: Input data was truncated"),
        (GOLDEN + b"\n", "manifest: not canonical JSON"),
        (b"[]", "Expected `object`, got `array`"),
        (GOLDEN.replace(b"manifest 1", b"manifest 2"), "Invalid value 'modelkeep manifest 2' - at `$.format`"),
        (forged(line(), b',"more":1'), "Object contains unknown field `more`"),
        (b'{"files":{},"format":"modelkeep manifest 1"}', "Expected `array`, got `object` - at `$.files`"),
        (forged(b""), "manifest: not canonical JSON"),
        (b'{"format":"modelkeep manifest 1"}', "an artifact needs at least one file"),
        (forged(b"1"), "Expected `object`, got `int` - at `$.files[0]`"),
        (forged(line(more=b',"z":1')), "Object contains unknown field `z` - at `$.files[0]`"),
        (forged(line().replace(b'"path"', b'"executable":false,"path"')), "manifest: not canonical JSON"),
        (forged(line(size=b"-1")), "Expected `int` >= 0 - at `$.files[0].size`"),
        (forged(line(size=b"true")), "Expected `int`, got `bool` - at `$.files[0].size`"),
        (forged(line(digest=MODEL.upper().encode())), "Expected `str` matching regex"),
        (forged(line(digest=b"sha256:12")), "Expected `str` matching regex"),
        (forged(line(b"b") + b"," + line(b"a")), "its paths are not sorted, or one stands in it twice"),
        (forged(line() + b"," + line()), "its paths are not sorted, or one stands in it twice"),
        (forged(line(b"../../etc/passwd")), "'..' is not a name"),
        (forged(line(b"A") + b"," + line(b"a")), "are one path"),
    ],
)
def test_bytes_that_are_no_manifest_are_damage(data, why):
    with pytest.raises(Damaged) as damage:
        Manifest.from_bytes(data)
    assert why in damage.value.message


@given(st.text())
def test_any_path_is_kept_or_refused(path):
    try:
        assert check_path(path) == path
    except UsageError:
        return
    assert Manifest.from_bytes(of(path).to_bytes()) == of(path)


ONE = '{"digest":"sha256:' + "0" * 64 + '","path":"a","size":1}'
OTHER = ONE.replace('"a"', '"b"')


def test_two_plain_files_are_read():
    data = f'{{"files":[{ONE},{OTHER}],"format":"modelkeep manifest 1"}}'.encode()
    assert Manifest.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize(
    "files",
    [f"{ONE}, {OTHER}", f"{ONE},{OTHER},", f",{ONE}", f"{ONE}{OTHER}", f"{ONE},,{OTHER}", f"{ONE},x{OTHER}", f"x{ONE}",
     f"{ONE},null", f'{ONE},{OTHER.replace("1", "01")}', f'{ONE},{OTHER.replace("1}", "-0}")}', f"[{ONE}],{OTHER}",
     ONE.replace('"a"', '"\\u0061"'), ONE.replace("1}", "9007199254740992}"), ONE.replace('"a"', '"a\x01"')],
)  # fmt: skip
def test_whatever_stands_between_plain_files_is_damage(files):
    with pytest.raises(Damaged):
        Manifest.from_bytes(f'{{"files":[{files}],"format":"modelkeep manifest 1"}}'.encode())


HERE = (PointerFile("a", 1), PointerFile("b", 2))


@pytest.mark.parametrize(
    "uri",
    ["s3://bucket/model", "dbfs:/models/a", "runs:/0f/model", "file:///srv/mlruns/a@b", "hdfs://host:80/a b", "/srv/a"],
)
def test_a_pointer_names_where_its_files_are(uri):
    pointer = Pointer(uri, HERE)
    assert parse_artifact("pointer", encode_canonical(pointer)) == pointer
    assert parse_artifact("pointer", encode_canonical(Pointer(uri))).files == ()


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        (Pointer("s3://ana:secret@bucket/a", HERE), "not an address without userinfo, query and fragment: s3://ana"),
        (Pointer("//ana@host/a", HERE), "not an address without"),
        (Pointer("https://host/a?token=1", HERE), "not an address without"),
        (Pointer("https://host/a#1", HERE), "not an address without"),
        (Pointer("s3://bucket/\x1b", HERE), r"not an address without .*s3://bucket/\\x1b"),
        (Pointer("s3://bucket", HERE[::-1]), "its paths are not sorted, or one stands in it twice"),
        (Pointer("s3://bucket", HERE[:1] * 2), "its paths are not sorted, or one stands in it twice"),
        (Pointer("s3://bucket", (PointerFile("../a", 1),)), r"'../a' cannot be a path in an artifact"),
        (
            Pointer("s3://bucket", tuple(PointerFile(f"{n:04}", 2**53 - 1) for n in range(1025))),
            "together have more than",
        ),
    ],
)
def test_a_pointer_that_tells_too_much_or_lies_is_refused(pointer, message):
    with pytest.raises(Damaged, match=f"^pointer: .*{message}"):
        parse_artifact("pointer", encode_canonical(pointer))
