"""What is a name that people bear: one of the list, in whatever case it stands, or one with a surname's ending."""

import re

from retriever.masking.wordlists import names, plain, words

_NAMES = names("names")
_ENDINGS = words("surname_endings")
_CASES = words("name_cases")
_NOMINATIVES = words("name_nominatives")
_VIETNAMESE = frozenset(words("vietnamese_surnames"))
_BRANDS = frozenset(words("person_brands"))
_STREETS = frozenset(map(str.lower, (*words("spanish_streets"), *words("french_streets"))))
_IRISH = re.compile(r"(?<!\w)(?:O['’]|Ma?c)[A-Z]")
_SHORTEST_STEM = 3
_PARTS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300\u0301\u0900-\u0903\u093a-\u094f])+")


def is_listed(word: str) -> bool:
    """Is it a first name or surname of the list, in whatever letter case and with or without accents?"""
    lower = word.lower()
    return lower in _NAMES or (len(lower) > _SHORTEST_STEM and plain(lower) in _NAMES)


def is_person(name: str) -> bool:
    """Do these words hold a name that people bear? A single word must be listed; of several, one may have an ending."""
    parts = _PARTS.findall(name)
    if not parts or parts[0].lower() in _STREETS or " ".join(parts).lower() in _BRANDS:
        return False
    if any(map(is_listed, parts)) or (len(parts) > 1 and parts[0].lower() in _VIETNAMESE):
        return True
    if " " not in name.strip() and not _IRISH.search(name):
        return "\u0400" <= name[0] <= "\u04ff" and _is_in_case(parts[0].lower())
    # An adjective comes first and ends like a surname, too: Česká pošta.
    later = parts[1:] or parts
    return (
        _IRISH.search(name) is not None
        or any(map(_is_in_case, map(str.lower, parts)))
        or any(part.lower().endswith(_ENDINGS) for part in later)
    )


def _is_in_case(lower: str) -> bool:
    """Is it a listed name as it stands in a sentence: Анны, Jana?"""
    for ending in _CASES:
        stem = lower[: -len(ending)]
        if lower.endswith(ending) and len(stem) >= _SHORTEST_STEM and any(stem + end in _NAMES for end in _NOMINATIVES):
            return True
    return False
