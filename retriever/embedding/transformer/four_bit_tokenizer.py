"""The tokenizer of a model in 4 bits, made from the pieces and the table of characters that its file carries."""

import struct
from collections.abc import Mapping

import numpy as np
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from retriever.embedding.transformer.four_bit import ScoredPieces

MASK = "<mask>"


def build_tokenizer(vocabulary: ScoredPieces) -> Tokenizer:
    """The ids that the model was trained with, of text in whatever normal form."""
    tokenizer = Tokenizer(Unigram(vocabulary.pieces, unk_id=vocabulary.unknown))
    marks = [vocabulary.pieces[mark][0] for mark in (vocabulary.begin, vocabulary.padding, vocabulary.end)]
    begin, _, end = marks
    tokenizer.add_special_tokens([*marks, vocabulary.pieces[vocabulary.unknown][0], MASK])
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),  # the table knows single characters
            normalizers.Precompiled(_character_table(vocabulary.becomes)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)]
    )
    return tokenizer


def _character_table(becomes: Mapping[str, str]) -> bytes:
    """The table as `tokenizers` wants it: a double-array trie over the bytes of each character, then what they become.

    A node that bytes follow has 256 cells to itself, so that no two nodes meet. A unit holds, from its lowest bit: the
    byte that leads to it, whether a value follows, whether its way is counted in 256 cells, and the way, which is
    XORed to its place.
    """
    texts = {text: 0 for text in becomes.values()}
    blob = bytearray()
    for text in texts:
        texts[text] = len(blob)
        blob += text.encode() + b"\0"
    values = {character.encode(): texts[text] for character, text in becomes.items()}
    inner = sorted({key[:length] for key in values for length in range(len(key))})
    room = {prefix: 256 * (number + 1) for number, prefix in enumerate(inner)}
    units = np.zeros(256 * (len(inner) + 1) + len(values), np.uint32)
    places = {b"": 0}
    for prefix in inner:
        base = room[prefix] | (places[prefix] & 255)
        units[places[prefix]] |= (((places[prefix] ^ base) >> 8) << 10) | (1 << 9)
        for byte in {key[len(prefix)] for key in values if key[: len(prefix)] == prefix and len(key) > len(prefix)}:
            child = prefix + bytes([byte])
            places[child] = base ^ byte
            units[places[child]] |= byte
    for number, (key, value) in enumerate(values.items()):
        cell = 256 * (len(inner) + 1) + number
        units[places[key]] |= ((places[key] ^ cell) << 10) | (1 << 8)
        units[cell] = value | (1 << 31)
    return struct.pack("<I", units.nbytes) + units.astype("<u4").tobytes() + bytes(blob)
