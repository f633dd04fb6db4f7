"""Who acts in the tests of the lifecycle, and what a reviewer answers."""

from retriever.domain import Actor, Role
from retriever.lifecycle.screening import CHECKLIST, Scope, Screening

AUTHOR = Actor("ann", Role.CONTRIBUTOR, "red")
LEAD = Actor("lee", Role.REVIEWER, "red")
OTHER_LEAD = Actor("leo", Role.REVIEWER, "blue")
MANAGER = Actor("kim", Role.KNOWLEDGE_MANAGER, "blue")
OTHER_MANAGER = Actor("kai", Role.KNOWLEDGE_MANAGER, "red")
READER = Actor("vic", Role.VIEWER, "red")

SCREENED = Screening(Scope.GENERAL, effective=True, quantified=False, checklist=dict.fromkeys(CHECKLIST, True))
