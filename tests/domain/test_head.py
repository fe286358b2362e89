"""How a log stands to a head that was seen of it before."""

import pytest

from modelkeep.domain.state import Head

KNOWN = Head(4, "sha256:known", "")


@pytest.mark.parametrize(
    ("end", "there", "said"),
    [
        (Head(4, "sha256:known", ""), "sha256:known", "continues"),
        (Head(9, "sha256:later", ""), "sha256:known", "continues"),
        (Head(9, "sha256:later", ""), "sha256:other", "different"),
        (Head(4, "sha256:other", ""), "sha256:other", "different"),
        (Head(9, "sha256:later", ""), None, "different"),  # the entry is missing from the middle
        (Head(3, "sha256:early", ""), None, "behind"),
        (None, None, "behind"),
    ],
)
def test_a_log_continues_is_behind_or_is_another(end, there, said):
    assert KNOWN.compare(end, there) == said
