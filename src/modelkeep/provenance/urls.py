"""URLs without secrets: userinfo, query and fragment go before anything is written for ever.

CI remotes carry tokens before the ``@``, presigned and SAS URLs carry them after the ``?``. The
log never forgets, so what is dropped here is dropped always, harmless or not.
"""

from __future__ import annotations

import re

from modelkeep.domain.patterns import pattern

_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: In these schemes the word before the ``@`` is the container of the data, not who asks for it.
_CONTAINER = pattern(r"(abfss?|wasbs?)://([a-z0-9$][a-z0-9-]{2,62})@", re.IGNORECASE)
_AUTHORITY_USER = pattern(r"://[^/]*@")
_PORT = pattern(r"[0-9]*")
_PATH = pattern(r"/(?!/)|[.~]|[A-Za-z]:[\\/](?!/)")
_CONTROL = pattern(r"[\x00-\x20\x7f]+")

# A URL in a sentence or a command ends at white space or at the mark that opened before it.
_IN_TEXT = pattern(r"[A-Za-z][A-Za-z0-9+.-]{0,40}://[^\s<>\"]*")
_CLOSING = {"'": "'", "`": "`", "(": ")", "[": "]", "{": "}", "|": "|"}
# user:secret@host.example, without a scheme: told from data:name@2026-02 by the host's form.
_BARE = pattern(
    r"(?<![\w.+-])(?!(?:data|code|run|deployment|models?):)"
    r"[\w.+%-]{1,100}:[^\s/@:'\"<>]{1,1000}@(?=(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}[:/])"
)


def scrub(url: str) -> str:
    """Return a URL, or scp's ``user@host:path``, without userinfo, query and fragment.

    A path of this machine is returned as it is. What remains of a malformed URL is rather too
    little than too much.
    """
    if _is_path(url):
        return url
    url = _CONTROL.sub("", url)
    before = None
    while before != url:  # each round takes something away
        before, url = url, _scrub_once(url)
    return url


def scrub_text(text: str) -> str:
    """Return free text (a command, a note) in which every URL is scrubbed and the rest is as it was."""
    if "://" in text:
        text = _IN_TEXT.sub(_scrub_found, text)
    return _BARE.sub("", text) if "@" in text and ":" in text else text


def is_url(text: str) -> bool:
    """Say whether a text begins as ``scheme://``."""
    return bool(_SCHEME.match(text))


def _is_path(url: str) -> bool:
    return bool(_PATH.match(url))


def _scrub_found(match: re.Match[str]) -> str:
    url = match.group()
    opened = match.string[match.start() - 1] if match.start() else ""
    end = url.find(_CLOSING[opened]) if opened in _CLOSING else -1
    return scrub(url) if end < 0 else scrub(url[:end]) + url[end:]


def _scrub_once(url: str) -> str:
    start = url.find("://")
    if start < 0:
        return _scrub_scp(url)
    head, rest = url[: start + 3], url[start + 3 :]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, place = authority.rpartition("@")
    host, _, port = ("", "", "") if place.startswith("[") else place.partition(":")
    # In https://user:pa/ss?w#rd@host what reads as a host and port is the beginning of a password.
    # It cannot always be told (a path may have an @, a host no dot); then rather lose the path.
    if "@" in rest[len(authority) :] and (not _PORT.fullmatch(port) or (":" in user and "." not in host)):
        rest = rest.rpartition("@")[2]
    elif not _PORT.fullmatch(port):
        rest = user + at + host + rest[len(authority) :]
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    url = head + rest
    container = _CONTAINER.match(url)
    keep = container.end() if container else 0
    return url[:keep] + _AUTHORITY_USER.sub("://", url[keep:])


def _scrub_scp(url: str) -> str:
    """Scrub what has no scheme: ``user:secret@host:path``, ``//user@host/path``."""
    url = re.split(r"[?#]", url, maxsplit=1)[0]
    host, slash, path = url.removeprefix("//").partition("/")
    return host.rpartition("@")[2] + slash + path
