// Somebody with LiveKit's SDK for Node: `node node.mjs URL TOKEN [single]`. Sends a moving picture and a tone, counts what comes, and
// says so in lines of JSON; answers "say X" with X; ends with its standard input.
import { AudioFrame, AudioSource, AudioStream, LocalAudioTrack, LocalVideoTrack, Room, RoomEvent, TrackKind, TrackPublishOptions,
  TrackSource, VideoBufferType, VideoFrame, VideoSource, VideoStream, dispose } from '@livekit/rtc-node';

const [url, token, single] = process.argv.slice(2);
const [WIDTH, HEIGHT, RATE] = [320, 240, 48000];
const found = { state: '', pictures: {}, sounds: {}, packets: [] };
const room = new Room();

room.on(RoomEvent.TrackSubscribed, async (track, _publication, who) => {
  if (track.kind === TrackKind.KIND_VIDEO)
    for await (const event of new VideoStream(track)) found.pictures[who.identity] = (found.pictures[who.identity] ?? 0) + (event ? 1 : 0);
  else
    for await (const frame of new AudioStream(track))
      found.sounds[who.identity] = Math.max(found.sounds[who.identity] ?? 0, ...frame.data.map(Math.abs));
});
room.on(RoomEvent.DataReceived, async (payload, who) => {
  const text = new TextDecoder().decode(payload);
  found.packets.push([text, who?.identity ?? '']);
  if (text.startsWith('say '))
    await room.localParticipant.publishData(new TextEncoder().encode(text.slice(4)), { reliable: true, destination_identities: [who.identity] });
});
room.on(RoomEvent.Disconnected, () => { found.state = 'disconnected'; });

await room.connect(url, token, { autoSubscribe: true, dynacast: true, singlePeerConnection: single === 'single' });
found.state = 'connected';
const options = (source) => Object.assign(new TrackPublishOptions(), { source });
const sound = new AudioSource(RATE, 1), picture = new VideoSource(WIDTH, HEIGHT);
await room.localParticipant.publishTrack(LocalAudioTrack.createAudioTrack('tone', sound), options(TrackSource.SOURCE_MICROPHONE));
await room.localParticipant.publishTrack(LocalVideoTrack.createVideoTrack('picture', picture), options(TrackSource.SOURCE_CAMERA));

let running = true;
const sing = async () => {
  for (let at = 0; running; at += 480) {
    const tone = Int16Array.from({ length: 480 }, (_each, index) => Math.sin((2 * Math.PI * 440 * (at + index)) / RATE) * 8000);
    await sound.captureFrame(new AudioFrame(tone, RATE, 1, 480));
  }
};
let step = 0;
const filming = setInterval(() => {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let at = 0; at < pixels.length; at += 4) pixels[at] = pixels[at + 1] = ((at >> 2) % WIDTH) + step * 5;
  step += 1;
  picture.captureFrame(new VideoFrame(pixels, WIDTH, HEIGHT, VideoBufferType.RGBA));
}, 80);
const telling = setInterval(() => console.log(JSON.stringify(found)), 200);
process.stdin.resume();
process.stdin.on('end', async () => {
  running = false;
  clearInterval(filming);
  clearInterval(telling);
  await room.disconnect();
  await dispose();
  process.exit(0);
});
await sing();
