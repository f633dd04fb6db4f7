"""From a question's candidates to the matches that are shown: loaded, checked again, trusted, grouped."""

import math
from datetime import date

import numpy as np

from retriever.case.times import today_utc
from retriever.domain import Match, Query, ScoreParts
from retriever.search.candidates import NAMED, Candidates
from retriever.search.grouping import Group, LoadedCandidate, add_groups
from retriever.search.scope import may_see
from retriever.search.stages import LoadCases
from retriever.search.trust import trust_of, trusted_order, warnings_of

STEP = 20
"""Cases loaded at once, and put into the order of trust among themselves."""


def matches_of(query: Query, found: Candidates, wanted: float, load: LoadCases) -> tuple[Match, ...]:
    """Matches of at least the wanted confidence, best first, as many as the query asks for."""
    above = int(np.count_nonzero(found.confidence >= wanted))
    groups: list[Group] = []
    # Steps of one size for every limit, so that a longer list begins with the shorter one.
    for start in range(0, above, STEP):
        loaded = _loaded(query, found, range(start, min(start + STEP, above)), load)
        groups = add_groups(groups, loaded) if query.collapse else [*groups, *map(Group, loaded)]
        if len(groups) >= query.limit:
            break
    return tuple(_match(group, found, rank) for rank, group in enumerate(groups[: query.limit], 1))


def _loaded(query: Query, found: Candidates, places: range, load: LoadCases) -> list[LoadedCandidate]:
    """Some of the candidates as they are now, in the order of confidence and trust; not those gone or hidden."""
    keys, today = found.keys[places.start : places.stop].tolist(), today_utc()
    cases = load(keys)
    seen = [
        LoadedCandidate(stored, position)
        for position, key in zip(places, keys, strict=True)
        if (stored := cases.get(key)) is not None and may_see(stored.case, query)
    ]
    sure = [float(found.confidence[one.position]) for one in seen]
    trusts = [_trust(one, found, today) for one in seen]
    return [seen[place] for place in trusted_order(sure, trusts)]


def _trust(one: LoadedCandidate, found: Candidates, today: date) -> float:
    """An outdated case that the question names comes first all the same."""
    return math.inf if found.logit[one.position] >= NAMED else trust_of(one.stored, today)


def _match(group: Group, found: Candidates, rank: int) -> Match:
    stored, position = group.leader.stored, group.leader.position
    return Match(
        rank=rank,
        confidence=float(found.confidence[position]),
        score=ScoreParts(
            cosine=round(float(found.cosine[position]), 4),
            words=round(float(found.words[position]), 4),
            fused=round(float(found.score[position]), 4),
            same_language=bool(found.same[position]),
            context=round(float(found.context[position]), 4),
            sharp=round(float(found.sharp[position]), 4),
            stages=found.seen_at(position),
        ),
        stored=stored,
        warnings=warnings_of(stored),
        more_like_this=tuple(group.others),
    )
