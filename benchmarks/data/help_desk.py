"""Rows of a help desk, made up from a seed: half Chinese, half English."""

import random
from collections.abc import Iterator
from typing import Any

_ZH = """
打印机 路由器 订单 发票 退款 物流 账号 密码 网络 设备 传感器 电机 客户 系统 页面 接口 短信 验证码 支付 银行卡
信用证 报关 温度 压力 报警 重启 升级 固件 连接 断开 失败 超时 无法 打开 显示 错误 检查 更换 清洁 调整 设置 参数
确认 联系 处理 完成 恢复 正常
"""
_EN = """
printer router order invoice refund parcel account password network device sensor motor customer system page
interface message code payment card credit customs temperature pressure alarm restart upgrade firmware connect
fails timeout cannot open shows error check replace clean adjust setting value confirm contact handle done normal
"""
_CATEGORIES = ("hardware/printer/jam", "network/wifi", "payment/refund", "account/login", "trade/customs/documents")


def make_rows(count: int, seed: int = 7, *, language: bool = True) -> Iterator[dict[str, Any]]:
    """Rows of a help desk, the same for the same seed; 1 in 1,000 has no solution."""
    dice = random.Random(seed)
    chinese_words, english_words = _ZH.split(), _EN.split()
    for number in range(count):
        chinese = number % 2 == 0
        words, gap, stop = (chinese_words, "", "。") if chinese else (english_words, " ", ". ")

        def text(low: int, high: int, words: list[str] = words, gap: str = gap, stop: str = stop) -> str:
            sentences = dice.randint(low, high)
            return stop.join(gap.join(dice.choices(words, k=dice.randint(5, 12))) for _ in range(sentences)) + stop

        row = {
            "id": f"T-{number:07d}",
            "title": text(1, 1).strip(),
            "problem": f"{text(2, 5)}\n{text(1, 3)}",
            "diagnosis": text(1, 2),
            "solution": text(2, 5) if dice.random() >= 0.001 else "",
            "product": f"Model {dice.randint(1, 300)}",
            "category": dice.choice(_CATEGORIES),
            "error_codes": [f"E{dice.randint(100, 999)}"],
            "tags": dice.choices(words, k=3),
            "resolved_at": f"2026-{dice.randint(1, 9):02d}-{dice.randint(1, 28):02d}T08:00:00Z",
        }
        yield row | ({"language": "zh-Hans" if chinese else "en"} if language else {})
