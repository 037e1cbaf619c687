/* Kith's own script. Every page works without it; it makes the keyboard quick and counts words. */
(() => {
  "use strict";

  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const typing = (element) => element.closest("input, textarea, select, [contenteditable='true']") !== null;

  /* Single keys can be turned off (WCAG 2.1.4), on this device. */
  const SWITCH = "kith.shortcuts";
  const remembered = () => { try { return localStorage.getItem(SWITCH); } catch { return null; } };
  const remember = (value) => { try { localStorage.setItem(SWITCH, value); } catch { /* private windows may refuse */ } };
  const shortcutsOn = () => root.dataset.shortcuts !== "off" && remembered() !== "off";

  const showSwitch = () => all("[data-shortcuts-toggle]").forEach((button) => {
    button.textContent = shortcutsOn() ? "Turn single-key shortcuts off" : "Turn single-key shortcuts on";
  });

  /* Go anywhere. */
  const palette = () => one("#palette");
  const openPalette = () => {
    const dialog = palette();
    if (!dialog || dialog.open) return Boolean(dialog);
    dialog.showModal();
    const input = one("input[type=search]", dialog);
    input.select();
    if (window.htmx) window.htmx.trigger(input, "palette");
    return true;
  };
  const movePalette = (event) => {
    const links = all("a[href]", one("#palette-results"));
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const to = event.key === "ArrowDown" ? at + 1 : at - 1;
    event.preventDefault();
    (to < 0 ? one("input[type=search]", palette()) : links[Math.min(to, links.length - 1)]).focus();
  };

  /* j and k walk a list; the focus is the mark, so that Enter opens and a screen reader follows. */
  const step = (by) => {
    const rows = all("[data-list] > *").filter((row) => row.offsetParent !== null);
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    const link = one("a[href], button", row);
    if (!link) return;
    link.focus();
    row.scrollIntoView({ block: "nearest" });
  };

  /* x ticks the row that the focus is in. */
  const tick = () => {
    const row = all("[data-list] > *").find((one) => one.contains(document.activeElement));
    const box = row && one(".row__check input", row);
    if (box) box.click();
  };

  let pending = -Infinity; /* when "g" was pressed; 0 would be the moment the page opened */
  const GO_WITHIN = 1200; /* milliseconds for the letter after g */

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      if (openPalette()) event.preventDefault();
      return;
    }
    const dialog = palette();
    if (dialog && dialog.open) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") movePalette(event);
      return;
    }
    if (event.key === "Escape") all("details[data-menu][open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !shortcutsOn() || typing(event.target)) return;

    const key = event.key;
    if (event.timeStamp - pending < GO_WITHIN) {
      pending = -Infinity;
      const link = one(`[data-go="${CSS.escape(key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    } else if (key === "g") {
      pending = event.timeStamp;
    } else if (key === "/") {
      const field = one("[data-search]");
      if (field) { event.preventDefault(); field.focus(); field.select(); } else if (openPalette()) event.preventDefault();
    } else if (key === "j") {
      step(1);
    } else if (key === "k") {
      step(-1);
    } else if (key === "x") {
      tick();
    }
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-palette-open]") && !event.ctrlKey && !event.metaKey && openPalette()) event.preventDefault();
    if (target === palette()) target.close();
    const close = target.closest("[data-toast-close]");
    if (close) close.closest("[data-toast]").remove();
    if (target.closest("[data-shortcuts-toggle]")) { remember(shortcutsOn() ? "off" : "on"); showSwitch(); }
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
    const everyone = target.closest("[data-check-all]");
    if (everyone) all(`input[type=checkbox][name="${CSS.escape(everyone.dataset.checkAll)}"]`).forEach((box) => { box.checked = everyone.checked; });
  });

  /* Words are counted as they are written; the server counts again. */
  const count = (field) => {
    const text = one("textarea, input", field);
    const out = one("output", field);
    if (!text || !out) return;
    const words = text.value.trim().split(/\s+/).filter(Boolean).length;
    const most = Number(field.dataset.countWords);
    out.textContent = `${words} of ${most} words`;
    out.toggleAttribute("data-over", words > most);
  };
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-count-words]");
    if (field) count(field);
  });

  /* Files can be dropped on the box around their field. */
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const box = event.target.closest && event.target.closest("[data-drop]");
      if (!box) return;
      event.preventDefault();
      box.toggleAttribute("data-over", kind === "dragover");
      const input = one("input[type=file]", box);
      if (kind === "drop" && input && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }

  /* A failed request says so, and what was typed stays. */
  const say = (text) => {
    const tray = one("#toasts");
    if (!tray) return;
    const toast = document.createElement("div");
    toast.className = "toast toast--error";
    toast.dataset.toast = "";
    toast.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn--link";
    close.dataset.toastClose = "";
    close.textContent = "Close";
    toast.append(words, close);
    tray.replaceChildren(toast);
  };
  document.addEventListener("htmx:responseError", () => say("That did not work. Nothing was lost: please try again."));
  document.addEventListener("htmx:sendError", () => say("Kith could not be reached. Nothing was lost: please try again."));

  const wake = (within) => {
    all("[data-count-words]", within).forEach(count);
    all("[data-toast-close]", within).forEach((button) => { button.hidden = false; });
    const wrong = one("[data-focus]", within);
    if (wrong) wrong.focus();
  };
  document.addEventListener("htmx:load", (event) => wake(event.detail.elt));

  if (/Mac|iPhone|iPad/.test(navigator.platform)) all("[data-palette-key]").forEach((key) => { key.textContent = "⌘ K"; });
  showSwitch();
  wake(document);
})();
