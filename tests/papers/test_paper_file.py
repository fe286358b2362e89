"""Who may read the file of a paper: nobody more than the file that it replaces, at any moment."""

import os
import stat

import pytest

from modelkeep.papers.paper_file import write_paper


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664])
def test_what_replaces_a_file_is_private_until_it_has_the_place(tmp_path, kept):
    place = tmp_path / "q1.md"
    place.write_text("old")
    place.chmod(kept)
    seen = []

    def parts():
        yield b"new"
        seen.extend(mode(each) for each in tmp_path.iterdir() if each != place)

    write_paper(str(place), parts(), force=True)
    assert (seen, place.read_text(), mode(place)) == ([0o600], "new", kept)


def test_a_new_file_has_what_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        write_paper(str(tmp_path / "q1.md"), [b"new"], force=False)
    finally:
        os.umask(before)
    assert mode(tmp_path / "q1.md") == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file away")
@pytest.mark.parametrize(
    ("refused", "old", "expected"),
    [
        ("", 0o664, (1234, 1235, 0o664)),
        ("owner", 0o660, (0, 1235, 0o660)),
        ("owner group", 0o660, (0, os.getegid(), 0o600)),
        ("owner group", 0o664, (0, os.getegid(), 0o604)),
        ("owner group", 0o604, (0, os.getegid(), 0o600)),  # its group could not read it, and is among the others now
    ],
)
def test_what_replaces_a_file_is_for_the_same_accounts_or_for_fewer(tmp_path, monkeypatch, refused, old, expected):
    place = tmp_path / "q1.md"
    place.write_text("old")
    os.chown(place, 1234, 1235)
    place.chmod(old)
    fchown = os.fchown

    def of_an_account(descriptor, owner, group):
        if ("owner" in refused and owner != -1) or "group" in refused:
            raise PermissionError(1, "Operation not permitted")
        fchown(descriptor, owner, group)

    monkeypatch.setattr(os, "fchown", of_an_account)
    write_paper(str(place), [b"new"], force=True)
    status = os.stat(place)
    assert (place.read_text(), (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))) == ("new", expected)
