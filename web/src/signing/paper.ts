// The paper from its own bytes: rendered pages, and a large-type reading view made from the text inside the file.
import { type PDFDocumentProxy, type PDFPageProxy, GlobalWorkerOptions, getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { make } from "../dom";

declare const __PDF_WORKER__: string;
GlobalWorkerOptions.workerSrc = __PDF_WORKER__;

export interface Paper {
  sha256: string;
  pdf: PDFDocumentProxy;
}

export async function openPaper(path: string): Promise<Paper> {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const bytes = await answer.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pdf = await getDocument({ data: bytes, useSystemFonts: false }).promise;
  return { sha256, pdf };
}

export async function showPages(paper: Paper, place: HTMLElement): Promise<void> {
  place.replaceChildren();
  for (let number = 1; number <= paper.pdf.numPages; number += 1) {
    const page = await paper.pdf.getPage(number);
    const viewport = page.getViewport({ scale: 1.6 });
    const canvas = make("canvas", { class: "wide", role: "img", "aria-label": `${number} / ${paper.pdf.numPages}` });
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    place.append(canvas);
    await page.render({ canvas, viewport }).promise;
    canvas.dataset["drawn"] = "yes";
  }
}

export interface Passage {
  /** H1, H2, P, TH, TD: what the file says the text is. */
  kind: string;
  text: string;
}

/** What pdf.js gives where marked content begins or ends; its types leave the tag out. */
interface Mark {
  type: string;
  tag?: string;
}

interface Piece extends Passage {
  right: number;
}

/** One page's passages as its tags mark them; what is an artifact (page number, margin) is nobody's reading. */
async function tagged(page: PDFPageProxy): Promise<Piece[]> {
  const found: Piece[] = [];
  let open: Piece | null = null;
  const content = await page.getTextContent({ includeMarkedContent: true });
  for (const item of content.items) {
    if ("str" in item) {
      if (!open) continue;
      open.text += item.str;
      if (item.str.trim() !== "") open.right = Number(item.transform[4]) + item.width;
      continue;
    }
    const { type, tag = "P" }: Mark = item;
    open = type.startsWith("begin") && tag !== "Artifact" ? { kind: tag, text: "", right: 0 } : null;
    if (open) found.push(open);
  }
  return found.filter((piece) => piece.text.trim() !== "");
}

/** The passages of the file in reading order; one that runs to the edge at a page's end goes on on the next. */
export async function passages(paper: Paper): Promise<Passage[]> {
  const found: Piece[] = [];
  for (let number = 1; number <= paper.pdf.numPages; number += 1) {
    const page = await tagged(await paper.pdf.getPage(number));
    const edge = Math.max(...found.map((piece) => piece.right), ...page.map((piece) => piece.right));
    const last = found.at(-1);
    const first = page[0];
    if (last && first && last.kind === "P" && first.kind === "P" && last.right > edge * 0.97) {
      last.text += first.text;
      last.right = first.right;
      page.shift();
    }
    found.push(...page);
  }
  return found.map(({ kind, text }) => ({ kind, text: text.trim() }));
}
