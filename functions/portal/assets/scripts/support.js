// @ts-check
/** The desk of support: finding a person, and what waits for a second one. */
/** @import { Approvals, OpenApproval, People } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { acts, atDesk } from "./desk.js";
import { arriveAt, box, el, h, link, loaded, say, show } from "./dom.js";
import { onSubmit, showFailure } from "./form.js";
import { at, inSeconds } from "./format.js";
import { start } from "./shell.js";

const most = 20; // of one answer

start(async () => {
  await atDesk();
  loaded();
  show("content");
  onSubmit(el("form", HTMLFormElement), async (values) => {
    show("results", false);
    await find((values.q ?? "").trim());
  });
  const before = window.history.state?.q; // who comes back from a person's page finds the list again; the address has no one's name in it
  if (typeof before === "string") {
    el("q", HTMLInputElement).value = before;
    await find(before).catch((failure) => showFailure(el("form", HTMLFormElement), failure));
  }
  await approvals().catch((failure) => showFailure(box("approvals-problem"), failure));
});

/** @param {string} q */
async function find(q) {
  const { people } = /** @type {People} */ (await call("GET", `/api/support/people?${new URLSearchParams({ q })}`));
  window.history.replaceState({ q }, "");
  say("found", people.length === 0 ? "Nobody was found" : people.length === 1 ? "1 person" : `${people.length} people`);
  show("found-none", people.length === 0);
  show("found-many", people.length >= most);
  box("people").replaceChildren(...people.map((p) => row(`/support/people/${encodeURIComponent(p.user_id)}`, "Open", `Open the page of ${p.name}`, h("strong", {}, p.name), `${p.user_id}, ${p.email}, ${country.of(p.country) ?? p.country}`)));
  arriveAt("results");
}

const country = new Intl.DisplayNames(["en"], { type: "region" });

/** @param {string} href @param {string} text @param {string} label @param {Node} what @param {...string} lines */
function row(href, text, label, what, ...lines) {
  const open = link(href, text, "usa-button usa-button--outline");
  open.setAttribute("aria-label", label);
  return h("li", { class: "sessions__item" }, h("div", { class: "phones__what" }, h("p", {}, what), ...lines.map((line) => h("p", { class: "small" }, line))), open);
}

async function approvals() {
  const { approvals: open } = /** @type {Approvals} */ (await call("GET", "/api/support/approvals"));
  show("approvals-none", open.length === 0);
  box("approvals").replaceChildren(...open.map(waiting));
}

/** @param {OpenApproval} a */
function waiting(a) {
  const name = acts[a.act]?.name ?? a.act;
  const what = h("span", {}, h("strong", {}, `${name}: ${a.user_id}`), " ", h("strong", { class: `usa-tag tag--${a.own ? "off" : "wait"}` }, a.own ? "Waits for a colleague" : "Waits for you or a colleague"));
  return row(`/support/approvals/${encodeURIComponent(a.id)}`, a.own ? "Look" : "Decide", `${a.own ? "Look at" : "Decide"}: ${name}, ${a.user_id}`, what,
    `${a.asked_by} asked on ${at(a.asked_at)}; ends ${inSeconds(Date.parse(a.expires_at) - serverNow())}`, `Reason: ${a.reason}`);
}
