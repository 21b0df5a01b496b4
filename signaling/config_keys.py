"""The keys of a LiveKit server's configuration (1.13): which are followed here, and why the others cannot be."""

FOLLOWED = {
    "port", "bind_addresses", "keys", "key_file", "development", "log_level", "logging.level",
    "rtc.udp_port", "rtc.tcp_port", "rtc.node_ip", "rtc.use_external_ip", "rtc.stun_servers", "rtc.turn_servers",
    "rtc.interfaces", "rtc.ips", "rtc.enable_loopback_candidate", "rtc.force_tcp",
    "room.empty_timeout", "room.departure_timeout", "room.max_participants", "room.auto_create",
    "room.enable_remote_unmute", "room.max_metadata_size", "room.max_room_name_length",
    "room.max_participant_identity_length",
    "webhook.api_key", "webhook.urls",
    "limit.num_tracks", "limit.max_metadata_size", "limit.max_attributes_size", "limit.max_room_name_length",
    "limit.max_participant_identity_length", "limit.max_participant_name_length",
    "audio.active_level", "audio.min_percentile", "audio.update_interval",
    "prometheus_port", "prometheus.port", "prometheus.username", "prometheus.password",
    "recording.folder",  # ours: LiveKit records with a program of its own
}  # fmt: skip

ONE_PORT = "everybody is served on one UDP port of each process (ICE-lite); open rtc.udp_port in the firewall"
LITE = "this server is an ICE-lite agent: it sends no checks of its own and has no candidates but its own addresses"
ALONE = "this server is one node; it shares nothing with others (several cores: --workers)"
FIXED = "the values are fixed in the program (README: a subscriber's line)"
CODECS = "Opus, VP8 and H264 are forwarded, always"
RESTART = "a client decides by itself when it begins anew"
NOT_HERE = "this server has no such part"

# Key, or section -> why it is not followed. A key's own line goes before its section's.
WARNED = {
    "rtc.port_range_start": ONE_PORT, "rtc.port_range_end": ONE_PORT, "rtc.use_stun_port_as_ice": ONE_PORT,
    "rtc.use_ice_lite": "always so", "rtc.use_mdns": LITE, "rtc.skip_external_ip_validation": LITE,
    "rtc.advertise_internal_ip": "write both addresses in rtc.node_ip", "rtc.external_ip_only": LITE,
    "rtc.node_ip_auto_generated": LITE, "rtc.host_acceptance_min_wait": LITE, "rtc.srflx_acceptance_min_wait": LITE,
    "rtc.prflx_acceptance_min_wait": LITE, "rtc.relay_acceptance_min_wait": LITE,
    "rtc.batch_io": "packets are sent as they come", "rtc.strict_acks": "no channel is opened without an answer",
    "rtc.packet_buffer_size": "512 packets of a video and 64 of an audio track are kept",
    "rtc.packet_buffer_size_video": "512 packets are kept", "rtc.packet_buffer_size_audio": "64 packets are kept",
    "rtc.pli_throttle": "one keyframe request in 500 ms for each layer",
    "rtc.congestion_control": FIXED, "rtc.sctp_min_cwnd": FIXED, "rtc.sctp_fast_rtx_wnd": FIXED,
    "rtc.sctp_cwnd_ca_step": FIXED,
    "rtc.allow_tcp_fallback": "TCP candidates are always offered beside UDP; rtc.tcp_port: 0 offers none",
    "rtc.tcp_fallback_rtt_threshold": "the client chooses among the candidates by its own checks",
    "rtc.allow_udp_unstable_fallback": "the client chooses among the candidates by its own checks",
    "rtc.reconnect_on_publication_error": RESTART, "rtc.reconnect_on_subscription_error": RESTART,
    "rtc.reconnect_on_data_channel_error": RESTART,
    "rtc.data_channel_max_buffered_amount": "16 MiB reliable, 256 KiB lossy wait for a slow reader at most",
    "rtc.datachannel_slow_threshold": "a reader that is too slow loses messages, it slows nobody down",
    "rtc.datachannel_lossy_target_latency": "256 KiB wait for a slow reader at most",
    "rtc.datachannel_data_track_target_latency": NOT_HERE, "rtc.forward_stats": "see /metrics",
    "rtc.allow_timestamp_adjustment": "timestamps are the publisher's, offset",
    "rtc.enable_rtp_stream_restart_detection": "a stream that restarts is followed always",
    "room.enabled_codecs": CODECS, "room.playout_delay": "no delay is asked of players",
    "room.sync_streams": "sound and picture of a participant keep their own clocks, tied by sender reports",
    "room.create_room_enabled": ALONE, "room.create_room_timeout": ALONE, "room.create_room_attempts": ALONE,
    "room.update_room_metadata_timeout": ALONE, "room.update_participant_timeout": ALONE,
    "room.update_batch_target_size": "updates are not gathered", "room.room_configurations": NOT_HERE,
    "room.max_participant_name_length": "write it under limit",
    "webhook.filter_params": "every event is sent; the receiver passes over what it does not want",
    "webhook.url_notifier": "1000 events wait for each address and room, for ten minutes",
    "webhook.resource_url_notifier": "1000 events wait for each address and room, for ten minutes",
    "limit.bytes_per_sec": "a worker takes rooms as they come; see signaling_loop_delay_seconds in /metrics",
    "limit.subscription_limit_video": "a client asks for what it wants",
    "limit.subscription_limit_audio": "a client asks for what it wants",
    "limit.max_data_blob_key_length": NOT_HERE, "limit.max_data_blobs_size": NOT_HERE,
    "limit.max_data_track_custom_encoding_length": NOT_HERE,
    "audio.smooth_intervals": "levels come in eight steps and are not smoothed further",
    "audio.active_red_encoding": "audio is forwarded as it is sent",
    "audio.enable_loss_proxying": "a publisher is told of its own losses only, not of its subscribers'",
    "logging.json": "logs are JSON lines always", "logging.pion_level": "there is no pion here",
    "logging.component_levels": "one level for all: logging.level",
    "logging.sample": "what strangers cause is limited always", "logging": "logs are JSON lines on stderr",
    "turn": "no TURN server inside: run coturn and name it in rtc.turn_servers",
    "redis": ALONE, "node_selector": ALONE, "region": ALONE, "signal_relay": ALONE, "psrpc": ALONE,
    "node_stats": ALONE, "nodestats": ALONE, "api": ALONE,
    "video": "dynacast and layers follow their own fixed times", "ingress": NOT_HERE, "sip": NOT_HERE,
    "agents": NOT_HERE, "metric": NOT_HERE, "trace": NOT_HERE, "debug_handler": NOT_HERE,
    "debug_handler_port": NOT_HERE, "enable_data_tracks": NOT_HERE, "enable_participant_data_blob": NOT_HERE,
}  # fmt: skip
SECTIONS = {key.split(".")[0] for key in {*FOLLOWED, *WARNED} if "." in key} | {"turn"}


def reason(key: str) -> str | None:
    """Return why a key is not followed; None if it is unknown."""
    return WARNED.get(key) or WARNED.get(key.partition(".")[0])
