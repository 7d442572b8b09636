// @ts-check
/** The token of a mailed link: in the fragment, so that it reaches no log; taken out of the address at once. */
export function mailToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  addEventListener("hashchange", () => location.reload()); // another mail's link, opened in this tab: only the fragment differs
  return token;
}
