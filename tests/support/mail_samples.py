"""The mails of `mail_samples.toml`: by their program and language, filled with senders, broken into lines."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_READ: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SAMPLES: Mapping[str, Mapping[str, str]] = {name: kind for name, kind in _READ.items() if isinstance(kind, dict)}
"""`lines`, `named` and `blocks` announce an earlier mail; `endings`, `beginnings` frame a text; `lookalikes` stay."""
SENDERS = (
    ("Marta Nowak", "marta.nowak@example.org"),
    ("李雷", "li.lei@example.com.cn"),
    ("佐藤 花子", "sato@example.jp"),
    ("O'Neill, Brian (ext)", "brian@example.co.uk"),
    ("Jean-Luc de la Tour", "jl@example.fr"),
    ("Иван Петров", "ivan@example.ru"),
)
STAYING: Sequence[str] = _READ["staying"]
NAMES = ("Marta Nowak", "Иван Петров", "Jean-Luc de la Tour")
REPLIES = {
    "en": "Replaced the fuser and cleared the tray, labels print again.",
    "zh": "清理缓存后恢复。",
    "ja": "再起動で直りました。",
}


def headers() -> Iterator[tuple[str, str]]:
    """Every announcement of an earlier mail, with a sender; named."""
    for number, (client, form) in enumerate([*SAMPLES["lines"].items(), *SAMPLES["blocks"].items()]):
        name, mail = SENDERS[number % len(SENDERS)]
        yield client, form.format(name=name, mail=mail)
    for number, (client, form) in enumerate(SAMPLES["named"].items()):
        yield client, form.format(name=NAMES[number % len(NAMES)])
    yield from ((form, form) for form in _READ["further"])


def wrapped(header: str, width: int) -> str:
    """A long line broken as mail programs break it, at most `width` characters each where words allow it."""
    lines = [""]
    for word in header.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
