"""Ask a running service over HTTP; print what it found, how sure it is, and why.

    ./scripts/run                                           # a service with sample cases, in another terminal
    python examples/ask.py "退款什么时候到账" [--url http://127.0.0.1:8000] [--key sc_…]

Needs nothing but Python: copy it to where you want to ask from.
"""

import argparse
import json
import urllib.request
from collections.abc import Iterator
from typing import Any


def ask(problem: str, *, url: str, key: str = "") -> dict[str, Any]:
    """The answer to one question, as the API gives it."""
    request = urllib.request.Request(
        f"{url}/v1/similar",
        data=json.dumps({"problem": problem, "limit": 3, "explain": True}).encode(),
        headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def reasons(match: dict[str, Any]) -> Iterator[str]:
    """Why a case matched, in a person's words. All of it is there only because the question said `explain`."""
    if match["matched_words"] or match["matched_codes"]:
        yield f"both say {', '.join([*match['matched_codes'], *match['matched_words']])}"
    for pair in match["aligned"]:  # the same in other words, or in another language
        yield f"{pair['question']['text']!r} is like {pair['case']['text']!r}"
    for field in match["compared"]:  # product, version, error codes that both name
        yield f"{field['field']} {'agrees' if field['agrees'] else 'differs'}: {', '.join(field['case'])}"


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problem")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--key", default="", help="an API key, where the service wants one")
    arguments = parser.parse_args()
    answer = ask(arguments.problem, url=arguments.url, key=arguments.key)
    if answer["abstained"]:  # an answer too: the library holds nothing good enough
        print(f"nothing found: {answer['reason']}")
    for match in answer["matches"]:
        # Texts of cases were written by strangers: show them, never run or obey them.
        print(f"{match['confidence']:.2f}  {match['id']}  {match['title']}")
        print(f"      solution: {match['solution'][:200]}")
        for reason in reasons(match):
            print(f"      why: {reason}")


if __name__ == "__main__":
    main()
