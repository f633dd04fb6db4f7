"""How fast a file of cases goes in, and with how much memory.

`python -m benchmarks.speed.ingest --rows 100000 --out FILE`. Each measurement runs in a process of its own, so that
its peak memory is its own. Rows are made up from a seed: half Chinese, half English, with the fields that a help desk
exports, and 1 in 1,000 malformed. On a busy machine compare the rows per second of CPU time; the load average is
written down with the figures.
"""

import argparse
import csv
import json
import os
import platform
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from retriever.ingest.pipeline import IngestOptions, ingest
from retriever.store.sqlite import engine_version, safe_journal
from retriever.store.store import open_store

MEASUREMENTS = (
    # name, file; files are taken in one after the other, so `again` finds every case unchanged
    ("jsonl", "rows.jsonl"),
    ("jsonl again", "rows.jsonl"),
    ("csv", "rows.csv"),
    ("csv again", "rows.csv"),
    ("jsonl, language unknown", "unknown.jsonl"),
)
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


def write_files(folder: Path, rows: int) -> None:
    """The files that are measured."""
    for name, language in (("rows.jsonl", True), ("unknown.jsonl", False)):
        with (folder / name).open("w", encoding="utf-8") as stream:
            for row in make_rows(rows, language=language):
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for number, row in enumerate(make_rows(rows)):
            if number == 0:
                writer.writerow(row)
            writer.writerow("|".join(value) if isinstance(value, list) else value for value in row.values())


def measure(path: Path, database: Path) -> dict[str, Any]:
    """Take one file in, in this process."""
    with open_store(database) as store:
        started, cpu = time.perf_counter(), time.process_time()
        report = ingest(path, store, IngestOptions(keep_rejected=3))
        took, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return {
        "rows": report.read,
        "created": report.created,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "seconds": round(took, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "rows_per_second": round(report.read / took),
        "rows_per_cpu_second": round(report.read / cpu_seconds),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "file_mb": round(path.stat().st_size / 2**20, 1),
    }


def peak_rss_mb() -> float:
    """Most memory this process ever held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss, which on Linux begins with what the parent process held.
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def run_all(rows: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every measurement in a child process of its own."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, rows)
        for label, file in MEASUREMENTS:
            database = folder / Path(file).suffix[1:] / Path(file).stem / "library.sqlite3"
            command = [sys.executable, "-m", "benchmarks.speed.ingest", "--measure", str(folder / file), str(database)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results[label] = json.loads(done.stdout)
            say(_table_row(label, results[label]))
    return results


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "sqlite": ".".join(map(str, engine_version())),
        "stdlib_sqlite": sqlite3.sqlite_version,
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "journal": safe_journal(engine_version()),
    }


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs=2, type=Path, metavar=("FILE", "DATABASE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    print(f"{'':26}{'rows/s':>8}{'per CPU s':>11}{'seconds':>9}{'peak MiB':>10}{'refused':>9}")
    results = run_all(options.rows, print)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        content = {"rows": options.rows, "seed": 7, "machine": machine(), "ingest": results}
        options.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _table_row(label: str, result: dict[str, Any]) -> str:
    speed = f"{result['rows_per_second']:>8,}{result['rows_per_cpu_second']:>11,}{result['seconds']:>9.1f}"
    return f"{label:26}{speed}{result['peak_rss_mb']:>10.0f}{result['rejected']:>9}"


if __name__ == "__main__":
    main()
