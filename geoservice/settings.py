"""Settings, one class a concern, read from GEOSERVICE_* in the environment.

Every key is documented with its default in docs/settings.md.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geoservice.errors import BadSetting
from geoservice.resources import checkout


def default_home() -> Path:
    """State directory when GEOSERVICE_HOME is not set: var/ of the checkout, else of the working directory."""
    return (checkout() or Path.cwd()) / "var"


class _Concern(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="GEOSERVICE_", env_ignore_empty=True, extra="ignore", frozen=True)


class StateSettings(_Concern):
    """Where state lives and which language the shell speaks."""

    home: Path = Field(default_factory=default_home, description="State directory")
    language: Literal["zh", "en"] = Field("zh", description="Language of messages and of pages by default")


class DatabaseSettings(_Concern):
    """The PostGIS in use: a private cluster unless a URL is given."""

    database_url: str | None = Field(None, description="Another PostGIS; the private cluster is then never started")
    database_owner_url: str | None = Field(None, description="For migrations, where the URL above may not run them")
    database_pool: int = Field(8, ge=1, le=100, description="Connections kept by the server")
    statement_timeout_s: float = Field(10.0, gt=0, le=3600, description="Deadline of one query of the server")


# Each has connections of its own: more than a PostgreSQL of this size serves.
MOST_PROCESSES = 32


class ServerSettings(_Concern):
    """The web server."""

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    server_workers: int = Field(1, ge=1, le=MOST_PROCESSES, description="Processes that answer requests")
    max_results: int = Field(10_000, ge=1, le=100_000, description="Cap of every list")
    behind_tls: bool = Field(default=False, description="Whether pages come over https: cookies then go nowhere else")
    trusted_proxies: str | None = Field(
        None, description="Addresses or networks of reverse proxies, separated by commas"
    )
    account_requests_min: int = Field(3000, ge=0, description="Requests a minute of one account; 0 for any number")
    address_requests_min: int = Field(6000, ge=0, description="Requests a minute of one address that is not signed in")
    tile_cache_mb: int = Field(64, ge=0, le=65_536, description="Vector tiles kept in memory; 0 for none")
    page_cache_mb: int = Field(64, ge=0, le=65_536, description="Pages of features kept in memory; 0 for none")
    body_max_kb: int = Field(1024, ge=1, le=1_048_576, description="Largest body of a request")
    body_timeout_s: float = Field(30.0, gt=0, le=3600, description="Time in which a body has to arrive")
    jobs_at_once: int = Field(2, ge=1, le=16, description="Jobs of different kinds that a worker does side by side")
    export_deadline_s: float = Field(900.0, gt=0, le=86_400, description="Time for one download, its sending included")
    export_max_rows: int = Field(2_000_000, ge=1, description="Most records of one download")
    exports_at_once: int = Field(2, ge=1, le=50, description="Downloads that one process makes at a time")

    metrics_from: str | None = Field(
        "127.0.0.1,::1", description="Addresses or networks that read /metrics, separated by commas"
    )
    shutdown_s: float = Field(30.0, gt=0, le=3600, description="Time that requests under way have when the server ends")

    @field_validator("trusted_proxies", "metrics_from")
    @classmethod
    def _are_addresses(cls, given: str | None) -> str | None:
        for one in (given or "").split(","):
            if one.strip():
                ip_network(one.strip())
        return given

    @property
    def proxies(self) -> list[str]:
        """The trusted addresses and networks, one by one."""
        return [one.strip() for one in (self.trusted_proxies or "").split(",") if one.strip()]


# A choice of this program: OpenStreetMap gives the place of a gate, mostly not its width.
WALL_OPENING_M = 4.0


class ImportSettings(_Concern):
    """Limits of what a file may hold."""

    import_max_file_mb: int = Field(4096, ge=1, description="Largest file that is opened")
    import_max_unpacked_mb: int = Field(2048, ge=1, description="Largest content of a compressed file")
    import_max_vertices: int = Field(1_000_000, ge=4, description="Most vertices of one geometry")
    wall_opening_m: float = Field(
        WALL_OPENING_M, gt=0, le=50, description="Width of a wall's opening at a gate or road"
    )
    node_tolerance_m: float = Field(1.0, ge=0, le=50, description="Road ends nearer than this are one junction")
    dxf_within_m: float = Field(30.0, gt=0, le=1000, description="A text of a drawing names a line no farther away")
    dxf_ratio: float = Field(1.5, ge=1, le=10, description="A second line nearer than this times the first: unclear")
    dxf_flatten_m: float = Field(0.1, ge=0.001, le=10, description="Most that a chord leaves an arc of a drawing")


class UploadSettings(_Concern):
    """Files that are handed in over HTTP."""

    upload_max_mb: int = Field(512, ge=1, le=65_536, description="Largest upload, all its files together")
    upload_account_mb: int = Field(2048, ge=1, le=1_048_576, description="Most that one account has lying there")
    upload_keep_h: float = Field(72.0, gt=0, le=8760, description="Hours after which an upload is thrown away")
    upload_timeout_s: float = Field(1800.0, gt=0, le=86_400, description="Time in which one file has to arrive")


class AuditSettings(_Concern):
    """The heads of the audit trail, kept outside of the database."""

    audit_file: Path | None = Field(None, description="File that the heads are written to")
    audit_seal_s: float = Field(60.0, ge=0, le=86400, description="Seconds between two heads; 0 for never")


class NamingSettings(_Concern):
    """The rules that names are checked by."""

    naming_packs: str | None = Field(
        None,
        description="Packs of rules that are switched on, separated by commas; those of the declaration by default",
    )

    @property
    def packs(self) -> tuple[str, ...] | None:
        """The packs one by one; None where the declaration decides."""
        given = [one.strip() for one in (self.naming_packs or "").split(",")]
        return tuple(one for one in given if one) or None


class ReleaseSettings(_Concern):
    """What stands on maps that leave."""

    map_approval: str | None = Field(
        None, max_length=60, description="Map approval number (审图号), where one was granted"
    )


class ProviderSettings(_Concern):
    """The network's own identity provider (OpenID Connect), through which accounts may sign in; off without an issuer."""

    oidc_issuer: str | None = Field(None, description="Address of the provider; nothing is offered without")
    oidc_client_id: str | None = Field(None, description="What the provider knows this service as")
    oidc_client_secret: SecretStr | None = Field(None, description="Secret of the client")
    oidc_client_secret_file: Path | None = Field(None, description="File with the secret, instead of its value")
    oidc_label_zh: str = Field("统一身份认证登录", min_length=1, max_length=40, description="Button in Chinese")
    oidc_label_en: str = Field("Single sign-on", min_length=1, max_length=40, description="Button in English")
    oidc_name_claim: str = Field("preferred_username", min_length=1, description="Claim that names the account")
    oidc_ca_file: Path | None = Field(None, description="Certificates that the provider is checked by")

    @field_validator("oidc_issuer")
    @classmethod
    def _is_safe(cls, given: str | None) -> str | None:
        if given is not None and ("?" in given or not is_safe_address(given)):
            raise ValueError("an https address without query or fragment; http only on this machine")
        return given

    def label(self, language: str) -> str:
        """What the button says."""
        return self.oidc_label_en if language == "en" else self.oidc_label_zh

    @property
    def secret(self) -> str | None:
        """The client's secret, read from its file where one is named; None for a public client.

        Raises
        ------
        BadSetting
            If the file cannot be read or is empty, or both are given.
        """
        file, key = self.oidc_client_secret_file, "GEOSERVICE_OIDC_CLIENT_SECRET_FILE"
        if file is None:
            return self.oidc_client_secret.get_secret_value() if self.oidc_client_secret else None
        if self.oidc_client_secret is not None:
            raise BadSetting("setting.invalid", key=key, value=file, reason="the secret is given as a value too")
        try:
            found = file.expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting("setting.invalid", key=key, value=file, reason=type(error).__name__) from None
        if not found:
            raise BadSetting("setting.invalid", key=key, value=file, reason="the file is empty")
        return found


