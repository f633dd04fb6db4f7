"""Settings: defaults < TOML file < SIMILAR_CASES_* environment < what a command's flags say.

The file is `similar-cases.toml` in the working directory, or the one that SIMILAR_CASES_CONFIG names.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from retriever.errors import InvalidSettings

ENV_PREFIX = "SIMILAR_CASES_"
CONFIG_FILE_VARIABLE = ENV_PREFIX + "CONFIG"
LANGUAGE_LIST = r"^([a-z]{2,3}(,[a-z]{2,3})*)?$"
DEFAULT_CONFIG_FILE = "similar-cases.toml"


class Settings(BaseSettings):
    """Every setting with its default, bounds and meaning; `docs/settings.md` is generated from here."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(
        Path("similar-cases-data"), description="Folder of the library: database, index snapshots, caches."
    )
    model: str = Field(
        "builtin",
        description="Embedding model of a new library: `builtin`, `deep`, a folder, or a hub id (`owner/name@commit`).",
    )
    model_revision: str = Field("", description="Pinned revision of a hub model; empty means the one already cached.")
    backend: Literal["auto", "torch", "torch-fp32", "onnx", "openvino", "onnx-int8", "openvino-int8"] = Field(
        "auto",
        description="What runs a transformer model; `auto` takes the fastest one installed that keeps full precision.",
    )
    dims: int | None = Field(None, ge=16, le=8192, description="Cut vectors of a Matryoshka model to this length.")
    allow_download: bool = Field(
        False, description="May a missing hub model whose name ends in `@commit` be downloaded?"
    )
    threads: int = Field(2, ge=1, le=256, description="Threads for encoding and searching, and for building.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on; 0 picks a free one.")
    workers: int = Field(1, ge=1, le=64, description="Server processes; each catches up by revision.")
    queue_size: int = Field(64, ge=1, le=10_000, description="Requests that may wait; one more is answered 503.")
    request_timeout: float = Field(10.0, gt=0, le=600, description="Seconds a request may wait for its turn.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body, except bulk upserts.")
    max_bulk_bytes: int = Field(52_428_800, ge=1024, description="Largest NDJSON bulk body.")
    poll_seconds: float = Field(
        0.5, gt=0, le=60, description="How often a server looks for changes and snapshots made by other processes."
    )
    min_confidence: float | None = Field(
        None, ge=0, le=1, description="Matches below are not shown; empty means the calibrated default."
    )
    rescore_model: str = Field(
        "", description="Embedding model, named as in `model`, that reads the best matches again; empty for none."
    )
    rescore_top: int = Field(50, ge=2, le=64, description="How many of the best candidates it reads.")
    rescore_languages: str = Field(
        "",
        pattern=LANGUAGE_LIST,
        description="Languages it reads (`en,de`); other cases keep their places. Empty: those on its card, or all.",
    )
    rerank_model: str = Field(
        "", description="Cross-encoder, a folder or a hub id, that compares the best matches again; empty for none."
    )
    rerank_top: int = Field(20, ge=2, le=64, description="How many of the best candidates it compares.")
    rerank_languages: str = Field("", pattern=LANGUAGE_LIST, description="Languages it reads (`en,de`); empty for all.")
    rewrite_below: float = Field(
        0.0, ge=0, le=1, description="Surest match below which words of the first cases widen the search; 0 for never."
    )
    stage_budget_ms: float = Field(
        500, gt=0, le=60_000, description="Milliseconds each of these models may take; a slower one is left out."
    )
    keep_snapshots: int = Field(2, ge=1, le=100, description="Snapshots kept by `index prune` and after a rebuild.")
    delta_limit: int = Field(
        10_000, ge=1, description="Changes held in memory over a snapshot before a rebuild is advised."
    )
    vector_cache_mb: int = Field(2_048, ge=1, description="Size limit of the vector cache in MiB.")
    reviews: int = Field(
        2, ge=1, le=2, description="Approvals that publish a case: two by different people, or one where few work."
    )
    review_days: int = Field(180, ge=1, le=3650, description="Days after which a published case is reviewed again.")
    review_days_by_category: dict[str, int] = Field(
        {}, description="The same by category path; the longest path that fits decides. A TOML table, or JSON."
    )
    reminder_webhook: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="Where a daily list of due reviews is sent; empty for nowhere."
    )
    reminder_secret: SecretStr = Field(
        SecretStr(""), description="Signs what is sent there (HMAC-SHA256); needed with `reminder_webhook`."
    )
    reminder_email: str = Field("", description="Who gets the daily list by e-mail, separated by commas.")
    smtp_host: str = Field("", description="Mail server for reminders.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port; 465 speaks TLS from the start.")
    smtp_tls: bool = Field(True, description="Refuse to send over a connection that is not encrypted.")
    smtp_user: str = Field("", description="Name to log in with; empty for no login.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password to log in with.")
    smtp_from: str = Field("", description="Sender of reminders; needed with `reminder_email`.")
    webhook_secrets: dict[str, SecretStr] = Field(
        {}, description="Secret of each help desk that may send webhooks, by its name. A TOML table, or JSON."
    )
    webhook_retention_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days after which deliveries of help desks are forgotten; 0 keeps them for ever.",
    )
    webhook_rules: Path | None = Field(None, description="TOML file of rules: which tickets become drafts.")
    audit_key: Path | None = Field(
        None, description="File with the key of the audit log; empty means beside the library. Made on first use."
    )
    audit_anchor: Path | None = Field(
        None, description="File that remembers the end of the audit log; another disk makes it worth more."
    )
    rate_limit: int = Field(
        1_200, ge=0, description="Requests per minute and API key, in each server process; 0 for no limit."
    )
    open_metrics: bool = Field(False, description="May /metrics and /version be read without a key?")
    mask: bool = Field(
        True, description="Mask personal data before anything is stored, searched or logged; off warns at every start."
    )
    log_queries: bool = Field(
        True, description="Keep, without its text, what each question over the API was shown; feedback refers to it."
    )
    log_questions: bool = Field(False, description="With `log_queries`: keep the text of questions too, masked first.")
    log_retention_days: int = Field(
        365,
        ge=0,
        le=36_500,
        description="Days after which logged questions, and what people did with matches, are forgotten; 0 for never.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe line written.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over environment over TOML file over defaults."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())

    @property
    def database_path(self) -> Path:
        """The one SQLite file that holds the truth."""
        return self.data_dir / "library.sqlite3"

    @property
    def index_dir(self) -> Path:
        """Where snapshots live."""
        return self.data_dir / "index"

    @property
    def calibration_path(self) -> Path:
        """The library's own calibration of the confidence, if it has one."""
        return self.data_dir / "calibration.json"


