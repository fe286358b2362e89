"""fastText: numbers that describe the training, the words and labels, then the weights.

https://github.com/facebookresearch/fastText/blob/main/src/fasttext.cc, args.cc and dictionary.cc.
"""

from __future__ import annotations

import struct

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.findings import facts
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile
from modelkeep.formats.ranges import Ranges

MAGIC = struct.pack("<i", 793712314)
_MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
_LOSSES = {1: "hierarchical softmax", 2: "negative sampling", 3: "softmax", 4: "one-vs-all"}
_DICTIONARY = 64


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the kind of model, its dimensions, words and labels."""
    source = Ranges(file, budget)
    magic, version, dim, _, epoch, _, _, ngrams, loss, model, bucket, least, most = source.unpack("<13i", 0)
    if source.read(0, 4) != MAGIC:
        message = f"begins with {magic}, which is not fastText's number"
        raise Malformed(message)
    size, words, labels, tokens, _ = source.unpack("<3i2q", _DICTIONARY)
    if min(dim, size, words, labels) < 0 or size != words + labels or size * 10 > source.size:
        message = f"says that it has {words} words and {labels} labels, and has {source.size} bytes"
        raise Malformed(message)
    inspection = FileInspection(
        path=file.path,
        format="fasttext",
        facts=facts(
            format_version=version,
            architecture=_MODELS.get(model, model),
            dimensions=dim,
            vocabulary=words,
            labels=labels,
            tokens=tokens,
            loss=_LOSSES.get(loss, loss),
            epochs=epoch,
            word_ngrams=ngrams,
            subwords=f"{least} to {most}, {bucket} buckets" if most else None,
        ),
    )
    return FoundInFile(inspection)
