"""Writes docs/cli.md and docs/settings.md from the program, so that the pages cannot say what it does not do.

`python -m retriever.cli.reference cli > docs/cli.md`, `… settings > docs/settings.md`; a test compares both.
"""

import sys
from collections.abc import Iterator
from enum import Enum, EnumMeta
from typing import Any, Literal, get_args, get_origin

from retriever.cli.app import load_commands
from retriever.config import CONFIG_FILE_VARIABLE, DEFAULT_CONFIG_FILE, ENV_PREFIX, Settings

_CLI = """# The command line

<!-- Written by `python -m retriever.cli.reference cli > docs/cli.md`; change the program, not this page. -->

`similar-cases [global options] command …`. What holds everywhere:

- Data goes to standard output, everything else (progress, advice, errors) to standard error.
- `--json` on reading commands prints one JSON document; `--dry-run` on writing ones tells what would happen.
- An error is one line, `similar-cases: …`, that says what to do.

| Exit code | Meaning |
|---|---|
| 0 | done; a question that no case answers is an answer too |
| 1 | refused: a value, a case or a row is not valid, or does not exist |
| 2 | usage: an unknown option or setting |
| 3 | damaged or not available: files, index, model, lock, port |
| 130 | interrupted with Ctrl-C; what was committed is kept |
| 141 | the reader of the output went away |

{commands}"""

_SETTINGS = """# Settings

<!-- Written by `python -m retriever.cli.reference settings > docs/settings.md`; change the program, not this page. -->

A flag wins over the environment, the environment over the file, the file over the default. The file is
`{file}` in the working directory, or the one that `{variable}` names.
`similar-cases settings` shows every value and where it comes from. An unknown name, in the file or in the environment,
is refused, since a misspelt setting would silently do nothing.

| Setting | Environment | Default | Meaning |
|---|---|---|---|
{rows}
"""


def commands_page() -> str:
    """docs/cli.md."""
    return _CLI.format(commands="\n".join(_sections(load_commands(), "similar-cases")))


def settings_page() -> str:
    """docs/settings.md."""
    rows = [
        f"| `{name}` | `{ENV_PREFIX}{name.upper()}` | {_default(field.default)} | {_bounded(name)} |"
        for name, field in Settings.model_fields.items()
    ]
    return _SETTINGS.format(file=DEFAULT_CONFIG_FILE, variable=CONFIG_FILE_VARIABLE, rows="\n".join(rows))


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  typer's own copy of click
    yield name, command
    for part, inner in getattr(command, "commands", {}).items():
        yield from _walk(inner, f"{name} {part}")


def _sections(root: Any, program: str) -> Iterator[str]:  # noqa: ANN401
    for name, command in _walk(root, program):
        arguments = [part for part in command.params if part.param_type_name == "argument"]
        options = [part for part in command.params if part.param_type_name == "option" and part.name != "help"]
        group = bool(getattr(command, "commands", None))
        if group and name != program and not options:
            continue
        yield f"## `{' '.join([name, *(_argument(part) for part in arguments)])}`\n"
        yield f"{_line(command.help)}\n"
        parts = [*arguments, *options]
        if parts:
            yield "| Argument or option | Meaning |\n|---|---|"
            yield from (f"| {_flag(part)} | {_line(part.help)}{_given(part)} |" for part in parts)
            yield ""


def _argument(part: Any) -> str:  # noqa: ANN401
    name = part.name.upper()
    name = f"{name}…" if part.nargs == -1 else name
    return name if part.required else f"[{name}]"


def _flag(part: Any) -> str:  # noqa: ANN401
    if part.param_type_name == "argument":
        return f"`{part.name.upper()}`"
    return ", ".join(f"`{flag}`" for flag in [*part.opts, *part.secondary_opts])


def _given(part: Any) -> str:  # noqa: ANN401
    """The default, where there is one to speak of."""
    default = getattr(part.default, "value", part.default)
    shown = default not in (None, False, "", [], ()) and not callable(default)
    choices = list(_choices(part.type_descriptor.annotation))
    among = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    return among + (f" Default: `{default}`." if shown else "")


def _choices(annotation: Any) -> Iterator[str]:  # noqa: ANN401
    """The texts that a literal or an enumeration allows, however it is wrapped."""
    if isinstance(annotation, EnumMeta):
        members: list[Enum] = list(annotation)
        yield from (str(item.value) for item in members)
    elif get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for part in get_args(annotation):
            yield from _choices(part)


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _default(value: object) -> str:
    if value is None or str(value) == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _bounded(name: str) -> str:
    field = Settings.model_fields[name]
    choices = list(_choices(field.annotation))
    among = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    return _line(field.description) + among


def main(page: str) -> None:
    """Write one page to standard output. Raises KeyError for another name than cli and settings."""
    sys.stdout.write({"cli": commands_page, "settings": settings_page}[page]())


if __name__ == "__main__":
    main(sys.argv[1])
