"""What every benchmark does alike."""

import json
from pathlib import Path

import pytest

from benchmarks.measuring import conditions, in_child, peak_rss_mib, percentiles, require, rss_mib, timed, write_result


def test_every_call_is_timed_once() -> None:
    """Both clocks have one figure for each value, a None included; nothing is taken after the limit."""
    times = timed(iter([None, 1, None]))

    assert (len(times.wall), len(times.cpu)) == (3, 3)
    assert min(*times.wall, *times.cpu) >= 0
    assert timed(iter([1]), limit_s=0).wall == []


def test_percentiles_are_named_as_the_result_wants() -> None:
    """Of 0 to 100 the middle is 50 and the 99th percentile 99."""
    assert percentiles(range(101), 50, 99, name="p{}_ms") == {"p50_ms": 50.0, "p99_ms": 99.0}


def test_memory_never_exceeds_its_peak() -> None:
    """Both are of this process, in MiB: a Python with NumPy has tens of them."""
    assert 10 < rss_mib() <= peak_rss_mib() < 100_000


def test_a_missing_package_is_told_in_one_line_with_its_extra() -> None:
    """What is there is passed over."""
    with pytest.raises(SystemExit, match=r"^not installed: no_such_rival; run .*\[bench\]'`$"):
        require("json", "no_such_rival")


def test_results_say_where_they_were_made(tmp_path: Path) -> None:
    """The file is made with its folder; without one nothing is written."""
    write_result(None, {})
    write_result(tmp_path / "new" / "r.json", conditions("numpy"))

    found = json.loads((tmp_path / "new" / "r.json").read_text(encoding="utf-8"))
    assert {"python", "system", "processor", "cores", "load_1min", "versions"} == found.keys()
    assert set(found["versions"]) == {"numpy"}


def test_a_child_is_asked_for_its_last_line() -> None:
    """`json.tool` on one line of input stands for a benchmark."""
    file = Path(__file__).parents[3] / "benchmarks" / "results" / "startup.json"

    assert in_child("json.tool", "--compact", file) == json.loads(file.read_text(encoding="utf-8"))
