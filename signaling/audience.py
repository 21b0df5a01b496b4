"""To whom a publisher lets its tracks go (SubscriptionPermission): everybody, until it says otherwise.  (pure)"""

from collections.abc import Callable, Mapping

from livekit.protocol import rtc


class Audience:
    """One publisher's own list; each new one replaces the one before, as in LiveKit."""

    def __init__(self) -> None:
        self._tracks: Mapping[str, frozenset[str] | None] | None = None  # by identity; None: all

    def replace(self, permission: rtc.SubscriptionPermission, identity_of: Callable[[str], str]) -> None:
        """Take a new list; who is named by sid only is looked up by `identity_of`, "" if it is not here."""
        if permission.all_participants:
            self._tracks = None
            return
        named = {
            each.participant_identity or identity_of(each.participant_sid): (
                None if each.all_tracks else frozenset(each.track_sids)
            )
            for each in permission.track_permissions
        }
        self._tracks = {identity: tracks for identity, tracks in named.items() if identity}

    def admits(self, identity: str, track_sid: str) -> bool:
        """Tell whether somebody may subscribe to a track."""
        if self._tracks is None:
            return True
        if identity not in self._tracks:
            return False
        tracks = self._tracks[identity]
        return tracks is None or track_sid in tracks
