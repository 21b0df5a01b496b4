// The paper from its own bytes: rendered pages, and a large-type reading view made from the text inside the file.
import { type PDFDocumentProxy, GlobalWorkerOptions, getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
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
  }
}

/** The text of the file, line by line joined into paragraphs: a line that ends short ends its paragraph. */
export async function paragraphs(paper: Paper): Promise<string[]> {
  const found: string[] = [];
  let open = "";
  for (let number = 1; number <= paper.pdf.numPages; number += 1) {
    const content = await (await paper.pdf.getPage(number)).getTextContent();
    const lines = new Map<number, { text: string; right: number }>();
    for (const item of content.items) {
      if (!("str" in item) || item.str.trim() === "") continue;
      const [, , , , x, y] = item.transform as [number, number, number, number, number, number];
      const row = Math.round(y / 3);
      const line = lines.get(row) ?? { text: "", right: 0 };
      line.text += item.str;
      line.right = Math.max(line.right, x + item.width);
      lines.set(row, line);
    }
    const widest = Math.max(...[...lines.values()].map((line) => line.right), 1);
    for (const [, line] of [...lines.entries()].sort(([a], [b]) => b - a)) {
      open += line.text;
      if (line.right < widest * 0.93) {
        found.push(open);
        open = "";
      }
    }
  }
  if (open) found.push(open);
  return found;
}
