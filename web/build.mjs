// Bundles styles, feature scripts, the icon sprite, the English dictionary and the PDF worker into static/build,
// with hashed names and a manifest that the server reads (server/http/pages.py: asset).
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "static", "build");
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "features"), { recursive: true });
const manifest = {};

function put(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.[a-z]+)$/, `-${hash}$1`);
  writeFileSync(join(out, hashed), content);
  manifest[name] = hashed;
}

function walk(folder, ending) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => String(name).endsWith(ending))
    .map((name) => join(folder, String(name)));
}

// Each icon that a template or a script names, from Lucide.
const named = new Set();
for (const file of [...walk(join(here, "templates"), ".html"), ...walk(join(here, "src"), ".ts"), ...walk(join(here, "..", "server"), ".py")]) {
  const text = readFileSync(file, "utf8");
  for (const found of text.matchAll(/(?:icon\(|#i-|Entry\(|icon=|data-icon=)["']?([a-z0-9]+(?:-[a-z0-9]+)*)["')]/g)) named.add(found[1]);
}
const symbols = [...named].sort().flatMap((name) => {
  const file = join(here, "node_modules", "lucide-static", "icons", `${name}.svg`);
  if (!existsSync(file)) return [];
  const inner = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  return [`<symbol id="i-${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, " ").trim()}</symbol>`];
});
put("sprite.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);

// The English dictionary for t() in TypeScript: the same catalogues as the server's.
const dictionary = {};
for (const file of walk(join(here, "translations", "en"), ".po")) {
  const text = readFileSync(file, "utf8");
  for (const block of text.split(/\n\s*\n/)) {
    const part = (key) => {
      const found = block.match(new RegExp(`^${key} ((?:".*"\\n?)+)`, "m"));
      return found ? found[1].trim().split("\n").map((line) => JSON.parse(line)).join("") : "";
    };
    if (part("msgid") && part("msgstr")) dictionary[part("msgid")] = part("msgstr");
  }
}
put("en.json", JSON.stringify(dictionary));

const entries = Object.fromEntries([
  ["main", join(here, "src", "main.ts")],
  ...walk(join(here, "src", "features"), ".ts").map((file) => [`features/${relative(join(here, "src", "features"), file).replace(/\.ts$/, "")}`, file]),
]);
const bundled = await build({
  entryPoints: entries, bundle: true, format: "esm", target: ["es2022", "safari15"], minify: true, write: false, outdir: out,
  define: { __PDF_WORKER__: JSON.stringify("/static/build/pdf.worker.js") },
  logLevel: "warning",
});
for (const file of bundled.outputFiles) put(relative(out, file.path), file.contents);
const styles = await build({ entryPoints: [join(here, "styles", "app.css")], bundle: true, minify: true, write: false, outdir: out, logLevel: "warning" });
for (const file of styles.outputFiles) put(relative(out, file.path), file.contents);
writeFileSync(join(out, "pdf.worker.js"), readFileSync(join(here, "node_modules", "pdfjs-dist", "legacy", "build", "pdf.worker.min.mjs")));
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
