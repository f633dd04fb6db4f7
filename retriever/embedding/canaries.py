"""Sixteen fixed sentences whose vectors travel with an index: a model that drifted no longer reproduces them."""

import numpy as np

from retriever.domain import Encoder, FloatMatrix
from retriever.errors import ModelMismatch

MIN_COSINE = 0.999
"""Float noise between machines and backends stays above this; another model, prompt or pooling falls far below."""

# Never edit or reorder: stored vectors belong to these very sentences.
CANARIES: tuple[str, ...] = (
    "The refund has not reached the customer's card after ten days.",
    "E-05 overheating alarm stops the spindle after 20 minutes",
    "订单已付款，但是状态一直显示待付款",
    "發票抬頭填錯了，可以重新開立嗎？",
    "La impresora no imprime y parpadea una luz roja.",
    "Das Paket wurde zugestellt, ist aber nie angekommen.",
    "L'application se ferme toute seule depuis la mise à jour.",
    "パスワード再設定のメールが届きません",
    "비밀번호를 잊어버려서 로그인할 수 없어요",
    "O boleto foi pago e o pedido continua bloqueado.",
    "Карта отклонена при оплате за границей",
    "لم يصل رمز التحقق إلى هاتفي",
    "ลูกค้าต้องการเปลี่ยนที่อยู่จัดส่ง",
    "Wi-Fi bağlantısı her gece kopuyor, yönlendirici değişti.",
    "ग्राहक का खाता बंद हो गया है",
    "HTTP 502 from https://example.com/api/v2/orders?id=17 :: retry=3",
)


def canary_vectors(encoder: Encoder) -> FloatMatrix:
    """Vectors of the canary sentences, (16, dim), encoded as cases because an index holds cases."""
    return encoder.encode_cases(CANARIES)


def check_canaries(encoder: Encoder, stored: FloatMatrix) -> None:
    """ModelMismatch unless `encoder` gives every stored canary vector again with cosine at least 0.999."""
    if stored.shape != (len(CANARIES), encoder.dim):
        raise ModelMismatch(
            f"the stored canary vectors have shape {stored.shape}, but {encoder.name} gives "
            f"({len(CANARIES)}, {encoder.dim}); run `similar-cases index rebuild`."
        )
    fresh = canary_vectors(encoder)
    cosines = _cosines(fresh, np.asarray(stored, dtype=np.float32))
    worst = int(np.argmin(cosines))
    # `not >=` also refuses NaN, which a damaged file can hold
    if not cosines[worst] >= MIN_COSINE:
        raise ModelMismatch(
            f"{encoder.name} no longer reproduces the vectors of this index: canary {worst + 1} has cosine "
            f"{cosines[worst]:.4f}, expected at least {MIN_COSINE}; run `similar-cases index rebuild`."
        )


def _cosines(left: FloatMatrix, right: FloatMatrix) -> FloatMatrix:
    """Cosine row by row; two zero rows agree (1), a zero row and another do not (0)."""
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    both_zero = ~left.any(axis=1) & ~right.any(axis=1)
    dots = np.einsum("ij,ij->i", left, right)
    cosines: FloatMatrix = np.divide(dots, norms, out=np.zeros_like(dots), where=norms != 0)
    cosines[np.isnan(dots)] = np.nan
    cosines[both_zero] = 1.0
    return cosines
