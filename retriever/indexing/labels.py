"""What a snapshot says of itself, and which snapshots this process may serve."""

from collections.abc import Mapping

from index.manifest import Manifest
from index.text.tokenise import TOKENISER_VERSION
from index.vectors.centring import CENTRING_VERSION
from retriever.case.facets import FACETS_VERSION
from retriever.case.texts import TEXT_VERSION
from retriever.domain import Encoder
from retriever.embedding.alignment.aligner import aligner
from retriever.embedding.language_means import effects_of
from retriever.errors import ModelMismatch
from retriever.masking import MASKING_VERSION

FACETS_LABEL = "facets_version"
"""Missing in the snapshots of the first programs, whose facets had version 1."""


def labels_of(encoder: Encoder, revision: int) -> Mapping[str, str]:
    """What a snapshot must say to be served by this process, and the revision it holds."""
    return {
        "model": encoder.name,
        "fingerprint": encoder.fingerprint,
        "text_version": str(TEXT_VERSION),
        "masking_version": str(MASKING_VERSION),
        "tokeniser_version": str(TOKENISER_VERSION),
        FACETS_LABEL: str(FACETS_VERSION),
        "pieces": aligner().fingerprint,
        "centring": f"{CENTRING_VERSION} {effects_of(encoder).digest}",
        "revision": str(revision),
    }


def check_labels(manifest: Manifest, encoder: Encoder) -> None:
    """Raises ModelMismatch, naming both sides and the mending command, when the snapshot was built otherwise."""
    for label, wanted in labels_of(encoder, 0).items():
        found = manifest.labels.get(label, "1" if label == FACETS_LABEL else "")
        if label not in ("revision", "model") and found != wanted:
            raise ModelMismatch(
                f"snapshot {manifest.name} was built with {label} {found[:16]} ({manifest.labels.get('model', '?')}), "
                f"this process has {wanted[:16]} ({encoder.name}). Run `similar-cases index rebuild`, "
                f"or start with the model the snapshot was built with."
            )
