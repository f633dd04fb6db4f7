"""Examples for tests as blocks of text, since a list of hundreds would be a page of quotes and commas."""


def pairs(block: str) -> list[tuple[str, str]]:
    """A text and a part of it, one pair a line with ` => ` between; `\\n` is a line break."""
    lines = [line.replace("\\n", "\n").partition(" => ") for line in block.strip().split("\n")]
    return [(text, part) for text, _, part in lines]


def parts(block: str) -> list[str]:
    """Texts with ` | ` or a line break between; `\\n` is a line break."""
    return [text.strip(" ").replace("\\n", "\n") for line in block.strip().split("\n") for text in line.split(" | ")]
