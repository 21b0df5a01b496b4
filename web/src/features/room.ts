// The room, for a party and for whoever presides: the server says where I am; this page follows.
import { ApiError } from "../api";
import { act, need, say, showError } from "../dom";
import { watch } from "../live";
import { renew } from "../renew";
import { Connection, type Net, netWords } from "../room/connection";
import { Desk, ask } from "../room/desk";
import { FactsSeat } from "../room/facts";
import { Exhibits } from "../room/stage";
import { Meeting, type RoomState } from "../room/state";
import { Tiles } from "../room/tiles";
import { inTurn } from "../turns";
import { loadWords, t } from "../words";

await loadWords();
const root = need<HTMLElement>("[data-meeting]");
const meeting = new Meeting(root.dataset["meeting"] ?? "");
const identity = root.dataset["identity"] ?? "";
const desk = root.dataset["role"] === "presiding" ? new Desk(meeting, root.dataset["case"] ?? "") : undefined;
const exhibits = new Exhibits(meeting, identity, desk !== undefined);
const seat = desk ? undefined : new FactsSeat(meeting, identity.replace(/^party-/, ""));
const heard = need<HTMLElement>("#heard");
const NETS = netWords();
let latest: RoomState | undefined;
let lost = false;

function showNet(net: Net): void {
  const element = need<HTMLElement>("#net");
  element.className = `net ${net === "lost" ? "poor" : net}`;
  element.dataset["net"] = net;
  element.textContent = NETS[net];
}

/** Who can hear me is never a guess: the sentence comes from the server, or says that nobody can. */
function showAudience(): void {
  const question = need("#heard-question");
  const who = need("#heard-who");
  heard.classList.toggle("lost", lost);
  const alone = !lost && latest?.place === "caucus";
  for (const element of [heard, root, document.body]) element.classList.toggle("private", alone);
  for (const element of document.querySelectorAll<HTMLElement>("[data-only=caucus]")) element.hidden = !alone;
  const names = latest?.audience ?? [];
  let [asked, said] = [t("现在没有人能听到您"), ""];
  if (lost) said = t("网断了，正在接回来。您不用做什么，位子给您留着。");
  else if (latest?.room && latest.room !== connection.inside) said = t("正在接通");
  else if (latest?.place === "lobby" || latest?.place === "left") said = latest.why;
  else {
    asked = latest?.place === "caucus" ? t("单独谈，只有这些人能听到您") : t("现在能听到您说话的人");
    said = names.length > 0 ? names.join("、") : t("还没有别人");
  }
  renew(question, asked); // what is the same is not read aloud again
  renew(who, said);
  heard.dataset["audience"] = lost ? "" : names.join(",");
  root.dataset["place"] = lost ? "lost" : (latest?.place ?? "");
}

function showMedia(kind: "audio" | "video", on: boolean): void {
  const button = need<HTMLButtonElement>(kind === "audio" ? "#mic" : "#camera");
  button.setAttribute("aria-pressed", String(on));
  button.classList.toggle("on", on);
  button.classList.toggle("off", !on);
  const words = kind === "audio" ? (on ? t("话筒开着") : t("已静音")) : on ? t("画面开着") : t("画面关了");
  need("span", button).textContent = words;
  say(words);
}

const connection = new Connection(meeting, new Tiles(need("#tiles")), {
  net: showNet,
  media: showMedia,
  lost: () => {
    lost = true;
    showNet("lost");
    showAudience();
  },
  back: () => {
    if (lost) say(t("接回来了"));
    lost = false;
    showNet("good");
    showAudience();
    void look();
  },
  closed: () => {
    lost = false;
    void look();
  },
  refused: showError,
  others: (who, quality) => desk?.heardFrom(who, quality),
  told: (topic, content) => {
    if (topic === "point") exhibits.pointed(content);
  },
});

function show(state: RoomState): void {
  if (state.phase === "ended") location.href = `/meetings/${meeting.id}`;
  showAudience();
  desk?.show(state);
  exhibits.show(state.stage ?? null);
  seat?.show(state);
  need<HTMLElement>("#aside-wait").hidden = state.place !== "lobby";
  need("#aside-why").textContent = state.why;
}

/** Ask the server where I am and show it at once; the media goes there in its own time. */
const look = inTurn(async () => {
  try {
    latest = await meeting.state();
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) showError(error.message);
    else setTimeout(() => void look(), 1000);
    return;
  }
  if (connection.go(latest.room)) lost = false; // what was lost was elsewhere
  show(latest);
});
meeting.look = look;

act(need<HTMLButtonElement>("#mic"), () => connection.toggle("audio"));
act(need<HTMLButtonElement>("#camera"), () => connection.toggle("video"));
const leave = document.querySelector<HTMLButtonElement>("#leave");
if (leave) {
  act(leave, async () => {
    if (!(await ask(t("现在离开吗？"), [t("随时可以再点短信里的链接回来"), t("离开不算您不愿意谈")], t("离开"), t("接着谈"), "stop"))) return;
    await connection.leave();
    location.href = `/my/${root.dataset["case"] ?? ""}`;
  });
}
const huh = document.querySelector<HTMLButtonElement>("#huh");
if (huh) {
  act(huh, async () => {
    const up = huh.getAttribute("aria-pressed") !== "true";
    await meeting.act("hand", { up });
    huh.setAttribute("aria-pressed", String(up));
    say(up ? t("只有主持的人看到您没听懂") : t("收回了"));
  });
}
if (desk) {
  addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.metaKey) return;
    if (event.key === "m") void connection.toggle("audio");
    if (event.key === "v") void connection.toggle("video");
  });
}
setInterval(() => void look(), 20_000); // waiting times grow, and whoever was refused a moment ago may be let in now
watch([`meeting:${meeting.id}`], () => void look());
await look();
