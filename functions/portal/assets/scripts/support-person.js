// @ts-check
/** A person as support sees them: how things stand, what happened, and acts with a reason. */
/** @import { Approvals, Person, TimelineEntry } from "./contract.js" */
import { call } from "./api.js";
import { acts, atDesk } from "./desk.js";
import { alert, box, h, link, loaded, show } from "./dom.js";
import { start } from "./shell.js";
import { drawActs, offer } from "./support-acts.js";
import { drawState } from "./support-state.js";
import { drawTimeline } from "./timeline.js";

const userID = decodeURIComponent(location.pathname.split("/")[3] ?? "");
const path = `/api/support/people/${encodeURIComponent(userID)}`;

start(async () => {
  const staff = await atDesk();
  const again = async () => {
    draw(await call("GET", path), staff.user_id === userID);
    await waits().catch(() => box("waits").replaceChildren()); // the desk's own page says what is wrong with the list
  };
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

/** What waits for a second person. */
async function waits() {
  const { approvals } = /** @type {Approvals} */ (await call("GET", "/api/support/approvals"));
  box("waits").replaceChildren(...approvals.filter((a) => a.user_id === userID).map((a) => {
    const waiting = alert("info", `Waits for a second person: ${acts[a.act]?.name ?? a.act}`, `${a.asked_by} asked: ${a.reason}`);
    waiting.querySelector(".usa-alert__body")?.append(h("p", { class: "usa-alert__text" }, link(`/support/approvals/${encodeURIComponent(a.id)}`, a.own ? "Look at it" : "Decide")));
    return waiting;
  }));
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
