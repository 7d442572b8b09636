// @ts-check
/** What happened, the newest first: entries under their days, older ones by pages. For the own history and for support. */
import { box, el, h, say, show } from "./dom.js";
import { onPress } from "./form.js";
import { near, toTheSecond } from "./format.js";

const dayName = new Intl.DateTimeFormat("en-US", { weekday: "long", year: "numeric", month: "long", day: "numeric" });
const zone = new Intl.DateTimeFormat("en-US", { timeZoneName: "long" }).formatToParts().find((p) => p.type === "timeZoneName")?.value;

/** @typedef {{at: string, text: string}} Entry */

/** Instants inside the sentence of an entry, in the reader's zone; of the entry's day, the time alone. @param {Entry} entry */
export const inOwnZone = ({ at, text }) => text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (instant) => near(instant, at));

/**
 * Draws pages of entries into #entries, with #older for the page before, #older-problem and #told.
 * @template {Entry} T
 * @param {{entries: T[], next?: string}} first @param {(before: string) => Promise<{entries: T[], next?: string}>} older
 * @param {(entry: T) => Array<Node | null>} lines what stands below an entry's sentence
 */
export function drawTimeline(first, older, lines) {
  box("entries").replaceChildren();
  say("zone", `Times are in your time zone${zone ? ` (${zone})` : ""}.`);
  let next = first.next;
  add(first.entries, lines);
  show("entries-none", first.entries.length === 0 && !next);
  show("older", next !== undefined);
  const button = el("older-button", HTMLButtonElement);
  const fresh = /** @type {HTMLButtonElement} */ (button.cloneNode(true)); // without what an earlier drawing listened for
  button.replaceWith(fresh);
  onPress(fresh, box("older-problem"), async () => {
    /** @type {T[]} */
    let entries = [];
    while (next !== undefined && entries.length === 0) ({ entries, next } = await older(next)); // a page may hold nothing for this reader
    add(entries, lines)?.focus();
    say("told", entries.length ? `${entries.length} older ${entries.length === 1 ? "entry" : "entries"} shown.` : "There is nothing older.");
    show("older", next !== undefined);
  });
}

/** @template {Entry} T @param {T[]} entries @param {(entry: T) => Array<Node | null>} lines @returns {HTMLElement | undefined} the first that was added */
function add(entries, lines) {
  /** @type {HTMLElement | undefined} */
  let first;
  for (const e of entries) {
    const at = new Date(e.at);
    const item = h("li", { class: "timeline__item", tabindex: "-1" }, h("time", { class: "timeline__time", datetime: e.at }, toTheSecond(e.at)),
      h("div", { class: "timeline__what" }, h("p", {}, inOwnZone(e)), ...lines(e)));
    listOf(dayName.format(at)).append(item);
    first ??= item;
  }
  return first;
}

/** The list of a day: the last one, or a new one below it. @param {string} day */
function listOf(day) {
  const last = box("entries").lastElementChild;
  if (last instanceof HTMLElement && last.dataset.day === day) return /** @type {Element} */ (last.querySelector("ol"));
  const list = h("ol", { class: "timeline" });
  box("entries").append(h("section", { "data-day": day }, h("h3", { class: "timeline__day" }, day), list));
  return list;
}
