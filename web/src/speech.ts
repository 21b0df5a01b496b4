// 读给我听: the device reads the page's main text; never by itself, never in the room.

export function attachSpeech(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-speak]");
  if (!button) return;
  if (!("speechSynthesis" in window)) {
    button.hidden = true;
    return;
  }
  button.addEventListener("click", () => {
    if (speechSynthesis.speaking) {
      speechSynthesis.cancel();
      button.setAttribute("aria-pressed", "false");
      return;
    }
    const main = document.querySelector<HTMLElement>("main");
    const words = new SpeechSynthesisUtterance(main?.innerText ?? "");
    words.lang = document.documentElement.lang;
    words.rate = 0.9;
    words.onend = () => button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    speechSynthesis.speak(words);
  });
}
