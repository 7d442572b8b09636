// @ts-check
/** What the cart costs, as the catalog says now. */
/** @import { Catalog, Money } from "./contract.js" */
/** @import { Cart, CartLine } from "./cart-store.js" */
import { call, Refusal } from "./api.js";
import { writeCart } from "./cart-store.js";
import { productName } from "./format.js";

/** @typedef {CartLine & {name: string, price: Money | null, amount: Money | null}} PricedLine no price: not sold under this partner */
/** @typedef {{partner: string, lines: PricedLine[], total: Money}} Priced */

/** The catalog of a partner. @param {string} partner @returns {Promise<Catalog>} */
export const catalogOf = (partner) => call("GET", `/api/catalog?partner=${encodeURIComponent(partner)}`);

/**
 * The catalog for a cart. A partner that is not there any more is replaced by the whole store.
 * @param {Cart} cart @returns {Promise<Catalog>}
 */
export async function catalogFor(cart) {
  try {
    return await catalogOf(cart.partner);
  } catch (failure) {
    if (!(failure instanceof Refusal) || failure.code !== "partner-unknown" || cart.partner === "all") throw failure;
    cart.partner = "all";
    writeCart(cart);
    return catalogOf(cart.partner);
  }
}

/** @param {Cart} cart @param {Catalog} catalog @returns {Priced} */
export function priced(cart, catalog) {
  let total = { amount: 0, currency: catalog.products[0]?.price.currency ?? "USD" };
  const lines = cart.lines.map((line) => {
    const product = catalog.products.find((p) => p.code === line.product);
    if (!product) return { ...line, name: productName(line.product), price: null, amount: null };
    const amount = { ...product.price, amount: product.price.amount * line.quantity };
    total = { ...total, amount: total.amount + amount.amount };
    return { ...line, name: product.name, price: product.price, amount };
  });
  return { partner: catalog.partners.find((p) => p.id === cart.partner)?.name ?? cart.partner, lines, total };
}

/** Is something in it that cannot be ordered? @param {Priced} cart */
export const anyUnsold = (cart) => cart.lines.some((line) => !line.price);
