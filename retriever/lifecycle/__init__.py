"""The life of a case: draft, two reviews, published, historical; every step is one transaction with its audit entry."""
