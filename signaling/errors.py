"""What can go wrong by a peer's fault; translated to the wire in `endpoint` and `rooms_api` only."""


class ProtocolError(Exception):
    """The peer broke the protocol: its connection is closed with this WebSocket code (RFC 6455, 7.4)."""

    def __init__(self, text: str, code: int = 1002) -> None:
        super().__init__(text)
        self.code = code


class NotAuthorized(Exception):
    """No token, a false or expired token, or a token without the grant that is needed."""


class ConfigError(Exception):
    """The configuration file cannot be followed; the text names the key."""
