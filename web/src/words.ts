// t("中文") in scripts: the key is the Chinese sentence, English comes from the same catalogues as the server's.

let dictionary: Record<string, string> = {};

export async function loadWords(): Promise<void> {
  const path = document.querySelector<HTMLMetaElement>("meta[name=words]")?.content;
  if (document.documentElement.lang !== "en" || !path) return;
  dictionary = (await (await fetch(path)).json()) as Record<string, string>;
}

export function t(text: string, values: Record<string, string | number> = {}): string {
  return (dictionary[text] ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
