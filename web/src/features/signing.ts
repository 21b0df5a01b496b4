// The desk's signing page: the pages of the file, the mediator's own signature, the committee's seal.
import { api } from "../api";
import { need, showError } from "../dom";
import { sign } from "../signing/ceremony";
import { drawName } from "../signing/pad";
import { openPaper, showPages } from "../signing/paper";
import { loadWords } from "../words";

await loadWords();
const root = need<HTMLElement>("main");
const { api: base = "", holder = "", file = "", name = "", next: after = "" } = root.dataset;

const ACTS: Record<string, () => Promise<string | null>> = {
  sign: async () => {
    const strokes = await drawName(name);
    if (!strokes) return null;
    await sign(base, holder, strokes);
    return after;
  },
  seal: async () => (await api<{ next: string }>("POST", `${base}/seal`, {})).next,
  reopen: async () => (await api<{ next: string }>("POST", `${base}/reopen`, { reason: need<HTMLInputElement>("#f-reason").value })).next,
};

// The buttons are drawn anew when somebody signs, so the page listens, not each button.
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-act]");
  const work = ACTS[button?.dataset["act"] ?? ""];
  if (!button || !work || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  showError("");
  work()
    .then((next) => {
      if (next) location.href = next;
    })
    .catch((error: unknown) => showError(error instanceof Error ? error.message : String(error)))
    .finally(() => button.removeAttribute("aria-busy"));
});

await showPages(await openPaper(file), need("#pages"));
