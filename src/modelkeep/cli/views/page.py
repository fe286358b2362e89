"""What `page` prints where it writes a file: its path."""

from __future__ import annotations

from modelkeep.cli.views.interface import View


class PageView(View, frozen=True):
    """The page that was written: its ``file`` and its size."""

    exact = True
    file: str
    size_bytes: int

    @property
    def acted(self) -> bool:
        """Whether a file was written."""
        return True

    def identifiers(self) -> list[str]:
        return [self.file]
