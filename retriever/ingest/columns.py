"""Which column fills which field of a case: names people use, maps they give, duplicates kept in order."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from index.text.normal import normalise
from retriever.case.fields import FIELDS
from retriever.errors import InvalidInput

ColumnMap: TypeAlias = Mapping[str, tuple[str, ...]]
"""Field of a case (`problem`, `source.external_id`) to the headers that fill it; none leaves the field out."""

LONG_TEXTS = frozenset(
    ("problem", "solution", "summary", "environment", "diagnosis", "workaround", "prevention", "lessons")
) | {"outcome.summary"}
"""Fields in which the texts of several columns are put one below the other."""

# Compared without case, spaces and punctuation. A ticket's number names the case in its help desk, not in the library.
_NAMES: dict[str, str] = {
    "id": "case id, 编号, 案例编号, 案例id, 编码, 編號, 案例編號",
    "source.external_id": "external id, ticket, ticket id, ticket number, ticket no, case number, "
    "case no, incident, incident number, issue key, 工单号, 工单编号, 工单id, "
    "单号, 事件编号, 工單號, 工單編號, チケット番号, vorgangsnummer",
    "source.system": "system, source, 来源, 来源系统, 來源",
    "source.url": "url, link, 链接, 工单链接, 連結",
    "language": "lang, locale, 语言, 语种, 語言, 言語, sprache, idioma, langue",
    "title": "subject, short description, 标题, 主题, 案例标题, 標題, 主旨, 件名, タイトル, "
    "titel, betreff, título, asunto, titre, objet",
    "summary": "abstract, 摘要, 概述, 概要",
    "environment": "background, background environment, 环境, 背景, 使用环境, 環境",
    "problem": "problem description, description, issue, symptom, symptoms, question, 问题, "
    "问题描述, 故障描述, 故障现象, 现象, 描述, 问题详情, 客户问题, 問題, 問題描述, "
    "問題内容, 症状, beschreibung, problembeschreibung, problema, descripción, "
    "problème",
    "diagnosis": "root cause, cause, analysis, 原因, 根因, 根本原因, 原因分析, 诊断, 故障原因, 診斷, ursache, causa",
    "solution": "resolution, answer, fix, resolution notes, close notes, 解决方案, 解决办法, "
    "解决方法, 处理结果, 处理方案, 处理方法, 处理措施, 答案, 回复, 解決方案, "
    "解決辦法, 處理結果, 處理方式, 解決策, 対応, lösung, solución, résolution",
    "steps": "solution steps, 步骤, 处理步骤, 解决步骤, 步驟, 手順, schritte, pasos, étapes",
    "workaround": "temporary fix, 临时方案, 临时措施, 临时解决方案, 臨時方案, 回避策",
    "outcome.summary": "outcome, result, 结果, 效果, 解决效果, 結果",
    "outcome.resolution_minutes": "resolution minutes, minutes to resolve, 处理时长分钟, 解决时长分钟, 处理分钟数",
    "outcome.csat": "csat, satisfaction, 满意度, 满意度评分, 滿意度",
    "outcome.first_contact_resolved": "first contact resolved, fcr, 首次解决, 一次解决",
    "prevention": "preventive measures, 预防, 预防措施, 預防措施, 再発防止",
    "lessons": "lessons learned, 经验, 经验教训, 总结, 經驗",
    "product": "product name, 产品, 产品名称, 产品型号, 產品, 產品名稱, 製品, produkt, producto, produit",
    "product_line": "product family, 产品线, 产品系列, 產品線",
    "category": "category path, 分类, 类别, 问题分类, 问题类型, 分類, 類別, カテゴリ, kategorie, categoría, catégorie",
    "industry": "background industry, 行业, 所属行业, 行業, 業界, branche",
    "error_codes": "error code, errors, code, codes, 错误码, 错误代码, 故障码, 故障代码, "
    "报错代码, 錯誤碼, 錯誤代碼, エラーコード, fehlercode, fehlercodes",
    "tags": "tag, labels, label, keywords, 标签, 关键词, 關鍵字, 標籤, タグ, schlagwörter, etiquetas, étiquettes",
    "priority": "severity, 优先级, 优先程度, 严重程度, 優先級, priorität, prioridad, priorité",
    "channel": "contact channel, 渠道, 来源渠道, 受理渠道, 管道",
    "opened_at": "opened, created, created on, created date, 创建时间, 提交时间, 受理时间, 建立時間",
    "resolved_at": "resolved, resolved on, resolution date, closed at, closed, 解决时间, 完成时间, 关闭时间, 解決時間",
    "status": "state, 状态, 工单状态, 狀態",
    "review_due_on": "review due, 复审日期, 复核日期",
    "valid_until": "expires, expires on, 有效期, 有效期至, 失效日期",
    "superseded_by": "replaced by, 替代案例, 被替代",
    "audience": "visible to, 可见范围, 可见组, 可見範圍",
    "created_by": "author, 创建人, 作者, 建立者",
    "reviewers": "reviewer, 审核人, 审核者, 審核人",
}
LONGEST_HEADER = 200
"""Characters of a header that are compared; no name of a field is as long."""
_NOTE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]\s*$")
_PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a table are read: field to column numbers; the same with headers; headers nobody reads."""

    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    headers: ColumnMap = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def resolve_columns(header: Sequence[str], wanted: ColumnMap) -> Columns:
    """Match a header with what the caller wants, then with the names people use for fields not spoken of.

    Raises InvalidInput for a wanted column that does not exist.
    """
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(header):
        numbers.setdefault(_plain(name), []).append(number)
    places: dict[str, list[int]] = {}
    for target, names in wanted.items():
        for name in names:
            if _plain(name) not in numbers:
                raise InvalidInput(f"there is no column {name!r} (for {target}){_hint(name, header)}")
            places.setdefault(target, []).extend(numbers[_plain(name)])
    taken = {number for found in places.values() for number in found}
    for number, name in enumerate(header):
        target_found = find_field(name)
        if target_found and target_found not in wanted and number not in taken:
            places.setdefault(target_found, []).append(number)
            taken.add(number)
    return Columns(
        {target: tuple(found) for target, found in places.items()},
        {target: tuple(header[number] for number in found) for target, found in places.items()},
        tuple(name for number, name in enumerate(header) if number not in taken),
    )


