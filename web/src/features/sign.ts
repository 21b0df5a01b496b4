// A party reads the file itself, three spots one after the other, then signs.
import { api } from "../api";
import { act, need, showError } from "../dom";
import { sign } from "../signing/ceremony";
import { drawName } from "../signing/pad";
import { type Paper, openPaper, passages, showPages } from "../signing/paper";
import { type Spot, lay, owed, seenNow } from "../signing/reading";
import { loadWords, t } from "../words";

await loadWords();
const root = need<HTMLElement>("main");
const { api: base = "", holder = "", file = "", name = "", next: after = "" } = root.dataset;
const next = document.querySelector<HTMLButtonElement>("#next");
let spots: Spot[] = [];
let seen = 0;

function label(): void {
  if (!next) return;
  next.textContent = seen < spots.length ? t("下一处（{seen}/{all}）", { seen: seen + 1, all: spots.length }) : t("看清了，我来签名");
  if (seen >= spots.length) need<HTMLElement>("#why").hidden = true;
}

async function read(): Promise<Paper> {
  const paper = await openPaper(file);
  const texts = await passages(paper);
  spots = lay(texts, need("#reading"));
  const rows = owed(texts);
  need("#owed ul").replaceChildren(...rows);
  need<HTMLElement>("#owed").hidden = rows.length === 0;
  if (!next) for (const { box } of spots) box.remove();
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
      spot.box.scrollIntoView({ block: "center", behavior: "smooth" });
      seen += 1;
      seenNow(spot, seen);
      label();
      return;
    }
    const strokes = await drawName(name);
    if (!strokes) return;
    await sign(base, holder, strokes);
    location.href = after;
  });
  const dialog = need<HTMLDialogElement>("#unwilling");
  const change = need<HTMLDetailsElement>("#change");
  const wanted = (): void => {
    dialog.close();
    change.open = true;
    need<HTMLElement>("#f-reason").focus();
  };
  need("#not-sign").addEventListener("click", () => dialog.showModal());
  need("#go-on").addEventListener("click", () => dialog.close());
  for (const button of document.querySelectorAll("[data-change]")) button.addEventListener("click", wanted);
  act(need<HTMLButtonElement>("#reopen"), async () => {
    const done = await api<{ next: string }>("POST", `${base}/reopen`, { reason: need<HTMLInputElement>("#f-reason").value });
    location.href = done.next;
  });
}
