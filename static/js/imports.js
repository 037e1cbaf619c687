/* Says what was chosen, and that it is too much before it is sent. The page works without. */
(() => {
  "use strict";

  const form = document.querySelector("[data-import]");
  const input = form && form.querySelector("input[type=file]");
  if (!input) return;
  const chosen = form.querySelector("[data-chosen]");
  const tooLarge = form.querySelector("[data-too-large]");
  const button = form.querySelector("button.btn");
  const most = Number(input.dataset.maxBytes);

  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

  const show = () => {
    const files = [...input.files];
    chosen.replaceChildren(...files.map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name}, ${size(file.size)}`;
      return item;
    }));
    chosen.hidden = files.length < 2;
    const isTooLarge = files.reduce((sum, file) => sum + file.size, 0) > most;
    tooLarge.hidden = !isTooLarge;
    button.disabled = isTooLarge;
  };
  input.addEventListener("change", show);
  show();
})();
