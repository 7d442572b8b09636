// @ts-check
/** A person as support sees them: how things stand, what happened, and acts with a reason. */
/** @import { Person, TimelineEntry } from "./contract.js" */
import { call } from "./api.js";
import { atDesk } from "./desk.js";
import { h, loaded, show } from "./dom.js";
import { start } from "./shell.js";
import { drawActs, offer } from "./support-acts.js";
import { drawState } from "./support-state.js";
import { drawTimeline } from "./timeline.js";

const userID = decodeURIComponent(location.pathname.split("/")[3] ?? "");
const path = `/api/support/people/${encodeURIComponent(userID)}`;

start(async () => {
  const staff = await atDesk();
  const again = async () => draw(await call("GET", path), staff.user_id === userID);
  drawActs(path, again);
  await again();
  loaded();
  show("content");
});

/** @param {Person} p @param {boolean} own */
function draw(p, own) {
  drawState(p);
  offer(p, own);
  drawTimeline(gathered(p.timeline), async (before) => gathered(/** @type {Person} */ (await call("GET", `${path}?${new URLSearchParams({ before })}`)).timeline), origin);
}

/** Looks at a person that follow each other are one line. @param {Person["timeline"]} page */
function gathered(page) {
  /** @type {TimelineEntry[]} */
  const entries = [];
  let looks = 0;
  for (const e of page.entries) {
    const last = entries.at(-1);
    looks = e.event === "person-viewed" && last?.event === e.event && last.by === e.by ? looks + 1 : 1;
    if (last && looks > 1) entries[entries.length - 1] = { ...last, text: `${e.text} (${looks} times)` };
    else entries.push(e);
  }
  return { ...page, entries };
}

/** @type {Record<string, string>} */
const who = { holder: "By the holder", anyone: "By somebody who had not signed in", payment: "By the payment service", system: "By Phone OTP", operator: "By an operator" };

/** @param {TimelineEntry} e */
const origin = (e) => [
  e.why ? h("p", {}, "Reason: ", h("strong", {}, e.why)) : null,
  h("p", { class: "small" }, [who[e.by] ?? `By ${e.by} of the staff`, e.from ? `from ${e.from}` : "", e.about ? `order ${e.about}` : ""].filter(Boolean).join(", ")),
];