def find_field(name: str) -> str | None:
    """The field that a header names, in English, Chinese and some other languages; None when it names none."""
    return _KNOWN.get(_plain(name))


def load_column_map(path: Path) -> ColumnMap:
    """A map from a TOML or JSON file: `problem = "Description"`, `tags = ["Labels", "Area"]`, nested or dotted names.

    Raises InvalidInput for a file that cannot be read and for a field that does not exist.
    """
    content = read_map(path)
    if not isinstance(content, dict):
        raise InvalidInput(f'the map {path.name} must hold names and headers, such as problem = "Description".')
    return checked_map(content)


def read_map(path: Path) -> object:
    """What a map file, TOML or JSON, holds. Raises InvalidInput."""
    try:
        text = path.read_text("utf-8-sig")
        return json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InvalidInput(f"the map {path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidInput(f"the map {path.name} is no valid TOML or JSON: {error}") from error


def column_map_of_pairs(pairs: Iterable[str]) -> ColumnMap:
    """A map from `problem=Description` pairs; a field given twice takes both columns, `product=` takes none."""
    given: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, header = pair.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"--map takes FIELD=HEADER, such as problem=Description, not {pair[:60]!r}.")
        given.setdefault(name.strip(), []).append(header.strip())
    return checked_map(given)


def checked_map(content: Mapping[str, Any]) -> ColumnMap:
    """A map with its names flattened and checked. Raises InvalidInput."""
    checked: dict[str, tuple[str, ...]] = {}
    for target, headers in _flat(content):
        name = {"background.environment": "environment", "background.industry": "industry"}.get(target, target)
        if name not in FIELDS:
            raise InvalidInput(f"{target[:60]!r} is no field of a case{_hint(target, FIELDS)}")
        listed = [headers] if isinstance(headers, str) else headers
        if not isinstance(listed, list | tuple) or not all(isinstance(header, str) for header in listed):
            raise InvalidInput(f"the map gives {target} no header or list of headers.")
        checked[name] = tuple(header for header in listed if header)
    return checked


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _plain(name: str) -> str:
    """A header as it is compared: `Error-Codes *` and `error_codes (optional)` are the same."""
    folded = normalise("NFKC", name[:LONGEST_HEADER]).casefold()
    return _PUNCTUATION.sub("", _NOTE.sub("", folded)) or folded.strip()


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)[:500]}."


_KNOWN = {_plain(name): target for target, names in _NAMES.items() for name in names.split(",")} | {
    _plain(name): name for name in FIELDS
}
