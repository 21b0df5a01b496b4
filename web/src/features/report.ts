// A report survives a bad connection: it is kept on the phone before it is sent, and sent again until it arrives.
import { ApiError, api } from "../api";
import { button, make, need, showError } from "../dom";
import { renew } from "../renew";
import { type Kept, body, forget, keep, putBack, taken, waiting } from "../report/kept";
import { putAway } from "../report/offline";
import { loadWords, t } from "../words";

type Outcome = "arrived" | "offline" | "signed-out" | "later" | "refused";
const SIGNED_OUT = 401, OLD_PAGE = 403, REFUSED = [413, 422];

const form = need<HTMLFormElement>("#report");
const owner = form.dataset["owner"] ?? "";

/** A page kept for days has an old token: take the one of today. False when the login has ended. */
async function renewToken(): Promise<boolean> {
  const answer = await fetch("/report", { cache: "no-store", headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content;
  const sameOwner = page.querySelector<HTMLFormElement>("#report")?.dataset["owner"] === owner;
  if (fresh) need<HTMLMetaElement>("meta[name=csrf]").content = fresh;
  return Boolean(fresh) && sameOwner;
}

async function send(kept: Kept, again = true): Promise<Outcome> {
  try {
    await api("POST", "/api/reports", body(kept));
  } catch (error) {
    if (!(error instanceof ApiError)) return "offline";
    if (error.status === SIGNED_OUT) return "signed-out";
    if (error.status === OLD_PAGE) {
      const renewed = again && (await renewToken().catch(() => false));
      return renewed ? send(kept, false) : "signed-out";
    }
    if (!REFUSED.includes(error.status)) return "later";
    await keep({ ...kept, refused: { message: error.message, fields: error.fields } });
    return "refused";
  }
  await forget(kept.key);
  return "arrived";
}

let sending: Promise<Outcome> | null = null;

/** Send all that waits, one after the other; tell how it went for the worst of them. */
function sendAll(): Promise<Outcome> {
  sending ??= (async () => {
    let worst: Outcome = "arrived";
    for (const kept of await waiting(owner)) {
      const outcome = kept.refused ? "refused" : await send(kept);
      if (outcome !== "arrived") worst = outcome;
      if (outcome === "offline" || outcome === "signed-out") break;
    }
    await show(worst);
    return worst;
  })().finally(() => (sending = null));
  return sending;
}

async function show(outcome: Outcome): Promise<void> {
  const every = await waiting(owner);
  const count = every.filter((kept) => !kept.refused).length;
  const bar = need<HTMLElement>("#offline");
  bar.hidden = count === 0;
  if (outcome === "signed-out") {
    const told = t("登录过期了。还有 {count} 件存在手机里，一件没丢。重新登录后会自动上报。", { count });
    renew(bar, told, " ", make("a", { href: "/sign-in?next=/report", id: "sign-in-again" }, t("去登录")));
  } else if (outcome === "later") renew(bar, t("平台这会儿收不了。还有 {count} 件存在手机里，过一会儿自动再报。", { count }));
  else renew(bar, t("没信号，放心填。还有 {count} 件存在手机里，有网自动上报。", { count }));
  renew(need("#refused"), ...every.filter((kept) => kept.refused).map(refusedLine));
}

function refusedLine(kept: Kept): HTMLElement {
  const title = kept.fields.find(([name]) => name === "title")?.[1] ?? "";
  const again = button(t("改一改再报"), "btn", () => mend(kept));
  const told = t("“{title}”没报上去：{why}", { title, why: kept.refused?.message ?? "" });
  return make("p", { "data-refused": kept.key, class: "note wrap" }, make("span", { class: "grow" }, told), again);
}

/** Take a refused report back into the form and point to what is to be mended. */
async function mend(kept: Kept): Promise<void> {
  putBack(form, kept);
  await forget(kept.key);
  await show("arrived");
  showError(kept.refused?.message ?? "");
  for (const [name, words] of Object.entries(kept.refused?.fields ?? {})) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) continue;
    field.setCustomValidity(words);
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  }
  form.reportValidity();
}

async function submitted(): Promise<void> {
  const kept = await taken(form, owner);
  await keep(kept);
  form.reset();
  showError("");
  await sending;
  const outcome = await sendAll();
  const refused = (await waiting(owner)).find((each) => each.key === kept.key && each.refused);
  if (refused) await mend(refused);
  else if (outcome === "arrived") location.href = "/report/mine";
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
}

await loadWords();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submitted();
});
addEventListener("online", () => void sendAll());
setInterval(() => void sendAll(), 15_000);
await sendAll();
await putAway().catch(() => undefined); // without a cache the page still works, only not offline
