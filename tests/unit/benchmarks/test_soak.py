"""What a soak calls a failure."""

from benchmarks.speed.soak import Tally, verdict


def tally(*, healthz_ms: float = 5, growth_mib: float = 0, status: int = 200) -> Tally:
    """A short soak."""
    made = Tally(memory_mib=[100.0, 300, 300, 300, 300 + growth_mib, 300 + growth_mib])
    made.note("healthz", 200, healthz_ms)
    made.note("ask", status, 10)
    return made


def test_a_soak_fails_by_faults_slowness_and_growth_alone() -> None:
    """A told overload, a refusal and caches that fill at the start are no failures."""
    assert [verdict(tally(status=status))["failed"] for status in (200, 422, 503)] == [[], [], []]
    assert verdict(tally(status=500))["failed"] == ["ask 500"]
    assert verdict(tally(healthz_ms=101))["failed"] == ["/healthz p99 above 100 ms"]
    assert verdict(tally(growth_mib=33))["failed"] == ["memory grew by more than 32 MiB"]
