"""The command `similar-cases`. Its parts are imported when they are called for, so that `--help` answers at once."""

import os
import sys
from collections.abc import Sequence

from retriever.errors import SimilarCasesError


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 ok, 1 refused, 2 usage, 3 damaged or unavailable, 130 interrupted."""
    # One request, one thread: numpy's own threads only take the processor from the next request.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from retriever.cli.app import app  # noqa: PLC0415  numpy must not be imported before

    try:
        code = app(args=list(sys.argv[1:] if argv is None else argv), standalone_mode=False, prog_name="similar-cases")
    except SimilarCasesError as error:
        from retriever.masking import mask_text  # noqa: PLC0415  an error alone needs it

        _say(f"similar-cases: {mask_text(str(error)).text}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("similar-cases: interrupted; what was committed is kept, the same command goes on from there.")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has seen enough; the interpreter must not try to flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except RecursionError:
        _say("similar-cases: a file is nested too deeply to be read.")
        sys.exit(1)
    except UnicodeEncodeError as error:
        _say(f"similar-cases: what was typed holds a byte that is no {error.encoding} (character {error.start + 1}).")
        sys.exit(1)
    except UnicodeDecodeError as error:
        _say(f"similar-cases: a file is no valid {error.encoding} (byte {error.start + 1}); save it as UTF-8.")
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"similar-cases: {where}{error.strerror or type(error).__name__}.")
        sys.exit(3)
    except Exception as error:  # the process edge: usage errors are click's, everything else is a bug
        sys.exit(_usage_exit(error))
    sys.exit(code if isinstance(code, int) else 0)


def _usage_exit(error: Exception) -> int:
    """Print what click would print for its own errors; anything else is a bug and keeps its traceback."""
    show = getattr(error, "show", None)
    if show is None:
        if type(error).__name__ == "Abort":
            return 130
        raise error
    show(file=sys.stderr)
    return int(getattr(error, "exit_code", 2))


def _say(text: str) -> None:
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
