"""The model `deep` in full precision, and how large its channels are: `python -m retriever.training.deep`.

It runs the texts that int8 graphs are calibrated with and writes `retriever/embedding/transformer/deep_channels.npy`.
"""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel

from retriever.embedding.transformer.deep import CHANNELS_FILE, SHA256
from retriever.embedding.transformer.four_bit import FourBitFile, read_four_bit
from retriever.embedding.transformer.four_bit_tokenizer import build_tokenizer
from retriever.embedding.transformer.packaged import find_packaged
from retriever.embedding.transformer.quantising import CALIBRATION_FILE


def build_bert(model: FourBitFile) -> BertModel:
    """The same model in full precision, for torch."""
    shape = model.shape
    config = BertConfig(
        vocab_size=shape.words,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
    )
    bert: BertModel = BertModel(config, add_pooling_layer=False)
    bert.train(False)
    bert.load_state_dict({name: torch.from_numpy(array) for name, array in _state(model)}, strict=False)
    return bert


def reference_vectors(bert: BertModel, batch: list[list[int]]) -> NDArray[np.float32]:
    """Mean of the token vectors of each row of ids, at unit length."""
    rows = []
    with torch.inference_mode():
        for ids in batch:
            states = bert(input_ids=torch.tensor([ids])).last_hidden_state[0]
            rows.append(torch.nn.functional.normalize(states.mean(dim=0), dim=0).numpy())
    return np.stack(rows)


def _state(model: FourBitFile) -> list[tuple[str, NDArray[np.float32]]]:
    shape = model.shape
    hidden, inner = shape.hidden, shape.inner
    state = [
        ("embeddings.word_embeddings.weight", model.blocks("emb.word", shape.words, hidden).weights()),
        ("embeddings.position_embeddings.weight", model.floats("emb.pos", shape.positions, hidden)),
        ("embeddings.token_type_embeddings.weight", model.floats("emb.type", shape.types, hidden)),
        ("embeddings.LayerNorm.weight", model.floats("emb.ln.w", hidden)),
        ("embeddings.LayerNorm.bias", model.floats("emb.ln.b", hidden)),
    ]
    places = {
        "q": ("attention.self.query", hidden, hidden),
        "k": ("attention.self.key", hidden, hidden),
        "v": ("attention.self.value", hidden, hidden),
        "ao": ("attention.output.dense", hidden, hidden),
        "fi": ("intermediate.dense", inner, hidden),
        "fo": ("output.dense", hidden, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(shape.layers):
        for short, (name, rows, columns) in places.items():
            weights = model.blocks(f"l{layer}.{short}.w", rows, columns).weights()
            state.append((f"encoder.layer.{layer}.{name}.weight", weights))
            state.append((f"encoder.layer.{layer}.{name}.bias", model.floats(f"l{layer}.{short}.b", rows)))
        for short, name in norms.items():
            state += [
                (f"encoder.layer.{layer}.{name}.weight", model.floats(f"l{layer}.{short}.w", hidden)),
                (f"encoder.layer.{layer}.{name}.bias", model.floats(f"l{layer}.{short}.b", hidden)),
            ]
    return state


def measure_channels(bert: BertModel, batch: list[list[int]]) -> NDArray[np.float32]:
    """The largest of each channel that attention and the wide matrix of a layer are given, (layers, 2, hidden)."""
    layers = bert.config.num_hidden_layers
    largest = np.zeros((layers, 2, bert.config.hidden_size), np.float32)

    def watch(kept: NDArray[np.float32], _module: object, given: tuple[torch.Tensor, ...]) -> None:
        np.maximum(kept, given[0].abs().amax(dim=(0, 1)).numpy(), out=kept)

    for number, (attended, widened) in enumerate(largest):
        for kept, reader in ((attended, "attention.self.query"), (widened, "intermediate.dense")):
            module = bert.get_submodule(f"encoder.layer.{number}.{reader}")
            module.register_forward_pre_hook(partial(watch, kept))
    reference_vectors(bert, batch)
    return largest


def main() -> None:
    """Measure and write the channels."""
    model = read_four_bit(find_packaged().path, sha256=SHA256)
    tokenizer = build_tokenizer(model.vocabulary)
    texts = CALIBRATION_FILE.read_text(encoding="utf-8").splitlines()
    largest = measure_channels(build_bert(model), [tokenizer.encode(f"query: {text}").ids for text in texts])
    sizes = largest / np.median(largest, axis=2, keepdims=True)
    np.save(CHANNELS_FILE, np.rint(4 * np.log2(sizes)).astype(np.int8))


if __name__ == "__main__":
    main()
