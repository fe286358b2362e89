"""Zip archives: their list and the bytes of an entry; of a hostile one a `Malformed` or a problem, within bounds."""

import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_files import InMemory, OnDisk
from model_makers import packed

from modelkeep.formats.interface import Budget, Malformed, OverBudget
from modelkeep.formats.zip_files import ZipArchive


def opened(data):
    return ZipArchive(InMemory("x.zip", data), Budget())


def texts(archive):
    return [problem.text for problem in archive.problems]


def test_entries_are_read_by_ranges_in_both_compressions():
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        archive = opened(packed([("a/b.json", b"{}"), ("w", bytes(300_000))], compression))
        assert archive.names == ("a/b.json", "w")
        assert [entry.stored for entry in archive.entries] == [compression == zipfile.ZIP_STORED] * 2
        assert (archive.read("a/b.json"), archive.head("w", 5), len(archive.read("w"))) == (b"{}", bytes(5), 300_000)
        assert archive.problems == ()


def test_the_zip_of_torch_is_read_without_its_tensors(real_models):
    file = OnDisk(real_models["silero.jit"])
    archive = ZipArchive(file, Budget())
    assert len(archive.read(next(name for name in archive.names if name.endswith("/data.pkl")))) > 100
    assert archive.problems == ()
    assert file.asked < file.size / 2


def test_an_entry_longer_than_asked_for_is_not_unpacked():
    archive = opened(packed([("bomb", bytes(5_000_000))]))
    with pytest.raises(Malformed, match=r"has an entry 'bomb' of 5000000 bytes, which is too long to read"):
        archive.read("bomb", most=1_000_000)
    assert archive.head("bomb", 3) == bytes(3)


def test_an_entry_that_is_not_there_says_so():
    with pytest.raises(Malformed, match="has no entry 'x'"):
        opened(packed([("a", b"")])).read("x")


def test_compressions_without_a_bound_are_not_read():
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(Malformed, match=f"of the compression {compression}, which is not read"):
            opened(packed([("a", b"x")], compression)).read("a")


def _overlapping():
    """Return an archive whose two entries are the same bytes."""
    data = packed([("a", b"x" * 10)], zipfile.ZIP_STORED)
    listed = data.index(b"PK\x01\x02")
    entry, end = data[listed:-22], data[-22:]
    return data[:listed] + entry * 2 + struct.pack("<4s4H2LH", end[:4], 0, 0, 2, 2, len(entry) * 2, listed, 0)


def test_what_an_archive_must_not_have_is_a_problem():
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = packed([("a", b"1"), ("a", b"2")])
    changed = bytearray(packed([("abc", b"1")]))
    changed[changed.rindex(b"abc") + 1] = 0
    flagged = bytearray(packed([("abc", b"1")]))
    flagged[flagged.index(b"PK\x01\x02") + 8] |= 1
    bomb = bytearray(packed([("abc", b"1")]))
    listed = bomb.index(b"PK\x01\x02")
    bomb[listed + 24 : listed + 28] = struct.pack("<L", 1 << 30)
    assert {
        name: texts(opened(bytes(data)))[0]
        for name, data in {
            "twice": twice,
            "outside": packed([("../../etc/passwd", b"")]),
            "absolute": packed([("/etc/passwd", b"")]),
            "nul": changed,
            "encrypted": flagged,
            "bomb": bomb,
            "behind": b"#!/bin/sh\n" + packed([("a", b"")]),
        }.items()
    } == {
        "twice": "the archive has two entries 'a'",
        "outside": "the archive has an entry '../../etc/passwd', a path that leads out of it",
        "absolute": "the archive has an entry '/etc/passwd', a path that leads out of it",
        "nul": "the archive has an entry 'a\\x00c', which some readers take for 'a'",
        "encrypted": "the archive has an encrypted entry 'abc'",
        "bomb": "the archive has an entry 'abc' of 3 bytes that unpacks to 1073741824",
        "behind": "the archive begins at byte 10, after bytes of something else",
    }
    assert "the archive has an entry 'a' that overlaps the one before it" in texts(opened(_overlapping()))


def test_a_list_of_entries_that_is_too_long_is_not_read():
    data = packed([(f"{i:040}", b"") for i in range(60_000)], zipfile.ZIP_STORED)
    with pytest.raises(Malformed, match=r"has a list of entries of \d+ bytes"):
        opened(data)


def test_an_entry_without_a_name_is_malformed():
    with pytest.raises(Malformed, match="an entry without a name"):
        opened(packed([("name", b"1")]).replace(b"name", b"\0ame"))  # Python reads a name up to its first zero byte


def test_the_budget_ends_the_reading():
    now = iter([0.0, *[1.0] * 4])
    archive = ZipArchive(InMemory("x", packed([("a", bytes(1_000_000))])), Budget(2, clock=lambda: next(now, 3.0)))
    with pytest.raises(OverBudget):
        archive.read("a")


def test_what_is_cut_or_changed_is_malformed_or_read_and_nothing_else():
    whole = packed([("a", b"0123456789" * 20), ("b", b"x")])
    cases = [whole[:length] for length in range(0, len(whole), 7)]
    cases += [whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :] for i in range(len(whole))]
    _survives(cases)


@settings(max_examples=50)
@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_list_of_entries_is_survived(listed, end):
    _survives([listed + b"PK\x05\x06" + end, b"PK\x01\x02" + listed + b"PK\x05\x06" + end.ljust(18, b"\0")])


def _survives(cases):
    for data in cases:
        try:
            archive = opened(data)
        except Malformed:
            continue
        for name in archive.names:
            try:
                archive.read(name)
            except Malformed:
                continue
