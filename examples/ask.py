"""Ask a running service over HTTP and print what it found, and why.

python examples/ask.py "退款什么时候到账" [--url http://127.0.0.1:8000] [--key sc_…]
"""

import argparse
import json
import urllib.request
from typing import Any


def ask(problem: str, *, url: str, key: str = "") -> dict[str, Any]:
    """The answer to one question as the API gives it."""
    request = urllib.request.Request(
        f"{url}/v1/similar",
        data=json.dumps({"problem": problem, "limit": 3, "explain": True}).encode(),
        headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


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
        words = match["matched_words"]
        if words:
            print(f"      both say: {', '.join(words)}")


if __name__ == "__main__":
    main()
