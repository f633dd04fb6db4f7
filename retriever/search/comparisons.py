"""The fields that question and case both speak of: do they agree, or is it another product, version or error code?"""

import re
from collections.abc import Sequence

from index.text.folding import fold
from index.text.tokenise import Code
from index.text.tokenise import codes as codes_of
from retriever.case.texts import stands_in
from retriever.domain import Case, Comparison, Query
from retriever.masking.placeholders import without_placeholders

# A number after a word for version, or one with two or three dots: `version 15`, `v2.1`, `10.4.2`.
_VERSION = re.compile(
    r"(?:\b(?:v|ver\.?|version|versión|versão|versione|firmware|release|версия|версии)|版本|バージョン|버전|固件)"
    r"\s?[:：]?\s?v?([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})(?![\w-])"
    r"|(?<![\w.-])([0-9]{1,6}(?:\.[0-9]{1,6}){2,3})(?![\w-])",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}|[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}")
# What an error code looks like in a running text: letters, then digits. Sizes and times (`5kg`) begin with digits.
_VERSION_CODE = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_ERROR = re.compile(r"[a-z]+[0-9]|0x[0-9a-f]")


def compared(
    query: Query, asked: Sequence[Code], case: Case, found: Sequence[Sequence[Code]]
) -> tuple[Comparison, ...]:
    """Product, version and error codes, each if both sides name it; `asked`, `found`: the codes in their texts."""
    parts = (
        _products(query, case),
        _versions(query, case),
        _error_codes(query, asked, case, [code for codes in found for code in codes]),
    )
    return tuple(part for part in parts if part is not None)


def versions_in(text: str) -> tuple[str, ...]:
    """The version numbers of a text, without their `v`; dates are none."""
    found = (match.group(1) or match.group(2) for match in _VERSION.finditer(without_placeholders(text)))
    return tuple(dict.fromkeys(version for version in found if not _DATE.fullmatch(version)))


def _products(query: Query, case: Case) -> Comparison | None:
    if not case.product:
        return None
    if query.product:
        agrees = fold(query.product.strip()) == fold(case.product.strip())
        return Comparison("product", agrees, (query.product,), (case.product,))
    named = stands_in(fold(case.product), fold(f"{query.title}\n{query.problem}"))
    return Comparison("product", True, (case.product,), (case.product,)) if named else None


def _versions(query: Query, case: Case) -> Comparison | None:
    asked = versions_in(f"{query.title}\n{query.problem}")
    if not asked:
        return None
    found = versions_in("\n".join((case.title, case.problem, case.environment, case.diagnosis, case.solution)))
    if not found:
        return None
    agrees = any(_same_version(a, b) for a in asked for b in found)
    return Comparison("version", agrees, asked, found)


def _same_version(left: str, right: str) -> bool:
    """Equal, or one is the other less exactly: 15 and 15.2."""
    return left == right or left.startswith(f"{right}.") or right.startswith(f"{left}.")


def _error_codes(query: Query, asked: Sequence[Code], case: Case, found: Sequence[Code]) -> Comparison | None:
    """Agrees when any code is shared; differs only from the codes that the case keeps in its field.

    Versions, the product's own name (`LX2`) and the case's id are codes for the search of words and none here.
    """
    names = {code.normalised for name in (query.product, case.product, case.id) for code in codes_of(name)}
    asked = [c for c in asked if c.normalised not in names and not _VERSION_CODE.fullmatch(c.normalised)]
    known = {code.normalised for code in found}
    shared = tuple(dict.fromkeys(code.text for code in asked if code.normalised in known))
    if shared:
        wanted = {code.normalised for code in asked}
        theirs = dict.fromkeys(code.text for code in found if code.normalised in wanted)
        return Comparison("error_codes", True, shared, tuple(theirs))
    codes = (code.text for code in asked if _ERROR.match(code.normalised))
    ours = tuple(dict.fromkeys((*query.error_codes, *codes)))
    if not (ours and case.error_codes):
        return None
    agrees = bool({fold(code) for code in ours} & {fold(code) for code in case.error_codes})
    return Comparison("error_codes", agrees, ours, case.error_codes)
