// The editor: everything is saved as it is typed; the checker's findings come back with each saving.
import { ApiError, api } from "../api";
import { act, make, need, showError } from "../dom";
import { type Finding, showFindings } from "../drafting/findings";
import { loadWords, t } from "../words";

await loadWords();
const root = need<HTMLElement>("main");
const base = `/api/cases/${root.dataset["case"] ?? ""}/agreement`;
const list = need("#clauses");
let revision = Number(root.dataset["revision"]);
let timer: ReturnType<typeof setTimeout> | undefined;
let saving: Promise<void> = Promise.resolve();

function value(selector: string, within: ParentNode = document): string {
  return need<HTMLInputElement | HTMLTextAreaElement>(selector, within).value;
}

function addTools(clause: HTMLElement): void {
  const tool = (words: string, work: () => void): HTMLButtonElement => {
    const made = make("button", { type: "button", class: "btn compact plain" }, words);
    made.addEventListener("click", () => {
      work();
      later();
    });
    return made;
  };
  clause.append(make("div", { class: "row wrap" },
    tool(t("上移"), () => clause.previousElementSibling?.before(clause)),
    tool(t("下移"), () => clause.nextElementSibling?.after(clause)),
    tool(t("删掉"), () => clause.remove())));
}

function addClause(title: string, text: string): void {
  const heading = make("input", { class: "input", "data-heading": "", "aria-label": t("小标题"), value: title });
  const area = make("textarea", { class: "input", "data-text": "", rows: "3", "aria-label": t("这一条的内容") }, text);
  const clause = make("li", { class: "card stack gap-2", "data-clause": "" }, heading, area);
  addTools(clause);
  list.append(clause);
  area.focus();
}

async function save(): Promise<void> {
  const clauses = [...list.querySelectorAll("[data-clause]")].map((clause) => ({ heading: value("[data-heading]", clause), text: value("[data-text]", clause) }));
  const body = { facts: value("#f-facts"), responsibility: value("#f-responsibility"), performance: value("#f-performance"), clauses, revision };
  const done = await api<{ revision: number; saved_at: string; findings: Finding[] }>("PUT", base, body);
  revision = done.revision;
  const at = new Date(done.saved_at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  need("#saved").textContent = t("{at} 已存", { at });
  root.dataset["saved"] = String(revision);
  showFindings(done.findings, mend);
}

/** One click puts the mended text into its clause; it is saved and checked like anything typed. */
function mend(clause: number, text: string): void {
  const area = list.querySelectorAll<HTMLTextAreaElement>("[data-text]")[clause - 1];
  if (!area) return;
  area.value = text;
  area.focus();
  later();
}

function later(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void flush().catch(report), 700);
}

function report(error: unknown): void {
  showError(error instanceof ApiError ? error.message : t("没存上，网断了。您写的都还在这一页，接上网会再存。"));
  if (!(error instanceof ApiError)) later();
}

/** Save now; savings never overlap, so each builds on the revision before it. */
function flush(): Promise<void> {
  clearTimeout(timer);
  saving = saving.catch(() => undefined).then(save);
  return saving;
}

for (const clause of list.querySelectorAll<HTMLElement>("[data-clause]")) addTools(clause);
need("#draft").addEventListener("input", later);
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-template]")) {
  button.addEventListener("click", () => {
    addClause(button.dataset["title"] ?? "", button.dataset["template"] ?? "");
    later();
  });
}
act(need<HTMLButtonElement>("#freeze"), async () => {
  await flush();
  const done = await api<{ next: string }>("POST", `${base}/freeze`, {});
  location.href = done.next;
});
await flush().catch(report);
