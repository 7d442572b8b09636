// @ts-check
/** @import { Orders } from "./contract.js" */
import { call } from "./api.js";
import { box, h, link, loaded, show } from "./dom.js";
import { at, money, stateClass, stateName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  const { orders } = /** @type {Orders} */ (await call("GET", "/api/orders"));
  loaded();
  show("empty", orders.length === 0);
  show("content", orders.length > 0);
  box("rows").append(...orders.map((o) => h("tr", {},
    h("th", { scope: "row" }, link(`/orders/${o.number}`, o.number)), h("td", {}, at(o.placed_at)), h("td", {}, o.payment === "card" ? "Card" : "Invoice"),
    h("td", { class: "num" }, money(o.total)), h("td", {}, h("strong", { class: stateClass(o.state) }, stateName(o.state))))));
});
