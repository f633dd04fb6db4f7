"""What a model folder says about itself: its modules, prompts, pooling and limits. Reads JSON only, never weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retriever.errors import ModelUnavailable

SAFE_MODULE_PREFIX = "sentence_transformers."
STATIC_MODULES = {("StaticEmbedding",), ("StaticEmbedding", "Normalize")}
POOLING_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
# sentence-transformers looks for a case prompt under these names, in this order
CASE_PROMPT_NAMES = ("document", "passage", "corpus")
MAX_CONFIG_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Module:
    """One step of a sentence-transformers pipeline: `kind` is the class name, `folder` where its files lie."""

    kind: str
    folder: Path


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on disk as its own config files describe it."""

    path: Path
    modules: tuple[Module, ...]
    prompts: Mapping[str, str]
    default_prompt: str
    max_tokens: int | None
    pooling: str

    @property
    def is_static(self) -> bool:
        """One vector per token and nothing else, so numpy alone can run it."""
        return tuple(module.kind for module in self.modules) in STATIC_MODULES

    @property
    def static_folder(self) -> Path:
        """Where the table and the tokenizer of a static model lie."""
        return self.modules[0].folder

    @property
    def query_prompt(self) -> str:
        """What the model wants before a question; empty when it asks for nothing."""
        return self.prompts.get("query", self.default_prompt)

    @property
    def case_prompt(self) -> str:
        """What the model wants before a case; empty when it asks for nothing."""
        for name in CASE_PROMPT_NAMES:
            if name in self.prompts:
                return self.prompts[name]
        return self.default_prompt


def read_model_folder(path: Path) -> ModelFolder:
    """Describe the model in `path`; ModelUnavailable says which file is missing or unsafe."""
    if not path.is_dir():
        raise ModelUnavailable(f"no model folder at {path}.")
    modules = _read_modules(path)
    settings = read_json(path / "config_sentence_transformers.json")
    prompts = {str(name): str(text) for name, text in dict(settings.get("prompts") or {}).items() if text}
    default_name = settings.get("default_prompt_name")
    first = modules[0].folder
    limit = read_json(first / "sentence_bert_config.json").get("max_seq_length")
    return ModelFolder(
        path=path,
        modules=modules,
        prompts=prompts,
        default_prompt=prompts.get(str(default_name), "") if default_name else "",
        max_tokens=int(limit) if limit else None,
        pooling=_read_pooling(modules),
    )


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a small config file, empty when the file is absent; ModelUnavailable if not valid."""
    if not path.is_file():
        return {}
    if path.stat().st_size > MAX_CONFIG_BYTES:
        raise ModelUnavailable(f"{path} is larger than a config file may be ({MAX_CONFIG_BYTES} bytes).")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnavailable(f"{path} is not valid JSON: {error}; fetch the model again.") from error
    return content if isinstance(content, dict) else {"items": content}


def _read_modules(path: Path) -> tuple[Module, ...]:
    listed = read_json(path / "modules.json").get("items")
    if not listed:
        return _guess_modules(path)
    modules = []
    for entry in listed:
        kind = str(entry["type"])
        if not kind.startswith(SAFE_MODULE_PREFIX):
            raise ModelUnavailable(
                f"the model at {path} runs code of its own ({kind}), which is refused; "
                "choose a model made of sentence-transformers modules only."
            )
        folder = (path / str(entry.get("path", ""))).resolve()
        if not folder.is_relative_to(path.resolve()):
            raise ModelUnavailable(f"modules.json of {path} points outside the model folder.")
        modules.append(Module(kind=kind.rsplit(".", 1)[-1], folder=folder))
    return tuple(modules)


def _guess_modules(path: Path) -> tuple[Module, ...]:
    """A folder without modules.json: a plain transformer, which sentence-transformers then mean-pools."""
    if not (path / "config.json").is_file():
        raise ModelUnavailable(
            f"{path} holds no model: neither modules.json nor config.json is there. "
            "Put the files of a sentence-transformers model into it."
        )
    if read_json(path / "config.json").get("model_type") == "model2vec":
        return (Module("StaticEmbedding", path), Module("Normalize", path))
    return (Module("Transformer", path), Module("Pooling", path))


def _read_pooling(modules: tuple[Module, ...]) -> str:
    for module in modules:
        if module.kind != "Pooling":
            continue
        settings = read_json(module.folder / "config.json")
        if settings.get("pooling_mode"):
            mode = settings["pooling_mode"]
            return mode if isinstance(mode, str) else "+".join(mode)
        active = [name for flag, name in POOLING_FLAGS.items() if settings.get(flag)]
        return "+".join(active) or "mean"
    return "mean"