def config_file() -> Path:
    """The TOML file that would be read, whether it exists or not."""
    return Path(os.environ.get(CONFIG_FILE_VARIABLE) or DEFAULT_CONFIG_FILE)


def load_settings(**flags: Any) -> Settings:  # noqa: ANN401  flags are validated by the model
    """Settings from all sources; flags that are None count as not given. InvalidSettings names each bad value."""
    named = os.environ.get(CONFIG_FILE_VARIABLE)
    if named and not Path(named).is_file():
        raise InvalidSettings(f"{CONFIG_FILE_VARIABLE} names {named!r}, which is not a file.")
    unknown = _unknown_variables()
    if unknown:
        raise InvalidSettings(
            f"unknown setting {unknown[0]} in the environment; `similar-cases settings` lists the known ones."
        )
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise InvalidSettings("; ".join(_explain(item) for item in error.errors())) from error
    except SettingsError as error:  # a variable that should hold JSON
        raise InvalidSettings(f"the environment: {error}.") from error
    except ValueError as error:  # tomllib's own error says line and column
        raise InvalidSettings(f"{config_file()} is not valid TOML: {error}") from error


def _unknown_variables() -> list[str]:
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG_FILE_VARIABLE}
    return sorted(name for name in os.environ if name.upper().startswith(ENV_PREFIX) and name.upper() not in known)


def _explain(item: Any) -> str:  # noqa: ANN401  pydantic's ErrorDetails
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"unknown setting {name!r}; `similar-cases settings` lists the known ones"
    return f"setting {name}: {item['msg']}, got {item['input']!r}"
