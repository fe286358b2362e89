"""URLs without secrets: userinfo, query and fragment are dropped before anything is written.

Remotes in CI have tokens before the ``@``, presigned URLs after the ``?``. The log keeps everything for
ever, so these parts are always dropped, harmless or not.
"""

from __future__ import annotations

import re

from modelkeep.domain.text import pattern

_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: In these schemes the word before the ``@`` is the container of the data, not a user.
_CONTAINER = pattern(r"(abfss?|wasbs?)://([a-z0-9$][a-z0-9-]{2,62})@", re.IGNORECASE)
_AUTHORITY_USER = pattern(r"://[^/]*@")
_PORT = pattern(r"[0-9]*")
_PATH = pattern(r"/(?!/)|[.~]|[A-Za-z]:[\\/](?!/)")
_CONTROL = pattern(r"[\x00-\x20\x7f]+")

# A URL in a sentence ends at white space, or at the mark that closes one before it.
_IN_TEXT = pattern(r"[A-Za-z][A-Za-z0-9+.-]{0,40}://[^\s<>\"]*")
_CLOSING = {"'": "'", "`": "`", "(": ")", "[": "]", "{": "}", "|": "|"}
# user:secret@host.example, without a scheme; unlike data:name@2026-02 it has a host with dots.
_BARE = pattern(
    r"(?<![\w.+-])(?!(?:data|code|run|deployment|models?):)"
    r"[\w.+%-]{1,100}:[^\s/@:'\"<>]{1,1000}@(?=(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}[:/])"
)


def scrub(url: str) -> str:
    """Return a URL, or scp's ``user@host:path``, without userinfo, query and fragment.

    A path of this machine is returned unchanged. Of a malformed URL too little may remain, never too much.
    """
    if _is_path(url):
        return url
    url = _CONTROL.sub("", url)
    before = None
    while before != url:  # each round drops something
        before, url = url, _scrub_once(url)
    return url


def scrub_text(text: str) -> str:
    """Return free text (a command, a note) with every URL in it scrubbed."""
    if "://" in text:
        text = _IN_TEXT.sub(_scrub_found, text)
    return _BARE.sub("", text) if "@" in text and ":" in text else text


def is_url(text: str) -> bool:
    """Tell whether a text begins with ``scheme://``."""
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
    # In https://user:pa/ss?w#rd@host the apparent host and port are the beginning of a password. Where it
    # cannot be known (a path may have an @, a host no dot) the path is dropped.
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
    """Scrub a URL without a scheme: ``user:secret@host:path``, ``//user@host/path``."""
    url = re.split(r"[?#]", url, maxsplit=1)[0]
    host, slash, path = url.removeprefix("//").partition("/")
    return host.rpartition("@")[2] + slash + path
