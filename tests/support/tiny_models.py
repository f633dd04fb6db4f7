"""Very small models in the real file formats, built in a second for the tests of encoders."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

TOPICS = {
    "en": ("the refund", "the parcel", "the printer", "my password", "the invoice", "the screen", "the card"),
    "zh": ("退款", "包裹", "打印机", "密码", "发票", "屏幕", "银行卡"),
    "de": (
        "die Erstattung",
        "das Paket",
        "der Drucker",
        "mein Passwort",
        "die Rechnung",
        "der Bildschirm",
        "die Karte",
    ),
    "ja": ("返金", "荷物", "プリンター", "パスワード", "請求書", "画面", "カード"),
}
TROUBLES = {
    "en": ("has not arrived", "does not work", "was rejected", "is broken since the update", "shows error E-05"),
    "zh": ("还没有到账", "无法使用", "被拒绝了", "更新后坏了", "显示错误 E-05"),
    "de": ("ist nicht angekommen", "geht nicht", "wurde abgelehnt", "ist seit dem Update kaputt", "zeigt Fehler E-05"),
    "ja": ("が届きません", "が動きません", "が拒否されました", "が更新後に壊れました", "にエラー E-05 が出ます"),
}
CORPUS = tuple(
    f"{topic} {trouble}" if language in ("en", "de") else topic + trouble
    for language in TOPICS
    for topic in TOPICS[language]
    for trouble in TROUBLES[language]
)


def build_tokenizer() -> Tokenizer:
    """A Unigram tokenizer over the small corpus, the same each time: whole words first, single letters as a way out."""
    words = {"▁" + word for text in CORPUS for word in text.lower().split(" ")}
    words |= {phrase for language in ("zh", "ja") for phrase in (*TOPICS[language], *TROUBLES[language])}
    letters = set("".join(words)) | set("abcdefghijklmnopqrstuvwxyz0123456789▁")
    scored = [(word, -4.0) for word in sorted(words - letters)] + [(letter, -9.0) for letter in sorted(letters)]
    tokenizer = Tokenizer(Unigram([("[PAD]", 0.0), ("[UNK]", 0.0), *scored], unk_id=1))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def build_tiny_static(folder: Path, *, dim: int = 32, mapped: bool = False, plain: bool = False) -> Path:
    """A static model as sentence-transformers stores one: int8 rows with weights, `mapped` rows, or `plain` float."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    random = np.random.default_rng(7)
    size = tokenizer.get_vocab_size()
    if plain:
        save_file(
            {"embedding.weight": random.normal(size=(size, dim)).astype(np.float32)}, folder / "model.safetensors"
        )
    else:
        rows = size // 2 if mapped else size
        tensors: dict[str, NDArray[Any]] = {
            "embeddings": random.integers(-127, 128, size=(rows, dim), dtype=np.int8),
            "weights": random.uniform(0.001, 0.02, size=size).astype(np.float32),
        }
        if mapped:
            tensors["mapping"] = random.integers(0, rows, size=size).astype(np.int64)
        save_file(tensors, folder / "model.safetensors")
    write_modules(folder, "StaticEmbedding", "Normalize")
    return folder


def write_modules(folder: Path, *kinds: str) -> None:
    """modules.json naming the steps of the pipeline; the first lies in the folder itself."""
    modules = [
        {"idx": place, "name": str(place), "path": "" if place == 0 else f"{place}_{kind}", "type": _type_of(kind)}
        for place, kind in enumerate(kinds)
    ]
    for module in modules:
        (folder / str(module["path"])).mkdir(exist_ok=True)
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")


def _type_of(kind: str) -> str:
    return f"sentence_transformers.models.{kind}"


def build_tiny_transformer(folder: Path, *, prompts: dict[str, str] | None = None, window: int = 32) -> Path:
    """A random two-layer BERT with mean pooling, saved as sentence-transformers saves models; the same each time."""
    import torch
    from transformers import BertModel

    size = _save_marked_tokenizer(folder, window)
    torch.manual_seed(11)
    BertModel(_tiny_bert(size, window), add_pooling_layer=False).save_pretrained(folder)
    write_modules(folder, "Transformer", "Pooling", "Normalize")
    _write_json(
        folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    )
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": window, "do_lower_case": False})
    _write_json(folder / "config_sentence_transformers.json", {"prompts": prompts or {}, "default_prompt_name": None})
    return folder


def build_tiny_cross_encoder(folder: Path, *, labels: int = 1, window: int = 32) -> Path:
    """A random two-layer BERT that gives `labels` numbers for a pair of texts; the same each time."""
    import torch
    from transformers import BertForSequenceClassification

    size = _save_marked_tokenizer(folder, window)
    torch.manual_seed(11)
    config = _tiny_bert(size, window)
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def _save_marked_tokenizer(folder: Path, window: int) -> int:
    """Write the tokenizer with [CLS] and [SEP], as BERT wants it; how many pieces it knows."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer()
    tokenizer.add_special_tokens(["[CLS]", "[SEP]"])
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "pad_token": "[PAD]",
            "unk_token": "[UNK]",
            "cls_token": "[CLS]",
            "sep_token": "[SEP]",
            "model_max_length": window,
        },
    )
    return tokenizer.get_vocab_size()


def _tiny_bert(size: int, window: int) -> Any:  # noqa: ANN401  BertConfig, imported late
    from transformers import BertConfig

    return BertConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=window,
        initializer_range=1.0,  # small random weights would make all texts look alike
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
