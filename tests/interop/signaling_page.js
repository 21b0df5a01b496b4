// What a test page does with livekit-client, unmodified: joins, publishes, measures.
const L = LivekitClient;
L.setLogLevel('error');
window.elements = {};
window.packets = [];
window.happened = [];

window.join = async (url, token, options) => {
  const room = (window.room = new L.Room({
    singlePeerConnection: options.single,
    adaptiveStream: Boolean(options.adaptive),
    dynacast: Boolean(options.dynacast),
    webAudioMix: false, // as of today; the oldest release plays by WebAudio, of which the browser's statistics know nothing
    publishDefaults: { simulcast: Boolean(options.simulcast), videoCodec: options.codec || 'vp8' },
  }));
  for (const event of ['disconnected', 'reconnecting', 'signalReconnecting', 'reconnected', 'trackMuted', 'connected'])
    room.on(event, () => window.happened.push(event));
  room.on('dataReceived', (payload, who) => window.packets.push([new TextDecoder().decode(payload), who ? who.identity : '']));
  room.on('trackSubscribed', (track, publication, who) => {
    const element = track.attach();
    document.body.append(element);
    window.elements[who.identity + ':' + track.kind] = { element, track };
  });
  await room.connect(url, token);
  if (options.tone) {
    // The false microphone only beeps now and then; a steady tone is a speaker.
    const context = new AudioContext();
    const tone = context.createOscillator();
    const target = context.createMediaStreamDestination();
    tone.connect(target);
    tone.start();
    const [track] = target.stream.getAudioTracks();
    await room.localParticipant.publishTrack(track, { source: L.Track.Source.Microphone });
  } else if (options.publish !== false) {
    await room.localParticipant.setMicrophoneEnabled(true);
    await room.localParticipant.setCameraEnabled(true, { resolution: { width: 640, height: 480, frameRate: 15 } });
  }
  return room.localParticipant.sid;
};

// Frames decoded and sound energy received so far from everybody, by the browser's own statistics.
window.received = async () => {
  const found = { frames: {}, energy: {}, widths: {} };
  for (const [name, { track }] of Object.entries(window.elements)) {
    const report = track.receiver && (await track.receiver.getStats());
    if (report)
      report.forEach((each) => {
        if (each.type !== 'inbound-rtp') return;
        if (each.kind === 'video') found.frames[name.split(':')[0]] = each.framesDecoded || 0;
        if (each.kind === 'video') found.widths[name.split(':')[0]] = each.frameWidth || 0;
        if (each.kind === 'audio') found.energy[name.split(':')[0]] = each.totalAudioEnergy || 0;
      });
  }
  return found;
};

// What goes out, and why it is not more: for the message of a test that fails.
window.sent = async () => {
  const found = [];
  const wanted = { 'media-source': ['kind', 'frames', 'framesPerSecond'], 'candidate-pair': ['nominated', 'state', 'availableOutgoingBitrate', 'requestsSent', 'responsesReceived'] };
  wanted['outbound-rtp'] = ['kind', 'rid', 'active', 'framesEncoded', 'packetsSent', 'retransmittedPacketsSent', 'targetBitrate', 'qualityLimitationReason', 'pliCount'];
  const { publisher } = window.room.engine.pcManager;
  (await publisher.getStats()).forEach((each) => {
    if (wanted[each.type]) found.push(Object.fromEntries(wanted[each.type].filter((key) => key in each).map((key) => [key, each[key]])));
  });
  return found;
};

// The picture itself: mean brightness of what the element shows, and how far it differs from black.
window.brightness = (who) => {
  const { element } = window.elements[who + ':video'];
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 48;
  const context = canvas.getContext('2d');
  context.drawImage(element, 0, 0, 64, 48);
  const pixels = context.getImageData(0, 0, 64, 48).data;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += pixels[at] + pixels[at + 1] + pixels[at + 2];
  return sum / (64 * 48 * 3);
};

window.state = () => ({
  state: window.room.state,
  others: [...window.room.remoteParticipants.keys()],
  happened: window.happened,
  packets: window.packets,
  speakers: window.room.activeSpeakers.map((each) => each.identity), // its event is lost on a page that is still connecting
  microphone: window.room.localParticipant.isMicrophoneEnabled,
});
