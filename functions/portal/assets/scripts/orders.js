// @ts-check
/** @import { Orders } from "./contract.js" */
import { call } from "./api.js";
import { box, h, link, loaded, show } from "./dom.js";
import { at, methodName, money, stateClass, stateName } from "./format.js";
import { signedIn, start } from "./shell.js";

const most = 50; // the API lists no more

start(async () => {
  await signedIn();
  const { orders } = /** @type {Orders} */ (await call("GET", "/api/orders"));
  loaded();
  show("empty", orders.length === 0);
  show("content", orders.length > 0);
  show("most", orders.length >= most);
  box("rows").append(...orders.map((o) => h("tr", {},
    h("th", { scope: "row" }, link(`/orders/${o.number}`, o.number)), h("td", { "data-label": "Placed" }, at(o.placed_at)),
    h("td", { "data-label": "Keys" }, String(o.lines.reduce((sum, l) => sum + l.quantity, 0))), h("td", { "data-label": "Payment" }, methodName(o.payment)),
    h("td", { class: "num", "data-label": "Total" }, money(o.total)), h("td", { "data-label": "State" }, h("strong", { class: stateClass(o.state) }, stateName(o.state))))));
});
