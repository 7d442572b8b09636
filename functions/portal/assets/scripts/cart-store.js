// @ts-check
/** The cart: kept in this browser only. Prices are never kept: the server knows them. */

/** @typedef {{partner: string, lines: Array<{product: string, quantity: number}>}} Cart */

const place = "phoneotp.cart";
const keyPlace = "phoneotp.order-key";
/** At most 50 keys an order, over all lines (product.md 2). */
export const mostKeys = 50;

/** @returns {Cart} */
export function readCart() {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "null");
    if (kept && typeof kept.partner === "string" && Array.isArray(kept.lines)) return kept;
  } catch { /* unreadable: as good as empty */ }
  return { partner: "all", lines: [] };
}

/** @param {Cart} cart */
export function writeCart(cart) {
  localStorage.setItem(place, JSON.stringify(cart));
}

export function emptyCart() {
  localStorage.removeItem(place);
  localStorage.removeItem(keyPlace);
}

export const cartCount = () => readCart().lines.reduce((sum, line) => sum + line.quantity, 0);

/**
 * The idempotency key of an order: the same for the same content, so that a repeat after a lost answer finds
 * the order that was made. Only a digest of the content is kept.
 * @param {unknown} order @param {string} [at] where it is kept; renewals have a place of their own
 */
export async function orderKey(order, at = keyPlace) {
  const content = await digest(JSON.stringify(order));
  try {
    const kept = JSON.parse(localStorage.getItem(at) ?? "null");
    if (kept?.content === content && typeof kept.key === "string") return kept.key;
  } catch { /* unreadable: a fresh key */ }
  const key = crypto.randomUUID();
  localStorage.setItem(at, JSON.stringify({ content, key }));
  return key;
}

/** @param {string} at */
export function forgetKey(at) {
  localStorage.removeItem(at);
}

/** @param {string} text */
async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
