// @ts-check
/** @import { Catalog } from "./contract.js" */
import { mostKeys, readCart, writeCart } from "./cart-store.js";
import { box, h, loaded, say, show } from "./dom.js";
import { money } from "./format.js";
import { session, showCartCount, start } from "./shell.js";
import { anyUnsold, catalogFor, priced } from "./shop.js";
import { steer } from "./steer.js";

start(async () => {
  void session.then(steer, () => {});
  const catalog = await catalogFor(readCart());
  loaded();
  draw(catalog);
  const again = () => { draw(catalog); showCartCount(); };
  addEventListener("storage", again); // another tab
  addEventListener("pageshow", (event) => { if (event.persisted) again(); }); // back from elsewhere
});

/** @param {Catalog} catalog */
function draw(catalog) {
  const cart = priced(readCart(), catalog);
  show("empty", cart.lines.length === 0);
  show("content", cart.lines.length > 0);
  show("unsold", anyUnsold(cart));
  show("proceed", !anyUnsold(cart));
  say("partner", cart.partner);
  box("lines").replaceChildren(...cart.lines.map((line, i) => {
    const { name } = line;
    const select = h("select", { class: "usa-select cart__keys", "aria-label": `Keys of ${name}`, id: `keys-${i}` }, ...Array.from({ length: mostKeys }, (_, n) => h("option", { value: String(n + 1), ...(n + 1 === line.quantity ? { selected: "" } : {}) }, String(n + 1))));
    select.addEventListener("change", () => change(catalog, line.product, Number(/** @type {HTMLSelectElement} */ (select).value)));
    const remove = h("button", { type: "button", class: "usa-button usa-button--unstyled", "aria-label": `Remove ${name}` }, "Remove");
    remove.addEventListener("click", () => change(catalog, line.product, 0));
    if (!line.price || !line.amount)
      return h("tr", {}, h("th", { scope: "row" }, name), h("td", { "data-label": "Keys" }, String(line.quantity)), h("td", { colspan: "2", "data-label": "Price" }, "Not sold under this partner"), h("td", {}, remove));
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", { "data-label": "Keys" }, select), h("td", { class: "num", "data-label": "Price each" }, money(line.price)), h("td", { class: "num", "data-label": "Amount" }, money(line.amount)), h("td", {}, remove));
  }));
  say("total", money(cart.total));
}

/** @param {Catalog} catalog @param {string} product @param {number} quantity none removes the line */
function change(catalog, product, quantity) {
  const cart = readCart();
  const i = cart.lines.findIndex((l) => l.product === product);
  const line = cart.lines[i];
  if (line) {
    const others = cart.lines.reduce((sum, l) => sum + l.quantity, -line.quantity);
    if (others + quantity > mostKeys) say("said", `An order holds at most ${mostKeys} keys in all. With the other products, up to ${mostKeys - others} are possible here.`);
    else {
      if (quantity) line.quantity = quantity;
      else cart.lines.splice(i, 1);
      writeCart(cart);
      say("said", quantity ? "The order has been changed." : "The product has been removed.");
    }
  }
  draw(catalog);
  showCartCount();
  const again = document.getElementById(quantity ? `keys-${i}` : "main-content");
  again?.focus();
}
