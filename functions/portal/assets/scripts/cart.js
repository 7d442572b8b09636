// @ts-check
/** @import { Catalog } from "./contract.js" */
import { call } from "./api.js";
import { mostKeys, readCart, writeCart } from "./cart-store.js";
import { box, h, loaded, say, show } from "./dom.js";
import { money, productName } from "./format.js";
import { showCartCount, start } from "./shell.js";

start(async () => {
  const { partner } = readCart();
  const catalog = /** @type {Catalog} */ (await call("GET", `/api/catalog?partner=${encodeURIComponent(partner)}`));
  loaded();
  say("partner", catalog.partners.find((p) => p.id === partner)?.name ?? partner);
  draw(catalog);
});

/** @param {Catalog} catalog */
function draw(catalog) {
  const cart = readCart();
  show("empty", cart.lines.length === 0);
  show("content", cart.lines.length > 0);
  let total = 0;
  let currency = "USD";
  box("lines").replaceChildren(...cart.lines.map((line, i) => {
    const product = catalog.products.find((p) => p.code === line.product);
    const each = product?.price ?? { amount: 0, currency };
    currency = each.currency;
    total += each.amount * line.quantity;
    const name = product?.name ?? productName(line.product);
    const select = h("select", { class: "usa-select cart__keys", "aria-label": `Keys of ${name}`, id: `keys-${i}` }, ...Array.from({ length: mostKeys }, (_, n) => h("option", { value: String(n + 1), ...(n + 1 === line.quantity ? { selected: "" } : {}) }, String(n + 1))));
    select.addEventListener("change", () => change(catalog, i, Number(/** @type {HTMLSelectElement} */ (select).value)));
    const remove = h("button", { type: "button", class: "usa-button usa-button--unstyled", "aria-label": `Remove ${name}` }, "Remove");
    remove.addEventListener("click", () => change(catalog, i, 0));
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", { "data-label": "Keys" }, select), h("td", { class: "num", "data-label": "Price each" }, money(each)), h("td", { class: "num", "data-label": "Amount" }, money({ ...each, amount: each.amount * line.quantity })), h("td", {}, remove));
  }));
  say("total", money({ amount: total, currency }));
}

/** @param {Catalog} catalog @param {number} i @param {number} quantity none removes the line */
function change(catalog, i, quantity) {
  const cart = readCart();
  const line = cart.lines[i];
  if (!line) return;
  const others = cart.lines.reduce((sum, l) => sum + l.quantity, -line.quantity);
  if (others + quantity > mostKeys) say("said", `An order holds at most ${mostKeys} keys in all.`);
  else {
    if (quantity) line.quantity = quantity;
    else cart.lines.splice(i, 1);
    writeCart(cart);
    say("said", quantity ? "The order has been changed." : "The product has been removed.");
  }
  draw(catalog);
  showCartCount();
  const again = document.getElementById(quantity ? `keys-${i}` : "main-content");
  again?.focus();
}
