"""How a log line looks: key=value, for people and for grep. Lines carry ids, never names, addresses or tokens."""

import logging
import re
from typing import Any

import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
]

structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


# A token of ours is 43 characters that are safe in an address; those of log-in stand behind these words.
_TOKENS = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])|(?<=/confirm-email/)[^/\s\"]+|(?<=/reset/key/)[^/\s\"]+")


def _without_tokens(_logger: Any, _name: str, line: str) -> str:
    """Django writes the path of a request that failed, and the path of a page that was mailed is a secret."""
    return _TOKENS.sub("<token>", line)


def formatter() -> logging.Formatter:
    """The one formatter: structlog's and the standard library's records come out alike."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            _without_tokens,  # type: ignore[list-item]  # the renderer before it has made a line of the event
        ],
    )
