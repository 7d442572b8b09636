// @ts-check
/** Reading and making elements. Nothing here parses HTML: text stays text (Trusted Types). */

/**
 * The element with this id, of this class; a page and its script that drifted apart fail here.
 * @template {Element} T
 * @param {string} id @param {new () => T} type @returns {T}
 */
export function el(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`this page has no #${id} of the expected kind`);
  return found;
}

/** @param {string} id */
export const box = (id) => el(id, HTMLElement);

/**
 * Makes an element: h("a", {href: "/help"}, "Help"). An undefined attribute is left out.
 * @param {string} tag
 * @param {Record<string, string | undefined>} attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

/** Buttons and links that stand together. @param {...(HTMLElement | null)} items */
export function buttons(...items) {
  return h("ul", { class: "usa-button-group" }, ...items.filter((i) => i !== null).map((i) => h("li", { class: "usa-button-group__item" }, i)));
}

/** @param {string} id @param {boolean} shown */
export function show(id, shown = true) {
  box(id).hidden = !shown;
}

/** Shows one of several parts of the page and moves focus there. @param {string} id */
export function arriveAt(id) {
  const part = box(id);
  part.hidden = false;
  if (!part.hasAttribute("tabindex")) part.tabIndex = -1;
  part.focus();
}

/** @param {string} id @param {string} text */
export function say(id, text) {
  box(id).textContent = text;
}

/** The waiting line of the page goes away. */
export function loaded() {
  for (const line of document.querySelectorAll("[data-loading]")) line.remove();
}

/**
 * A list of names and values: facts("facts", [["Order", "SO-1"], ...]). Empty values are left out.
 * @param {string} id @param {Array<[string, Node | string | null]>} rows
 */
export function facts(id, rows) {
  const list = box(id);
  list.replaceChildren();
  for (const [name, value] of rows) {
    if (value === null || value === "") continue;
    list.append(h("div", { class: "facts__row" }, h("dt", {}, name), h("dd", {}, value)));
  }
}

/** @param {string} href @param {string} text @param {string} [kind] */
export const link = (href, text, kind = "usa-link") => h("a", { href, class: kind }, text);

/** A coloured box with a heading; an empty text is left out. @param {"info" | "success" | "warning" | "error"} kind @param {string} title @param {string} text */
export function alert(kind, title, text) {
  return h("div", { class: `usa-alert usa-alert--${kind}` }, h("div", { class: "usa-alert__body" }, h("h2", { class: "usa-alert__heading" }, title), text ? h("p", { class: "usa-alert__text" }, text) : null));
}
