"""Files that are compressed as a whole, as joblib writes them: unpacked piece by piece, never as a whole."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from modelkeep.formats.interface import Malformed

#: How a file of each compression begins; the longer marks first.
_MARKS = (
    (b"\xfd7zXZ", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\x1f\x8b", "gzip"),
    (b"\x5d\x00", "lzma"),
    (b"ZF0x", "zfile"),
    (b"x", "zlib"),
)
_PIECE = 128 << 10
#: Unpacking may not need more memory than this: `xz` files may ask for gigabytes.
_MOST_MEMORY = 96 << 20
_ZFILE_HEADER_BYTES = 21  # joblib before 0.10: ``ZF``, the length in hexadecimal, then zlib
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31


class NotUnpacked(Malformed):
    """The compression is one that cannot be read here; the message completes "it ..."."""


def compression_of(head: bytes) -> str | None:
    """Return the name of the compression that a file begins as, None where it is none."""
    found = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if found == "zlib" and (len(head) < 2 or head[0] & 15 != _ZLIB_METHOD or int.from_bytes(head[:2]) % _ZLIB_CHECK):
        return None
    return found


def unpacked(pieces: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """Yield what is in a compressed file, in pieces of at most 128 KiB; several streams may follow each other.

    Raises `Malformed` where it is broken or cut off, `NotUnpacked` where it cannot be read.
    """
    make = _maker(compression)
    errors = _errors()
    if compression == "zfile":
        pieces = _without_header(pieces)
    data, decompressor = b"", make()
    while True:
        if _needs_input(decompressor):
            data = data or next(pieces, b"")
        at_end = _needs_input(decompressor) and not data
        try:
            piece, data = _step(decompressor, data)
        except errors as error:
            if "emory" in str(error):
                message = f"is a {compression} stream that needs more memory than {_MOST_MEMORY >> 20} MiB"
                raise NotUnpacked(message) from error
            message = f"is no {compression} stream: {error}"
            raise Malformed(message) from error
        if piece:
            yield piece
        if decompressor.eof:
            data = decompressor.unused_data or data or next(pieces, b"")
            if not data:
                return
            decompressor = make()
        elif at_end and not piece:
            message = f"breaks off in the middle of its {compression} stream"
            raise Malformed(message)


def _step(decompressor: Any, data: bytes) -> tuple[bytes, bytes]:
    """Return some of what is in the data, and the data that is left for the next step."""
    piece = decompressor.decompress(data, _PIECE)
    return piece, getattr(decompressor, "unconsumed_tail", b"")  # zlib gives back what it did not use, others keep it


def _needs_input(decompressor: Any) -> bool:
    return bool(getattr(decompressor, "needs_input", True))


def _without_header(pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"")[_ZFILE_HEADER_BYTES:]
    yield first.removeprefix(b" ")
    yield from pieces


def _errors() -> tuple[type[Exception], ...]:
    found: list[type[Exception]] = [zlib.error, OSError, EOFError, ValueError, RuntimeError]
    try:
        import lzma
    except ImportError:
        return tuple(found)
    return (*found, lzma.LZMAError)


def _maker(compression: str) -> Callable[[], Any]:
    """Return what makes a decompressor. Raises `NotUnpacked` where the library for it is missing."""
    try:
        match compression:
            case "zlib" | "zfile":
                return zlib.decompressobj
            case "gzip":
                return lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            case "bz2":
                import bz2

                return bz2.BZ2Decompressor
            case "xz" | "lzma":
                import lzma

                return lambda: lzma.LZMADecompressor(memlimit=_MOST_MEMORY)
            case "lz4":
                from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-not-found,unused-ignore]

                return lambda: LZ4FrameDecompressor()  # noqa: PLW0108
            case _:
                message = f"is compressed with {compression}, which is not read"
                raise NotUnpacked(message)
    except ImportError as error:
        message = f"is compressed with {compression}, for which this Python has no library"
        raise NotUnpacked(message) from error
