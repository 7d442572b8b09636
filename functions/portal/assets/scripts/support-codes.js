// @ts-check
/** What became of the newest codes, each at one glance. */
/** @import { PersonCode } from "./contract.js" */
import { serverNow } from "./api.js";
import { box, h } from "./dom.js";
import { at, onDay, toTheSecond } from "./format.js";
import { inOwnZone } from "./timeline.js";

const open = 3; // codes beyond these are folded

/** @type {Record<PersonCode["state"], [string, string]>} */
const states = {
  waiting: ["Can be entered", "wait"], right: ["Entered", "good"], refused: ["Not sent", "bad"], undelivered: ["Not delivered", "bad"], doubtful: ["Delivery unknown", "bad"],
  locked: ["Locked", "bad"], "used-up": ["No tries left", "bad"], replaced: ["Replaced", "off"], expired: ["Expired", "bad"], over: ["Over", "off"],
};

/** @type {Record<PersonCode["channel"], string>} */
const channels = { sms: "By text message", voice: "By voice call", unknown: "By another way" };

/** @param {PersonCode[]} codes the newest first */
export function drawCodes(codes) {
  const told = codes.map(story);
  const older = told.slice(open);
  box("codes").replaceChildren(
    ...(told.length ? [h("ul", { class: "desk__list" }, ...told.slice(0, open))] : [h("p", {}, "No code was asked for lately.")]),
    ...(older.length ? [h("details", { class: "fold" }, h("summary", {}, older.length === 1 ? "1 earlier code" : `${older.length} earlier codes`), h("ul", { class: "desk__list" }, ...older))] : []),
  );
}

/** @param {PersonCode} c */
function story(c) {
  const [name, colour] = states[c.state] ?? [c.state, "off"];
  const day = onDay(c.asked_at);
  const today = day === onDay(serverNow());
  return h("li", { class: "story" },
    h("p", { class: "story__head" }, c.tag ? h("span", { class: "code__tag" }, h("span", { class: "usa-sr-only" }, "Code "), c.tag) : null, h("strong", { class: `usa-tag tag--${colour}` }, name),
      h("span", {}, `${channels[c.channel] ?? c.channel}${c.ending ? ` to the phone ending ${c.ending}` : ""}${today ? "" : `, on ${day}`}`)),
    h("ol", { class: "story__steps" }, ...c.steps.map((s) => h("li", {}, h("time", { datetime: s.at }, onDay(s.at) === day ? toTheSecond(s.at) : at(s.at)), h("span", {}, inOwnZone(s))))));
}
