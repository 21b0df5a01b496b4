// The judge's page: the packet's pages, and the judge's own signature on the drafted ruling.
import { need, showError } from "../dom";
import { sign } from "../signing/ceremony";
import { drawName } from "../signing/pad";
import { openPaper, showPages } from "../signing/paper";
import { loadWords } from "../words";

await loadWords();
const root = need<HTMLElement>("main");
const { api: base = "", holder = "", name = "", agreement = "", ruling = "" } = root.dataset;

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("#sign-ruling");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  void (async () => {
    try {
      const strokes = await drawName(name);
      if (strokes) {
        await sign(base, holder, strokes);
        location.reload();
      }
    } catch (error) {
      showError(error instanceof Error ? error.message : String(error));
    }
    button.removeAttribute("aria-busy");
  })();
});

await showPages(await openPaper(ruling || agreement), need("#pages"));
