// The device check: three lights and a picture. Whatever it finds, nobody is stopped from entering.
import { act, need } from "../dom";
import { loadWords, t } from "../words";

await loadWords();
const found: Record<string, string> = {};

function light(name: string, state: "ok" | "warn", word: string): void {
  const row = need<HTMLElement>(`#light-${name}`);
  row.className = `light ${state}`;
  need(".word", row).textContent = word;
  found[name] = state;
  const enter = need<HTMLAnchorElement>("#enter");
  const words = Object.entries(found).filter(([, value]) => value === "warn").map(([key]) => ({ camera: t("没有画面"), mic: t("没有声音"), net: t("网慢") })[key] ?? "");
  enter.href = `${enter.dataset["href"] ?? ""}?device=${encodeURIComponent(words.filter(Boolean).join(" "))}`;
}

async function network(): Promise<void> {
  const times: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    const begun = performance.now();
    await fetch("/healthz", { cache: "no-store" });
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const slow = (times[1] ?? 0) > 600;
  light("net", slow ? "warn" : "ok", slow ? t("有点慢，也能谈") : t("好"));
}

async function devices(): Promise<void> {
  const video = need<HTMLVideoElement>("#preview");
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
  } catch {
    light("camera", "warn", t("没有打开。请点“允许”，或者在手机设置里打开"));
    light("mic", "warn", t("没有打开"));
    return;
  }
  video.srcObject = stream;
  await video.play();
  light("camera", "ok", t("看得见"));
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  const gauge = need<HTMLElement>("#gauge > i");
  light("mic", "warn", t("请说一句话试试"));
  addEventListener("pointerdown", () => void context.resume()); // some phones let sound be measured only after a tap
  const begun = performance.now();
  const timer = setInterval(() => {
    analyser.getByteTimeDomainData(samples);
    const peak = Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 128;
    gauge.style.setProperty("--level", `${Math.round(Math.min(1, peak * 2) * 100)}%`);
    if (peak > 0.04 && found["mic"] !== "ok") light("mic", "ok", t("听得见"));
    if (peak <= 0.04 && found["mic"] !== "ok" && performance.now() - begun > 8000)
      light("mic", "warn", context.state === "running" ? t("没听到您说话") : t("点一下屏幕，再说一句话试试"));
  }, 100);
  addEventListener("pagehide", () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
  });
}

act(need<HTMLButtonElement>("#tone"), async () => {
  const context = new AudioContext();
  const gain = context.createGain();
  gain.gain.value = 0.2;
  gain.connect(context.destination);
  const tone = context.createOscillator();
  tone.frequency.value = 523;
  tone.connect(gain);
  tone.start();
  await new Promise((resolve) => setTimeout(resolve, 900));
  tone.stop();
  await context.close();
  light("speaker", "ok", t("放了一声，听到了就好"));
});

await Promise.all([network().catch(() => light("net", "warn", t("网断了，等等再试"))), devices()]);
