// A party reads the file itself, three spots one after the other, then signs.
import { api } from "../api";
import { act, make, need, showError } from "../dom";
import { sign } from "../signing/ceremony";
import { drawName } from "../signing/pad";
import { type Paper, openPaper, paragraphs, showPages } from "../signing/paper";
import { loadWords, t } from "../words";

await loadWords();
const root = need<HTMLElement>("main");
const { api: base = "", holder = "", file = "", name = "", next: after = "" } = root.dataset;
const next = document.querySelector<HTMLButtonElement>("#next");
let spots: HTMLElement[] = [];
let seen = 0;

function markSpots(texts: HTMLElement[]): HTMLElement[] {
  const find = (pattern: RegExp): HTMLElement | undefined => texts.find((one) => pattern.test(one.textContent));
  const money = find(/\d元|元（|\d{4}年\d{1,2}月\d{1,2}日前/) ?? texts[0];
  const breach = find(/逾期|不履行|违约|申请执行/) ?? texts[Math.floor(texts.length / 2)];
  const last = texts.at(-1);
  return [money, breach, last].filter((one): one is HTMLElement => one !== undefined);
}

function label(): void {
  if (!next) return;
  next.textContent = seen < spots.length ? t("下一处（{seen}/{all}）", { seen: seen + 1, all: spots.length }) : t("看清了，我来签名");
  need<HTMLElement>("#why").hidden = seen >= spots.length;
}

async function read(): Promise<Paper> {
  const paper = await openPaper(file);
  const reading = need("#reading");
  const texts = (await paragraphs(paper)).map((text) => make("p", {}, text));
  reading.replaceChildren(...texts);
  spots = markSpots(texts);
  for (const spot of spots) spot.classList.add("spot");
  need("#checked").textContent = t("文件打开了，指纹 {print}…，下面的字就是文件里的字", { print: paper.sha256.slice(0, 8) });
  label();
  return paper;
}

const paper = await read().catch((error: unknown) => {
  showError(t("文件没打开，请刷新再试，或者打电话。"));
  throw error;
});
need<HTMLDetailsElement>("#original").addEventListener("toggle", () => void showPages(paper, need("#pages")), { once: true });

if (next) {
  act(next, async () => {
    const spot = spots[seen];
    if (spot) {
      spot.scrollIntoView({ block: "center", behavior: "smooth" });
      spot.classList.add("seen");
      seen += 1;
      label();
      return;
    }
    const strokes = await drawName(name);
    if (!strokes) return;
    await sign(base, holder, strokes);
    location.href = after;
  });
}
const reopen = document.querySelector<HTMLButtonElement>("#reopen");
if (reopen) {
  act(reopen, async () => {
    const done = await api<{ next: string }>("POST", `${base}/reopen`, { reason: need<HTMLInputElement>("#f-reason").value });
    location.href = done.next;
  });
}
