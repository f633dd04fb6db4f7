"""What of a model is never run: pickles, code of its own, and steps that nobody here knows."""

from retriever.embedding.folder import ModelFolder, read_json
from retriever.errors import ModelUnavailable

MODULE_KINDS = {"Transformer", "Pooling", "Normalize", "Dense", "LayerNorm"}


def check_modules(folder: ModelFolder) -> None:
    """ModelUnavailable for a model that would need pickles or code of its own, or has steps we cannot run."""
    unknown = [module.kind for module in folder.modules if module.kind not in MODULE_KINDS]
    if unknown:
        raise ModelUnavailable(
            f"the model in {folder.path} has a step {unknown[0]!r} that is not supported; "
            f"known steps are {', '.join(sorted(MODULE_KINDS))}."
        )
    check_weights(folder)


def check_weights(folder: ModelFolder) -> None:
    """ModelUnavailable for weights that can run code when read, and for an architecture that brings its own."""
    if not list(folder.modules[0].folder.glob("*.safetensors")):
        raise ModelUnavailable(
            f"{folder.path} holds no *.safetensors weights. Other formats can run code when read and are refused; "
            "fetch the safetensors files of this model."
        )
    config = read_json(folder.modules[0].folder / "config.json")
    if "auto_map" in config and not _is_native(str(config.get("model_type", ""))):
        raise ModelUnavailable(
            f"the model in {folder.path} only runs with program code from its repository ({config.get('model_type')}), "
            "which is never executed; `similar-cases model list` names models that need none."
        )


def _is_native(model_type: str) -> bool:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING  # noqa: PLC0415  rarely needed, slow

    return model_type in CONFIG_MAPPING
