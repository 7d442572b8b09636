// @ts-check
/** The receipts of sign-ins and changes: what happened to the own account, by whom and from where. */
/** @import { History, HistoryEntry } from "./contract.js" */
import { call } from "./api.js";
import { h, loaded, show } from "./dom.js";
import { signedIn, start } from "./shell.js";
import { drawTimeline } from "./timeline.js";

start(async () => {
  await signedIn();
  const first = /** @type {History} */ (await call("GET", "/api/account/history"));
  loaded();
  show("content");
  drawTimeline(first, (before) => call("GET", `/api/account/history?${new URLSearchParams({ before })}`), (e) => [h("p", { class: "small" }, origin(e))]);
});

/** @type {Record<HistoryEntry["by"], string>} */
const who = { you: "By you", anyone: "By somebody who had not signed in", staff: "By our staff", payment: "By the payment service", system: "By Phone OTP" };

/** @param {HistoryEntry} e */
const origin = (e) => who[e.by] + (e.from ? `, from the address ${e.from}` : "");