def is_safe_address(given: object) -> bool:
    """Whether an address of the provider is safe from listeners: https, or http that does not leave this machine.

    Examples
    --------
    >>> is_safe_address("https://id.example.gov.cn/realms/mz"), is_safe_address("http://127.0.0.1:8080")
    (True, True)
    >>> is_safe_address("http://id.example.gov.cn"), is_safe_address("https://u:p@id.example"), is_safe_address(None)
    (False, False, False)
    """
    if not isinstance(given, str) or not given.isprintable() or " " in given:
        return False
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "#" in given:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings:
    """All concerns together."""

    def __init__(
        self,
        state: StateSettings | None = None,
        database: DatabaseSettings | None = None,
        server: ServerSettings | None = None,
        imports: ImportSettings | None = None,
        audit: AuditSettings | None = None,
        *,
        release: ReleaseSettings | None = None,
        uploads: UploadSettings | None = None,
        provider: ProviderSettings | None = None,
    ) -> None:
        try:
            self.state = state or StateSettings()
            self.database = database or DatabaseSettings()
            self.server = server or ServerSettings()
            self.imports = imports or ImportSettings()
            self.audit = audit or AuditSettings()
            self.release = release or ReleaseSettings()
            self.uploads = uploads or UploadSettings()
            self.provider = provider or ProviderSettings()
        except ValidationError as error:
            first = error.errors()[0]
            key = "GEOSERVICE_" + "_".join(str(part) for part in first["loc"]).upper()
            raise BadSetting("setting.invalid", key=key, value=first["input"], reason=first["msg"]) from None
        if self.provider.oidc_issuer and not self.provider.oidc_client_id:
            raise BadSetting("setting.invalid", key="GEOSERVICE_OIDC_CLIENT_ID", value="", reason="an issuer needs one")
        # Paths in here go to other processes and accounts, whose working directory is another.
        self.home = self.state.home.expanduser().absolute()

    @property
    def audit_file(self) -> Path:
        """Where the heads of the audit trail are kept."""
        given = self.audit.audit_file
        return given.expanduser().absolute() if given else self.home / "audit" / "heads.jsonl"


CONCERNS: tuple[type[BaseSettings], ...] = (
    StateSettings,
    DatabaseSettings,
    ServerSettings,
    ImportSettings,
    UploadSettings,
    AuditSettings,
    NamingSettings,
    ReleaseSettings,
    ProviderSettings,
)
