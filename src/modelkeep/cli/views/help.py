"""What `help` prints: the text of a topic, as it is."""

from __future__ import annotations

from modelkeep.cli.views.interface import View


class HelpView(View, frozen=True):
    """A topic and its text."""

    exact = True
    topic: str
    text: str

    def identifiers(self) -> list[str]:
        return self.text.splitlines()
