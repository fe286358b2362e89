"""Licences of models, as SPDX expressions: ``Apache-2.0``, ``MIT OR GPL-3.0-only``, ``LicenseRef-llama3``."""

from __future__ import annotations

import re

from modelkeep.domain.text import check_text, printable
from modelkeep.errors import UsageError

_LONGEST = 250


def parse_licence(text: str) -> str:
    """Return an SPDX expression in its canonical spelling; ``UsageError`` where SPDX knows no such licence."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    check_text(text, "the licence")
    if len(text) <= _LONGEST:
        try:
            return canonicalize_license_expression(text)
        except InvalidLicenseExpression:
            pass
    own = re.sub(r"[^A-Za-z0-9.]+", "-", text[:_LONGEST]).strip("-.")
    message = f"not an SPDX licence expression: '{printable(text[:_LONGEST])}'"
    raise UsageError(message, f"Apache-2.0, MIT OR GPL-3.0-only, or for one of its own LicenseRef-{own or 'NAME'}")
