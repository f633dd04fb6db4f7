"""Small SVG plots for the page of a result. Colours are the page's CSS variables, so both themes fit."""

import math
from collections.abc import Mapping, Sequence
from html import escape

FEW = 10
"""Questions below which a cell is drawn pale: one more right answer would change it a lot."""
_MARGIN = (44, 12, 14, 34)  # left, right, top, bottom

Points = Sequence[tuple[float, float]]


def recall_plot(curves: Mapping[str, Points]) -> str:
    """Recall (0..1) against the number of results on a logarithmic axis, one line for each arm."""
    width, height = 420, 260
    ticks = sorted({x for points in curves.values() for x, _ in points})
    most = math.log10(max(ticks)) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return _inside(width, height, math.log10(x) / most, y)

    parts = _frame(width, height, {f"{100 * y:.0f}": y for y in (0, 0.25, 0.5, 0.75, 1)})
    parts += [_text(at(x, 0)[0], height - 16, f"{x:.0f}", "middle") for x in ticks]
    parts.append(_text(width / 2, height - 2, "results looked at", "middle"))
    for name, points in curves.items():
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in (at(x, y) for x, y in points))
        parts.append(f'<polyline class="line {name}" points="{line}"/>')
        parts += [_dot(at(x, y), name, f"{name}, {x:.0f} results: {100 * y:.1f} %") for x, y in points]
    # Where no curve runs: below the right ends, or above them when all are low.
    low = max(points[-1][1] for points in curves.values()) < 0.55
    for place, name in enumerate(curves):
        y = (22 if low else height - 80) + 15 * place
        parts.append(f'<line class="line {name}" x1="{width - 100}" x2="{width - 76}" y1="{y}" y2="{y}"/>')
        parts.append(_text(width - 70, y + 4, name, "start"))
    return _svg(width, height, "Recall by number of results", parts)


def reliability_plot(bins: Sequence[Mapping[str, float]]) -> str:
    """Share of right best matches against confidence; the area of a dot grows with its number of questions."""
    width, height = 420, 260
    total = sum(one["count"] for one in bins)
    parts = _frame(width, height, {f"{100 * y:.0f}": y for y in (0, 0.25, 0.5, 0.75, 1)})
    parts += [
        _text(_inside(width, height, x, 0)[0], height - 16, f"{100 * x:.0f}", "middle") for x in (0, 0.25, 0.5, 0.75, 1)
    ]
    parts.append(_text(width / 2, height - 2, "confidence shown, %", "middle"))
    parts.append(_text(_MARGIN[0] + 4, 24, "% right", "start"))
    (x1, y1), (x2, y2) = _inside(width, height, 0, 0), _inside(width, height, 1, 1)
    parts.append(f'<line class="ideal" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')
    points = [_inside(width, height, one["confidence"], one["right"]) for one in bins]
    parts.append(f'<polyline class="line search" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
    for one, point in zip(bins, points, strict=True):
        said = f"{one['count']:.0f} questions, {100 * one['confidence']:.0f} % sure, {100 * one['right']:.0f} % right"
        parts.append(_dot(point, "search", said, radius=3 + 9 * math.sqrt(one["count"] / total)))
    return _svg(width, height, "How often the best match was right, by confidence", parts)


def heat_map(cells: Mapping[tuple[str, str], tuple[float, int]]) -> str:
    """Rows ask, columns answer: value (0..1) and number of questions of each pair of languages."""
    rows, columns = (sorted({pair[side] for pair in cells}) for side in (0, 1))
    wide, high, left, top = 64, 34, 70, 40
    width, height = max(left + wide * len(columns) + 6, 240), top + high * len(rows) + 6
    parts = [_text(left - 8, 14, "asked in", "end"), _text(left + 2, 14, "answered by a case in", "start")]
    parts += [_text(left + wide * (i + 0.5), top - 8, name, "middle") for i, name in enumerate(columns)]
    for j, row in enumerate(rows):
        y = top + high * j
        parts.append(_text(left - 8, y + high / 2 + 4, row, "end"))
        for i, column in enumerate(columns):
            value, count = cells.get((row, column), (0.0, 0))
            if not count:
                continue
            x = left + wide * i
            pale = ' class="few"' if count < FEW else ""
            parts.append(
                f"<g{pale}><title>{escape(row)} → {escape(column)}: {100 * value:.1f} ({count} questions)</title>"
                f'<rect class="cell" x="{x}" y="{y}" width="{wide - 2}" height="{high - 2}" rx="3" '
                f'fill-opacity="{0.06 + 0.6 * value**2:.2f}"/>'
                f'<text class="value" x="{x + wide / 2 - 1}" y="{y + 15}" text-anchor="middle">{100 * value:.0f}</text>'
                f'<text class="count" x="{x + wide / 2 - 1}" y="{y + 27}" text-anchor="middle">n {count}</text></g>'
            )
    return _svg(width, height, "nDCG@10 by language of question and case", parts)


def latency_plot(stages: Mapping[str, Mapping[str, float]]) -> str:
    """Bars of each stage's median, with whiskers up to the 95th and 99th of 100 questions, in milliseconds."""
    wide, high, left = 420, 26, 70
    most = max((one["p99"] for one in stages.values()), default=1.0) or 1.0
    scale = (wide - left - 70) / most
    parts = []
    for place, (name, spent) in enumerate(stages.items()):
        y = 8 + high * place
        middle, p50, p95, p99 = y + 8, *(left + spent[share] * scale for share in ("p50", "p95", "p99"))
        said = ", ".join(f"{share} {took:.2f} ms" for share, took in spent.items())
        parts.append(
            f"<g><title>{escape(name)}: {said}</title>"
            f'<rect class="bar" x="{left}" y="{y}" width="{max(p50 - left, 1):.1f}" height="16" rx="2"/>'
            f'<line class="whisker" x1="{p50:.1f}" x2="{p99:.1f}" y1="{middle}" y2="{middle}"/>'
            f'<line class="whisker" x1="{p95:.1f}" x2="{p95:.1f}" y1="{middle - 5}" y2="{middle + 5}"/></g>'
        )
        parts.append(_text(left - 8, y + 12, name, "end"))
        parts.append(_text(p99 + 6, y + 12, f"{spent['p50']:.2f} / {spent['p99']:.2f}", "start"))
    return _svg(wide, 14 + high * len(stages), "Milliseconds by stage", parts)


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _inside(width: float, height: float, x: float, y: float) -> tuple[float, float]:
    """Where a point of the unit square lies on the drawing."""
    left, right, top, bottom = _MARGIN
    return left + x * (width - left - right), height - bottom - y * (height - top - bottom)


def _frame(width: float, height: float, levels: Mapping[str, float]) -> list[str]:
    parts = []
    for label, level in levels.items():
        (x1, y), (x2, _) = _inside(width, height, 0, level), _inside(width, height, 1, level)
        parts.append(f'<line class="grid" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(x1 - 6, y + 4, label, "end"))
    return parts


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _dot(point: tuple[float, float], name: str, said: str, *, radius: float = 3.5) -> str:
    x, y = point
    return (
        f'<circle class="dot {name}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(said)}</title></circle>'
    )
