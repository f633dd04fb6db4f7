"""Which resolved tickets are proposed as drafts: rules on words, tags, satisfaction and reopenings, from a TOML file.

    [[rule]]
    name = "unhappy"
    max_satisfaction = 0.3        # 0 bad … 1 good; a ticket that nobody rated fulfils no rule on satisfaction
    then = "ignore"

The first rule whose conditions all hold decides; without one a ticket is proposed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from retriever.domain import Case
from retriever.errors import InvalidInput
from retriever.ingest.signals import NO_SIGNALS, Signals

PROPOSE, IGNORE = "propose", "ignore"
_LISTS = frozenset(("keywords", "tags", "sources", "languages", "categories"))


@dataclass(frozen=True, slots=True)
class Decision:
    """Is the case proposed, and which rule said so (empty: none did)?"""

    proposed: bool
    rule: str = ""


@dataclass(frozen=True, slots=True)
class TicketRule:
    """Conditions that must all hold, and what follows. Texts are compared without case."""

    name: str
    then: str = PROPOSE
    keywords: tuple[str, ...] = ()
    """One of these stands in title, problem or solution."""
    tags: tuple[str, ...] = ()
    """The case has one of these tags."""
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """The category is one of these, or below one."""
    min_satisfaction: float | None = None
    max_satisfaction: float | None = None
    min_reopened: int | None = None
    max_reopened: int | None = None

    def holds(self, case: Case, signals: Signals) -> bool:
        """Do all conditions hold?"""
        return (
            _within(signals.satisfaction, self.min_satisfaction, self.max_satisfaction)
            and _within(signals.reopened, self.min_reopened, self.max_reopened)
            and self._fits(case)
        )

    def _fits(self, case: Case) -> bool:
        if self.tags and not {tag.casefold() for tag in case.tags} & {tag.casefold() for tag in self.tags}:
            return False
        if self.sources and case.source.system not in self.sources:
            return False
        if self.languages and case.language not in self.languages and case.language.split("-")[0] not in self.languages:
            return False
        if self.categories and not any(f"{case.category}/".startswith(f"{path}/") for path in self.categories):
            return False
        if not self.keywords:
            return True
        text = "\n".join((case.title, case.problem, case.solution)).casefold()
        return any(word.casefold() in text for word in self.keywords)


@dataclass(frozen=True, slots=True)
class TicketRules:
    """The rules of a file, in order."""

    rules: tuple[TicketRule, ...] = ()

    def decide(self, case: Case, signals: Signals = NO_SIGNALS) -> Decision:
        """What the first rule that holds says."""
        for rule in self.rules:
            if rule.holds(case, signals):
                return Decision(rule.then == PROPOSE, rule.name)
        return Decision(True)


def load_rules(path: Path) -> TicketRules:
    """The rules of a file. Raises InvalidInput, naming the rule and what is wrong with it."""
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"the rules {path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidInput(f"the rules {path.name} are no valid TOML: {error}") from error
    given = content.get("rule", [])
    if content.keys() - {"rule"} or not isinstance(given, list):
        raise InvalidInput(f"the rules {path.name} must consist of [[rule]] tables.")
    return TicketRules(tuple(_rule(number, table) for number, table in enumerate(given, start=1)))


def _rule(number: int, table: Mapping[str, Any]) -> TicketRule:
    name = str(table.get("name") or f"rule {number}")
    known = {item.name for item in fields(TicketRule)}
    values: dict[str, Any] = {}
    for field, value in table.items():
        if field not in known:
            raise InvalidInput(f"{name}: {field[:40]!r} is no condition; there are {', '.join(sorted(known))}.")
        values[field] = _checked(name, field, value)
    if values.get("then", PROPOSE) not in (PROPOSE, IGNORE):
        raise InvalidInput(f"{name}: then must be {PROPOSE!r} or {IGNORE!r}.")
    return TicketRule(**{**values, "name": name})


def _checked(name: str, field: str, value: object) -> object:
    if field in _LISTS:
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise InvalidInput(f"{name}: {field} must be a list of texts.")
        return tuple(value)
    if field in ("name", "then"):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{name}: {field} must be a number.")
    return value


def _within(value: float | None, least: float | None, most: float | None) -> bool:
    """Is the value within the limits that are set? Nobody knows of a value that is missing."""
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)
