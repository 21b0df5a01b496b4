// Drop a file anywhere on the page: it is judged at once.
import { need } from "../dom";

const form = need<HTMLFormElement>("#verify");
const input = need<HTMLInputElement>("#f-file");
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer?.files.length) return;
  input.files = event.dataTransfer.files;
  form.requestSubmit();
});
input.addEventListener("change", () => form.requestSubmit());
